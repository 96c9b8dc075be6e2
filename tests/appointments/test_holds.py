"""Holds: some times are kept for a few minutes, for whoever has the token, and not a moment longer."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import STRANGER, World
from tests.client import Client, Json, problem
from tests.conftest import NOW
from tests.make import make_place, make_practitioner, make_user, set_hours

AT_TEN = "2026-12-02T10:00:00Z"
OTHER = "0199a000-0000-7000-8000-00000000dead"


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


def item(world: World, starts_at: str = AT_TEN, **changes: Any) -> Json:
    wanted = world.booking(starts_at, **changes)
    return {name: wanted[name] for name in ("treatment_id", "practitioner_id", "location_id", "starts_at")}


async def hold(client: Client, *items: Json) -> Json:
    return await client.create("/v1/holds", {"items": list(items)})


async def reasons(client: Client, *items: Json) -> list[tuple[int, list[str]]]:
    refused = problem(await client.send_json("POST", "/v1/holds", {"items": list(items)}), 409, "slot_unavailable")
    return [(one["index"], [reason["code"] for reason in one["reasons"]]) for one in refused["refusals"]]


async def test_what_is_held_is_nobody_elses_and_is_booked_under_the_same_id(world: World, public: Client) -> None:
    held = await hold(public, item(world))
    assert held["expires_at"] == "2026-12-01T08:10:00Z"
    [kept] = held["appointments"]
    assert (kept["status"], kept["patient_id"], kept["held_until"]) == ("held", None, held["expires_at"])
    assert "2026-12-02T10:00:00+00:00" not in await world.starts(public)
    assert await reasons(public, item(world)) == [(0, ["busy"])]
    problem(await public.send_json("POST", "/v1/appointments", world.booking(AT_TEN)), 409, "slot_unavailable")

    made = await public.create("/v1/appointments", world.booking(AT_TEN, hold_token=held["token"]))
    assert (made["id"], made["reference"], made["status"]) == (kept["id"], kept["reference"], "booked")
    assert (made["held_until"], made["hold_id"]) == (None, held["id"])
    assert made["patient_id"] is not None
    assert made["manage_token"].startswith("mpl_")


async def test_of_several_holds_each_ends_at_its_own_time(world: World, public: Client, clock: Clock) -> None:
    """For a reader that had seen them all alive."""
    at_ten, at_noon = "2026-12-02T10:00:00+00:00", "2026-12-02T12:00:00+00:00"
    await hold(public, item(world))
    clock.fixed_at = NOW + timedelta(minutes=5)
    await hold(public, item(world, "2026-12-02T12:00:00Z"))
    assert not {at_ten, at_noon} & set(await world.starts(public))
    clock.fixed_at = NOW + timedelta(minutes=10)
    assert {at_ten, at_noon} & set(await world.starts(public)) == {at_ten}
    clock.fixed_at = NOW + timedelta(minutes=15)
    assert {at_ten, at_noon} <= set(await world.starts(public))


async def test_the_token_may_come_in_the_header(world: World, public: Client) -> None:
    held = await hold(public, item(world))
    made = await public.send_json("POST", "/v1/appointments", world.booking(AT_TEN), **{"Hold-Token": held["token"]})
    assert made.json()["id"] == held["appointments"][0]["id"]


async def test_a_hold_ends_by_the_clock_alone(world: World, public: Client, receptionist: Client, clock: Clock) -> None:
    """At its expiry to the second, for a reader that had seen it alive as for a writer; nobody clears anything up."""
    held = await hold(public, item(world))
    clock.fixed_at = NOW + timedelta(minutes=10, seconds=-1)
    assert "2026-12-02T10:00:00+00:00" not in await world.starts(public)
    clock.fixed_at = NOW + timedelta(minutes=10)
    assert "2026-12-02T10:00:00+00:00" in await world.starts(public)
    path = f"/v1/holds/{held['id']}"
    headers = {"Hold-Token": held["token"]}
    assert (await public.get(path, headers=headers)).json()["appointments"][0]["status"] == "expired"
    expired = await receptionist.read(f"/v1/appointments/{held['appointments'][0]['id']}")
    assert expired["status"] == "expired"
    for status, found in (("expired", 1), ("held", 0), (None, 0)):
        more = {} if status is None else {"status": status}
        assert len((await receptionist.read("/v1/appointments", **more))["items"]) == found
    booking = world.booking(AT_TEN, hold_token=held["token"])
    problem(await public.send_json("POST", "/v1/appointments", booking), 409, "hold_mismatch")
    problem(await public.send_json("POST", f"{path}/extend", None, **headers), 409, "hold_expired")
    problem(await public.delete(path, headers=headers), 409, "hold_expired")
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    assert made["id"] != held["appointments"][0]["id"]


async def test_an_expired_hold_leaves_its_place_to_others(admin: Client, public: Client, clock: Clock) -> None:
    """With another practitioner, who never waits for the first one's lock."""
    world = await World.made(admin, place_kind="room")
    await make_place(admin, world.location["id"])
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    await hold(public, item(world))
    beside = item(world, practitioner_id=other["id"])
    assert await reasons(public, beside) == [(0, ["place_busy"])]
    clock.fixed_at = NOW + timedelta(minutes=10)
    assert len((await hold(public, beside))["appointments"]) == 1


