"""Rules that staff set aside (T16): one by one, with a reason, and never those that would put two people in one place."""

from typing import Any, get_args

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from typing_extensions import override

from app.appointments.schemas import Rule
from app.kit.db import Database
from app.scheduling.obstacles import Code
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import make_closure, make_location, make_patient, make_place, make_practitioner, make_time_off, set_hours

ADA = {"name": "Ada Lindqvist"}
MAY = ("past", "grid", "closed", "closure", "time_off", "busy", "travel", "daily_limit", "audience")


def allowed(*rules: str) -> Json:
    return [{"rule": rule, "reason": f"Because of {rule}"} for rule in rules]


async def codes(client: Client, body: Json) -> list[str]:
    answer = await client.send_json("POST", "/v1/appointments", body)
    if answer.status_code == 201:
        return []
    return [reason["code"] for reason in problem(answer, 409, "slot_unavailable")["refusals"][0]["reasons"]]


async def occupied(database: Database, table: str = "occupancies") -> list[str]:
    """Of practitioners, by start."""
    statement = f"""
        SELECT to_char(lower(during), 'HH24:MI') || '–' || to_char(upper(during), 'HH24:MI')
        FROM {table} JOIN resources ON resources.id = resource_id WHERE kind = 'practitioner' ORDER BY during
    """
    async with database.reading() as session:
        return list((await session.scalars(text(statement))).all())


def test_what_may_be_set_aside() -> None:
    assert get_args(Rule) == MAY
    never = {"place_busy", "patient_busy", "not_offered", "registration"}
    not_for_staff = {"notice", "horizon", "patient_limit", "hold_limit"}
    assert {str(code) for code in Code} == set(MAY) | never | not_for_staff


async def _set_against(rule: str, world: World, admin: Client, receptionist: Client) -> Json:
    """A booking against which just this rule stands."""
    starts_at: dict[str, str] = {"past": "2026-11-30T10:00:00Z", "grid": "2026-12-02T10:10:00Z", "closed": "2026-12-02T07:00:00Z"}
    body = world.booking(starts_at.get(rule, "2026-12-02T10:00:00Z"), patient=ADA)
    match rule:
        case "closure":
            await make_closure(admin)
        case "time_off":
            await make_time_off(admin, world.practitioner)
        case "busy":
            await receptionist.create("/v1/appointments", body)
        case "travel":
            there = await make_location(admin, name="Mill Lane")
            hours = [
                {"location_id": at, "weekday": 3, "starts": starts, "ends": ends}
                for at, starts, ends in ((there["id"], "09:00", "09:45"), (world.location["id"], "10:00", "17:00"))
            ]
            path = f"/v1/practitioners/{world.practitioner['id']}"
            version = (await admin.read(path))["version"]
            await admin.change(f"{path}/working-hours", {"items": hours}, version=version, method="PUT")
            await admin.change("/v1/clinic", {"travel_minutes": 60}, version=(await admin.read("/v1/clinic"))["version"])
            await receptionist.create(
                "/v1/appointments", world.booking("2026-12-02T09:00:00Z", location_id=there["id"], patient=ADA)
            )
        case "daily_limit":
            path = f"/v1/practitioners/{world.practitioner['id']}"
            await admin.change(path, {"daily_limit": 1}, version=(await admin.read(path))["version"])
            await receptionist.create("/v1/appointments", world.booking("2026-12-02T12:00:00Z", patient=ADA))
        case "audience":
            await admin.change(f"/v1/treatments/{world.treatment['id']}", {"audience": "returning"}, version=1)
    return body


@pytest.mark.parametrize("rule", MAY)
async def test_each_is_set_aside_by_its_own_name_only(admin: Client, receptionist: Client, rule: str) -> None:
    world = await World.made(admin)
    body = await _set_against(rule, world, admin, receptionist)
    others = allowed(*(one for one in MAY if one != rule))
    assert await codes(receptionist, body) == [rule]
    assert await codes(receptionist, body | {"overrides": others}) == [rule]
    made = await receptionist.create("/v1/appointments", body | {"overrides": allowed(rule)})
    assert (made["status"], made["overrides"], made["overbooked"]) == ("booked", allowed(rule), rule == "busy")
    assert (await receptionist.read(f"/v1/appointments/{made['id']}"))["overrides"] == allowed(rule)


