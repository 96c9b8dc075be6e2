"""Opens the small clinic: makes it through the API, with an event loop and an application of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from tests.appointments import small_clinic as clinic
from tests.appointments.real_clinic import MIDNIGHT, RealClinic, instant
from tests.client import Client
from tests.make import make_location, make_patient, make_place, make_practitioner, make_treatment, make_user


async def _made(database: Database, admin: Client) -> tuple[str, dict[Any, str]]:
    """Its location, and the ids of all that is in it."""
    settings = {
        "notice_minutes": clinic.NOTICE,
        "horizon_days": clinic.HORIZON_DAYS,
        "hold_minutes": clinic.HOLD_MINUTES,
        "holds_per_client": clinic.HOLDS_PER_CLIENT,
        "upcoming_per_patient": clinic.UPCOMING_PER_PATIENT,
        "change_notice_minutes": clinic.CHANGE_NOTICE,
    }
    await admin.change("/v1/clinic", settings, version=(await admin.read("/v1/clinic"))["version"])
    location = await make_location(admin)
    ids: dict[Any, str] = {}
    for position, room in enumerate(clinic.ROOMS):
        ids[room] = (await make_place(admin, location["id"], name=room, position=position))["id"]
    for what in clinic.TREATMENTS:
        phases = [{"minutes": minutes, "attended": attended} for minutes, attended in what.phases]
        made = await make_treatment(
            admin,
            phases=phases,
            buffer_before_minutes=what.before,
            buffer_after_minutes=what.after,
            step_minutes=what.step,
            needs_approval=what.needs_approval,
            audience="new" if what.for_newcomers else "all",
            change_notice_minutes=what.change_notice,
            place_kind="room",
        )
        ids[what] = made["id"]
    for name in clinic.PRACTITIONERS:
        treatments = [ids[what] for what in clinic.TREATMENTS]
        made = await make_practitioner(admin, treatments, name=name, daily_limit=clinic.DAILY_LIMITS.get(name))
        ids[name] = made["id"]
        lines = [
            {
                "location_id": location["id"],
                "weekday": day + 2,
                "starts": instant(opens)[11:16],
                "ends": instant(closes)[11:16],
                "valid_until": "2026-12-03",
            }
            for (by, day), (opens, closes) in clinic.HOURS.items()
            if by == name
        ]
        await admin.change(
            f"/v1/practitioners/{made['id']}/working-hours", {"items": lines}, version=made["version"], method="PUT"
        )
    for name in clinic.PATIENTS:
        ids[name] = (await make_patient(admin, name=name))["id"]
    return location["id"], ids


@contextmanager
def opened_clinic(database_url: str) -> Iterator[RealClinic]:
    """With an event loop and an application of its own."""
    clock = Clock(MIDNIGHT + timedelta(minutes=clinic.EVENING))
    app = create_app(Settings(database_url=SecretStr(database_url), database_pool_size=2, log_level="ERROR"), clock=clock)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        try:
            database: Database = app.state.database
            public, staff = Client.of(app), Client.of(app, token=runner.run(make_user(database, role="admin")))
            location_id, ids = runner.run(_made(database, staff))
            yield RealClinic(runner, clock, database, public, staff, location_id, ids)
        finally:
            runner.run(lifespan.__aexit__(None, None, None))
