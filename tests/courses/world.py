"""A course in a small clinic."""

from typing import Any

from tests.appointments.world import STRANGER, World
from tests.client import Client, Json

WEEKLY = {"target_days": 7, "min_days": 5, "max_days": 9}
WEDNESDAYS = ("2026-12-02", "2026-12-09", "2026-12-16", "2026-12-23", "2026-12-30", "2027-01-06")


def question(world: World, sessions: int = 4, **changes: Any) -> Json:
    return {
        "treatment_id": world.treatment["id"],
        "location_id": world.location["id"],
        "sessions": sessions,
        "cadence": [{"sessions": sessions, **WEEKLY}],
        "earliest_on": "2026-12-02",
        "latest_on": "2027-02-28",
        **changes,
    }


def session(world: World, starts_at: str, **changes: Any) -> Json:
    return {
        "starts_at": starts_at,
        "practitioner_id": world.practitioner["id"],
        "location_id": world.location["id"],
        **changes,
    }


def course(world: World, size: int = 4, **changes: Any) -> Json:
    """Every Wednesday at ten, for somebody new."""
    return {
        "patient": STRANGER,
        "treatment_id": world.treatment["id"],
        "question": question(world, size, preferred_time="10:00"),
        "sessions": [session(world, f"{on}T10:00:00Z") for on in WEDNESDAYS[:size]],
        **changes,
    }


async def made(client: Client, world: World, size: int = 4, **changes: Any) -> Json:
    return await client.create("/v1/courses", course(world, size, **changes))


async def step(client: Client, course: Json, verb: str, body: Json = None) -> Json:
    """A verb on the version that was read."""
    return await client.change(f"/v1/courses/{course['id']}/{verb}", body, version=course["version"], method="POST")


async def again(client: Client, course: Json) -> Json:
    return await client.read(f"/v1/courses/{course['id']}")
