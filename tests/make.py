"""Plain functions that make things, through the API where there is one."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.identity.models import AccessToken, User
from app.identity.tokens import STAFF_PREFIX, hash_of, new_token
from app.kit.db import Database
from app.kit.ids import uuid7
from tests.client import Client, Json

# What is answered beside a change that hits no appointment.
NOBODY_HIT: Json = {"affected": [], "affected_total": 0}


async def make_user(database: Database, *, role: str, practitioner_id: UUID | str | None = None) -> str:
    """A signed-in user; the token. Signing in by password has tests of its own and takes a quarter of a second."""
    token = new_token(STAFF_PREFIX)
    user_id = uuid7()
    async with database.writing() as session:
        session.add(
            User(
                id=user_id,
                email=f"{user_id}@clinic.example",
                name=role.title(),
                role=role,
                password_hash="!",
                practitioner_id=UUID(str(practitioner_id)) if practitioner_id else None,
            )
        )
        await session.flush()
        session.add(AccessToken(hash=hash_of(token), user_id=user_id, expires_at=datetime(2100, 1, 1, tzinfo=UTC)))
        await session.commit()
    return token


async def make_treatment(admin: Client, **changes: Any) -> Json:
    """30 attended minutes, no place needed."""
    return await admin.create(
        "/v1/treatments",
        {
            "name": "Treatment",
            "phases": [{"minutes": 30, "attended": True}],
            "price": {"amount": "40.00", "currency": "GBP"},
            **changes,
        },
    )


async def make_location(admin: Client, **changes: Any) -> Json:
    return await admin.create("/v1/locations", {"name": "Harbour Street", "time_zone": "Europe/London", **changes})


async def make_place(admin: Client, location_id: str, **changes: Any) -> Json:
    """A room."""
    return await admin.create(f"/v1/locations/{location_id}/places", {"name": "Room", "kind": "room", **changes})


async def make_practitioner(admin: Client, treatments: Sequence[str] = (), **changes: Any) -> Json:
    """Offers the treatments with these ids; registered till 2099."""
    return await admin.create(
        "/v1/practitioners",
        {
            "name": "Mira Okonjo",
            "treatments": [{"treatment_id": treatment_id} for treatment_id in treatments],
            "registrations": [{"body": "Example Council", "number": "EX-1", "valid_until": "2099-12-31"}],
            **changes,
        },
    )


async def set_hours(
    client: Client,
    practitioner: Json,
    location_id: str,
    *,
    weekdays: Iterable[int] = range(1, 6),
    starts: str = "09:00",
    ends: str = "17:00",
    **more: Any,
) -> Json:
    """Replaces the weekly pattern of a practitioner by the same hours on each weekday; `more` goes into every line."""
    path = f"/v1/practitioners/{practitioner['id']}"
    line = {"location_id": location_id, "starts": starts, "ends": ends, **more}
    body = {"items": [{**line, "weekday": weekday} for weekday in weekdays]}
    return await client.change(f"{path}/working-hours", body, version=(await client.read(path))["version"], method="PUT")


async def make_override(client: Client, practitioner: Json, location_id: str, **changes: Any) -> Json:
    """Closed on the second of December, a Wednesday."""
    path = f"/v1/practitioners/{practitioner['id']}/overrides"
    return await client.create(path, {"location_id": location_id, "date": "2026-12-02", "windows": [], **changes})


async def make_time_off(client: Client, practitioner: Json, **changes: Any) -> Json:
    """The second of December, in London."""
    path = f"/v1/practitioners/{practitioner['id']}/time-off"
    return await client.create(path, {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-03T00:00:00Z", **changes})


async def make_closure(client: Client, **changes: Any) -> Json:
    """Every location, the whole second of December."""
    body = {"from_on": "2026-12-02", "to_on": "2026-12-02", "reason": "Floor is painted", **changes}
    return await client.create("/v1/closures", body)


async def fulfil(client: Client, appointment: Json) -> Json:
    """By the front desk: who booked it came, and was treated."""
    path, version = f"/v1/appointments/{appointment['id']}", appointment["version"]
    arrived = await client.change(f"{path}/arrive", None, version=version, method="POST")
    return await client.change(f"{path}/fulfil", None, version=arrived["version"], method="POST")


async def make_patient(client: Client, **changes: Any) -> Json:
    """By the front desk; confirmed."""
    return await client.create("/v1/patients", {"name": "Tobias Abara", **changes})


async def make_article(editor: Client, *, publish: bool = False, **changes: Any) -> Json:
    """A draft with all that publishing needs, or a published article."""
    made = await editor.create(
        "/v1/articles",
        {
            "title": "Sleeping better",
            "summary": "Small habits for long nights.",
            "body_markdown": "## Evenings\n\nDim the lights.",
            **changes,
        },
    )
    if not publish:
        return made
    return await editor.change(f"/v1/articles/{made['id']}/publish", None, version=made["version"], method="POST")


async def make_enquiry(client: Client, **changes: Any) -> Json:
    """What its sender is told of it."""
    return await client.create(
        "/v1/enquiries",
        {
            "name": "Ines Calloway",
            "email": "ines@example.org",
            "message": "May I bring my knitting?",
            "consent": {"version": "2026-11"},
            **changes,
        },
    )