async def test_a_hold_is_extended_once(world: World, public: Client, clock: Clock) -> None:
    held = await hold(public, item(world))
    path, headers = f"/v1/holds/{held['id']}/extend", {"Hold-Token": held["token"]}
    clock.fixed_at = NOW + timedelta(minutes=6)
    extended = (await public.send_json("POST", path, None, **headers)).json()
    assert (extended["expires_at"], extended["extended"]) == ("2026-12-01T08:16:00Z", True)
    assert extended["appointments"][0]["held_until"] == "2026-12-01T08:16:00Z"
    problem(await public.send_json("POST", path, None, **headers), 409, "hold_extended")
    clock.fixed_at = NOW + timedelta(minutes=15)
    assert "2026-12-02T10:00:00+00:00" not in await world.starts(public)
    clock.fixed_at = NOW + timedelta(minutes=16)
    assert "2026-12-02T10:00:00+00:00" in await world.starts(public)


async def test_what_is_given_back_is_free_at_once(world: World, public: Client, receptionist: Client) -> None:
    held = await hold(public, item(world), item(world, "2026-12-02T11:00:00Z"))
    booked = await public.create("/v1/appointments", world.booking(AT_TEN, hold_token=held["token"]))
    path, headers = f"/v1/holds/{held['id']}", {"Hold-Token": held["token"]}
    assert (await public.delete(path, headers=headers)).status_code == 204
    starts = await world.starts(public)
    assert "2026-12-02T11:00:00+00:00" in starts
    assert "2026-12-02T10:00:00+00:00" not in starts
    assert (await receptionist.read(f"/v1/appointments/{booked['id']}"))["status"] == "booked"
    assert (await receptionist.read(f"/v1/appointments/{held['appointments'][1]['id']}"))["status"] == "cancelled"
    problem(await public.get(path, headers=headers), 404, "not_found")
    problem(await public.delete(path, headers=headers), 404, "not_found")


async def test_several_are_held_all_or_none_and_all_refusals_are_told(world: World, public: Client, admin: Client) -> None:
    await admin.change("/v1/clinic", {"holds_per_client": 24}, version=(await admin.read("/v1/clinic"))["version"])
    await public.create("/v1/appointments", world.booking(AT_TEN))
    # The second is taken, the third overlaps the first, the fifth is not on the grid; the fourth would be free.
    starts = ["09:00", "10:00", "09:15", "12:00", "12:40"]
    wanted = [item(world, f"2026-12-02T{start}:00Z") for start in starts]
    assert await reasons(public, *wanted) == [(1, ["busy"]), (2, ["busy"]), (4, ["grid"])]
    assert "2026-12-02T12:00:00+00:00" in await world.starts(public)
    held = await hold(public, wanted[0], wanted[3])
    assert [one["starts_at"] for one in held["appointments"]] == ["2026-12-02T09:00:00Z", "2026-12-02T12:00:00Z"]


async def test_the_clinic_chooses_among_those_whom_the_same_hold_leaves(world: World, public: Client, admin: Client) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    anybody = item(world, practitioner_id=None)
    held = await hold(public, anybody, anybody)
    assert {one["practitioner_id"] for one in held["appointments"]} == {world.practitioner["id"], other["id"]}
    assert await reasons(public, anybody) == [(0, ["busy"])]