async def test_never_a_place_a_patient_an_offer_or_a_registration(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin, place_kind="room")
    await make_place(admin, world.location["id"])
    other = await make_practitioner(admin, treatments=[world.treatment["id"]], registrations=[])
    patient = await make_patient(receptionist)
    body = world.booking("2026-12-02T10:00:00Z", patient=None, patient_id=patient["id"])
    await receptionist.create("/v1/appointments", body)
    everything = {"overrides": allowed(*MAY)}
    assert await codes(receptionist, body | everything) == ["place_busy", "patient_busy"]
    unregistered = world.booking("2026-12-02T14:00:00Z", patient=ADA, practitioner_id=other["id"])
    assert await codes(receptionist, unregistered | everything) == ["registration"]
    nothing = await make_practitioner(admin, treatments=[])
    assert await codes(receptionist, unregistered | everything | {"practitioner_id": nothing["id"]}) == ["not_offered"]
    for rule in ("place_busy", "patient_busy", "not_offered", "registration", "notice"):
        refused = problem(
            await receptionist.send_json("POST", "/v1/appointments", body | {"overrides": allowed(rule)}), 422, "invalid"
        )
        assert refused["errors"][0]["pointer"] == "/overrides/0/rule"


@pytest.mark.parametrize(
    ("overrides", "pointer"),
    [
        (allowed("grid", "grid"), "/overrides"),
        ([{"rule": "grid"}], "/overrides/0/reason"),
        ([{"rule": "grid", "reason": " "}], "/overrides/0/reason"),
        ([{"rule": "grid", "reason": "x" * 201}], "/overrides/0/reason"),
    ],
)
async def test_an_override_has_a_rule_once_and_a_reason(
    admin: Client, receptionist: Client, overrides: Json, pointer: str
) -> None:
    world = await World.made(admin)
    body = world.booking("2026-12-02T10:10:00Z", patient=ADA, overrides=overrides)
    refused = problem(await receptionist.send_json("POST", "/v1/appointments", body), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]


async def test_the_public_sets_nothing_aside_and_does_not_hear_why_staff_did(
    app: FastAPI, admin: Client, public: Client, receptionist: Client
) -> None:
    world = await World.made(admin)
    body = world.booking("2026-12-02T10:10:00Z", overrides=allowed("grid"))
    refused = problem(await public.send_json("POST", "/v1/appointments", body), 422, "invalid")
    assert refused["errors"][0]["pointer"] == "/overrides"
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    path = f"/v1/appointments/{made['id']}"
    moved = {"starts_at": "2026-12-02T10:10:00Z", "overrides": allowed("grid")}
    moved = await receptionist.change(f"{path}/reschedule", moved, version=1, method="POST")
    assert moved["overrides"] == allowed("grid")
    async with Client.of(app, token=made["manage_token"]) as link:
        assert (await link.read(path))["overrides"] == []


