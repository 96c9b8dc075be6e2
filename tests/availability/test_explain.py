"""GET /v1/availability/explain: why not then, with whom, until when, and what is behind it, as far as it is the asker's business."""

from typing import Any

import pytest
from fastapi import FastAPI

from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import (
    make_closure,
    make_location,
    make_override,
    make_place,
    make_practitioner,
    make_time_off,
    make_user,
    set_hours,
)

Reasons = list[tuple[str, str | None]]
NEXT_DAY, NEXT_WEEK = ("closed", "2026-12-03T09:00:00Z"), ("closed", "2026-12-07T09:00:00Z")


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


def question(world: World, starts_at: str, **more: Any) -> Json:
    return {"treatment_id": world.treatment["id"], "location_id": world.location["id"], "starts_at": starts_at, **more}


async def told(client: Client, world: World, starts_at: str, **more: Any) -> Json:
    return await client.read("/v1/availability/explain", **question(world, starts_at, **more))


def reasons(answer: Json) -> Reasons:
    return [(reason["code"], reason["until"]) for reason in answer["reasons"]]


async def why(client: Client, world: World, starts_at: str, **more: Any) -> Reasons:
    return reasons(await told(client, world, starts_at, **more))


async def another(admin: Client, world: World, **changes: Any) -> Json:
    """Who works as the first one does."""
    made = await make_practitioner(admin, treatments=[world.treatment["id"]], **changes)
    await set_hours(admin, made, world.location["id"])
    return made


async def test_nothing_stands_against_a_start_that_is_offered(world: World, public: Client) -> None:
    candidate = {"practitioner_id": world.practitioner["id"], "reasons": []}
    expected = {"bookable": True, "reasons": [], "candidates": [candidate]}
    assert await told(public, world, "2026-12-02T09:00:00Z") == expected
    assert await told(public, world, "2026-12-02T10:00:00+01:00", practitioner_id=world.practitioner["id"]) == expected


@pytest.mark.parametrize(
    ("starts_at", "to_the_public", "to_staff"),
    [
        pytest.param(
            "2026-12-01T07:00:00Z",
            [("past", "2026-12-01T08:00:00Z"), ("notice", "2026-12-01T10:00:00Z"), ("closed", "2026-12-01T09:00:00Z")],
            [("past", "2026-12-01T08:00:00Z"), ("closed", "2026-12-01T09:00:00Z")],
            id="an hour ago",
        ),
        pytest.param(
            "2000-01-01T00:00:00Z",
            [("past", "2026-12-01T08:00:00Z"), ("notice", "2026-12-01T10:00:00Z"), ("closed", "2000-01-03T09:00:00Z")],
            [("past", "2026-12-01T08:00:00Z"), ("closed", "2000-01-03T09:00:00Z")],
            id="as long ago as can be said",
        ),
        pytest.param("2026-12-01T09:45:00Z", [("notice", "2026-12-01T10:00:00Z")], [], id="too soon"),
        pytest.param("2026-12-01T10:00:00Z", [], [], id="at the notice"),
        pytest.param("2027-03-01T16:30:00Z", [], [], id="last of the horizon"),
        pytest.param("2027-03-02T09:00:00Z", [("horizon", None)], [], id="beyond the horizon"),
        pytest.param(
            "2100-12-31T23:59:59Z",
            [("horizon", None), ("closed", "2101-01-03T09:00:00Z"), ("registration", None)],
            [("closed", "2101-01-03T09:00:00Z"), ("registration", None)],
            id="as late as can be said",
        ),
        pytest.param("2026-12-02T09:10:00Z", [("grid", None)], [("grid", None)], id="off the grid"),
        pytest.param("2026-12-02T09:00:01Z", [("grid", None)], [("grid", None)], id="a second off the grid"),
        pytest.param(
            "2026-12-02T08:59:59Z", [("closed", "2026-12-02T09:00:00Z")], [("closed", "2026-12-02T09:00:00Z")], id="not open"
        ),
        pytest.param("2026-12-02T16:40:00Z", [("grid", None), NEXT_DAY], [("grid", None), NEXT_DAY], id="no fit"),
        pytest.param("2026-12-02T17:00:00Z", [NEXT_DAY], [NEXT_DAY], id="no longer open"),
        pytest.param("2026-12-04T17:00:00Z", [NEXT_WEEK], [NEXT_WEEK], id="before the weekend"),
    ],
)
async def test_rules_about_the_time(
    world: World, public: Client, receptionist: Client, starts_at: str, to_the_public: Reasons, to_staff: Reasons
) -> None:
    assert await why(public, world, starts_at) == to_the_public
    assert await why(receptionist, world, starts_at) == to_staff
    answer = await told(public, world, starts_at)
    assert answer["bookable"] == (not to_the_public)
    assert reasons(answer["candidates"][0]) == to_the_public


