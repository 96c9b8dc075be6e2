"""Whatever takes time away answers with the appointments that it hits, and the diary shows them until somebody deals with them."""

from typing import Any

import pytest

from app.diary.impact import AFFECTED, MAX_AFFECTED, AffectedAppointment, Affecting, with_affected
from app.kit.clock import Clock
from tests.appointments.world import World
from tests.client import Client, Json
from tests.make import NOBODY_HIT, make_closure, make_location, make_override, make_practitioner, make_time_off, set_hours

NINE_TO_NOON = {"starts": "09:00", "ends": "12:00"}


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


@pytest.fixture
async def morning(world: World, public: Client) -> Json:
    """On Wednesday, the second of December, at ten."""
    return await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))


@pytest.fixture
async def afternoon(world: World, public: Client) -> Json:
    return await public.create("/v1/appointments", world.booking("2026-12-02T14:00:00Z"))


@pytest.fixture
async def next_week(world: World, public: Client) -> Json:
    return await public.create("/v1/appointments", world.booking("2026-12-09T10:00:00Z"))


def hit(answer: Json) -> list[tuple[str, list[str]]]:
    assert answer["affected_total"] == len(answer["affected"])
    return [(one["id"], one["affected_by"]) for one in answer["affected"]]


async def affected(client: Client, *, wanted: bool = True) -> list[tuple[str, list[str]]]:
    found = await client.read("/v1/appointments", affected=wanted, sort="starts_at")
    assert all(one["affected"] == wanted for one in found["items"])
    return [(one["id"], one["affected_by"]) for one in found["items"]]


async def version_of(client: Client, world: World) -> int:
    return int((await client.read(f"/v1/practitioners/{world.practitioner['id']}"))["version"])


async def test_an_appointment_that_is_hit_says_why(
    admin: Client, world: World, morning: Json, afternoon: Json, next_week: Json
) -> None:
    made = await make_override(admin, world.practitioner, world.location["id"], windows=[NINE_TO_NOON])
    shown = made["affected"][0]
    copied = AffectedAppointment.model_fields.keys() - {"affected_by"}
    assert shown == {name: afternoon[name] for name in copied} | {"affected_by": ["closed"]}
    assert hit(made) == [(afternoon["id"], ["closed"])]
    read = await admin.read(f"/v1/appointments/{afternoon['id']}")
    assert (read["affected"], read["affected_by"], read["status"]) == (True, ["closed"], "booked")
    assert await affected(admin) == [(afternoon["id"], ["closed"])]
    assert await affected(admin, wanted=False) == [(morning["id"], []), (next_week["id"], [])]


async def test_working_hours_hit_what_is_outside_them(
    admin: Client, world: World, morning: Json, afternoon: Json, next_week: Json
) -> None:
    fewer = await set_hours(admin, world.practitioner, world.location["id"], ends="12:00")
    assert hit(fewer) == [(afternoon["id"], ["closed"])]
    none = await set_hours(admin, world.practitioner, world.location["id"], weekdays=[])
    assert hit(none) == [(one["id"], ["closed"]) for one in (morning, afternoon, next_week)]
    again = await set_hours(admin, world.practitioner, world.location["id"])
    assert again == again | NOBODY_HIT
    assert await affected(admin) == []


async def test_an_override_hits_its_date_and_taking_it_back_may_hit_too(
    admin: Client, world: World, morning: Json, afternoon: Json, next_week: Json, public: Client
) -> None:
    made = await make_override(admin, world.practitioner, world.location["id"])
    assert hit(made) == [(morning["id"], ["closed"]), (afternoon["id"], ["closed"])]
    one = f"/v1/practitioners/{world.practitioner['id']}/overrides/{made['id']}"
    changed = await admin.change(one, {"windows": [{"starts": "09:00", "ends": "20:00"}]}, version=made["version"])
    assert hit(changed) == await affected(admin) == []
    evening = await public.create("/v1/appointments", world.booking("2026-12-02T19:00:00Z"))
    version = await version_of(admin, world)
    back = (await admin.delete(one, headers={"If-Match": f'"{version}"'})).json()
    assert hit(back) == await affected(admin) == [(evening["id"], ["closed"])]