async def test_it_leaves_a_trail(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    body = world.booking("2026-12-02T10:10:00Z", patient=ADA, overrides=allowed("grid"))
    answer = await receptionist.send_json("POST", "/v1/appointments", body, **{"X-Request-Id": "override-1"})
    [entry] = (await admin.read("/v1/audit-entries", request_id="override-1"))["items"]
    assert (entry["action"], entry["changed"]) == ("appointment.book", ["overrides"])
    assert entry["subject_id"] == answer.json()["id"]


async def overbooked(world: "Overbooked", receptionist: Client, database: Database) -> tuple[Json, Json, Json]:
    """From 10:00 to 10:30 and from 10:45 to 11:15 somebody comes; from 10:15 to 11:00 somebody else does too."""
    first = await receptionist.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z", patient=ADA))
    second = await receptionist.create("/v1/appointments", world.booking("2026-12-02T10:45:00Z", patient=ADA))
    third = await receptionist.create(
        "/v1/appointments",
        world.booking("2026-12-02T10:15:00Z", patient=ADA, overrides=allowed("busy"), treatment_id=world.long["id"]),
    )
    return first, second, third


class Overbooked(World):
    """With a treatment of three quarters of an hour beside the one of half an hour."""

    long: Json

    @classmethod
    @override
    async def made(cls, admin: Client, **treatment: Any) -> "Overbooked":
        world = await super().made(admin, **treatment)
        longer = {"name": "Long", "phases": [{"minutes": 45, "attended": True}], "price": {"amount": "1.00", "currency": "GBP"}}
        long = await admin.create("/v1/treatments", longer)
        path = f"/v1/practitioners/{world.practitioner['id']}"
        offers = [{"treatment_id": one["id"]} for one in (world.treatment, long)]
        await admin.change(path, {"treatments": offers}, version=(await admin.read(path))["version"])
        found = cls(world.location, world.treatment, world.practitioner)
        found.long = long
        return found


async def test_it_takes_what_is_free_and_the_rest_when_that_becomes_free(
    admin: Client, receptionist: Client, public: Client, database: Database
) -> None:
    world = await Overbooked.made(admin)
    first, second, third = await overbooked(world, receptionist, database)
    assert third["overbooked"]
    assert await occupied(database) == ["10:00–10:30", "10:30–10:45", "10:45–11:15"]
    assert await occupied(database, "claims") == ["10:15–10:30", "10:45–11:00"]

    await receptionist.change(f"/v1/appointments/{first['id']}/cancel", {"reason": "other"}, version=1, method="POST")
    assert await occupied(database) == ["10:15–10:30", "10:30–10:45", "10:45–11:15"]
    assert await occupied(database, "claims") == ["10:45–11:00"]
    # What it got, nobody else can have; what is left of the other's time, anybody can.
    starts = await world.starts(public)
    assert "2026-12-02T09:45:00+00:00" in starts
    assert "2026-12-02T10:00:00+00:00" not in starts
    moved = {"starts_at": "2026-12-02T11:30:00Z"}
    await receptionist.change(f"/v1/appointments/{second['id']}/reschedule", moved, version=1, method="POST")
    assert await occupied(database) == ["10:15–10:30", "10:30–10:45", "10:45–11:00", "11:30–12:00"]
    assert await occupied(database, "claims") == []
    now = await receptionist.read(f"/v1/appointments/{third['id']}")
    assert (now["overbooked"], now["overrides"]) == (False, allowed("busy"))


async def test_the_elder_of_two_who_wait_is_first(admin: Client, receptionist: Client, database: Database) -> None:
    world = await Overbooked.made(admin)
    at_ten = world.booking("2026-12-02T10:00:00Z", patient=ADA)
    first = await receptionist.create("/v1/appointments", at_ten)
    second, third = [await receptionist.create("/v1/appointments", at_ten | {"overrides": allowed("busy")}) for _ in range(2)]
    assert await occupied(database, "claims") == ["10:00–10:30", "10:00–10:30"]
    path = f"/v1/appointments/{first['id']}"
    await receptionist.change(f"{path}/no-show", None, version=1, method="POST")
    states = [(await receptionist.read(f"/v1/appointments/{one['id']}"))["overbooked"] for one in (second, third)]
    assert states == [False, True]
    # Who did not come after all finds the time taken.
    refused = await receptionist.send_json("POST", f"{path}/undo", None, **{"If-Match": '"2"'})
    assert problem(refused, 409, "slot_unavailable")["refusals"][0]["reasons"][0]["code"] == "busy"


async def test_what_is_overbooked_can_be_cancelled_moved_and_over(
    admin: Client, receptionist: Client, public: Client, database: Database
) -> None:
    world = await Overbooked.made(admin)
    _, _, third = await overbooked(world, receptionist, database)
    path = f"/v1/appointments/{third['id']}"
    moved = await receptionist.change(f"{path}/reschedule", {"starts_at": "2026-12-02T14:00:00Z"}, version=1, method="POST")
    assert (moved["overbooked"], moved["overrides"]) == (False, [])
    assert await occupied(database) == ["10:00–10:30", "10:45–11:15", "14:00–14:45"]
    back = {"starts_at": "2026-12-02T10:15:00Z", "overrides": allowed("busy")}
    back = await receptionist.change(f"{path}/reschedule", back, version=2, method="POST")
    assert back["overbooked"]
    await receptionist.change(f"{path}/cancel", {"reason": "other"}, version=3, method="POST")
    assert await occupied(database) == ["10:00–10:30", "10:45–11:15"]
    assert await occupied(database, "claims") == []


async def test_leave_does_not_mark_what_was_booked_into_it(admin: Client, receptionist: Client) -> None:
    """Somebody has dealt with it already."""
    world = await World.made(admin)
    await make_time_off(admin, world.practitioner)
    body = world.booking("2026-12-02T10:00:00Z", patient=ADA, overrides=allowed("time_off"))
    made = await receptionist.create("/v1/appointments", body)
    again = await make_time_off(admin, world.practitioner, starts_at="2026-12-02T09:00:00Z", ends_at="2026-12-02T17:00:00Z")
    assert again["affected"] == []
    closed = await make_closure(admin)
    assert [one["id"] for one in closed["affected"]] == [made["id"]]


async def test_hours_at_any_time(admin: Client, receptionist: Client) -> None:
    """Outside the working hours, on no grid, in the past: all at once."""
    world = await World.made(admin)
    await set_hours(admin, world.practitioner, world.location["id"], weekdays=[5])
    body = world.booking("2026-11-30T04:07:00Z", patient=ADA)
    assert await codes(receptionist, body) == ["past", "closed"]
    assert await codes(receptionist, body | {"overrides": allowed("closed")}) == ["past"]
    assert await codes(receptionist, body | {"overrides": allowed("past", "closed")}) == []