async def test_until_when_somebody_is_busy(world: World, admin: Client, public: Client) -> None:
    """With whatever keeps them: buffers on both sides, the way, the room, the day's limit."""
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"buffer_before_minutes": 5, "place_kind": "room"}, version=1)
    await make_place(admin, world.location["id"])
    await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    for starts_at in ("2026-12-02T09:30:00Z", "2026-12-02T10:30:00Z"):
        assert await why(public, world, starts_at) == [
            ("busy", "2026-12-02T10:35:00Z"),
            ("place_busy", "2026-12-02T10:35:00Z"),
        ], starts_at
    path = f"/v1/practitioners/{world.practitioner['id']}"
    version = (await admin.read(path))["version"]
    await admin.change(path, {"daily_limit": 1}, version=version)
    assert await why(public, world, "2026-12-02T14:00:00Z") == [("daily_limit", "2026-12-03T00:00:00Z")]

    elsewhere = await make_location(admin, name="Elsewhere")
    line = {"weekday": 3, "starts": "09:00", "ends": "17:00"}
    lines = [{"location_id": one, **line} for one in (world.location["id"], elsewhere["id"])]
    await admin.change(f"{path}/working-hours", {"items": lines}, version=version + 1, method="PUT")
    await admin.change("/v1/clinic", {"travel_minutes": 20}, version=(await admin.read("/v1/clinic"))["version"])
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"place_kind": None}, version=2)
    there = {"location_id": elsewhere["id"], "practitioner_id": world.practitioner["id"]}
    assert await why(public, world, "2026-12-02T10:45:00Z", **there) == [
        ("travel", "2026-12-02T10:55:00Z"),
        ("daily_limit", "2026-12-03T00:00:00Z"),
    ]


async def test_the_reasons_are_those_of_all_candidates_each_gone_with_the_first(
    world: World, admin: Client, public: Client
) -> None:
    other = await another(admin, world)
    ids = sorted([world.practitioner["id"], other["id"]])
    for practitioner_id, starts_at in zip(ids, ("2026-12-02T10:15:00Z", "2026-12-02T10:00:00Z"), strict=True):
        await public.create("/v1/appointments", world.booking(starts_at, practitioner_id=practitioner_id))
    await make_closure(admin, starts="10:00", ends="10:20", location_id=world.location["id"])
    await make_override(admin, {"id": ids[1]}, world.location["id"], windows=[{"starts": "10:03", "ends": "12:00"}])
    answer = await told(public, world, "2026-12-02T10:15:00Z")
    assert [(one["practitioner_id"], reasons(one)) for one in answer["candidates"]] == [
        (ids[0], [("closure", "2026-12-02T10:20:00Z"), ("busy", "2026-12-02T10:45:00Z")]),
        (ids[1], [("grid", None), ("closure", "2026-12-02T10:20:00Z"), ("busy", "2026-12-02T10:30:00Z")]),
    ]
    assert (answer["bookable"], reasons(answer)) == (
        False,
        [("grid", None), ("closure", "2026-12-02T10:20:00Z"), ("busy", "2026-12-02T10:30:00Z")],
    )
    # One who is free is enough, whatever stands against the others.
    third = await another(admin, world)
    await make_override(admin, third, world.location["id"], windows=[{"starts": "10:20", "ends": "12:00"}])
    answer = await told(public, world, "2026-12-02T10:20:00Z")
    assert answer["bookable"]
    assert [one["practitioner_id"] for one in answer["candidates"] if not one["reasons"]] == [third["id"]]
    assert await why(public, world, "2026-12-02T10:20:00Z", practitioner_id=third["id"]) == []