async def test_an_override_elsewhere_hits_nobody_here(admin: Client, world: World, morning: Json) -> None:
    elsewhere = await make_location(admin)
    assert hit(await make_override(admin, world.practitioner, elsewhere["id"])) == []
    other = await make_practitioner(admin)
    assert hit(await make_override(admin, other, world.location["id"])) == []
    assert await affected(admin) == []
    # Nor does it own up to what another one did.
    await make_override(admin, world.practitioner, world.location["id"])
    third = await make_location(admin)
    assert hit(await make_override(admin, world.practitioner, third["id"])) == []
    assert await affected(admin) == [(morning["id"], ["closed"])]


async def test_time_off_hits_whoever_is_attended_in_it(
    admin: Client, world: World, morning: Json, afternoon: Json, next_week: Json
) -> None:
    # It begins as the morning's appointment is over, and ends as the afternoon's begins.
    between = await make_time_off(admin, world.practitioner, starts_at="2026-12-02T10:30:00Z", ends_at="2026-12-02T14:00:00Z")
    assert hit(between) == []
    one = f"/v1/practitioners/{world.practitioner['id']}/time-off/{between['id']}"
    longer = await admin.change(one, {"ends_at": "2026-12-02T14:01:00Z"}, version=between["version"])
    assert hit(longer) == [(afternoon["id"], ["time_off"])]
    second = await make_time_off(admin, world.practitioner)
    assert hit(second) == [(morning["id"], ["time_off"]), (afternoon["id"], ["time_off"])]
    # The afternoon is hit by the other one still.
    version = await version_of(admin, world)
    gone = await admin.delete(one.replace(between["id"], second["id"]), headers={"If-Match": f'"{version}"'})
    assert (gone.status_code, await affected(admin)) == (204, [(afternoon["id"], ["time_off"])])
    await admin.delete(one, headers={"If-Match": f'"{version + 1}"'})
    assert await affected(admin) == []


async def test_a_closure_hits_its_dates_and_its_location(
    admin: Client, receptionist: Client, world: World, morning: Json, afternoon: Json, next_week: Json
) -> None:
    elsewhere = await make_location(admin)
    assert hit(await make_closure(admin, location_id=elsewhere["id"])) == []
    made = await make_closure(receptionist, starts="12:00")
    assert hit(made) == [(afternoon["id"], ["closure"])]
    one = f"/v1/closures/{made['id']}"
    # Another closure between its dates and around them is not its doing.
    other = await make_closure(receptionist, from_on="2026-12-09", to_on="2026-12-09")
    assert hit(other) == [(next_week["id"], ["closure"])]
    assert hit(await make_closure(receptionist, from_on="2026-12-09", to_on="2026-12-09", location_id=elsewhere["id"])) == []
    changed = await receptionist.change(one, {"starts": None, "ends": None}, version=1)
    assert hit(changed) == [(morning["id"], ["closure"]), (afternoon["id"], ["closure"])]
    moved = await receptionist.change(one, {"from_on": "2026-12-03", "to_on": "2026-12-03"}, version=2)
    assert hit(moved) == []
    assert await affected(admin) == [(next_week["id"], ["closure"])]
    await receptionist.delete(f"/v1/closures/{other['id']}", headers={"If-Match": '"1"'})
    assert await affected(admin) == []


async def test_public_holidays_hit_those_who_come_on_them(admin: Client, world: World, public: Client, next_week: Json) -> None:
    christmas = await public.create("/v1/appointments", world.booking("2026-12-25T10:00:00Z"))
    await make_closure(admin, from_on="2026-12-09", to_on="2026-12-09")
    made = await admin.create("/v1/closures/import", {"country": "GB", "subdivision": "ENG", "years": [2026]})
    assert hit(made) == [(christmas["id"], ["closure"])]
    again = await admin.create("/v1/closures/import", {"country": "GB", "subdivision": "ENG", "years": [2026]})
    assert (again["items"], hit(again)) == ([], [])
    assert await affected(admin) == [(next_week["id"], ["closure"]), (christmas["id"], ["closure"])]


