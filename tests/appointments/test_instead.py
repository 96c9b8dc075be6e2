"""What is told of a start that cannot be had is the same whether the days beside it are looked at first, or the weeks around it at once."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from app.appointments import instead
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import make_practitioner, make_time_off, set_hours

FIRST = datetime(2026, 12, 2, tzinfo=UTC)
DAYS = 16


def instant(day: int, minute: int) -> str:
    return (FIRST + timedelta(days=day, minutes=minute)).isoformat().replace("+00:00", "Z")


async def refused(client: Client, booking: Json) -> Json:
    """Without what is another each time."""
    told = problem(await client.send_json("POST", "/v1/appointments", booking), 409, "slot_unavailable")
    del told["request_id"]
    return told


@pytest.mark.parametrize("seed", range(6))
async def test_the_days_beside_it_tell_what_the_weeks_do(
    admin: Client, public: Client, receptionist: Client, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 the same every time
    world = await World.made(admin)
    practitioners = [world.practitioner, await make_practitioner(admin, treatments=[world.treatment["id"]])]
    await set_hours(admin, practitioners[1], world.location["id"])
    for one in practitioners:
        share = chance.choice((0.2, 0.8, 0.95))
        for day in range(DAYS):
            if chance.random() < share:  # hardly any starts are left of such a day, or none
                ends = chance.choice((720, 960, 990, 1440, 1440))
                await make_time_off(admin, one, starts_at=instant(day, 0), ends_at=instant(day, ends))
        for _ in range(20):
            start = instant(chance.randrange(DAYS), chance.randrange(18, 33) * 30)
            booking = world.booking(start, practitioner_id=one["id"], patient={"name": "Ada"})
            await receptionist.send_json("POST", "/v1/appointments", booking)
    told = 0
    while told < 25:
        start, who = instant(chance.randrange(DAYS), chance.randrange(16, 36) * 30), chance.choice(practitioners)["id"]
        booking = world.booking(start, practitioner_id=who, patient={"name": "Grace"})
        asked = await receptionist.send_json("POST", "/v1/appointments", booking | {"validate_only": True})
        if asked.status_code == 200:
            continue
        client = chance.choice((public, receptionist))
        booking = world.booking(start, practitioner_id=who)
        found = await refused(client, booking)
        with monkeypatch.context() as patch:
            patch.setattr(instead, "NEARBY", instead.AROUND)
            assert await refused(client, booking) == found
        told += 1


@pytest.mark.parametrize(
    ("start", "away", "other_away", "first"),
    [
        pytest.param(
            "2026-12-08T20:00:00Z",
            ("2026-12-02T00:00:00Z", "2026-12-11T00:00:00Z"),
            [("2026-12-01T00:00:00Z", "2026-12-10T10:00:00Z"), ("2026-12-10T11:30:00Z", "2027-01-01T00:00:00Z")],
            "2026-12-11T09:00:00Z",
            id="after them",
        ),
        pytest.param(
            "2026-12-10T05:00:00Z",
            ("2026-12-07T17:00:00Z", "2026-12-31T00:00:00Z"),
            [("2026-12-01T00:00:00Z", "2026-12-08T14:30:00Z"), ("2026-12-08T16:00:00Z", "2027-01-01T00:00:00Z")],
            "2026-12-07T16:30:00Z",
            id="before them",
        ),
    ],
)
async def test_beyond_the_days_beside_it_whoever_is_wanted_may_be_nearer_than_another_within_them(
    admin: Client, public: Client, start: str, away: tuple[str, str], other_away: list[tuple[str, str]], first: str
) -> None:
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    for who, starts_at, ends_at in ((world.practitioner, *away), *((other, *one) for one in other_away)):
        await make_time_off(admin, who, starts_at=starts_at, ends_at=ends_at)
    told = await refused(public, world.booking(start))
    found = told["alternatives"][0]
    assert (found["starts_at"], found["practitioner_id"]) == (first, world.practitioner["id"])
    assert len(told["alternatives"]) == 5
