"""Puts the workload into a running server, through its API, as an integrator would: nothing here knows a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from benchmarks import workload
from benchmarks.workload import LENGTHS_MINUTES, TEN, VISIT_MINUTES, Booking, Size, Workload

# As many treatments differ in nothing but their names, so that as many clients can ask the same without asking each other's question.
ALIKE = 8

_PARAGRAPH = (
    "Most people who come to us with an aching back have had it for some months, and have tried to sit better, to sit less, or not to sit at all. "
    "At a first visit we ask when it hurts and what you can no longer do, look at how you move, and agree on what would count as better. "
    "The needles are thin, stay in for about twenty minutes, and are felt as a dull warmth rather than as pain. "
    "How many visits are worth having is something that we review with you after the third."
)


@dataclass(frozen=True, slots=True)
class Seeded:
    """Where the questions go. `practitioner_ids` are the ten who are asked for; `desk_ids` the ten who are booked."""

    location_id: str
    visit_ids: list[str]
    sitting_id: str
    practitioner_ids: list[str]
    desk_ids: list[str]
    article_slug: str

    def availability_paths(self, question: Workload) -> list[str]:
        """10 × 30: anybody, in all the 30 days; for each of the treatments that are alike."""
        return [_availability_path(visit, question, TEN.days) for visit in self.visit_ids]

    def day_path(self, question: Workload) -> str:
        """1 × 1: one practitioner, on one day."""
        return f"{_availability_path(self.visit_ids[0], question, 1)}&practitioner_id={self.practitioner_ids[0]}"

    @property
    def article_path(self) -> str:
        return f"/v1/articles/{self.article_slug}"

    def booking(self, number: int, practitioner: int, starts_at: datetime) -> dict[str, Any]:
        """What the public sends to be booked with one of the ten."""
        return {
            "treatment_id": self.sitting_id,
            "practitioner_id": self.desk_ids[practitioner],
            "location_id": self.location_id,
            "starts_at": _utc(starts_at),
            "patient": {"name": f"Robin Example {number}", "email": f"robin.{number}@mail.example"},
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Practitioners who are asked for all at once, by a treatment that nobody else gives."""

    size: Size
    treatment_id: str
    practitioner_ids: list[str]

    def availability_path(self, question: Workload) -> str:
        return _availability_path(self.treatment_id, question, self.size.days)


async def seed(client: httpx.AsyncClient, question: Workload, booked: Iterable[Booking]) -> Seeded:
    """Fill an empty clinic. `client` carries an admin's token."""
    made = _Maker(client, "clinic")
    await made.change("/v1/clinic", {"time_zone": workload.ZONE, "horizon_days": workload.HORIZON_DAYS})
    location = await made.make("/v1/locations", {"name": "Harbour Street", "time_zone": workload.ZONE})
    lengths = {length: await made.treatment(f"Visit of {length} minutes", length) for length in LENGTHS_MINUTES}
    more = [await made.treatment(f"Visit like the others, {number}", VISIT_MINUTES) for number in range(2, ALIKE + 1)]
    sitting = await made.treatment("Sitting in a room", VISIT_MINUTES, place_kind="room")
    for number in range(TEN.practitioners):
        await made.make(f"/v1/locations/{location}/places", {"name": f"Room {number + 1}", "kind": "room", "position": number})
    offered = [*lengths.values(), *more]
    asked = [await made.practitioner("Asked for", number, offered, location) for number in range(TEN.practitioners)]
    desk = [await made.practitioner("To be booked", number, [sitting], location) for number in range(10)]
    for number, one in enumerate(booked):
        booking = {
            "treatment_id": lengths[one.ends - one.starts],
            "practitioner_id": asked[one.practitioner],
            "location_id": location,
            "starts_at": _utc(question.instant(one.day, one.starts)),
            "patient": {"name": f"Patient {number}", "email": f"patient.{number}@mail.example"},
        }
        await made.make("/v1/appointments", booking)
    article = await made.article()
    return Seeded(location, [lengths[VISIT_MINUTES], *more], sitting, asked, desk, article)


async def seed_groups(client: httpx.AsyncClient, location_id: str, sizes: Sequence[Size]) -> list[Group]:
    """Practitioners without bookings, for questions of other sizes."""
    made = _Maker(client, "groups")
    groups: list[Group] = []
    for size in sizes:
        treatment = await made.treatment(f"Visit for {size.name}", VISIT_MINUTES)
        numbers = range(size.practitioners)
        ids = [await made.practitioner(f"Of {size.name},", number, [treatment], location_id) for number in numbers]
        groups.append(Group(size, treatment, ids))
    return groups


class _Maker:
    """Sends what is to be made, each with a key of its own."""

    def __init__(self, client: httpx.AsyncClient, name: str) -> None:
        self._client = client
        self._name = name
        self._sent = 0

    async def make(self, path: str, body: dict[str, Any]) -> str:
        """The id of what was made."""
        made: str = (await self._send("POST", path, json=body))["id"]
        return made

    async def change(self, path: str, body: dict[str, Any], method: str = "PATCH", version_of: str | None = None) -> None:
        version = (await self._send("GET", version_of or path))["version"]
        await self._send(method, path, json=body, headers={"If-Match": f'"{version}"'})

    async def treatment(self, name: str, minutes: int, **more: Any) -> str:
        price = {"amount": "48.00", "currency": "GBP"}
        body = {"name": name, "phases": [{"minutes": minutes, "attended": True}], "price": price, **more}
        return await self.make("/v1/treatments", body)

    async def practitioner(self, kind: str, number: int, treatments: list[str], location: str) -> str:
        body = {
            "name": f"{kind} {number + 1}",
            "treatments": [{"treatment_id": one} for one in treatments],
            "registrations": [{"body": "Example Council", "number": f"EX-{number}", "valid_until": "2099-12-31"}],
        }
        made = await self.make("/v1/practitioners", body)
        hours = [
            {"location_id": location, "weekday": weekday, "starts": starts, "ends": ends}
            for weekday in workload.WEEKDAYS
            for starts, ends in workload.WINDOWS
        ]
        path = f"/v1/practitioners/{made}"
        await self.change(f"{path}/working-hours", {"items": hours}, "PUT", version_of=path)
        return made

    async def article(self) -> str:
        """About 800 words, published; its slug."""
        body = "\n\n".join(f"## Part {number + 1}\n\n{_PARAGRAPH}" for number in range(8))
        summary = "What we ask at a first visit, and what to expect of it."
        made = await self.make("/v1/articles", {"title": "When your back hurts", "summary": summary, "body_markdown": body})
        path = f"/v1/articles/{made}"
        version = (await self._send("GET", path))["version"]
        published = await self._send("POST", f"{path}/publish", headers={"If-Match": f'"{version}"'})
        slug: str = published["slug"]
        return slug

    async def _send(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
        self._sent += 1
        key = {"Idempotency-Key": f"benchmark-{self._name}-{self._sent:08d}"} if method in {"POST", "PATCH"} else {}
        response = await self._client.request(method, path, headers={**key, **(headers or {})}, **more)
        if not response.is_success:
            raise RuntimeError(f"{method} {path} was answered with {response.status_code}: {response.text[:1000]}")
        return response.json()


def _availability_path(treatment_id: str, question: Workload, days: int) -> str:
    return f"/v1/availability?treatment_id={treatment_id}&from={question.monday}&to={question.last_day(days)}"


def _utc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
