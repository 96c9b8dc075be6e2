"""Replans over HTTP: what has to move, as little as possible, and what never does (K4)."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.kit.clock import Clock
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.courses.world import WEDNESDAYS, again, made, question, session, step
from tests.make import fulfil, make_practitioner, make_time_off, set_hours


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


async def replanned(client: Client, course: Json, **asked: Any) -> Json:
    return await client.create(f"/v1/courses/{course['id']}/replan", asked)


async def applied(client: Client, course: Json, proposal: Json) -> Json:
    """As it was proposed, word for word."""
    return await client.change(
        f"/v1/courses/{course['id']}/apply", {"moves": proposal["moves"]}, version=proposal["version"], method="POST"
    )


def moves(proposal: Json) -> list[tuple[int, str | None, str, list[str]]]:
    return [
        (one["session_number"], one["from"] and one["from"]["local_start"][:16], one["to"]["local_start"][:16], one["reasons"])
        for one in proposal["moves"]
    ]


def starts(course: Json) -> list[str]:
    """Of what is booked."""
    return [one["local_start"][:16] for one in course["appointments"] if one["status"] in {"booked", "arrived", "fulfilled"}]


async def test_where_nothing_has_to_move_nothing_does(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    proposal = await replanned(receptionist, booked)
    assert (proposal["moves"], proposal["unplaced"], proposal["complete"]) == ([], [], True)
    assert (proposal["cost"]["sessions_moved"], proposal["version"]) == (0, booked["version"])
    assert (await again(receptionist, booked)) == booked


async def test_leave_moves_the_one_that_it_hits(world: World, admin: Client, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    await make_time_off(admin, world.practitioner, starts_at="2026-12-09T00:00:00Z", ends_at="2026-12-10T00:00:00Z")
    assert (await again(receptionist, booked))["attention"] == ["affected"]
    proposal = await replanned(receptionist, booked)
    assert moves(proposal) == [(2, "2026-12-09T10:00", "2026-12-08T10:00", ["time_off"])]
    assert proposal["cost"]["sessions_moved"] == 1
    done = await applied(receptionist, booked, proposal)
    assert starts(done) == ["2026-12-02T10:00", "2026-12-08T10:00", "2026-12-16T10:00", "2026-12-23T10:00"]
    assert (done["attention"], [one["pinned"] for one in done["appointments"]]) == ([], [False] * 4)
    assert [one["id"] for one in done["appointments"]] == [one["id"] for one in booked["appointments"]]


async def test_a_session_that_somebody_moved_stays_and_the_others_follow(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    second = booked["appointments"][1]
    await receptionist.change(
        f"/v1/appointments/{second['id']}/reschedule",
        {"starts_at": "2026-12-11T15:00:00Z"},
        version=second["version"],
        method="POST",
    )
    proposal = await replanned(receptionist, booked)
    assert moves(proposal) == []  # nine and five days are allowed
    second = (await again(receptionist, booked))["appointments"][1]
    moved = await receptionist.change(
        f"/v1/appointments/{second['id']}/reschedule",
        {"starts_at": "2026-12-14T10:00:00Z"},
        version=second["version"],
        method="POST",
    )
    assert moved["pinned"] is True
    proposal = await replanned(receptionist, booked)
    assert [move[0] for move in moves(proposal)] == [1, 3, 4]
    done = await applied(receptionist, booked, proposal)
    assert (done["off_cadence"], "2026-12-14T10:00" in starts(done)) == ([], True)


async def test_what_was_cancelled_is_booked_again(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    third = booked["appointments"][2]
    await receptionist.change(
        f"/v1/appointments/{third['id']}/cancel", {"reason": "other"}, version=third["version"], method="POST"
    )
    proposal = await replanned(receptionist, booked)
    assert moves(proposal) == [(3, None, "2026-12-16T10:00", ["unbooked"])]
    assert proposal["moves"][0]["appointment_id"] is None
    done = await applied(receptionist, booked, proposal)
    assert done["progress"] == {"planned": 4, "held": 0, "booked": 4, "fulfilled": 0, "missed": 0, "left_out": 0, "unbooked": 0}
    assert [(one["session_number"], one["status"]) for one in done["appointments"]] == [
        (1, "booked"),
        (2, "booked"),
        (3, "cancelled"),
        (3, "booked"),
        (4, "booked"),
    ]


async def test_what_was_missed_is_booked_again_if_that_is_wanted(world: World, receptionist: Client, clock: Clock) -> None:
    booked = await made(receptionist, world)
    first = await fulfil_at(receptionist, clock, booked["appointments"][0], "2026-12-02T10:00:00Z")
    clock.fixed_at = datetime(2026, 12, 9, 10, 30, tzinfo=UTC)
    second = booked["appointments"][1]
    await receptionist.change(f"/v1/appointments/{second['id']}/no-show", None, version=second["version"], method="POST")
    now = await again(receptionist, booked)
    assert now["progress"] == {"planned": 4, "held": 0, "booked": 2, "fulfilled": 1, "missed": 1, "left_out": 0, "unbooked": 0}
    assert moves(await replanned(receptionist, booked)) == []
    proposal = await replanned(receptionist, booked, rebook_missed=True)
    assert [(move[0], move[2]) for move in moves(proposal)] == [(2, "2026-12-09T10:30")]
    done = await applied(receptionist, booked, proposal)
    assert done["progress"]["booked"] == 3
    assert first["starts_at"] in [one["starts_at"] for one in done["appointments"]]


async def fulfil_at(client: Client, clock: Clock, appointment: Json, at: str) -> Json:
    clock.fixed_at = datetime.fromisoformat(at)
    return await fulfil(client, appointment)


async def test_after_a_pause_it_goes_on_as_soon_as_can_be(world: World, receptionist: Client, clock: Clock) -> None:
    booked = await made(receptionist, world)
    await fulfil_at(receptionist, clock, booked["appointments"][0], "2026-12-02T10:00:00Z")
    paused = await step(receptionist, await again(receptionist, booked), "pause")
    clock.fixed_at = datetime(2027, 1, 13, 9, 0, tzinfo=UTC)
    problem(await receptionist.send_json("POST", f"/v1/courses/{booked['id']}/replan", {}), 409, "wrong_course_state")
    resumed = await step(receptionist, paused, "resume")
    assert resumed["attention"] == ["gap_overdue", "unbooked"]
    proposal = await replanned(receptionist, resumed)
    assert [move[2] for move in moves(proposal)] == ["2027-01-13T10:00", "2027-01-20T10:00", "2027-01-27T10:00"]
    proposal = await replanned(receptionist, resumed, earliest_on="2027-01-18")
    assert [move[2] for move in moves(proposal)] == ["2027-01-18T10:00", "2027-01-25T10:00", "2027-02-01T10:00"]


async def test_extended_and_planned(world: World, receptionist: Client) -> None:
    longer = await step(receptionist, await made(receptionist, world), "extend", {"sessions": 2})
    proposal = await replanned(receptionist, longer)
    assert moves(proposal) == [(5, None, "2026-12-30T10:00", ["unbooked"]), (6, None, "2027-01-06T10:00", ["unbooked"])]
    done = await applied(receptionist, longer, proposal)
    assert (done["progress"]["booked"], done["attention"]) == (6, [])
    history = await receptionist.read(f"/v1/appointments/{done['appointments'][-1]['id']}/history")
    assert [one["verb"] for one in history["items"]] == ["book"]


async def test_another_practitioner_from_a_session_on(world: World, admin: Client, receptionist: Client) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    booked = await made(receptionist, world)
    proposal = await replanned(receptionist, booked, practitioner_ids=[other["id"]], from_session_number=3)
    assert [(move[0], move[2], move[3]) for move in moves(proposal)] == [
        (3, "2026-12-16T10:00", ["practitioner"]),
        (4, "2026-12-23T10:00", ["practitioner"]),
    ]
    done = await applied(receptionist, booked, proposal)
    assert [one["practitioner_id"] for one in done["appointments"]] == [world.practitioner["id"]] * 2 + [other["id"]] * 2


async def test_it_is_all_or_none_and_for_the_version_that_was_read(
    world: World, admin: Client, public: Client, receptionist: Client
) -> None:
    booked = await made(receptionist, world)
    await make_time_off(admin, world.practitioner, starts_at="2026-12-09T00:00:00Z", ends_at="2026-12-17T00:00:00Z")
    proposal = await replanned(receptionist, booked)
    assert len(proposal["moves"]) >= 2
    await public.create("/v1/appointments", world.booking(proposal["moves"][1]["to"]["starts_at"]))
    path, body = f"/v1/courses/{booked['id']}/apply", {"moves": proposal["moves"]}
    response = await receptionist.send_json("POST", path, body, **{"If-Match": f'"{proposal["version"]}"'})
    refused = problem(response, 409, "slot_unavailable")
    assert [(one["index"], [reason["code"] for reason in one["reasons"]]) for one in refused["refusals"]] == [(1, ["busy"])]
    assert starts(await again(receptionist, booked)) == starts(booked)
    problem(await receptionist.send_json("POST", path, body), 428, "if_match_required")
    problem(await receptionist.send_json("POST", path, body, **{"If-Match": '"1"'}), 412, "version_changed")


async def test_two_swap_their_times(world: World, receptionist: Client) -> None:
    """Each takes the time that the other leaves."""
    booked = await made(receptionist, world, 2)
    one, two = booked["appointments"]
    body = {
        "moves": [
            {"session_number": 1, "appointment_id": one["id"], "to": session(world, "2026-12-02T10:15:00Z")},
            {"session_number": 2, "appointment_id": two["id"], "to": session(world, "2026-12-09T09:45:00Z")},
        ]
    }
    done = await receptionist.change(f"/v1/courses/{booked['id']}/apply", body, version=booked["version"], method="POST")
    assert starts(done) == ["2026-12-02T10:15", "2026-12-09T09:45"]


async def test_what_is_settled_does_not_move(world: World, receptionist: Client, clock: Clock) -> None:
    booked = await made(receptionist, world)
    booked = await receptionist.change(f"/v1/courses/{booked['id']}", {"pinned": [3]}, version=booked["version"])
    await fulfil_at(receptionist, clock, booked["appointments"][0], "2026-12-02T10:00:00Z")
    path = f"/v1/courses/{booked['id']}/apply"
    each = [
        {"session_number": one["session_number"], "appointment_id": one["id"], "to": session(world, "2026-12-17T15:00:00Z")}
        for one in booked["appointments"]
    ]
    response = await receptionist.send_json("POST", path, {"moves": each[:3]}, **{"If-Match": "*"})
    assert problem(response, 409, "session_settled")["session_numbers"] == [1, 3]
    wrong = {**each[1], "appointment_id": each[2]["appointment_id"]}
    for body, pointer in (
        ({"moves": [wrong]}, "/moves/0/appointment_id"),
        ({"moves": [{**each[1], "appointment_id": None}]}, "/moves/0/appointment_id"),
        ({"moves": [{**each[1], "session_number": 5, "appointment_id": None}]}, "/moves/0/session_number"),
        ({"moves": [each[1], each[1]]}, "/moves"),
        ({"moves": []}, "/moves"),
    ):
        response = await receptionist.send_json("POST", path, body, **{"If-Match": "*"})
        assert [error["pointer"] for error in problem(response, 422, "invalid")["errors"]] == [pointer]


async def test_where_there_is_no_room_it_says_why(world: World, admin: Client, receptionist: Client) -> None:
    weekly = [{"sessions": 4, "target_days": 7, "min_days": 6, "max_days": 8}]
    booked = await made(receptionist, world, question=question(world, cadence=weekly, latest_on="2026-12-24"))
    await make_time_off(admin, world.practitioner, starts_at="2026-12-14T00:00:00Z", ends_at="2026-12-19T00:00:00Z")
    proposal = await replanned(receptionist, booked)
    [unplaced] = proposal["unplaced"]
    assert (unplaced["session_number"], unplaced["appointment_id"]) == (3, booked["appointments"][2]["id"])
    assert "time_off" in unplaced["reasons"]
    assert proposal["complete"] is False


@pytest.mark.parametrize(
    ("wishes", "to"),
    [
        pytest.param({"away": [{"from_on": "2026-12-09", "to_on": "2026-12-09"}]}, {2: "2026-12-08T10:00"}, id="away"),
        pytest.param({"weekdays": [2]}, {1: "2026-12-08", 2: "2026-12-15", 3: "2026-12-22", 4: "2026-12-29"}, id="Tuesdays"),
        pytest.param({"windows": [{"starts": "13:00", "ends": "17:00"}]}, dict.fromkeys((1, 2, 3, 4)), id="afternoons"),
    ],
)
async def test_what_is_not_as_the_question_wishes_moves(
    world: World, receptionist: Client, wishes: Json, to: dict[int, str]
) -> None:
    booked = await made(receptionist, world)
    wished = question(world, preferred_time="10:00", **wishes)
    booked = await receptionist.change(f"/v1/courses/{booked['id']}", {"question": wished}, version=booked["version"])
    proposal = await replanned(receptionist, booked)
    assert {move[0] for move in moves(proposal)} == set(to)
    assert all(found.startswith(to[number] or "") for number, _, found, _ in moves(proposal))
    assert proposal["moves"][0]["reasons"] == ["wishes"]
    done = await applied(receptionist, booked, proposal)
    assert moves(await replanned(receptionist, done)) == []


async def test_what_is_left_where_it_is_is_in_nobodys_way(world: World, admin: Client, receptionist: Client) -> None:
    """The proposal can be applied as it is: no move takes the time of a session for which nothing was found."""
    narrow = [{"sessions": 4, "target_days": 7, "min_days": 7, "max_days": 7}]
    booked = await made(receptionist, world, question=question(world, cadence=narrow, latest_on="2026-12-23"))
    second = booked["appointments"][1]
    body = {"starts_at": "2026-12-15T10:00:00Z"}
    path = f"/v1/appointments/{second['id']}/reschedule"
    await receptionist.change(path, body, version=second["version"], method="POST")
    proposal = await replanned(receptionist, booked)
    assert ([move[0] for move in moves(proposal)], [one["session_number"] for one in proposal["unplaced"]]) == ([1, 3], [4])
    await applied(receptionist, booked, proposal)


async def test_what_is_pinned_and_hit_is_said(world: World, admin: Client, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    booked = await receptionist.change(f"/v1/courses/{booked['id']}", {"pinned": [2]}, version=booked["version"])
    await make_time_off(admin, world.practitioner, starts_at="2026-12-09T00:00:00Z", ends_at="2026-12-10T00:00:00Z")
    proposal = await replanned(receptionist, booked)
    assert (proposal["moves"], proposal["complete"]) == ([], False)
    [unplaced] = proposal["unplaced"]
    assert (unplaced["session_number"], unplaced["appointment_id"]) == (2, booked["appointments"][1]["id"])
    assert unplaced["reasons"] == ["time_off", "pinned"]


async def test_a_missed_session_that_was_booked_again_is_not_undone(world: World, receptionist: Client, clock: Clock) -> None:
    booked = await made(receptionist, world)
    first = booked["appointments"][0]
    clock.fixed_at = datetime(2026, 12, 2, 11, tzinfo=UTC)
    missed = await receptionist.change(f"/v1/appointments/{first['id']}/no-show", None, version=first["version"], method="POST")
    course = await again(receptionist, booked)
    body = {"moves": [{"session_number": 1, "appointment_id": None, "to": session(world, "2026-12-04T10:00:00Z")}]}
    await receptionist.change(f"/v1/courses/{course['id']}/apply", body, version=course["version"], method="POST")
    response = await receptionist.send_json(
        "POST", f"/v1/appointments/{first['id']}/undo", None, **{"If-Match": f'"{missed["version"]}"'}
    )
    problem(response, 409, "session_booked_again")


async def test_somebody_else_is_one_change_more(world: World, admin: Client, receptionist: Client, clock: Clock) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    booked = await made(receptionist, world, question=question(world, preferred_time="10:00", max_practitioner_changes=0))
    proposal = await replanned(receptionist, booked, practitioner_ids=[other["id"]], from_session_number=3)
    assert [move[0] for move in moves(proposal)] == [3, 4]
    clock.fixed_at = datetime(2026, 12, 3, 12, tzinfo=UTC)
    proposal = await replanned(receptionist, booked, practitioner_ids=[other["id"]], from_session_number=2)
    assert ([move[0] for move in moves(proposal)], proposal["complete"]) == ([2, 3, 4], True)
    unknown = {"practitioner_ids": ["0199a000-0000-7000-8000-00000000dead"], "from_session_number": 2}
    problem(await receptionist.send_json("POST", f"/v1/courses/{booked['id']}/replan", unknown), 422, "invalid")


async def test_who_asks_for_two_others_still_wants_one_change_more(
    world: World, admin: Client, receptionist: Client, clock: Clock
) -> None:
    """The one is there for the second session only, and the other from the third on."""
    others = [await make_practitioner(admin, treatments=[world.treatment["id"]]) for _ in range(2)]
    for other, starts_on, ends_on in zip(others, ("2026-12-12", "2026-12-01"), ("2027-02-28", "2026-12-12"), strict=True):
        await set_hours(admin, other, world.location["id"])
        await make_time_off(admin, other, starts_at=f"{starts_on}T00:00:00Z", ends_at=f"{ends_on}T00:00:00Z")
    asked = {"practitioner_ids": [other["id"] for other in others], "from_session_number": 2}
    whole = {}
    for limit, hour in ((0, 10), (1, 11)):
        sessions = [session(world, f"{on}T{hour}:00:00Z") for on in WEDNESDAYS[:4]]
        wishes = question(world, latest_on="2026-12-24", max_practitioner_changes=limit)
        whole[limit] = await made(receptionist, world, question=wishes, sessions=sessions)
    clock.fixed_at = datetime(2026, 12, 3, 12, tzinfo=UTC)
    found = {limit: (await replanned(receptionist, course, **asked))["complete"] for limit, course in whole.items()}
    assert found == {0: False, 1: True}


async def test_sessions_keep_their_order(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    one, two = booked["appointments"][:2]
    swapped = [
        {"session_number": 1, "appointment_id": one["id"], "to": session(world, "2026-12-10T10:00:00Z")},
        {"session_number": 2, "appointment_id": two["id"], "to": session(world, "2026-12-03T10:00:00Z")},
    ]
    path = f"/v1/courses/{booked['id']}/apply"
    response = await receptionist.send_json("POST", path, {"moves": swapped}, **{"If-Match": "*"})
    pointers = [error["pointer"] for error in problem(response, 422, "invalid")["errors"]]
    assert pointers == ["/moves/0/to/starts_at"]


async def test_nothing_new_comes_before_what_has_taken_place(world: World, receptionist: Client, clock: Clock) -> None:
    """The first was cancelled, and the second was held: for the first it is too late."""
    booked = await made(receptionist, world)
    first = booked["appointments"][0]
    path, match = f"/v1/courses/{booked['id']}/apply", {"If-Match": "*"}
    await receptionist.change(
        f"/v1/appointments/{first['id']}/cancel", {"reason": "other"}, version=first["version"], method="POST"
    )
    clock.fixed_at = datetime(2026, 12, 9, 12, tzinfo=UTC)
    move = {"session_number": 1, "appointment_id": None, "to": session(world, "2026-12-10T10:00:00Z")}
    refused = problem(await receptionist.send_json("POST", path, {"moves": [move]}, **match), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["/moves/0/to/starts_at"]


async def test_what_is_booked_after_the_last_date_of_the_question_stays_unless_another_is_asked_for(
    world: World, receptionist: Client
) -> None:
    booked = await made(receptionist, world, question=question(world, preferred_time="10:00", latest_on="2026-12-16"))
    proposal = await replanned(receptionist, booked)
    assert (moves(proposal), proposal["complete"]) == ([], True)
    proposal = await replanned(receptionist, booked, latest_on="2026-12-16")
    assert (proposal["complete"], [one["session_number"] for one in proposal["unplaced"]]) == (False, [4])


async def test_nothing_can_be_asked_for_before_today(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    for asked in ({"latest_on": "2026-11-30"}, {"earliest_on": "2027-01-08", "latest_on": "2027-01-07"}):
        problem(await receptionist.send_json("POST", f"/v1/courses/{booked['id']}/replan", asked), 422, "invalid")


async def test_a_course_without_a_question_has_no_cadence(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world, question=None)
    problem(await receptionist.send_json("POST", f"/v1/courses/{booked['id']}/replan", {}), 409, "course_without_question")


async def test_what_an_appointment_was_booked_with_it_keeps(world: World, admin: Client, receptionist: Client) -> None:
    """The treatment is an hour long by now; what is booked is half an hour and fits where only that is free."""
    booked = await made(receptionist, world, 2)
    changes = {"phases": [{"minutes": 60, "attended": True}]}
    await admin.change(f"/v1/treatments/{world.treatment['id']}", changes, version=world.treatment["version"])
    await set_hours(
        admin,
        await admin.read(f"/v1/practitioners/{world.practitioner['id']}"),
        world.location["id"],
        starts="12:00",
        ends="12:30",
    )
    proposal = await replanned(receptionist, booked)
    assert [move[2][11:] for move in moves(proposal)] == ["12:00", "12:00"]
    done = await applied(receptionist, booked, proposal)
    assert {one["duration_minutes"] for one in done["appointments"]} == {30}


async def test_attention_is_the_same_in_the_list_and_in_the_course(
    world: World, admin: Client, receptionist: Client, clock: Clock
) -> None:
    """Some courses, at many moments: the list that is asked in SQL has just those that say themselves why."""
    whole = await made(receptionist, world)
    partly = await made(receptionist, world, accept=[0, 1], sessions=[session(world, f"{on}T11:00:00Z") for on in WEDNESDAYS[:4]])
    simple = await made(receptionist, world, question=None, sessions=[session(world, "2026-12-03T12:00:00Z")])
    paused = await step(
        receptionist,
        await made(receptionist, world, 2, sessions=[session(world, f"{on}T13:00:00Z") for on in WEDNESDAYS[:2]]),
        "pause",
    )
    held = await made(receptionist, world, 2, hold=True, sessions=[session(world, f"{on}T14:00:00Z") for on in WEDNESDAYS[:2]])
    # Nothing is missing from it, but the second comes late.
    sparse = await made(
        receptionist, world, 2, sessions=[session(world, f"{on}T15:00:00Z") for on in ("2026-12-02", "2027-01-20")]
    )
    seen = set()
    third = whole["appointments"][2]
    for day, deed in ((1, None), (2, None), (10, "no-show"), (11, "cancel"), (14, "leave"), (20, None), (40, None)):
        clock.fixed_at = (
            datetime(2026, 12, 1, 12, tzinfo=UTC).replace(day=min(day, 31), month=12)
            if day < 32
            else datetime(2027, 1, 9, tzinfo=UTC)
        )
        if deed == "no-show":
            second = whole["appointments"][1]
            await receptionist.change(f"/v1/appointments/{second['id']}/no-show", None, version=second["version"], method="POST")
        elif deed == "cancel":
            await receptionist.change(
                f"/v1/appointments/{third['id']}/cancel", {"reason": "other"}, version=third["version"], method="POST"
            )
        elif deed == "leave":
            await make_time_off(admin, world.practitioner, starts_at="2026-12-22T00:00:00Z", ends_at="2026-12-24T00:00:00Z")
        listed = {one["id"] for one in (await receptionist.read("/v1/courses", needs_attention=True))["items"]}
        others = {one["id"] for one in (await receptionist.read("/v1/courses", needs_attention=False))["items"]}
        for one in (whole, partly, simple, paused, held, sparse):
            attention = (await again(receptionist, one))["attention"]
            seen |= set(attention)
            assert (one["id"] in listed, one["id"] in others) == (bool(attention), not attention), (day, attention)
    assert seen == {"gap_overdue", "affected", "unbooked"}


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_proposed_can_be_applied_and_then_nothing_is_left_to_move(
    world: World, admin: Client, public: Client, receptionist: Client, seed: int
) -> None:
    """A course to which things happen: strangers book, sessions are moved and cancelled by hand, the practitioner is away."""
    dice = random.Random(seed)  # noqa: S311
    wishes = question(world, 6, preferred_time="10:00", latest_on="2027-01-31")
    booked = await made(receptionist, world, 6, question=wishes)
    for _ in range(6):
        day = date(2026, 12, 1) + timedelta(days=dice.randrange(45))
        at = f"{day}T{dice.randrange(9, 16):02}:00:00Z"
        one = dice.choice((await again(receptionist, booked))["appointments"])
        path, tag = f"/v1/appointments/{one['id']}", f'"{one["version"]}"'
        match dice.randrange(4):
            case 0:
                await public.send_json("POST", "/v1/appointments", world.booking(at))
            case 1:
                await receptionist.send_json("POST", f"{path}/reschedule", {"starts_at": at}, **{"If-Match": tag})
            case 2:
                await receptionist.send_json("POST", f"{path}/cancel", {"reason": "other"}, **{"If-Match": tag})
            case _:
                ends_at = f"{day + timedelta(days=dice.randint(1, 4))}T00:00:00Z"
                await make_time_off(admin, world.practitioner, starts_at=f"{day}T00:00:00Z", ends_at=ends_at)
    proposal = await replanned(receptionist, booked)
    if proposal["moves"]:
        await applied(receptionist, booked, proposal)
    again_ = await replanned(receptionist, booked)
    assert again_["moves"] == []
    assert [one["session_number"] for one in again_["unplaced"]] == [one["session_number"] for one in proposal["unplaced"]]
