"""Courses over HTTP: all of their sessions or none, held and confirmed as one, and what becomes of them."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from app.courses import queries
from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import STRANGER, World
from tests.client import Client, Json, problem
from tests.conftest import NOW
from tests.courses.world import WEDNESDAYS, WEEKLY, again, course, made, question, session, step
from tests.make import make_patient, make_place, make_practitioner, make_treatment, make_user, set_hours
from tests.queries import counted_queries


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


async def test_all_of_its_sessions_are_booked(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world, title="Shoulder")
    assert booked["reference"].startswith("CO-")
    assert (booked["status"], booked["title"], booked["version"]) == ("active", "Shoulder", 5)
    assert booked["progress"] == {"planned": 4, "held": 0, "booked": 4, "fulfilled": 0, "missed": 0, "left_out": 0, "unbooked": 0}
    assert [one["session_number"] for one in booked["appointments"]] == [1, 2, 3, 4]
    assert [one["local_start"][:16] for one in booked["appointments"]] == [f"{on}T10:00" for on in WEDNESDAYS[:4]]
    assert {one["status"] for one in booked["appointments"]} == {"booked"}
    assert (booked["attention"], booked["off_cadence"], booked["next_at"]) == ([], [], "2026-12-02T10:00:00Z")
    assert booked == await again(receptionist, booked)
    listed = await receptionist.read("/v1/appointments", course_id=booked["id"])
    assert [one["session_number"] for one in listed["items"]] == [4, 3, 2, 1]


async def test_whoever_has_asked_for_a_colleague_hears_of_the_room(admin: Client, public: Client, receptionist: Client) -> None:
    world = await World.made(admin, place_kind="room")
    await make_place(admin, world.location["id"])
    colleague = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, colleague, world.location["id"])

    async def offers_ten() -> bool:
        asked = {
            "treatment_id": world.treatment["id"],
            "practitioner_id": colleague["id"],
            "from": WEDNESDAYS[0],
            "to": WEDNESDAYS[0],
        }
        days = (await public.read("/v1/availability", **asked))["days"]
        return f"{WEDNESDAYS[0]}T10:00:00+00:00" in [
            one for day in days for opening in day["openings"] for one in opening["starts"]
        ]

    assert await offers_ten()
    booked = await made(receptionist, world)
    assert not await offers_ten()
    await step(receptionist, booked, "cancel", {"reason": "other"})
    assert await offers_ten()


async def test_what_is_gone_is_said_of_all_and_nothing_is_written(world: World, public: Client, receptionist: Client) -> None:
    for on in (WEDNESDAYS[1], WEDNESDAYS[3]):
        await public.create("/v1/appointments", world.booking(f"{on}T10:00:00Z"))
    refused = problem(await receptionist.send_json("POST", "/v1/courses", course(world)), 409, "slot_unavailable")
    assert [(one["index"], [reason["code"] for reason in one["reasons"]]) for one in refused["refusals"]] == [
        (1, ["busy"]),
        (3, ["busy"]),
    ]
    assert [sum(one["index"] == index for one in refused["alternatives"]) for index in (0, 1, 2, 3)] == [0, 5, 0, 5]
    assert (await receptionist.read("/v1/courses"))["items"] == []
    assert len((await receptionist.read("/v1/appointments"))["items"]) == 2


async def test_only_what_is_accepted_is_written(world: World, public: Client, receptionist: Client) -> None:
    await public.create("/v1/appointments", world.booking(f"{WEDNESDAYS[1]}T10:00:00Z"))
    booked = await made(receptionist, world, accept=[0, 2, 3])
    assert [one["session_number"] for one in booked["appointments"]] == [1, 3, 4]
    assert booked["progress"] == {"planned": 4, "held": 0, "booked": 3, "fulfilled": 0, "missed": 0, "left_out": 0, "unbooked": 1}
    assert booked["attention"] == ["unbooked"]
    assert booked["off_cadence"] == []  # across the one that is left out the bounds add up
    refused = problem(
        await receptionist.send_json("POST", "/v1/courses", course(world, accept=[0, 1], patient=STRANGER)),
        409,
        "slot_unavailable",
    )
    assert [one["index"] for one in refused["refusals"]] == [0, 1]


async def test_a_part_of_the_question_is_sent_only_with_what_is_accepted(world: World, receptionist: Client) -> None:
    some: Json = {
        "sessions": [session(world, f"{on}T10:00:00Z", index=index) for index, on in ((0, WEDNESDAYS[0]), (2, WEDNESDAYS[2]))]
    }
    refused = problem(await receptionist.send_json("POST", "/v1/courses", course(world) | some), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["/accept"]
    booked = await made(receptionist, world, **some, accept=[0, 2])
    assert [one["session_number"] for one in booked["appointments"]] == [1, 3]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"patient": None}, "/patient", id="nobody"),
        pytest.param({"patient_id": "0199a000-0000-7000-8000-00000000dead"}, "/patient", id="two people"),
        pytest.param({"accept": [4]}, "", id="accepted and not sent"),
        pytest.param({"accept": [0, 0]}, "/accept", id="accepted twice"),
        pytest.param({"accept": []}, "/accept", id="nothing accepted"),
        pytest.param({"hold": True, "overrides": [{"rule": "busy", "reason": "No"}]}, "", id="held and overbooked"),
        pytest.param({"sessions": []}, "/sessions", id="no sessions"),
        pytest.param({"title": "\x00"}, "/title", id="NUL"),
    ],
)
async def test_what_makes_no_sense_is_said(world: World, receptionist: Client, changes: Json, pointer: str) -> None:
    refused = problem(await receptionist.send_json("POST", "/v1/courses", course(world) | changes), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]


async def test_twenty_five_sessions_or_out_of_order(world: World, receptionist: Client) -> None:
    many = [session(world, f"2026-12-01T{9 + at // 4:02}:{at % 4 * 15:02}:00Z") for at in range(25)]
    for sessions in (many, many[1::-1], [many[0], many[0]]):
        body = course(world, question=None, sessions=sessions)
        problem(await receptionist.send_json("POST", "/v1/courses", body), 422, "invalid")


async def test_the_question_is_the_courses(world: World, admin: Client, receptionist: Client) -> None:
    other, patient = await make_treatment(admin), await make_patient(receptionist)
    for wrong in ({"treatment_id": other["id"]}, {"patient_id": patient["id"]}):
        body = course(world, question=question(world) | wrong)
        refused = problem(await receptionist.send_json("POST", "/v1/courses", body), 422, "invalid")
        assert [error["pointer"] for error in refused["errors"]] == [f"/question/{next(iter(wrong))}"]


async def test_somebody_new_is_not_in_two_places_at_once(world: World, admin: Client, receptionist: Client) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    sessions = [session(world, "2026-12-02T10:00:00Z"), session(world, "2026-12-02T10:15:00Z", practitioner_id=other["id"])]
    body = course(world, question=None, sessions=sessions)
    refused = problem(await receptionist.send_json("POST", "/v1/courses", body), 409, "slot_unavailable")
    assert [(one["index"], [reason["code"] for reason in one["reasons"]]) for one in refused["refusals"]] == [
        (1, ["patient_busy"])
    ]
    known = await make_patient(receptionist)
    body = course(world, question=None, sessions=sessions, patient=None, patient_id=known["id"])
    problem(await receptionist.send_json("POST", "/v1/courses", body), 409, "slot_unavailable")


async def test_for_whom_a_treatment_is_is_asked_of_the_first_session(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin, audience="new")
    assert (await made(receptionist, world))["progress"]["booked"] == 4
    world = await World.made(admin, audience="returning")
    refused = problem(await receptionist.send_json("POST", "/v1/courses", course(world)), 409, "slot_unavailable")
    assert [(one["index"], [reason["code"] for reason in one["reasons"]]) for one in refused["refusals"]] == [(0, ["audience"])]
    plan = await receptionist.create("/v1/course-plans", question(world))
    assert plan["complete"] is True  # nobody has said for whom


async def test_a_session_that_is_overbooked_gets_the_time_when_it_becomes_free(
    world: World, public: Client, receptionist: Client
) -> None:
    start = f"{WEDNESDAYS[1]}T10:00:00Z"
    other = await public.create("/v1/appointments", world.booking(start))
    sessions = course(world)["sessions"]
    sessions[1]["overrides"] = [{"rule": "busy", "reason": "A quick one"}]
    booked = await made(receptionist, world, sessions=sessions)
    path = f"/v1/appointments/{other['id']}/cancel"
    await receptionist.change(path, {"reason": "other"}, version=other["version"], method="POST")
    assert [one["overbooked"] for one in (await again(receptionist, booked))["appointments"]] == [False] * 4
    problem(await public.send_json("POST", "/v1/appointments", world.booking(start)), 409, "slot_unavailable")


async def test_rules_are_set_aside_for_one_session_or_for_all(world: World, public: Client, receptionist: Client) -> None:
    await public.create("/v1/appointments", world.booking(f"{WEDNESDAYS[1]}T10:00:00Z"))
    sessions = course(world)["sessions"]
    sessions[1]["overrides"] = [{"rule": "busy", "reason": "A quick one"}]
    booked = await made(receptionist, world, sessions=sessions)
    assert [one["overbooked"] for one in booked["appointments"]] == [False, True, False, False]
    assert [len(one["overrides"]) for one in booked["appointments"]] == [0, 1, 0, 0]
    sunday = [session(world, f"2026-12-{day:02}T10:00:00Z") for day in (6, 13)]
    body: Json = {"question": None, "sessions": sunday, "overrides": [{"rule": "closed", "reason": "Opened for them"}]}
    booked = await made(receptionist, world, **body)
    assert [one["overrides"][0]["rule"] for one in booked["appointments"]] == ["closed", "closed"]


async def test_a_dry_run_writes_nothing(world: World, public: Client, receptionist: Client) -> None:
    response = await receptionist.post("/v1/courses", json=course(world, validate_only=True))
    assert response.status_code == 200, response.text
    found = response.json()["appointments"]
    assert [one["local_start"][:10] for one in found] == list(WEDNESDAYS[:4])
    assert not {"id", "reference", "patient_id"} & set(found[0])
    assert (await receptionist.read("/v1/courses"))["items"] == []
    await public.create("/v1/appointments", world.booking(f"{WEDNESDAYS[2]}T10:00:00Z"))
    problem(await receptionist.post("/v1/courses", json=course(world, validate_only=True)), 409, "slot_unavailable")


async def test_statements_do_not_grow_with_sessions(world: World, app: FastAPI, receptionist: Client) -> None:
    await receptionist.post("/v1/courses", json=course(world, validate_only=True))  # the clinic is known from here on
    with counted_queries(app) as short:
        await made(receptionist, world, 2)
    later = [session(world, f"{on}T14:00:00Z") for on in WEDNESDAYS]
    with counted_queries(app) as long:
        await made(receptionist, world, 6, sessions=later)
    assert len(short) == len(long) == 16
    assert sum("UPDATE resources SET version" in statement for statement in long) == 1
    held = [await made(receptionist, world, size, hold=True, sessions=some) for size, some in _two_held(world)]
    counts = []
    for one in held:
        with counted_queries(app) as sent:
            assert (await step(receptionist, one, "confirm"))["status"] == "active"
        counts.append(len(sent))
    assert counts[0] == counts[1]


def _two_held(world: World) -> list[tuple[int, list[Json]]]:
    return [
        (2, [session(world, f"{on}T11:00:00Z") for on in WEDNESDAYS[:2]]),
        (6, [session(world, f"{on}T12:00:00Z") for on in WEDNESDAYS]),
    ]


async def test_when_the_next_session_is(world: World, receptionist: Client, clock: Clock) -> None:
    held = await made(receptionist, world, hold=True)
    assert held["next_at"] is None  # nobody has agreed to it
    booked = await step(receptionist, held, "confirm")
    assert booked["next_at"] == f"{WEDNESDAYS[0]}T10:00:00Z"
    clock.fixed_at = NOW.replace(day=3)
    assert (await again(receptionist, booked))["next_at"] == f"{WEDNESDAYS[1]}T10:00:00Z"


async def test_held_and_confirmed_as_one(world: World, public: Client, receptionist: Client) -> None:
    held = await made(receptionist, world, hold=True)
    assert (held["status"], {one["status"] for one in held["appointments"]}) == ("held", {"held"})
    assert held["held_until"] is not None
    assert held["progress"] == {"planned": 4, "held": 4, "booked": 0, "fulfilled": 0, "missed": 0, "left_out": 0, "unbooked": 0}
    problem(
        await public.send_json("POST", "/v1/appointments", world.booking(f"{WEDNESDAYS[2]}T10:00:00Z")), 409, "slot_unavailable"
    )
    booked = await step(receptionist, held, "confirm")
    assert (booked["status"], booked["held_until"]) == ("active", None)
    assert {(one["status"], one["held_until"]) for one in booked["appointments"]} == {("booked", None)}
    problem(await receptionist.send_json("POST", f"/v1/courses/{held['id']}/confirm", None), 428, "if_match_required")
    response = await receptionist.send_json(
        "POST", f"/v1/courses/{held['id']}/confirm", None, **{"If-Match": f'"{booked["version"]}"'}
    )
    assert problem(response, 409, "wrong_course_state")["status_now"] == "active"


async def test_a_held_course_with_a_room_is_confirmed(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin, place_kind="room")
    room = await make_place(admin, world.location["id"])
    booked = await step(receptionist, await made(receptionist, world, hold=True), "confirm")
    assert {(one["status"], one["place_id"]) for one in booked["appointments"]} == {("booked", room["id"])}


async def test_a_hold_that_is_over_is_gone(world: World, public: Client, receptionist: Client, clock: Clock) -> None:
    held = await made(receptionist, world, hold=True)
    clock.fixed_at = NOW + timedelta(minutes=30)
    for on in WEDNESDAYS[1:2]:
        await public.create("/v1/appointments", world.booking(f"{on}T10:00:00Z"))
    over = await again(receptionist, held)
    assert (over["status"], {one["status"] for one in over["appointments"]}) == ("expired", {"expired"})
    response = await receptionist.send_json(
        "POST", f"/v1/courses/{held['id']}/confirm", None, **{"If-Match": f'"{held["version"]}"'}
    )
    assert problem(response, 409, "wrong_course_state")["status_now"] == "expired"
    # The same patient, at a time at which something is left of the hold.
    patient_id = over["patient_id"]
    await receptionist.create(
        "/v1/appointments", world.booking(f"{WEDNESDAYS[0]}T10:00:00Z", patient_id=patient_id, patient=None)
    )


async def test_the_rest_is_cancelled_and_what_was_stays(world: World, receptionist: Client, clock: Clock) -> None:
    booked = await made(receptionist, world)
    clock.fixed_at = datetime(2026, 12, 2, 10, 5, tzinfo=UTC)
    first = booked["appointments"][0]
    for verb in ("arrive", "fulfil"):
        first = await receptionist.change(f"/v1/appointments/{first['id']}/{verb}", None, version=first["version"], method="POST")
    ended = await step(receptionist, await again(receptionist, booked), "cancel", {"reason": "other"})
    assert (ended["status"], [one["status"] for one in ended["appointments"]]) == ("cancelled", ["fulfilled"] + ["cancelled"] * 3)
    assert ended["progress"] == {"planned": 4, "held": 0, "booked": 0, "fulfilled": 1, "missed": 0, "left_out": 3, "unbooked": 0}
    assert "2026-12-09T10:00:00+00:00" in await world.starts(receptionist, WEDNESDAYS[1])
    for verb in ("cancel", "pause", "resume", "confirm"):
        response = await receptionist.send_json("POST", f"/v1/courses/{ended['id']}/{verb}", None, **{"If-Match": "*"})
        assert problem(response, 409, "wrong_course_state")["status_now"] == "cancelled"
    response = await receptionist.send_json("POST", f"/v1/courses/{ended['id']}/cancel", {"reason": "no"}, **{"If-Match": "*"})
    assert [error["pointer"] for error in problem(response, 422, "invalid")["errors"]] == ["/reason"]


async def test_a_pause_frees_what_is_to_come(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    paused = await step(receptionist, booked, "pause")
    assert (paused["status"], paused["attention"], paused["progress"]["unbooked"]) == ("paused", [], 4)
    resumed = await step(receptionist, paused, "resume")
    assert (resumed["status"], resumed["attention"]) == ("active", ["unbooked"])


async def test_a_session_that_changes_changes_the_courses_tag(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    third = booked["appointments"][2]
    await receptionist.change(
        f"/v1/appointments/{third['id']}/cancel", {"reason": "other"}, version=third["version"], method="POST"
    )
    response = await receptionist.send_json(
        "POST", f"/v1/courses/{booked['id']}/cancel", {"reason": "other"}, **{"If-Match": f'"{booked["version"]}"'}
    )
    problem(response, 412, "version_changed")
    response = await receptionist.get(f"/v1/courses/{booked['id']}", headers={"If-None-Match": f'"{booked["version"]}"'})
    assert response.status_code == 200
    response = await receptionist.get(f"/v1/courses/{booked['id']}", headers={"If-None-Match": response.headers["etag"]})
    assert response.status_code == 304
    assert (await again(receptionist, booked))["progress"] == {
        "planned": 4,
        "held": 0,
        "booked": 3,
        "fulfilled": 0,
        "missed": 0,
        "left_out": 0,
        "unbooked": 1,
    }


async def test_extended_in_the_cadence_of_the_last_phase(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    longer = await step(receptionist, booked, "extend", {"sessions": 2})
    assert longer["question"]["sessions"] == longer["question"]["cadence"][0]["sessions"] == 6
    assert longer["question"]["latest_on"] == "2027-03-18"  # twice nine days after the last of February
    assert longer["progress"] == {"planned": 6, "held": 0, "booked": 4, "fulfilled": 0, "missed": 0, "left_out": 0, "unbooked": 2}
    response = await receptionist.send_json("POST", f"/v1/courses/{longer['id']}/extend", {"sessions": 19}, **{"If-Match": "*"})
    assert [error["pointer"] for error in problem(response, 422, "invalid")["errors"]] == ["/sessions"]


async def test_earlier_phases_stay_as_they_are_when_a_course_is_extended(world: World, receptionist: Client) -> None:
    first, last = ({"sessions": 2, **WEEKLY}, {"sessions": 2, **WEEKLY, "max_days": 14})
    booked = await made(receptionist, world, question=question(world, cadence=[first, last]))
    longer = await step(receptionist, booked, "extend", {"sessions": 3})
    assert [(one["sessions"], one["max_days"]) for one in longer["question"]["cadence"]] == [(2, 9), (5, 14)]
    assert longer["question"]["latest_on"] == "2027-04-11"


async def test_a_course_without_a_question_has_what_was_booked(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world, question=None)
    assert (booked["question"], booked["progress"]["planned"]) == (None, 4)
    response = await receptionist.send_json("POST", f"/v1/courses/{booked['id']}/extend", {"sessions": 1}, **{"If-Match": "*"})
    problem(response, 409, "course_without_question")


async def test_what_is_noted_of_it(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world, notes="Afraid of needles")
    path = f"/v1/courses/{booked['id']}"
    changed = await receptionist.change(path, {"title": "Knee", "pinned": [2, 3]}, version=booked["version"])
    assert (changed["title"], changed["notes"]) == ("Knee", "Afraid of needles")
    assert [one["pinned"] for one in changed["appointments"]] == [False, True, True, False]
    changed = await receptionist.change(path, {"notes": None, "pinned": [2]}, version=changed["version"])
    assert [one["pinned"] for one in changed["appointments"]] == [False, True, False, False]
    assert changed["notes"] is None
    changed = await receptionist.change(path, {"pinned": [1, 2, 3, 4]}, version=changed["version"])
    assert [one["pinned"] for one in changed["appointments"]] == [True] * 4
    longer = question(world, 5)
    changed = await receptionist.change(path, {"question": longer}, version=changed["version"])
    assert changed["progress"]["unbooked"] == 1
    wrongs: list[Json] = [{"pinned": [9]}, {"question": question(world, 3)}, {"title": 5}, {"sessions": []}]
    for wrong in wrongs:
        problem(await receptionist.send_json("PATCH", path, wrong, **{"If-Match": "*"}), 422, "invalid")


async def test_whoever_has_a_link_reads_the_whole_course(world: World, app: FastAPI, receptionist: Client) -> None:
    booked = await made(receptionist, world, notes="Afraid of needles")
    first, second = booked["appointments"][:2]
    renewed = await receptionist.create(f"/v1/appointments/{first['id']}/link", None)
    assert renewed["expires_at"] == "2027-01-22T10:30:00Z"  # thirty days after the last session
    patient = Client.of(app, token=renewed["manage_token"])
    seen = await patient.read(f"/v1/courses/{booked['id']}")
    assert (len(seen["appointments"]), seen["notes"], seen["question"], seen["attention"]) == (4, None, None, [])
    moved = await patient.create(f"/v1/appointments/{second['id']}/reschedule", {"starts_at": "2026-12-09T11:00:00Z"})
    assert (moved["pinned"], moved["warnings"]) == (True, [])
    other = await made(receptionist, world, sessions=[session(world, f"{on}T15:00:00Z") for on in WEDNESDAYS[:4]])
    problem(await patient.get(f"/v1/courses/{other['id']}"), 404, "not_found")
    problem(await patient.get(f"/v1/appointments/{other['appointments'][0]['id']}"), 404, "not_found")
    problem(await patient.get("/v1/courses"), 403, "forbidden")
    problem(await patient.send_json("POST", f"/v1/courses/{booked['id']}/cancel", None), 403, "forbidden")


async def test_a_session_that_breaks_the_cadence_is_moved_with_a_warning(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    second = booked["appointments"][1]
    moved = await receptionist.change(
        f"/v1/appointments/{second['id']}/reschedule",
        {"starts_at": "2026-12-14T10:00:00Z"},
        version=second["version"],
        method="POST",
    )
    assert [(one["session_number"], one["gap_days"]) for one in moved["warnings"]] == [(2, 12), (3, 2)]
    assert {one["replan"] for one in moved["warnings"]} == {f"/v1/courses/{booked['id']}/replan"}
    assert [one["session_number"] for one in (await again(receptionist, booked))["off_cadence"]] == [2, 3]


async def test_a_practitioner_has_courses_of_their_own(
    world: World, app: FastAPI, database: Database, admin: Client, receptionist: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    mine = Client.of(app, token=await make_user(database, role="practitioner", practitioner_id=world.practitioner["id"]))
    booked = await made(mine, world)
    mixed = course(world)["sessions"]
    mixed[1]["practitioner_id"] = other["id"]
    problem(await mine.send_json("POST", "/v1/courses", course(world, sessions=mixed)), 403, "forbidden")
    theirs = Client.of(app, token=await make_user(database, role="practitioner", practitioner_id=other["id"]))
    problem(await theirs.get(f"/v1/courses/{booked['id']}"), 404, "not_found")
    assert (await theirs.read("/v1/courses"))["items"] == []
    assert [one["id"] for one in (await mine.read("/v1/courses"))["items"]] == [booked["id"]]
    shared = await made(
        receptionist, world, sessions=[{**one, "starts_at": one["starts_at"].replace("T10", "T15")} for one in mixed]
    )
    problem(await mine.send_json("POST", f"/v1/courses/{shared['id']}/cancel", None, **{"If-Match": "*"}), 403, "forbidden")


async def test_listed_by_patient_and_treatment(world: World, admin: Client, receptionist: Client) -> None:
    one = await made(receptionist, world)
    two = await made(receptionist, world, sessions=[session(world, f"{on}T15:00:00Z") for on in WEDNESDAYS[:4]])
    listed = await receptionist.read("/v1/courses")
    assert [found["id"] for found in listed["items"]] == [two["id"], one["id"]]
    assert listed["items"][1] == {name: one[name] for name in listed["items"][1]}
    assert [found["id"] for found in (await receptionist.read("/v1/courses", patient_id=one["patient_id"]))["items"]] == [
        one["id"]
    ]
    other = await make_treatment(admin)
    assert (await receptionist.read("/v1/courses", treatment_id=other["id"]))["items"] == []
    spoken = two["reference"].lower().replace("-", " ")
    assert [found["id"] for found in (await receptionist.read("/v1/courses", reference=spoken))["items"]] == [two["id"]]
    assert (await receptionist.read("/v1/courses", reference="CO-0000-0000"))["items"] == []


async def test_a_course_follows_its_patient_and_what_was_only_held_is_in_nobodys_way(
    world: World, receptionist: Client, clock: Clock
) -> None:
    held = await made(receptionist, world, hold=True)
    clock.fixed_at = NOW + timedelta(minutes=30)
    booked = await made(receptionist, world)
    path = f"/v1/patients/{held['patient_id']}"
    version = (await receptionist.read(path))["version"]
    await receptionist.change(f"{path}/merge", {"into_patient_id": booked["patient_id"]}, version=version, method="POST")
    assert (await again(receptionist, held))["patient_id"] == booked["patient_id"]
    found = (await receptionist.read("/v1/courses", patient_id=booked["patient_id"]))["items"]
    assert [one["id"] for one in found] == [booked["id"], held["id"]]


async def test_whose_course_is_held_is_nowhere_else_meanwhile(world: World, admin: Client, receptionist: Client) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    held = await made(receptionist, world, hold=True)
    body = world.booking(f"{WEDNESDAYS[1]}T10:15:00Z", practitioner_id=other["id"], patient=None, patient_id=held["patient_id"])
    refused = problem(await receptionist.send_json("POST", "/v1/appointments", body), 409, "slot_unavailable")
    assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["patient_busy"]


async def test_a_dry_run_of_a_hold_says_held(world: World, receptionist: Client) -> None:
    response = await receptionist.post("/v1/courses", json=course(world, hold=True, validate_only=True))
    assert {one["status"] for one in response.json()["appointments"]} == {"held"}


async def test_what_a_kept_question_names_is_there(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    unknown = "0199a000-0000-7000-8000-00000000dead"
    wrongs: list[tuple[Json, str]] = [
        ({"location_id": unknown}, "/question/location_id"),
        ({"practitioner_ids": [unknown]}, "/question/practitioner_id"),
        ({"latest_on": "2099-12-31"}, "/question/latest_on"),
        (
            {"cadence": [{"sessions": 4, "treatment_id": unknown, "target_days": 7, "min_days": 5, "max_days": 9}]},
            "/question/treatment_id",
        ),
    ]
    for wrong, pointer in wrongs:
        body = question(world) | wrong
        for response in (
            await receptionist.send_json("PATCH", f"/v1/courses/{booked['id']}", {"question": body}, **{"If-Match": "*"}),
            await receptionist.send_json("POST", "/v1/courses", course(world, question=body)),
        ):
            assert [error["pointer"] for error in problem(response, 422, "invalid")["errors"]] == [pointer]


async def test_a_course_is_made_shorter_when_nothing_is_booked_beyond(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    last = booked["appointments"][3]
    await receptionist.change(
        f"/v1/appointments/{last['id']}/cancel", {"reason": "other"}, version=last["version"], method="POST"
    )
    path, version = f"/v1/courses/{booked['id']}", (await again(receptionist, booked))["version"]
    shorter = await receptionist.change(path, {"question": question(world, 3)}, version=version)
    assert (shorter["progress"]["planned"], shorter["attention"]) == (3, [])


async def test_what_a_cancelled_course_was_planned_with_stays(world: World, receptionist: Client) -> None:
    ended = await step(receptionist, await made(receptionist, world), "cancel")
    response = await receptionist.send_json(
        "PATCH", f"/v1/courses/{ended['id']}", {"question": question(world, 9)}, **{"If-Match": "*"}
    )
    problem(response, 409, "wrong_course_state")


async def test_extended_beyond_the_last_year_there_is(world: World, receptionist: Client) -> None:
    asked = question(world, earliest_on="2099-06-01", latest_on="2100-12-31")
    booked = await made(receptionist, world, question=asked)
    longer = await step(receptionist, booked, "extend", {"sessions": 1})
    assert longer["question"]["latest_on"] == "2100-12-31"


async def test_pinning_is_remembered(world: World, receptionist: Client) -> None:
    booked = await made(receptionist, world)
    await receptionist.change(f"/v1/courses/{booked['id']}", {"pinned": [2]}, version=booked["version"])
    history = await receptionist.read(f"/v1/appointments/{booked['appointments'][1]['id']}/history")
    assert history["items"][-1]["verb"] == "pin"
    assert history["items"][-1]["changes"] == [{"field": "pinned", "before": False, "after": True}]


async def test_the_first_that_is_booked_is_asked_for_whom_it_is(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin, audience="returning")
    refused = problem(await receptionist.send_json("POST", "/v1/courses", course(world, accept=[1, 2])), 409, "slot_unavailable")
    assert [(one["index"], [reason["code"] for reason in one["reasons"]]) for one in refused["refusals"]] == [(1, ["audience"])]


async def test_a_held_course_of_which_a_session_was_cancelled_is_cleared_away(
    world: World, receptionist: Client, database: Database, clock: Clock
) -> None:
    held = await made(receptionist, world, hold=True)
    first = held["appointments"][0]
    await receptionist.change(
        f"/v1/appointments/{first['id']}/cancel", {"reason": "other"}, version=first["version"], method="POST"
    )
    clock.fixed_at = NOW + timedelta(days=2)
    async with database.writing() as session_:
        assert await queries.delete_expired(session_, timedelta(days=1), clock.fixed_at) == 1
        await session_.commit()
    assert (await receptionist.read("/v1/courses"))["items"] == []
    assert (await receptionist.read("/v1/appointments"))["items"] == []


async def test_a_practitioner_changes_only_what_is_theirs_alone(
    world: World, app: FastAPI, database: Database, admin: Client, receptionist: Client
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    mixed = course(world)["sessions"]
    mixed[1]["practitioner_id"] = other["id"]
    shared = await made(receptionist, world, sessions=mixed)
    token = await make_user(database, role="practitioner", practitioner_id=other["id"])
    theirs = Client.of(app, token=token)
    path = f"/v1/courses/{shared['id']}"
    assert (await theirs.read(path))["id"] == shared["id"]
    problem(await theirs.send_json("PATCH", path, {"title": "Mine"}, **{"If-Match": "*"}), 403, "forbidden")
    problem(await theirs.send_json("POST", f"{path}/extend", {"sessions": 1}, **{"If-Match": "*"}), 403, "forbidden")
    for verb in ("pause", "cancel"):
        problem(await theirs.send_json("POST", f"{path}/{verb}", None, **{"If-Match": "*"}), 403, "forbidden")
    second = shared["appointments"][1]
    await receptionist.change(
        f"/v1/appointments/{second['id']}/cancel", {"reason": "other"}, version=second["version"], method="POST"
    )
    problem(await theirs.get(path), 404, "not_found")