@pytest.mark.parametrize("below", [True, False])
async def test_a_registration_that_runs_out_hits_what_comes_after(
    admin: Client, world: World, morning: Json, next_week: Json, below: bool
) -> None:
    path = f"/v1/practitioners/{world.practitioner['id']}"
    registrations = [{"body": "Example Council", "number": "EX-1", "valid_until": "2026-12-08"}]
    version = await version_of(admin, world)
    if below:
        answer = await admin.change(f"{path}/registrations", {"items": registrations}, version=version, method="PUT")
    else:
        answer = await admin.change(path, {"registrations": registrations}, version=version)
    assert hit(answer) == await affected(admin) == [(next_week["id"], ["registration"])]


async def test_a_practitioner_or_a_location_that_is_closed_down_hits_everybody(
    admin: Client, world: World, morning: Json
) -> None:
    path, everybody = f"/v1/practitioners/{world.practitioner['id']}", [(morning["id"], ["not_offered"])]
    gone = await admin.change(path, {"active": False}, version=await version_of(admin, world))
    assert hit(gone) == await affected(admin) == everybody
    back = await admin.change(path, {"active": True}, version=await version_of(admin, world))
    assert hit(back) == await affected(admin) == []
    # Whoever had hours here once and has appointments from then is hit too.
    await set_hours(admin, world.practitioner, (await make_location(admin))["id"])
    shut = await admin.change(f"/v1/locations/{world.location['id']}", {"active": False}, version=1)
    assert hit(shut) == [(morning["id"], ["closed", "not_offered"])]
    opened = await admin.change(f"/v1/locations/{world.location['id']}", {"active": True}, version=2)
    assert hit(opened) == []
    assert await affected(admin) == [(morning["id"], ["closed"])]


async def test_all_reasons_are_told_and_go_one_by_one(admin: Client, world: World, morning: Json) -> None:
    override = await make_override(admin, world.practitioner, world.location["id"])
    time_off = await make_time_off(admin, world.practitioner)
    closure = await make_closure(admin)
    (_, codes), *others = hit(closure)
    assert (sorted(codes), others) == (["closed", "closure", "time_off"], [])
    path = f"/v1/practitioners/{world.practitioner['id']}"
    for address, version in (
        (f"{path}/overrides/{override['id']}", time_off["version"]),
        (f"{path}/time-off/{time_off['id']}", time_off["version"] + 1),
    ):
        assert (await admin.delete(address, headers={"If-Match": f'"{version}"'})).is_success
    assert await affected(admin) == [(morning["id"], ["closure"])]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_whoever_was_cancelled_is_not_listed(admin: Client, world: World, morning: Json, when: str) -> None:
    path = f"/v1/appointments/{morning['id']}"
    version = 1
    if when == "after":
        assert len(hit(await make_closure(admin))) == 1
        version = (await admin.read(path))["version"]
    await admin.change(f"{path}/cancel", {"reason": "other"}, version=version, method="POST")
    if when == "before":
        assert hit(await make_closure(admin)) == []
    assert await affected(admin) == []
    assert [one for one, _ in await affected(admin, wanted=False)] == [morning["id"]]


async def test_what_is_over_is_left_alone(admin: Client, world: World, morning: Json, afternoon: Json, clock: Clock) -> None:
    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(day=2, hour=12)
    assert hit(await make_closure(admin)) == [(afternoon["id"], ["closure"])]


async def test_a_replayed_change_says_the_same(admin: Client, world: World, morning: Json) -> None:
    body: dict[str, Any] = {"from_on": "2026-12-02", "to_on": "2026-12-02", "reason": "Floor is painted"}
    first, second = [
        await admin.post("/v1/closures", json=body, headers={"Idempotency-Key": "one-closure-only"}) for _ in range(2)
    ]
    assert hit(first.json()) == [(morning["id"], ["closure"])]
    assert (second.json(), second.headers["idempotent-replayed"]) == (first.json(), "true")


def test_an_answer_has_an_end_and_says_how_many_there_are() -> None:
    one = AffectedAppointment.model_validate(AFFECTED)
    for count in (0, MAX_AFFECTED, MAX_AFFECTED + 1):
        answer = with_affected(Affecting, None, [one] * count)
        assert (len(answer.affected), answer.affected_total) == (min(count, MAX_AFFECTED), count)
