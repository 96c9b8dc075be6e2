"""`next_available` looks on from an empty range to the horizon; `limit` keeps the earliest; several may be asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.kit.clock import Clock
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import make_location, make_practitioner, set_hours

# With a horizon of 90 days, the last one is the first of March.
LAST_ON, DAY_AFTER = "2027-03-01", "2027-03-02"


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


async def ask(client: Client, world: World, from_on: str, to_on: str, **more: Any) -> Json:
    return await client.read("/v1/availability", treatment_id=world.treatment["id"], **{"from": from_on, "to": to_on}, **more)


async def upcoming(client: Client, world: World, from_on: str, to_on: str, **more: Any) -> str | None:
    """The next start, after an answer that has none."""
    answer = await ask(client, world, from_on, to_on, **more)
    assert answer["days"] == []
    return None if answer["next_available"] is None else str(answer["next_available"]["starts_at"])


@pytest.mark.parametrize(("valid_from", "expected"), [(LAST_ON, f"{LAST_ON}T09:00:00+00:00"), (DAY_AFTER, None)])
async def test_it_looks_on_to_the_last_day_of_the_horizon(
    world: World, admin: Client, public: Client, valid_from: str, expected: str | None
) -> None:
    await set_hours(admin, world.practitioner, world.location["id"], valid_from=valid_from)
    for to_on in ("2026-12-01", "2026-12-31", "2027-01-31"):
        assert await upcoming(public, world, "2026-12-01", to_on) == expected
    assert await upcoming(public, world, "2027-02-28", "2027-02-28") == expected
    assert [day["date"] for day in (await ask(public, world, "2027-02-20", "2027-03-10"))["days"]] == (
        [LAST_ON] if expected else []
    )


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Europe/London", "Pacific/Kiritimati"])
@pytest.mark.parametrize("location_zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
@pytest.mark.parametrize("hour", [0, 10, 12, 23])
async def test_the_last_day_is_the_locations_whatever_the_zone_asked_for(
    admin: Client, public: Client, clock: Clock, zone: str, location_zone: str, hour: int
) -> None:
    """Twenty-five hours lie between them."""
    clock.fixed_at = datetime(2026, 12, 1, hour, 30, tzinfo=UTC)
    world = await World.made(admin, horizon_days=5)
    await admin.change(f"/v1/locations/{world.location['id']}", {"time_zone": location_zone}, version=1)
    today = clock.fixed_at.astimezone(ZoneInfo(location_zone)).date()
    for days, is_found in ((5, True), (6, False)):
        on = str(today + timedelta(days=days))
        line: Json = {"weekdays": range(1, 8), "starts": "23:30", "ends": "24:00", "valid_from": on, "valid_until": on}
        await set_hours(admin, world.practitioner, world.location["id"], **line)
        answer = await ask(public, world, "2026-11-01", "2026-11-02", time_zone=zone)
        assert (answer["days"], answer["next_available"] is not None) == ([], is_found)


async def test_a_range_in_the_past_is_followed_by_the_next_one_from_now(world: World, public: Client) -> None:
    for from_on, to_on in (("2000-01-01", "2000-03-02"), ("2026-11-01", "2026-11-30")):
        assert await upcoming(public, world, from_on, to_on) == "2026-12-01T10:00:00+00:00"
    # One that reaches into today has it.
    assert (await ask(public, world, "2026-11-01", "2026-12-01"))["days"][0]["date"] == "2026-12-01"


async def test_nothing_follows_a_range_beyond_the_horizon(world: World, public: Client) -> None:
    for from_on, to_on in ((DAY_AFTER, "2027-04-01"), ("2100-12-31", "2100-12-31"), ("2100-11-01", "2100-12-31")):
        assert await upcoming(public, world, from_on, to_on) is None


async def test_one_whose_hours_are_over_for_today_comes_tomorrow(world: World, public: Client, clock: Clock) -> None:
    clock.fixed_at = datetime(
        2026, 12, 1, 14, 30, 1, tzinfo=UTC
    )  # the notice is two hours, and the last start was at half past four
    assert await upcoming(public, world, "2026-12-01", "2026-12-01") == "2026-12-02T09:00:00+00:00"
    clock.fixed_at = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
    answer = await ask(public, world, "2026-12-01", "2026-12-01")
    assert answer["next_available"]["starts_at"] == "2026-12-01T16:30:00+00:00"


async def test_it_is_the_first_of_the_answer_where_there_is_one(world: World, admin: Client, public: Client) -> None:
    """Of two at once, that of the lower id; the earlier where it is not."""
    second = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, second, world.location["id"])
    low, high = sorted([world.practitioner["id"], second["id"]])
    expected = {"starts_at": "2026-12-02T09:00:00+00:00", "practitioner_id": low, "location_id": world.location["id"]}
    for more in ({}, {"limit": 1}):
        assert (await ask(public, world, "2026-12-02", "2026-12-04", **more))["next_available"] == expected
    await set_hours(admin, {"id": high}, world.location["id"], starts="08:45")
    answer = await ask(public, world, "2026-12-02", "2026-12-04")
    assert answer["next_available"] == expected | {"starts_at": "2026-12-02T08:45:00+00:00", "practitioner_id": high}


def flat(answer: Json) -> list[tuple[str, str]]:
    return sorted(
        (start, opening["practitioner_id"])
        for day in answer["days"]
        for opening in day["openings"]
        for start in opening["starts"]
    )


async def test_a_limit_gives_the_first_of_the_whole(world: World, admin: Client, public: Client) -> None:
    elsewhere = await make_location(admin, name="Elsewhere")
    second = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, second, elsewhere["id"], starts="09:07", ends="17:00")
    whole = await ask(public, world, "2026-12-02", "2026-12-04")
    starts = flat(whole)
    for limit in (1, 2, 3, 31, 62, 63, 64, len(starts) - 1, len(starts), len(starts) + 1, 10_000):
        answer = await ask(public, world, "2026-12-02", "2026-12-04", limit=limit)
        assert flat(answer) == starts[:limit]
        assert answer["next_available"] == whole["next_available"]
    assert await ask(public, world, "2026-12-02", "2026-12-04", limit=10_000) == whole
    for wrong in (0, -1, 10_001, "x", 1.5):
        parameters = {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-04", "limit": wrong}
        refused = problem(await public.get("/v1/availability", params=parameters), 422, "invalid")
        assert [error["pointer"] for error in refused["errors"]] == ["limit"]


async def test_of_several_practitioners_each_and_no_other_is_listed(world: World, admin: Client, public: Client) -> None:
    ids = [world.practitioner["id"]]
    for _ in range(3):
        made = await make_practitioner(admin, treatments=[world.treatment["id"]])
        await set_hours(admin, made, world.location["id"])
        ids.append(made["id"])
    bystander = await make_practitioner(admin)
    everybody = flat(await ask(public, world, "2026-12-02", "2026-12-03"))
    for wanted in (ids[:1], ids[1:3], ids[3:0:-1], [*ids, bystander["id"]], [ids[0], ids[0]], [bystander["id"]]):
        answer = await ask(public, world, "2026-12-02", "2026-12-03", practitioner_id=wanted)
        assert flat(answer) == [start for start in everybody if start[1] in wanted]
        assert (answer["next_available"] is None) == (wanted == [bystander["id"]])
