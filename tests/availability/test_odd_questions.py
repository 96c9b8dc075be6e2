"""Questions at the edge of sense, and clinics that are: answered, or refused in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import make_override, make_practitioner, set_hours

EXPLAIN = "/v1/availability/explain"


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


def question(world: World, from_on: str, to_on: str, **more: Any) -> dict[str, Any]:
    return {"treatment_id": world.treatment["id"], "from": from_on, "to": to_on, **more}


async def starts(client: Client, world: World, from_on: str, to_on: str) -> list[str]:
    answer = await client.read("/v1/availability", **question(world, from_on, to_on))
    return [start for day in answer["days"] for opening in day["openings"] for start in opening["starts"]]


@pytest.mark.parametrize(
    ("from_on", "to_on", "pointer"),
    [
        pytest.param("2026-12-02", "2026-12-01", "to", id="reversed"),
        pytest.param("2026-12-02", "2027-02-02", "to", id="63 days"),
        pytest.param("2000-01-01", "2100-12-31", "to", id="a hundred years"),
        pytest.param("2100-12-31", "2000-01-01", "to", id="a hundred years, reversed"),
        pytest.param("2100-12-31", "2101-01-01", "to", id="after the last"),
        pytest.param("1999-12-31", "2000-01-01", "from", id="before the first"),
        pytest.param("2027-02-29", "2027-03-01", "from", id="no such day"),
        pytest.param("2026-12-02T00:00:00Z", "2026-12-03", "from", id="an instant"),
        pytest.param("20261202", "2026-12-03", "from", id="without its hyphens"),
        pytest.param("", "2026-12-03", "from", id="nothing"),
        pytest.param("２０２６-12-02", "2026-12-03", "from", id="other digits"),
    ],
)
async def test_ranges_that_are_none(world: World, public: Client, from_on: str, to_on: str, pointer: str) -> None:
    refused = problem(await public.get("/v1/availability", params=question(world, from_on, to_on)), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/London", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("on", ["2000-01-01", "2000-03-02", "2100-12-31"])
async def test_the_first_and_the_last_day_there_are(
    world: World, public: Client, receptionist: Client, on: str, zone: str
) -> None:
    for client in (public, receptionist):
        answer = await client.read("/v1/availability", **question(world, on, on, time_zone=zone))
        is_over = on < "2026"
        assert (answer["days"], answer["next_available"] is not None) == ([], is_over)


async def test_staff_look_beyond_the_horizon_to_the_last_day(world: World, admin: Client, receptionist: Client) -> None:
    """A registration of a hundred years; New Year's Eve of 2100 is a Friday."""
    path = f"/v1/practitioners/{world.practitioner['id']}"
    registrations = [{"body": "Example Council", "number": "EX-1", "valid_until": "2100-12-31"}]
    await admin.change(path, {"registrations": registrations}, version=(await admin.read(path))["version"])
    found = await starts(receptionist, world, "2100-12-31", "2100-12-31")
    assert (len(found), found[-1]) == (31, "2100-12-31T16:30:00+00:00")
    await receptionist.create("/v1/appointments", world.booking(found[-1], patient={"name": "Ada"}))
    assert len(await starts(receptionist, world, "2100-12-30", "2100-12-31")) == 31 + 29


