"""A clinic to be stormed: open day and night, with fewer rooms than practitioners and treatments of several lengths.

Its time is cut into blocks of two hours; a window is one practitioner's time in one block.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.kit.wire import format_instant
from tests.client import Client, Json
from tests.make import make_location, make_patient, make_place, make_practitioner, make_treatment, set_hours

BLOCK = timedelta(hours=2)
STEP = timedelta(minutes=15)
# The servers go by the clock on the wall: nothing of today reaches that day.
FIRST_DAY_IN = timedelta(days=10)
STRANGER = {"name": "Robin Example", "email": "robin@mail.example"}

TREATMENTS: tuple[dict[str, Any], ...] = (
    {"name": "Short", "phases": [{"minutes": 15, "attended": True}]},
    {
        "name": "With a rest",
        "phases": [{"minutes": 10, "attended": True}, {"minutes": 20, "attended": False}, {"minutes": 15, "attended": True}],
        "buffer_after_minutes": 5,
    },
    {"name": "Long", "phases": [{"minutes": 50, "attended": True}], "buffer_before_minutes": 10, "buffer_after_minutes": 10},
    {"name": "On approval", "phases": [{"minutes": 30, "attended": True}], "needs_approval": True},
)


@dataclass(frozen=True)
class Premises:
    """What there is, and since when its blocks are counted."""

    first: datetime
    location: Json
    rooms: list[Json]
    treatments: list[Json]
    practitioners: list[Json]
    patients: list[Json]

    @classmethod
    async def made(cls, admin: Client, *, practitioners: int = 4, rooms: int = 3, patients: int = 12) -> "Premises":
        """All treatments but the last need one of the rooms."""
        clinic = await admin.read("/v1/clinic")
        await admin.change("/v1/clinic", {"hold_minutes": 1, "holds_per_client": 24}, version=clinic["version"])
        location = await make_location(admin, time_zone="Africa/Abidjan")
        made = [
            await make_treatment(admin, **one, place_kind=None if one.get("needs_approval") else "room", step_minutes=15)
            for one in TREATMENTS
        ]
        people = [await make_practitioner(admin, treatments=[one["id"] for one in made]) for _ in range(practitioners)]
        for one in people:
            await set_hours(admin, one, location["id"], weekdays=range(1, 8), starts="00:00", ends="24:00")
        return cls(
            (datetime.now(UTC) + FIRST_DAY_IN).replace(hour=0, minute=0, second=0, microsecond=0),
            location,
            [await make_place(admin, location["id"], position=number) for number in range(rooms)],
            made,
            people,
            [await make_patient(admin) for _ in range(patients)],
        )

    def start_in(self, block: int, dice: random.Random) -> str:
        """One of the eight starts in it."""
        return format_instant(self.first + block * BLOCK + dice.randrange(8) * STEP)

    def block_of(self, starts_at: str) -> int:
        return (datetime.fromisoformat(starts_at) - self.first) // BLOCK

    def wish(self, starts_at: str, *, treatment: Json, practitioner_id: str | None) -> Json:
        """What a booking and an item of a hold have in common."""
        wished = {"treatment_id": treatment["id"], "location_id": self.location["id"], "starts_at": starts_at}
        return wished if practitioner_id is None else {**wished, "practitioner_id": practitioner_id}


def stretches(treatment: Json, starts_at: datetime, what: str) -> Sequence[tuple[datetime, datetime]]:
    """What an appointment takes of its `practitioner`, `place` or `patient`: the rules of time once more, as simple as they can be said."""
    before, after = (timedelta(minutes=treatment[f"buffer_{which}_minutes"]) for which in ("before", "after"))
    ends_at = starts_at + timedelta(minutes=sum(phase["minutes"] for phase in treatment["phases"]))
    if what == "patient":
        return [(starts_at, ends_at)]
    if what == "place":
        return [(starts_at - before, ends_at + after)]
    found = [(starts_at - before, starts_at), (ends_at, ends_at + after)] if what == "practitioner" else []
    at = starts_at
    for phase in treatment["phases"]:
        until = at + timedelta(minutes=phase["minutes"])
        if phase["attended"]:
            found.append((at, until))
        at = until
    return [one for one in found if one[0] < one[1]]
