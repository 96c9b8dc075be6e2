"""A zone to answer in changes how a start is written and under which date it stands, and never whether it is there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.kit.clock import Clock
from tests.appointments.world import World
from tests.client import Client, Json
from tests.make import make_location, make_practitioner, set_hours

ZONES = [
    "Etc/UTC",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Nuuk",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]
# Clocks change in London, Troll, Nuuk; in New York, St. John's, Havana; in Sydney's neighbourhood and the Chatham Islands.
AROUND = [date(2027, 3, 28), date(2027, 3, 14), date(2027, 4, 4), date(2027, 10, 31), date(2026, 12, 31)]


@pytest.fixture
async def world(admin: Client) -> World:
    """Open day and night, in London and, with somebody else, on Lord Howe Island."""
    made = await World.made(admin, step_minutes=45)
    island = await make_location(admin, time_zone="Australia/Lord_Howe")
    second = await make_practitioner(admin, treatments=[made.treatment["id"]])
    for somebody, where in ((made.practitioner, made.location), (second, island)):
        await set_hours(admin, somebody, where["id"], weekdays=range(1, 8), starts="00:00", ends="24:00")
    return made


def listed(answer: Json) -> list[tuple[str, str, str, str]]:
    return [
        (day["date"], opening["practitioner_id"], opening["location_id"], start)
        for day in answer["days"]
        for opening in day["openings"]
        for start in opening["starts"]
    ]


def instants(answer: Json) -> set[tuple[str, str, datetime]]:
    return {(who, where, datetime.fromisoformat(start).astimezone(UTC)) for _, who, where, start in listed(answer)}


def dates(zone: str, first: datetime, last: datetime) -> Json:
    """Those in the zone that two instants lie on, as parameters."""
    return {name: str(at.astimezone(ZoneInfo(zone)).date()) for name, at in (("from", first), ("to", last))}


@pytest.mark.parametrize("middle", AROUND, ids=str)
async def test_the_instants_are_the_same_in_every_zone(world: World, public: Client, clock: Clock, middle: date) -> None:
    clock.fixed_at = datetime.combine(middle, datetime.min.time(), UTC) - timedelta(days=9)
    first, last = clock.fixed_at + timedelta(days=8), clock.fixed_at + timedelta(days=10)
    question: dict[str, Any] = {"treatment_id": world.treatment["id"]}
    found = []
    for zone in ZONES:
        answer = await public.read("/v1/availability", **question, time_zone=zone, **dates(zone, first, last))
        found.append({one for one in instants(answer) if first <= one[2] <= last})
    assert len(found[0]) > 60
    assert found == [found[0]] * len(ZONES)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("on", AROUND[:1] + AROUND[3:], ids=str)
async def test_every_start_stands_under_its_date_there(world: World, public: Client, clock: Clock, zone: str, on: date) -> None:
    """And a range is the union of its days."""
    clock.fixed_at = datetime.combine(on, datetime.min.time(), UTC) - timedelta(days=9)
    days = [on + timedelta(days=number) for number in (-1, 0, 1)]
    question: dict[str, Any] = {"treatment_id": world.treatment["id"], "time_zone": zone}
    answer = await public.read("/v1/availability", **question, **{"from": str(days[0]), "to": str(days[-1])})
    assert answer["time_zone"] == zone
    assert [day["date"] for day in answer["days"]] == [str(day) for day in days]
    for day, who, where, start in listed(answer):
        at = datetime.fromisoformat(start)
        assert (start, start[:10]) == (at.astimezone(ZoneInfo(zone)).isoformat(), day), (who, where)
    for day in answer["days"]:
        ids = [(opening["practitioner_id"], opening["location_id"]) for opening in day["openings"]]
        assert ids == sorted(set(ids))
        for opening in day["openings"]:
            ascending = [datetime.fromisoformat(start).timestamp() for start in opening["starts"]]
            assert ascending == sorted(set(ascending))
    alone = [await public.read("/v1/availability", **question, **{"from": str(day), "to": str(day)}) for day in days]
    assert [day for one in alone for day in one["days"]] == answer["days"]


async def test_the_zone_is_that_of_the_location_else_the_clinics(world: World, admin: Client, public: Client) -> None:
    question: dict[str, Any] = {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-02"}

    async def zone(**more: Any) -> str:
        return str((await public.read("/v1/availability", **question, **more))["time_zone"])

    await admin.change("/v1/clinic", {"time_zone": "Asia/Kathmandu"}, version=(await admin.read("/v1/clinic"))["version"])
    locations = (await public.read("/v1/locations"))["items"]
    assert await zone() == "Asia/Kathmandu"
    assert {await zone(location_id=one["id"]) for one in locations} == {one["time_zone"] for one in locations}
    assert await zone(practitioner_id=world.practitioner["id"]) == "Europe/London"
    assert await zone(time_zone="Pacific/Apia") == "Pacific/Apia"