@pytest.mark.parametrize("named_first", [True, False])
async def test_whoever_is_named_is_not_given_to_another(world: World, public: Client, admin: Client, named_first: bool) -> None:
    """In whatever order they are asked for, and though it would be that one's turn."""
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    first, second = sorted([world.practitioner["id"], other["id"]])
    wanted = [item(world, practitioner_id=first), item(world, practitioner_id=None)]
    held = await hold(public, *(wanted if named_first else reversed(wanted)))
    found = [one["practitioner_id"] for one in held["appointments"]]
    assert found == ([first, second] if named_first else [second, first])


async def test_a_client_keeps_so_many_on_hold_and_no_more(world: World, public: Client, receptionist: Client) -> None:
    starts = [f"2026-12-02T{hour}:00:00Z" for hour in (9, 10, 11, 12)]
    four = [item(world, start.replace("T9", "T09")) for start in starts]
    assert await reasons(public, *four) == [(3, ["hold_limit"])]
    first = await hold(public, *four[:2])
    assert await reasons(public, *four[2:]) == [(1, ["hold_limit"])]
    await hold(public, four[2])
    assert await reasons(public, four[3]) == [(0, ["hold_limit"])]
    # What is booked or given back makes room; staff are not counted.
    await public.create("/v1/appointments", world.booking("2026-12-02T09:00:00Z", hold_token=first["token"]))
    await hold(receptionist, four[3])
    await hold(public, item(world, "2026-12-02T13:00:00Z"))
    assert await reasons(public, item(world, "2026-12-02T14:00:00Z")) == [(0, ["hold_limit"])]


async def test_clients_are_told_apart_by_their_network(app: FastAPI, world: World, database: Database) -> None:
    import httpx

    async def kept(host: str, start: str) -> int:
        transport = httpx.ASGITransport(app=app, client=(host, 1))
        async with Client(transport=transport, base_url="http://meridian.test") as client:
            return (await client.send_json("POST", "/v1/holds", {"items": [item(world, start)]})).status_code

    hosts = ["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"]
    hosts += ["2001:db8::1", "2001:db8::2", "2001:db8::3:3", "2001:db8::4", "2001:db8:0:1::4"]
    starts = [f"2026-12-{day:02}T{hour:02}:00:00Z" for day in (2, 3) for hour in range(9, 15)]
    found = [await kept(host, start) for host, start in zip(hosts, starts, strict=False)]
    assert found == [201, 201, 201, 409, 201, 201, 201, 201, 409, 201]


async def test_a_hold_is_the_token_bearers_and_nobody_elses(world: World, public: Client, receptionist: Client) -> None:
    held = await hold(public, item(world))
    another = await hold(public, item(world, "2026-12-02T11:00:00Z"))
    for headers in ({}, {"Hold-Token": another["token"]}, {"Hold-Token": "mht_nothing-that-exists"}):
        for client in (public, receptionist):
            problem(await client.get(f"/v1/holds/{held['id']}", headers=headers), 404, "not_found")
            problem(await client.delete(f"/v1/holds/{held['id']}", headers=headers), 404, "not_found")
            problem(await client.send_json("POST", f"/v1/holds/{held['id']}/extend", None, **headers), 404, "not_found")
    for changes in (
        {"hold_token": another["token"]},
        {"hold_token": "mht_nothing-that-exists"},
        {"hold_token": held["token"], "starts_at": "2026-12-02T14:00:00Z"},
    ):
        booking = world.booking(AT_TEN) | changes
        problem(await public.send_json("POST", "/v1/appointments", booking), 409, "hold_mismatch")


async def test_a_dry_run_with_a_hold(world: World, public: Client) -> None:
    held = await hold(public, item(world))
    booking = world.booking(AT_TEN, hold_token=held["token"], validate_only=True)
    assert (await public.post("/v1/appointments", json=booking)).status_code == 200
    booking["starts_at"] = "2026-12-02T14:00:00Z"
    problem(await public.post("/v1/appointments", json=booking), 409, "hold_mismatch")


