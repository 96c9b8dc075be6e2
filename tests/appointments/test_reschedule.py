"""Moving an appointment: the same one, whose own time is free for it, checked like a booking."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import fulfil, make_location, make_place, make_practitioner, make_user, set_hours

AT_TEN = "2026-12-02T10:00:00Z"


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


@pytest.fixture
async def made(world: World, public: Client) -> Json:
    return await public.create("/v1/appointments", world.booking(AT_TEN))


@pytest.fixture
async def patient(app: FastAPI, made: Json) -> AsyncIterator[Client]:
    async with Client.of(app, token=made["manage_token"]) as client:
        yield client


async def move(client: Client, appointment: Json, starts_at: str, **more: object) -> Json:
    path = f"/v1/appointments/{appointment['id']}/reschedule"
    return await client.change(path, {"starts_at": starts_at, **more}, version=appointment["version"], method="POST")


async def codes(client: Client, appointment: Json, starts_at: str, **more: object) -> list[str]:
    path, version = f"/v1/appointments/{appointment['id']}/reschedule", f'"{appointment["version"]}"'
    answer = await client.send_json("POST", path, {"starts_at": starts_at, **more}, **{"If-Match": version})
    return [reason["code"] for reason in problem(answer, 409, "slot_unavailable")["refusals"][0]["reasons"]]


async def test_it_keeps_its_id_and_frees_its_old_time(world: World, made: Json, receptionist: Client, public: Client) -> None:
    moved = await move(receptionist, made, "2026-12-03T11:00:00Z")
    assert moved.pop("warnings") == []
    changed = {name for name in moved if moved[name] != made.get(name)}
    assert changed == {"starts_at", "ends_at", "local_start", "updated_at", "version"} - ({"updated_at"} - changed)
    assert (moved["starts_at"], moved["ends_at"]) == ("2026-12-03T11:00:00Z", "2026-12-03T11:30:00Z")
    assert moved["local_start"] == "2026-12-03T11:00:00+00:00"
    assert "2026-12-02T10:00:00+00:00" in await world.starts(public)
    assert "2026-12-03T11:00:00+00:00" not in await world.starts(public, "2026-12-03")


@pytest.mark.parametrize("start", ["10:00", "10:15", "09:45"])
async def test_its_own_time_is_not_in_its_way(made: Json, receptionist: Client, start: str) -> None:
    moved = await move(receptionist, made, f"2026-12-02T{start}:00Z")
    assert moved["starts_at"] == f"2026-12-02T{start}:00Z"


async def test_others_are_in_its_way_and_it_is_told_what_is_free(
    world: World, made: Json, receptionist: Client, public: Client
) -> None:
    await public.create("/v1/appointments", world.booking("2026-12-02T11:00:00Z"))
    path = f"/v1/appointments/{made['id']}/reschedule"
    answer = await receptionist.send_json("POST", path, {"starts_at": "2026-12-02T10:45:00Z"}, **{"If-Match": '"1"'})
    refused = problem(answer, 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["busy"]
    # Its own time is free for it.
    nearest = [one["starts_at"][11:16] for one in refused["alternatives"]]
    assert nearest == ["10:30", "10:15", "10:00", "11:30", "09:45"]
    assert await receptionist.read(f"/v1/appointments/{made['id']}") == {
        name: value for name, value in made.items() if name != "manage_token"
    }


async def test_with_somebody_else_and_somewhere_else(
    world: World, made: Json, receptionist: Client, admin: Client, public: Client
) -> None:
    there = await make_location(admin, name="Mill Lane", time_zone="America/New_York")
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, there["id"])
    assert await codes(receptionist, made, "2026-12-02T15:00:00Z", practitioner_id=other["id"]) == ["closed"]
    moved = await move(receptionist, made, "2026-12-02T15:00:00Z", practitioner_id=other["id"], location_id=there["id"])
    assert (moved["practitioner_id"], moved["location_id"]) == (other["id"], there["id"])
    assert (moved["time_zone"], moved["local_start"]) == ("America/New_York", "2026-12-02T10:00:00-05:00")
    assert "2026-12-02T10:00:00+00:00" in await world.starts(public)


async def test_it_keeps_what_it_was_booked_with(world: World, made: Json, receptionist: Client, admin: Client) -> None:
    """Whatever has become of the treatment, and with whomever."""
    slow = await make_practitioner(admin, treatments=[])
    offer = {
        "treatment_id": world.treatment["id"],
        "phases": [{"minutes": 50, "attended": True}],
        "price": {"amount": "90.00", "currency": "GBP"},
    }
    slow = await admin.change(f"/v1/practitioners/{slow['id']}", {"treatments": [offer]}, version=slow["version"])
    await set_hours(admin, slow, world.location["id"])
    longer = {"name": "Another name", "phases": [{"minutes": 120, "attended": True}], "buffer_after_minutes": 30}
    await admin.change(f"/v1/treatments/{world.treatment['id']}", longer, version=1)
    moved = await move(receptionist, made, "2026-12-02T16:30:00Z", practitioner_id=slow["id"])
    kept = ("treatment_name", "phases", "duration_minutes", "price")
    assert [moved[name] for name in kept] == [made[name] for name in kept]


async def test_it_stays_in_its_place_if_that_is_free(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin, place_kind="room")
    first, second = [await make_place(admin, world.location["id"], position=position) for position in range(2)]
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    wanted = world.booking(AT_TEN, place_id=second["id"], patient={"name": "Ada Lindqvist"})
    made = await receptionist.create("/v1/appointments", wanted)
    moved = await move(receptionist, made, "2026-12-02T13:00:00Z")
    assert moved["place_id"] == second["id"]
    taken = world.booking("2026-12-02T15:00:00Z", place_id=second["id"], practitioner_id=other["id"], patient={"name": "B"})
    await receptionist.create("/v1/appointments", taken)
    moved = await move(receptionist, moved, "2026-12-02T15:00:00Z")
    assert moved["place_id"] == first["id"]
    assert await codes(receptionist, moved, "2026-12-02T15:15:00Z", place_id=second["id"]) == ["place_busy"]
    moved = await move(receptionist, moved, "2026-12-02T16:00:00Z", place_id=second["id"])
    assert moved["place_id"] == second["id"]


async def test_the_patient_is_not_in_two_places(
    world: World, made: Json, public: Client, receptionist: Client, admin: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    again = world.booking("2026-12-02T14:00:00Z", practitioner_id=other["id"], patient=None, patient_id=made["patient_id"])
    await receptionist.create("/v1/appointments", again)
    assert await codes(receptionist, made, "2026-12-02T14:15:00Z") == ["patient_busy"]


async def test_a_patient_moves_within_the_policy(world: World, made: Json, patient: Client, clock: Clock, admin: Client) -> None:
    """A day before the start at the latest (T18), to a time that the public could have."""
    path = f"/v1/appointments/{made['id']}/reschedule"
    await admin.change("/v1/clinic", {"upcoming_per_patient": 1}, version=(await admin.read("/v1/clinic"))["version"])
    moved = (await patient.send_json("POST", path, {"starts_at": "2026-12-03T10:00:00Z"})).json()
    assert (moved["starts_at"], moved["late"]) == ("2026-12-03T10:00:00Z", False)
    beyond = problem(await patient.send_json("POST", path, {"starts_at": "2027-03-03T10:00:00Z"}), 409, "slot_unavailable")
    assert [reason["code"] for reason in beyond["refusals"][0]["reasons"]] == ["horizon"]
    for only_staff in ({"place_id": made["id"]}, {"overrides": [{"rule": "grid", "reason": "Why not"}]}):
        body = {"starts_at": "2026-12-03T11:00:00Z", **only_staff}
        problem(await patient.send_json("POST", path, body), 422, "invalid")
    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(day=2, hour=10)
    assert (await patient.send_json("POST", path, {"starts_at": "2026-12-04T10:00:00Z"})).status_code == 200
    clock.fixed_at = clock.fixed_at.replace(day=3, hour=10, second=1)
    for start in ("2026-12-08T10:00:00Z", "2026-12-05T10:00:00Z"):  # free, and closed: it is too late for either
        problem(await patient.send_json("POST", path, {"starts_at": start}), 409, "too_late_to_change")


async def test_what_staff_change_too_late_is_marked_late(made: Json, receptionist: Client, clock: Clock) -> None:
    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(hour=11)
    moved = await move(receptionist, made, "2026-12-04T10:00:00Z")
    assert moved["late"] is True
    path = f"/v1/appointments/{made['id']}/cancel"
    cancelled = await receptionist.change(path, {"reason": "other"}, version=moved["version"], method="POST")
    assert cancelled["late"] is True


@pytest.mark.parametrize(("hour", "late"), [(10, False), (11, True)])
async def test_a_cancellation_is_late_within_the_notice(
    made: Json, receptionist: Client, clock: Clock, hour: int, late: bool
) -> None:
    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(hour=hour)
    path = f"/v1/appointments/{made['id']}/cancel"
    assert (await receptionist.change(path, {"reason": "other"}, version=1, method="POST"))["late"] is late


async def test_it_is_not_counted_against_itself(world: World, made: Json, receptionist: Client, admin: Client) -> None:
    practitioner = await admin.read(f"/v1/practitioners/{world.practitioner['id']}")
    await admin.change(f"/v1/practitioners/{practitioner['id']}", {"daily_limit": 1}, version=practitioner["version"])
    moved = await move(receptionist, made, "2026-12-02T15:00:00Z")
    by_phone = world.booking("2026-12-03T10:00:00Z", patient={"name": "Ada"})
    await receptionist.create("/v1/appointments", by_phone)
    assert await codes(receptionist, moved, "2026-12-03T15:00:00Z") == ["daily_limit"]


async def test_whom_a_treatment_is_for_was_asked_when_it_was_booked(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin, audience="new")
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    again = world.booking("2026-12-03T10:00:00Z", patient=None, patient_id=made["patient_id"])
    second = await receptionist.create("/v1/appointments", again)
    await fulfil(receptionist, made)
    assert (await move(receptionist, second, "2026-12-04T10:00:00Z"))["starts_at"] == "2026-12-04T10:00:00Z"


async def test_a_move_takes_the_mark_away(world: World, made: Json, receptionist: Client, admin: Client) -> None:
    leave = {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-03T00:00:00Z"}
    await admin.create(f"/v1/practitioners/{world.practitioner['id']}/time-off", leave)
    marked = await receptionist.read(f"/v1/appointments/{made['id']}")
    assert marked["affected_by"] == ["time_off"]
    assert await codes(receptionist, marked, "2026-12-02T11:00:00Z") == ["time_off"]
    assert (await move(receptionist, marked, "2026-12-03T11:00:00Z"))["affected"] is False


async def test_a_practitioner_moves_within_their_own_diary(
    app: FastAPI, database: Database, world: World, made: Json, admin: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    token = await make_user(database, role="practitioner", practitioner_id=world.practitioner["id"])
    async with Client.of(app, token=token) as practitioner:
        body = {"starts_at": "2026-12-03T10:00:00Z", "practitioner_id": other["id"]}
        path = f"/v1/appointments/{made['id']}/reschedule"
        problem(await practitioner.send_json("POST", path, body, **{"If-Match": '"1"'}), 403, "forbidden")
        assert (await move(practitioner, made, "2026-12-03T10:00:00Z"))["version"] == 2


async def test_what_waits_for_approval_is_looked_at_again_when_it_is_given(
    admin: Client, public: Client, receptionist: Client
) -> None:
    world = await World.made(admin, needs_approval=True)
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    leave = {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-03T00:00:00Z"}
    await admin.create(f"/v1/practitioners/{world.practitioner['id']}/time-off", leave)
    path = f"/v1/appointments/{made['id']}/confirm"
    marked = await receptionist.read(f"/v1/appointments/{made['id']}")
    match = {"If-Match": f'"{marked["version"]}"'}
    refused = problem(await receptionist.send_json("POST", path, {}, **match), 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["time_off"]
    overrides = {"overrides": [{"rule": "time_off", "reason": "She comes in for this one"}]}
    confirmed = await receptionist.change(path, overrides, version=marked["version"], method="POST")
    assert (confirmed["status"], confirmed["overrides"]) == ("booked", overrides["overrides"])


async def test_moving_what_waits_leaves_it_waiting(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin, needs_approval=True)
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    assert (await move(receptionist, made, "2026-12-03T10:00:00Z"))["status"] == "pending"