@pytest.mark.parametrize(
    "zone", ["Europe/Londinium", "GMT+25", "+01:00", "europe/london", "localtime", "", "../../etc/passwd", "Z" * 65]
)
async def test_zones_that_there_are_not(world: World, public: Client, zone: str) -> None:
    asked = question(world, "2026-12-02", "2026-12-02", time_zone=zone)
    refused = problem(await public.get("/v1/availability", params=asked), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["time_zone"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param({"weekdays": []}, id="none"),
        pytest.param({"valid_until": "2026-11-30"}, id="over"),
        pytest.param({"valid_from": "2099-01-01"}, id="not yet"),
        pytest.param({"starts": "10:00", "ends": "10:29"}, id="shorter than the treatment"),
        pytest.param({"weekdays": [6], "valid_from": "2026-12-07", "valid_until": "2026-12-11"}, id="no such weekday between"),
        pytest.param({"valid_from": "2026-11-23", "every_weeks": 52, "valid_until": "2027-10-01"}, id="once, last week"),
    ],
)
async def test_hours_that_never_open(world: World, admin: Client, public: Client, line: Json) -> None:
    await set_hours(admin, world.practitioner, world.location["id"], **line)
    for from_on, to_on in (("2026-12-01", "2027-01-31"), ("2026-12-07", "2026-12-07")):
        answer = await public.read("/v1/availability", **question(world, from_on, to_on))
        assert (answer["days"], answer["next_available"]) == ([], None)
    asked = {"treatment_id": world.treatment["id"], "location_id": world.location["id"], "starts_at": "2026-12-07T10:00:00Z"}
    assert [reason["code"] for reason in (await public.read(EXPLAIN, **asked))["reasons"]] == ["closed"]


async def test_hours_that_the_clock_change_swallows(world: World, admin: Client, public: Client, clock: Clock) -> None:
    """On the twenty-eighth of March, 01:00 is 02:00 in London."""
    clock.fixed_at = datetime(2027, 3, 20, tzinfo=UTC)
    for starts_, ends, found in (("01:15", "02:00", 0), ("01:15", "02:15", 0), ("01:00", "02:30", 1), ("00:30", "02:00", 1)):
        await set_hours(admin, world.practitioner, world.location["id"], weekdays=[7], starts=starts_, ends=ends)
        assert len(await starts(public, world, "2027-03-28", "2027-03-28")) == found, starts_


async def test_nobody_offers_it_and_nobody_works(world: World, admin: Client, public: Client) -> None:
    path = f"/v1/practitioners/{world.practitioner['id']}"
    await admin.change(path, {"treatments": []}, version=(await admin.read(path))["version"])
    answer = await public.read("/v1/availability", **question(world, "2026-12-02", "2026-12-02"))
    assert (answer["time_zone"], answer["days"], answer["next_available"]) == ("Europe/London", [], None)


async def test_ten_thousand_overrides(world: World, admin: Client, public: Client, database: Database) -> None:
    """One for each date of twenty-seven years, which open at eleven."""
    async with database.writing() as session:
        await session.execute(
            text(
                "INSERT INTO overrides (id, practitioner_id, location_id, date, windows)"
                " SELECT gen_random_uuid(), :practitioner_id, :location_id, date '2026-12-01' + day, :windows"
                " FROM generate_series(0, 9999) AS day"
            ),
            {
                "practitioner_id": world.practitioner["id"],
                "location_id": world.location["id"],
                "windows": '[{"starts": 660, "ends": 720}]',
            },
        )
        await session.commit()
    assert await starts(public, world, "2026-12-05", "2026-12-05") == [
        f"2026-12-05T11:{minute:02}:00+00:00" for minute in (0, 15, 30)
    ]
    assert len(await starts(public, world, "2026-12-01", "2027-01-31")) == 62 * 3
    asked = {"treatment_id": world.treatment["id"], "location_id": world.location["id"], "starts_at": "2026-12-05T11:15:00Z"}
    assert (await public.read(EXPLAIN, **asked))["bookable"]
    await public.create("/v1/appointments", world.booking("2026-12-05T11:15:00Z"))
    assert await starts(public, world, "2026-12-05", "2026-12-05") == []


async def test_an_override_opens_where_nobody_works(world: World, admin: Client, public: Client) -> None:
    """Somebody with no weekly hours at all, on the last day of the horizon."""
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, world.practitioner, world.location["id"], weekdays=[])
    await make_override(admin, other, world.location["id"], date="2027-03-01", windows=[{"starts": "22:00", "ends": "24:00"}])
    answer = await public.read("/v1/availability", **question(world, "2026-12-02", "2026-12-02"))
    assert answer["next_available"]["starts_at"] == "2027-03-01T22:00:00+00:00"
    assert len(await starts(public, world, "2027-01-01", "2027-03-01")) == 7