async def test_whose_leave_and_which_closure_is_for_staff(
    app: FastAPI, database: Database, world: World, admin: Client, public: Client, editor: Client, receptionist: Client
) -> None:
    mira, other = world.practitioner, await another(admin, world)
    leave = await make_time_off(admin, mira, starts_at="2026-12-02T10:00:00Z", ends_at="2026-12-02T12:00:00Z", reason="Dentist")
    theirs = await make_time_off(admin, other, starts_at="2026-12-02T09:00:00Z", ends_at="2026-12-02T11:00:00Z")
    await make_time_off(admin, mira, starts_at="2026-12-02T13:00:00Z", ends_at="2026-12-02T15:00:00Z", reason="Not then")
    await make_closure(admin, location_id=(await make_location(admin))["id"], reason="Not here")
    await make_closure(admin, starts="16:00", reason="Not then")
    closure = await make_closure(admin, starts="09:00", ends="10:30")
    at_ten = "2026-12-02T10:00:00Z"

    shut = {"code": "closure", "until": "2026-12-02T10:30:00Z"}
    facts: Json = {name: closure[name] for name in ("id", "location_id", "from_on", "to_on", "reason")}
    shown, hidden = {}, {}
    for one in (leave, theirs):
        away: Json = {name: one[name] for name in ("id", "practitioner_id", "starts_at", "ends_at", "reason")}
        shown[one["practitioner_id"]] = [
            {**shut, "closure": facts, "time_off": None},
            {"code": "time_off", "until": one["ends_at"], "closure": None, "time_off": away},
        ]
        hidden[one["practitioner_id"]] = [
            {**shut, "closure": None, "time_off": None},
            {"code": "time_off", "until": None, "closure": None, "time_off": None},
        ]
    token = await make_user(database, role="practitioner", practitioner_id=other["id"])
    async with Client.of(app, token=token) as practitioner:
        for client, expected in ((receptionist, shown), (practitioner, shown), (public, hidden), (editor, hidden)):
            answer = await told(client, world, at_ten)
            assert {one["practitioner_id"]: one["reasons"] for one in answer["candidates"]} == expected
            gone = "2026-12-02T11:00:00Z" if expected is shown else None  # when the first of them is back
            assert reasons(answer) == [("closure", "2026-12-02T10:30:00Z"), ("time_off", gone)]
    refused = await public.post("/v1/appointments", json=world.booking(at_ten, validate_only=True))
    assert problem(refused, 409, "slot_unavailable")["refusals"][0]["reasons"] == [shut, {"code": "time_off"}]
    for text in ((await public.get("/v1/availability/explain", params=question(world, at_ten))).text, refused.text):
        assert "Dentist" not in text
        assert "painted" not in text


async def test_leave_that_goes_on_is_one(world: World, admin: Client, receptionist: Client) -> None:
    for starts_at, ends_at in (
        ("2026-12-02T00:00:00Z", "2026-12-23T10:00:00Z"),
        ("2026-12-23T10:00:00Z", "2027-01-18T10:00:00Z"),
    ):
        await make_time_off(admin, world.practitioner, starts_at=starts_at, ends_at=ends_at)
    assert await why(receptionist, world, "2026-12-02T10:00:00Z") == [("time_off", "2027-01-18T10:00:00Z")]
    assert await why(receptionist, world, "2027-01-18T10:00:00Z") == []


@pytest.mark.parametrize("validate_only", [True, False])
async def test_a_refusal_says_until_when_as_the_explanation_does(
    world: World, admin: Client, public: Client, validate_only: bool
) -> None:
    """On the second of ten days that are full, all in December."""
    path = f"/v1/practitioners/{world.practitioner['id']}"
    await set_hours(admin, world.practitioner, world.location["id"], weekdays=range(1, 8))
    await admin.change(path, {"daily_limit": 1}, version=(await admin.read(path))["version"])
    for day in range(1, 11):
        await public.create("/v1/appointments", world.booking(f"2026-12-{day:02}T12:00:00Z"))
    full = [("daily_limit", "2026-12-11T00:00:00Z")]
    assert await why(public, world, "2026-12-02T10:00:00Z") == full
    wanted = world.booking("2026-12-02T10:00:00Z", validate_only=validate_only)
    refused = problem(await public.send_json("POST", "/v1/appointments", wanted), 409, "slot_unavailable")
    assert reasons(refused["refusals"][0]) == full


@pytest.mark.parametrize("days", [14, 25])
async def test_an_end_that_is_not_known_is_not_told(world: World, admin: Client, public: Client, days: int) -> None:
    """Full days end within the fortnight that is looked at, or some time after it."""
    path = f"/v1/practitioners/{world.practitioner['id']}"
    await set_hours(admin, world.practitioner, world.location["id"], weekdays=range(1, 8))
    await admin.change(path, {"daily_limit": 1}, version=(await admin.read(path))["version"])
    for day in range(1, days):
        await public.create("/v1/appointments", world.booking(f"2026-12-{day:02}T12:00:00Z"))
    full = [("daily_limit", f"2026-12-{days}T00:00:00Z" if days == 14 else None)]
    assert await why(public, world, "2026-12-02T10:00:00Z") == full
    refused = problem(
        await public.send_json("POST", "/v1/appointments", world.booking("2026-12-02T10:00:00Z")), 409, "slot_unavailable"
    )
    assert [(one["code"], one.get("until")) for one in refused["refusals"][0]["reasons"]] == full
