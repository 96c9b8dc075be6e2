"""The small clinic as it really is: spoken to over HTTP, with ids and tokens for what the model has none for. Not asynchronous, since a state machine
is not."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from sqlalchemy import text

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments import small_clinic as clinic
from tests.appointments.model_values import Hold, Told, Visit, Wish
from tests.appointments.model_verbs import Model
from tests.appointments.small_clinic import Treatment
from tests.client import Client, Json

MIDNIGHT = datetime(2026, 12, 1, tzinfo=UTC)
STRANGER = {"name": "Robin Example", "email": "robin@mail.example"}
EMPTIED = (
    "idempotency_records",
    "appointment_history",
    "claims",
    "occupancies",
    "patient_links",
    "appointments",
    "holds",
    "time_off",
)
LEDGER = """
SELECT appointment_id::text, coalesce(practitioners.id, places.id, patients.id)::text,
       lower(during), upper(during)
FROM (
    SELECT appointment_id, resource_id, during FROM occupancies
    WHERE NOT {waiting} AND (expires_at IS NULL OR expires_at > :now)
    UNION ALL SELECT appointment_id, resource_id, during FROM claims WHERE {waiting}
) AS taken
LEFT JOIN practitioners USING (resource_id) LEFT JOIN places USING (resource_id) LEFT JOIN patients USING (resource_id)
"""

STRANGERS = "DELETE FROM resources WHERE kind = 'patient' AND id NOT IN (SELECT resource_id FROM patients)"
NO_HEADERS: Mapping[str, str] = {}

T = TypeVar("T")
Taken = tuple[str, str, int]
"""By an appointment, of somebody or something, a minute."""


def instant(minute: int) -> str:
    return (MIDNIGHT + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute_of(at: str | datetime) -> int:
    return int(((datetime.fromisoformat(at) if isinstance(at, str) else at) - MIDNIGHT).total_seconds() // 60)


@dataclass
class RealClinic:
    """`ids` by name or by what the model has in its place; `tokens` by hold, and by visit those of its link."""

    runner: asyncio.Runner
    clock: Clock
    database: Database
    public: Client
    staff: Client
    location_id: str
    ids: dict[Any, str]
    tokens: dict[Hold | Visit, str] = field(default_factory=dict)
    last: tuple[httpx.Request, httpx.Response, datetime] | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def emptied(self, now: int) -> None:
        """Nothing is booked, and nobody on leave."""

        async def empty() -> None:
            async with self.database.writing() as session:
                for table in EMPTIED:
                    await session.execute(text(f"DELETE FROM {table}"))
                known = [self.ids[name] for name in clinic.PATIENTS]
                await session.execute(text("DELETE FROM patients WHERE id <> ALL(CAST(:known AS uuid[]))"), {"known": known})
                await session.execute(text(STRANGERS))
                for table in ("resources", "catalogue"):
                    await session.execute(text(f"UPDATE {table} SET version = version + 1"))
                await session.commit()

        self.run(empty())
        self.tokens.clear()
        self.ids = {name: one for name, one in self.ids.items() if isinstance(name, Treatment) or name in clinic.NAMES}
        self.set_clock(now)
        self.last = None

    def set_clock(self, now: int) -> None:
        self.clock.fixed_at = MIDNIGHT + timedelta(minutes=now)

    def send(
        self,
        method: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        staff: bool = True,
        link: Visit | None = None,
    ) -> httpx.Response:
        more = {"Authorization": f"Bearer {self.tokens[link]}"} if link is not None else {}
        more |= {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        client = self.staff if staff and link is None else self.public
        request = client.build_request(method, f"/v1{path}", json=body, headers={**more, **headers})
        response = self.run(client.send(request))
        if method == "POST" and response.status_code in {200, 201, 409} and "validate_only" not in (body or ()):
            self.last = request, response, self.clock.now()
        return response

    @property
    def is_last_kept(self) -> bool:
        """For a day, if it is a booking for longer."""
        return self.last is not None and self.clock.now() - self.last[2] < timedelta(days=1)

    def again(self) -> tuple[httpx.Response, httpx.Response]:
        """What was answered last, and what is answered to the same once more."""
        assert self.last is not None
        request, before, _ = self.last
        return before, self.run(self.public.send(request))

    def item(self, wish: Wish) -> Json:
        found = {"treatment_id": self.ids[wish.what], "location_id": self.location_id, "starts_at": instant(wish.start)}
        return found if wish.practitioner is None else found | {"practitioner_id": self.ids[wish.practitioner]}

    def change(
        self, visit: Visit, verb: str, body: Json = None, *, by_link: bool = False, version: int | None = None
    ) -> httpx.Response:
        match = {} if by_link and version is None else {"If-Match": f'"{visit.version if version is None else version}"'}
        return self.send("POST", f"/appointments/{self.ids[visit]}/{verb}", body, match, link=visit if by_link else None)

    def met(self, visit: Visit, shown: Json) -> None:
        """Remember what the real one is called."""
        assert self.ids.setdefault(visit, shown["id"]) == shown["id"], "it is another appointment"
        if visit.patient is not None:
            self.ids.setdefault(visit.patient, shown["patient_id"])
        if shown.get("manage_token"):
            self.tokens[visit] = shown["manage_token"]

    def view(self, model: Model, visit: Visit, *, staff: bool = True) -> Json:
        """What is shown of it, as the model has it."""
        state = model.state(visit)
        marked = {f"{name}_at": visit.at.get(name) for name in ("arrived", "fulfilled", "no_show", "cancelled")}
        return {
            "id": self.ids[visit],
            "status": state,
            "treatment_id": self.ids[visit.what],
            "practitioner_id": self.ids[visit.practitioner],
            "place_id": self.ids[visit.room],
            "patient_id": None if visit.patient is None else self.ids[visit.patient],
            "starts_at": instant(visit.start),
            "ends_at": instant(visit.start + visit.what.length),
            "hold_id": None if visit.hold is None else self.ids[visit.hold],
            "held_until": None if visit.until is None else instant(visit.until),
            **{name: None if at is None else instant(at) for name, at in marked.items()},
            "overrides": [{"rule": rule, "reason": f"Because of {rule}"} for rule in visit.rules] if staff else [],
            "overbooked": visit.overbooked and staff,
            "late": visit.late,
            "affected": bool(visit.marks) and state in {"pending", "booked", "arrived", "fulfilled"},
            "affected_by": list(visit.marks),
            "version": visit.version,
        }

    def told(self, answer: httpx.Response) -> Told:
        """In the model's words."""
        if answer.is_success:
            return Told(answer.status_code)
        body, names = answer.json(), {one: name for name, one in self.ids.items()}
        return Told(
            answer.status_code,
            body["code"],
            body.get("status_now", ""),
            tuple((one["index"], frozenset(reason["code"] for reason in one["reasons"])) for one in body.get("refusals", ())),
            tuple(
                (one["index"], minute_of(one["starts_at"]), str(names[one["practitioner_id"]]))
                for one in body.get("alternatives", ())
            ),
        )

    def free(
        self, what: Treatment, *, staff: bool, patient: str | None = None
    ) -> tuple[set[tuple[int, str]], tuple[int, str] | None]:
        """What may start on both days, and what is first."""
        names = {one: name for name, one in self.ids.items()}
        asked = {"treatment_id": self.ids[what], "from": "2026-12-02", "to": "2026-12-03"}
        client = self.staff if staff else self.public
        found = self.run(client.read("/v1/availability", **asked, **({"patient_id": self.ids[patient]} if patient else {})))
        starts = {
            (minute_of(start), names[opening["practitioner_id"]])
            for day in found["days"]
            for opening in day["openings"]
            for start in opening["starts"]
        }
        first = found["next_available"]
        return starts, None if first is None else (minute_of(first["starts_at"]), names[first["practitioner_id"]])

    def ledger(self, *, waiting: bool) -> set[Taken]:
        async def read() -> set[Taken]:
            async with self.database.reading() as session:
                rows = await session.execute(text(LEDGER.format(waiting=waiting)), {"now": self.clock.fixed_at})
                stretches = [(visit, who, range(minute_of(begin), minute_of(end))) for visit, who, begin, end in rows]
            found = {(visit, who, minute) for visit, who, minutes in stretches for minute in minutes}
            assert len(found) == sum(len(minutes) for _, _, minutes in stretches), "an appointment has a minute twice"
            return found

        return self.run(read())

    def expected_ledger(self, model: Model, *, waiting: bool) -> set[Taken]:
        found: set[Taken] = set()
        for one in model.occupying():
            takes = {one.practitioner: one.waits if waiting else one.has}
            if not waiting:
                takes |= {one.room: one.takes.room} | ({one.patient: one.takes.patient} if one.patient else {})
            found |= {(self.ids[one], self.ids[who], minute) for who, minutes in takes.items() for minute in minutes}
        return found
