"""What is left of a hold, who waits for whose time, and marks that are worked out anew: found by the model, each here by itself."""

from datetime import timedelta

import pytest

from app.kit.clock import Clock
from tests.appointments.world import World
from tests.client import Client, Json
from tests.conftest import NOW
from tests.make import make_time_off

AT_TEN = "2026-12-02T10:00:00Z"
ADA = {"name": "Ada Lindqvist"}
BUSY = [{"rule": "busy", "reason": "She insists"}]


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


async def held(client: Client, world: World, *starts: str, **changes: object) -> Json:
    items = [world.booking(start) | changes for start in starts]
    for item in items:
        del item["patient"]
    return await client.create("/v1/holds", {"items": items})


@pytest.mark.parametrize("by", ["booked", "cancelled"])
async def test_a_hold_that_keeps_nothing_any_more_is_extended_and_given_back(
    world: World, public: Client, receptionist: Client, by: str
) -> None:
    hold = await held(public, world, AT_TEN)
    if by == "booked":
        await public.create("/v1/appointments", world.booking(AT_TEN, hold_token=hold["token"]))
    else:
        path = f"/v1/appointments/{hold['appointments'][0]['id']}/cancel"
        await receptionist.change(path, {"reason": "other"}, version=1, method="POST")
    path, headers = f"/v1/holds/{hold['id']}", {"Hold-Token": hold["token"]}
    extended = await public.send_json("POST", f"{path}/extend", None, **headers)
    assert (extended.status_code, extended.json()["extended"]) == (200, True)
    assert (await public.delete(path, headers=headers)).status_code == 204


async def test_what_a_hold_keeps_is_told_in_the_order_in_which_it_was_asked_for(world: World, receptionist: Client) -> None:
    hours = [16, 9, 15, 10, 14, 11, 13, 12]
    hold = await held(receptionist, world, *(f"2026-12-02T{hour:02}:00:00Z" for hour in hours))
    read = await receptionist.get(f"/v1/holds/{hold['id']}", headers={"Hold-Token": hold["token"]})
    assert [one["id"] for one in read.json()["appointments"]] == [one["id"] for one in hold["appointments"]]


@pytest.mark.parametrize("overrides", [[], BUSY])
async def test_whoever_holds_a_time_books_it_though_somebody_waits_for_it(
    world: World, receptionist: Client, public: Client, overrides: Json
) -> None:
    hold = await held(public, world, AT_TEN)
    await receptionist.create("/v1/appointments", world.booking(AT_TEN, patient=ADA, overrides=BUSY))
    booker = receptionist if overrides else public
    body = world.booking(AT_TEN, hold_token=hold["token"], overrides=overrides)
    assert (await booker.create("/v1/appointments", body))["id"] == hold["appointments"][0]["id"]


async def test_what_is_asked_for_is_confirmed_though_somebody_waits_for_its_time(
    admin: Client, receptionist: Client, public: Client
) -> None:
    world = await World.made(admin, needs_approval=True)
    asked = await public.create("/v1/appointments", world.booking(AT_TEN))
    await receptionist.create("/v1/appointments", world.booking(AT_TEN, patient=ADA, overrides=BUSY))
    path = f"/v1/appointments/{asked['id']}/confirm"
    assert (await receptionist.change(path, {}, version=1, method="POST"))["status"] == "booked"


async def test_who_waits_for_a_hold_gets_its_time_when_it_has_ended_and_something_else_is_given_up(
    world: World, public: Client, receptionist: Client, clock: Clock
) -> None:
    await held(public, world, AT_TEN)
    waits = await receptionist.create("/v1/appointments", world.booking(AT_TEN, patient=ADA, overrides=BUSY))
    other = await receptionist.create("/v1/appointments", world.booking("2026-12-02T14:00:00Z", patient=ADA))
    clock.fixed_at = NOW + timedelta(minutes=10)
    await receptionist.change(f"/v1/appointments/{other['id']}/cancel", {"reason": "other"}, version=1, method="POST")
    assert (await receptionist.read(f"/v1/appointments/{waits['id']}"))["overbooked"] is False


async def test_who_gives_up_waits_no_more(world: World, public: Client, receptionist: Client) -> None:
    await public.create("/v1/appointments", world.booking(AT_TEN))
    waits = await receptionist.create("/v1/appointments", world.booking(AT_TEN, patient=ADA, overrides=BUSY))
    path = f"/v1/appointments/{waits['id']}"
    gone = await receptionist.change(f"{path}/cancel", {"reason": "other"}, version=1, method="POST")
    assert (waits["overbooked"], gone["overbooked"]) == (True, False)


async def test_who_waits_for_another_time_goes_on_waiting_when_one_gets_hers(
    world: World, public: Client, receptionist: Client
) -> None:
    starts = (AT_TEN, "2026-12-02T11:00:00Z")
    in_the_way = [await public.create("/v1/appointments", world.booking(start)) for start in starts]
    waiting = [
        await receptionist.create("/v1/appointments", world.booking(start, patient=ADA, overrides=BUSY)) for start in starts
    ]
    for gone, expected in zip(in_the_way, ([False, True], [False, False]), strict=True):
        await receptionist.change(f"/v1/appointments/{gone['id']}/cancel", {"reason": "other"}, version=1, method="POST")
        assert [(await receptionist.read(f"/v1/appointments/{one['id']}"))["overbooked"] for one in waiting] == expected


@pytest.mark.parametrize("leave", ["entered", "taken back"])
async def test_who_came_after_all_is_marked_as_everybody_is(
    world: World, admin: Client, receptionist: Client, leave: str
) -> None:
    """Leave that came, or went, while it counted as missed."""
    made = await receptionist.create("/v1/appointments", world.booking(AT_TEN, patient=ADA))
    path = f"/v1/appointments/{made['id']}"
    off = await make_time_off(admin, world.practitioner) if leave == "taken back" else None
    version = (await receptionist.read(path))["version"]
    missed = await receptionist.change(f"{path}/no-show", None, version=version, method="POST")
    if off is None:
        await make_time_off(admin, world.practitioner)
    else:
        await admin.delete(f"/v1/practitioners/{world.practitioner['id']}/time-off/{off['id']}", headers={"If-Match": "*"})
    came = await receptionist.change(f"{path}/undo", None, version=missed["version"], method="POST")
    assert came["affected_by"] == (["time_off"] if leave == "entered" else [])


async def test_what_was_asked_for_before_its_treatment_needed_a_room_is_confirmed_without_one(
    admin: Client, public: Client, receptionist: Client
) -> None:
    world = await World.made(admin, needs_approval=True)
    asked = await public.create("/v1/appointments", world.booking(AT_TEN))
    path = f"/v1/treatments/{world.treatment['id']}"
    await admin.change(path, {"place_kind": "room"}, version=world.treatment["version"])
    confirmed = await receptionist.change(f"/v1/appointments/{asked['id']}/confirm", {}, version=1, method="POST")
    assert (confirmed["status"], confirmed["place_id"]) == ("booked", None)


async def test_what_is_confirmed_into_leave_has_been_dealt_with(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin, needs_approval=True)
    asked = await public.create("/v1/appointments", world.booking(AT_TEN))
    await make_time_off(admin, world.practitioner)
    path = f"/v1/appointments/{asked['id']}"
    version = (await receptionist.read(path))["version"]
    overrides = {"overrides": [{"rule": "time_off", "reason": "She comes in for this one"}]}
    confirmed = await receptionist.change(f"{path}/confirm", overrides, version=version, method="POST")
    assert (confirmed["affected"], confirmed["affected_by"]) == (False, [])
