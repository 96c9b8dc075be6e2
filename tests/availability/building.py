"""Sets a clinic up as it is planned, through the API."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.wire import format_instant
from app.tables import metadata
from tests.availability.clinics import Colleague, Pick, Plan
from tests.client import Client, Json
from tests.make import (
    make_closure,
    make_location,
    make_override,
    make_patient,
    make_place,
    make_practitioner,
    make_time_off,
    make_treatment,
)

KEPT = {"secrets", "clinic", "catalogue", "users", "access_tokens"}


async def empty(database: Database) -> None:
    """As before each test; whoever is signed in stays so."""
    async with database.writing() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in metadata.sorted_tables:
            if table.name not in KEPT:
                await connection.exec_driver_sql(f"DELETE FROM {table.name}")
        await connection.exec_driver_sql("UPDATE catalogue SET version = version + 1")
        await session.commit()


@dataclass(frozen=True, order=True)
class Start:
    """Unix seconds, and with whom and where."""

    at: int
    practitioner_id: str
    location_id: str


def starts_in(answer: Json) -> list[Start]:
    return sorted(
        Start(int(datetime.fromisoformat(start).timestamp()), opening["practitioner_id"], opening["location_id"])
        for day in answer["days"]
        for opening in day["openings"]
        for start in opening["starts"]
    )


class Clinic:
    """As it stands. The last practitioner does not offer the treatment that is asked for."""

    def __init__(self, plan: Plan, admin: Client) -> None:
        self.plan, self._admin = plan, admin
        self.locations: list[str] = []
        self.treatments: list[str] = []
        self.practitioners: list[str] = []
        self.patient = ""

    @classmethod
    async def built(cls, plan: Plan, admin: Client, clock: Clock) -> "Clinic":
        """Appointments are made before time is taken away, so that some of them are where nobody works any more."""
        clock.fixed_at = plan.now - timedelta(days=12)
        clinic = cls(plan, admin)
        await clinic._open()
        if plan.was_here:
            await clinic._book(Pick(1, 0, is_known=True, is_cancelled=False), _around(plan.now, -9, -3))
        for pick in plan.picks:
            # In the range, and of the second treatment just before and after it too.
            await clinic._book(pick, plan.dates(pick.treatment, pick.treatment))
        await clinic._take_away()
        clock.fixed_at = plan.now
        return clinic

    def named(self, body: Json) -> Json:
        """With the id of a location instead of its number."""
        number = body["location_id"]
        return body | {"location_id": None if number is None else self.locations[number]}

    async def _open(self) -> None:
        admin, plan = self._admin, self.plan
        await admin.change("/v1/clinic", plan.settings, version=(await admin.read("/v1/clinic"))["version"])
        self.locations = [(await make_location(admin, name="Location", time_zone=zone))["id"] for zone in plan.zones]
        for location_id, count in zip(self.locations, plan.places, strict=True):
            for position in range(count):
                await make_place(admin, location_id, position=position)
        self.treatments = [(await make_treatment(admin, **one))["id"] for one in plan.treatments]
        for one in plan.colleagues:
            await self._hire(one, self.treatments)
        await self._hire(plan.colleagues[0], self.treatments[1:])
        self.patient = (await make_patient(admin))["id"]

    async def _hire(self, one: Colleague, treatments: list[str]) -> None:
        offers: list[Json] = [{"treatment_id": treatment_id, "phases": one.phases} for treatment_id in treatments]
        limit = one.daily_limit
        made = await make_practitioner(self._admin, registrations=one.registrations, daily_limit=limit)
        made = await self._admin.change(f"/v1/practitioners/{made['id']}", {"treatments": offers}, version=made["version"])
        hours = {"items": [self.named(line) for line in one.hours]}
        path = f"/v1/practitioners/{made['id']}/working-hours"
        await self._admin.change(path, hours, version=made["version"], method="PUT")
        self.practitioners.append(made["id"])

    async def _book(self, pick: Pick, dates: Json) -> None:
        """If anything is listed. A stranger is new, and not shown what is for others."""
        question: Json = {"treatment_id": self.treatments[pick.treatment]}
        who: Json = {"patient_id": self.patient} if pick.is_known else {}
        listed = starts_in(await self._admin.read("/v1/availability", **question, **dates, **who))
        if not listed or (not who and self.plan.treatments[pick.treatment]["audience"] == "returning"):
            return
        chosen = listed[pick.number % len(listed)]
        made = await self._admin.create("/v1/appointments", question | wanted(chosen) | (who or {"patient": {"name": "Ada"}}))
        if pick.is_cancelled:
            path = f"/v1/appointments/{made['id']}/cancel"
            await self._admin.change(path, {"reason": "other"}, version=made["version"], method="POST")

    async def _take_away(self) -> None:
        for practitioner_id, one in zip(self.practitioners, self.plan.colleagues, strict=False):
            for override in one.overrides:
                await make_override(self._admin, {"id": practitioner_id}, **self.named(override))
            for time_off in one.time_off:
                await make_time_off(self._admin, {"id": practitioner_id}, **time_off)
        for closure in self.plan.closures:
            await make_closure(self._admin, **self.named(closure))


def _around(now: datetime, first: int, last: int) -> Json:
    """Days counted from that one, as parameters."""
    return {"from": str(now.date() + timedelta(days=first)), "to": str(now.date() + timedelta(days=last))}


def wanted(start: Start, **changes: Any) -> Json:
    """A booking of it, as far as time, place and practitioner go."""
    at = format_instant(datetime.fromtimestamp(start.at, UTC))
    return {"starts_at": at, "practitioner_id": start.practitioner_id, "location_id": start.location_id, **changes}