async def test_whoever_was_in_time_to_hold_is_in_time_to_book(world: World, public: Client, clock: Clock) -> None:
    """The notice is two hours. Held at the last moment, it can be booked until the hold is over."""
    clock.fixed_at = NOW + timedelta(hours=1)
    held = await hold(public, item(world, "2026-12-01T11:00:00Z"))
    clock.fixed_at = NOW + timedelta(hours=1, minutes=5)
    direct = await public.send_json("POST", "/v1/appointments", world.booking("2026-12-01T11:00:00Z"))
    codes = [reason["code"] for reason in problem(direct, 409, "slot_unavailable")["refusals"][0]["reasons"]]
    assert codes == ["notice", "busy"]
    made = await public.create("/v1/appointments", world.booking("2026-12-01T11:00:00Z", hold_token=held["token"]))
    assert made["status"] == "booked"


async def test_what_a_hold_keeps_is_checked_again_when_it_is_booked(world: World, public: Client, admin: Client) -> None:
    held = await hold(public, item(world))
    leave = {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-03T00:00:00Z"}
    await admin.create(f"/v1/practitioners/{world.practitioner['id']}/time-off", leave)
    booking = world.booking(AT_TEN, hold_token=held["token"])
    refused = problem(await public.send_json("POST", "/v1/appointments", booking), 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["time_off"]


async def test_what_needs_approval_is_asked_for_out_of_a_hold(admin: Client, public: Client) -> None:
    world = await World.made(admin, needs_approval=True)
    held = await hold(public, item(world))
    made = await public.create("/v1/appointments", world.booking(AT_TEN, hold_token=held["token"]))
    assert made["status"] == "pending"


async def test_a_hold_keeps_the_price_and_length_it_was_held_with(world: World, public: Client, admin: Client) -> None:
    held = await hold(public, item(world))
    dearer = {"price": {"amount": "99.00", "currency": "GBP"}, "phases": [{"minutes": 60, "attended": True}]}
    await admin.change(f"/v1/treatments/{world.treatment['id']}", dearer, version=1)
    made = await public.create("/v1/appointments", world.booking(AT_TEN, hold_token=held["token"]))
    assert (made["price"]["amount"], made["duration_minutes"]) == ("40.00", 30)


async def test_a_practitioner_holds_in_their_own_diary_and_an_editor_in_none(
    app: FastAPI, database: Database, world: World, admin: Client, editor: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    token = await make_user(database, role="practitioner", practitioner_id=other["id"])
    async with Client.of(app, token=token) as practitioner:
        for somebody in (world.practitioner["id"], None):
            body = {"items": [item(world, practitioner_id=somebody)]}
            problem(await practitioner.send_json("POST", "/v1/holds", body), 403, "forbidden")
    problem(await editor.send_json("POST", "/v1/holds", {"items": [item(world)]}), 403, "forbidden")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"treatment_id": OTHER}, "/items/1/treatment_id"),
        ({"practitioner_id": OTHER}, "/items/1/practitioner_id"),
        ({"location_id": OTHER}, "/items/1/location_id"),
        ({"starts_at": "2026-12-02T10:00:00"}, "/items/1/starts_at"),
        ({"patient": STRANGER}, "/items/1"),
    ],
)
async def test_a_hold_that_means_nothing_is_refused(world: World, public: Client, changes: Json, pointer: str) -> None:
    body = {"items": [item(world), item(world, "2026-12-02T11:00:00Z") | changes]}
    refused = problem(await public.send_json("POST", "/v1/holds", body), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert "2026-12-02T10:00:00+00:00" in await world.starts(public)


@pytest.mark.parametrize("count", [0, 25])
async def test_a_hold_has_from_one_to_twenty_four(world: World, receptionist: Client, count: int) -> None:
    problem(await receptionist.send_json("POST", "/v1/holds", {"items": [item(world)] * count}), 422, "invalid")


async def test_staff_hold_twenty_four_at_once(world: World, receptionist: Client) -> None:
    starts = [f"2026-12-{day:02}T{hour:02}:{minute}:00Z" for day in (2, 3) for hour in range(9, 15) for minute in ("00", "30")]
    held = await hold(receptionist, *(item(world, start) for start in starts))
    assert [one["starts_at"] for one in held["appointments"]] == starts


async def test_the_public_needs_a_key_and_the_same_key_gives_the_same_token(world: World, public: Client) -> None:
    body = {"items": [item(world)]}
    problem(await public.post("/v1/holds", json=body), 400, "idempotency_key_required")
    headers = {"Idempotency-Key": "a-key-of-this-hold-1"}
    first, second = [await public.post("/v1/holds", json=body, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("proof", [{}, {"Hold-Token": "mht_another-another-another"}], ids=["none", "another"])
async def test_a_key_does_not_stand_for_the_proof(world: World, public: Client, proof: dict[str, str]) -> None:
    """What was answered to whoever had the token is not told to whoever knows the key."""
    held = await hold(public, item(world))
    key = {"Idempotency-Key": "k" * 20}
    path = f"/v1/holds/{held['id']}/extend"
    assert (await public.post(path, headers=key | {"Hold-Token": held["token"]})).status_code == 200
    problem(await public.post(path, headers=key | proof), 422, "idempotency_key_reused")


async def test_they_are_listed_in_the_order_in_which_they_were_asked_for(world: World, public: Client) -> None:
    """Though those for whom somebody is named are decided first."""
    wanted = [item(world, "2026-12-02T14:00:00Z", practitioner_id=None), item(world)]
    held = await hold(public, *wanted)
    found = await public.get(f"/v1/holds/{held['id']}", headers={"Hold-Token": held["token"]})
    for made in (held, found.json()):
        assert [one["starts_at"] for one in made["appointments"]] == [one["starts_at"] for one in wanted]


async def test_of_two_holds_each_ends_in_its_time(world: World, public: Client, clock: Clock) -> None:
    """For a reader who has seen both alive, too."""
    await hold(public, item(world))
    clock.fixed_at = NOW + timedelta(minutes=5)
    await hold(public, item(world, "2026-12-02T11:00:00Z"))
    found = []
    for minutes in (9, 10, 14, 15):
        clock.fixed_at = NOW + timedelta(minutes=minutes)
        starts = await world.starts(public)
        found.append([f"2026-12-02T{hour}:00:00+00:00" in starts for hour in (10, 11)])
    assert found == [[False, False], [True, False], [True, False], [True, True]]


@pytest.mark.parametrize(
    ("starts_at", "step_minutes"), [("2027-12-02T10:00:00Z", 15), (AT_TEN, 45)], ids=["beyond the horizon", "off a new grid"]
)
async def test_what_staff_hold_for_somebody_they_may_book(
    world: World, admin: Client, public: Client, receptionist: Client, starts_at: str, step_minutes: int
) -> None:
    held = await hold(receptionist, item(world, starts_at))
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"step_minutes": step_minutes}, version=1)
    made = await public.create("/v1/appointments", world.booking(starts_at, hold_token=held["token"]))
    assert made["status"] == "booked"


async def test_a_patient_holds_no_two_times_at_once(world: World, app: FastAPI, admin: Client, public: Client) -> None:
    """Whom the link belongs to is known: not with two practitioners, nor beside what they have booked."""
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    async with Client.of(app, token=made["manage_token"]) as link:
        wanted = [item(world, start, practitioner_id=other["id"]) for start in (AT_TEN, "2026-12-02T12:00:00Z")]
        wanted.append(item(world, "2026-12-02T12:15:00Z"))
        assert await reasons(link, *wanted) == [(0, ["patient_busy"]), (2, ["patient_busy"])]


async def test_that_a_hold_was_extended_and_given_back_is_remembered(
    world: World, public: Client, receptionist: Client, clock: Clock
) -> None:
    held = await hold(public, item(world))
    path, headers = f"/v1/holds/{held['id']}", {"Hold-Token": held["token"]}
    clock.fixed_at = NOW + timedelta(minutes=6)
    assert (await public.send_json("POST", f"{path}/extend", None, **headers)).is_success
    assert (await public.delete(path, headers=headers)).is_success
    steps = (await receptionist.read(f"/v1/appointments/{held['appointments'][0]['id']}/history"))["items"]
    assert [step["verb"] for step in steps] == ["hold", "extend", "release"]
    assert [[change["field"] for change in step["changes"]] for step in steps[1:]] == [["held_until"], ["status", "held_until"]]
