"""Plans of whole courses over HTTP: the best there is, what to do where there is none, and the next best."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from app.courses.planning import Planned, Planning
from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import STRANGER, World
from tests.client import Client, Json, problem
from tests.conftest import NOW
from tests.make import make_location, make_place, make_practitioner, make_treatment, set_hours

UNKNOWN = "0199a000-0000-7000-8000-00000000dead"
WEEKLY = {"target_days": 7, "min_days": 5, "max_days": 9}


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


def question(world: World, sessions: int = 4, **changes: Any) -> Json:
    return {
        "treatment_id": world.treatment["id"],
        "location_id": world.location["id"],
        "sessions": sessions,
        "cadence": [{"sessions": sessions, **WEEKLY}],
        "earliest_on": "2026-12-02",
        "latest_on": "2027-02-28",
        **changes,
    }


async def planned(client: Client, asked: Json) -> Json:
    response = await client.post("/v1/course-plans", json=asked)
    assert response.status_code == 200, response.text
    found: Json = response.json()
    return found


def starts(plan: Json) -> list[str | None]:
    return [one["local_start"] and one["local_start"][:16] for one in plan["sessions"]]


async def test_a_course_at_the_wished_time_every_week(world: World, receptionist: Client) -> None:
    plan = await planned(receptionist, question(world, preferred_time="10:00"))
    assert starts(plan) == [f"{on}T10:00" for on in ("2026-12-02", "2026-12-09", "2026-12-16", "2026-12-23")]
    assert [one["gap_days"] for one in plan["sessions"]] == [None, 7, 7, 7]
    assert plan["complete"] is True
    assert plan["cost"] == {
        "sessions_left_out": 0,
        "preference": 0,
        "practitioner_changes": 0,
        "deviation_days": 0,
        "minutes_away": 0,
        "ends_at": "2026-12-23T10:30:00Z",
    }
    assert all(one["practitioner_id"] == world.practitioner["id"] for one in plan["sessions"])
    assert len(plan["sessions"][1]["alternatives"]) == 3


async def test_it_writes_nothing_and_says_the_same_again(world: World, receptionist: Client) -> None:
    first, second = [await planned(receptionist, question(world)) for _ in range(2)]
    assert first == second
    assert (await receptionist.read("/v1/appointments"))["items"] == []


async def test_with_a_key_no_transaction_waits_for_it(
    world: World, receptionist: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan may take longer than PostgreSQL lets a transaction be idle."""
    waiting: list[int] = []
    plan = Planning.plan

    def looking(self: Planning) -> Planned:
        with psycopg.connect(database.conninfo) as beside:
            found = beside.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
            )
            waiting.extend(row[0] for row in found)
        return plan(self)

    monkeypatch.setattr(Planning, "plan", looking)
    key = {"Idempotency-Key": "k" * 16}
    first, again = [await receptionist.post("/v1/course-plans", json=question(world, 3), headers=key) for _ in range(2)]
    assert (first.status_code, first.json(), waiting) == (200, again.json(), [0])


async def test_what_is_booked_is_gone_and_the_course_bends(world: World, public: Client, receptionist: Client) -> None:
    """What is wished of 9 December: the second session is a day early, and the third a week after it."""
    day = ["10:00", "10:30"]
    for clock in day:
        await public.create("/v1/appointments", world.booking(f"2026-12-09T{clock}:00Z"))
    asked = question(world, 3, windows=[{"starts": "10:00", "ends": "11:00"}])
    plan = await planned(receptionist, asked)
    assert starts(plan) == [f"{on}T10:00" for on in ("2026-12-02", "2026-12-08", "2026-12-15")]
    assert (plan["cost"]["deviation_days"], plan["complete"]) == (1, True)


async def test_clocks_change_and_the_time_of_day_stays(world: World, receptionist: Client) -> None:
    asked = question(world, 3, earliest_on="2027-03-24", latest_on="2027-04-30", preferred_time="15:00")
    plan = await planned(receptionist, asked)
    assert [one["starts_at"] for one in plan["sessions"]] == [
        "2027-03-24T15:00:00Z",
        "2027-03-31T14:00:00Z",
        "2027-04-07T14:00:00Z",
    ]
    assert plan["cost"]["minutes_away"] == 0


async def test_the_practitioners_in_order_and_as_many_changes_as_are_allowed(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    ids = [other["id"], world.practitioner["id"]]
    plan = await planned(receptionist, question(world, practitioner_ids=ids))
    assert {one["practitioner_id"] for one in plan["sessions"]} == {other["id"]}
    leave = {"starts_at": "2026-12-10T00:00:00Z", "ends_at": "2027-03-30T00:00:00Z"}
    await admin.create(f"/v1/practitioners/{other['id']}/time-off", leave)
    plan = await planned(receptionist, question(world, practitioner_ids=ids, max_practitioner_changes=1))
    assert [one["practitioner_id"] for one in plan["sessions"]] == [other["id"]] * 2 + [world.practitioner["id"]] * 2
    assert (plan["cost"]["preference"], plan["cost"]["practitioner_changes"]) == (2, 1)
    plan = await planned(receptionist, question(world, practitioner_ids=ids, max_practitioner_changes=0))
    assert {one["practitioner_id"] for one in plan["sessions"]} == {world.practitioner["id"]}


async def test_where_it_cannot_be_whole_the_most_of_it_and_why(world: World, admin: Client, receptionist: Client) -> None:
    """Two weeks in which nobody works lie where the third session would be."""
    leave = {"starts_at": "2026-12-12T00:00:00Z", "ends_at": "2026-12-21T00:00:00Z"}
    await admin.create(f"/v1/practitioners/{world.practitioner['id']}/time-off", leave)
    asked = question(world, 4, cadence=[{"sessions": 4, "target_days": 7, "min_days": 6, "max_days": 8}], latest_on="2027-01-05")
    plan = await planned(receptionist, asked)
    assert plan["complete"] is False
    assert plan["cost"]["sessions_left_out"] == 1
    [missing] = [one for one in plan["sessions"] if one["starts_at"] is None]
    assert missing["index"] == 2
    assert "time_off" in missing["reasons"]
    assert missing["nearest_on"] is not None
    assert len(missing["alternatives"]) == 3


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        pytest.param({"away": [{"from_on": "2026-01-01", "to_on": "2028-01-01"}]}, ["away"], id="away for ever"),
        pytest.param({"windows": [{"starts": "20:00", "ends": "23:00"}]}, ["closed"], id="when nobody works"),
        pytest.param({"windows": [{"starts": "09:00", "ends": "09:15"}]}, ["away"], id="shorter than a session"),
    ],
)
async def test_what_can_never_be_is_said(world: World, receptionist: Client, changes: Json, reasons: list[str]) -> None:
    plan = await planned(receptionist, question(world, 3, **changes))
    assert (plan["complete"], plan["cost"]["sessions_left_out"], plan["cost"]["ends_at"]) == (False, 3, None)
    assert [one["reasons"] for one in plan["sessions"]] == [reasons] * 3


@pytest.mark.parametrize(("days_away", "complete"), [(0, True), (60, True), (66, False)])
async def test_where_nobody_says_by_when_it_may_begin_eight_weeks_late(
    world: World, receptionist: Client, days_away: int, complete: bool
) -> None:
    """After the longest gaps: nine days for a single session."""
    first = date(2026, 12, 2)
    away = [{"from_on": str(first), "to_on": str(first + timedelta(days=days_away - 1))}] if days_away else []
    plan = await planned(receptionist, {**question(world, 1, away=away), "latest_on": None})
    assert plan["complete"] is complete
    if complete:
        assert plan["sessions"][0]["starts_at"][:10] >= str(first + timedelta(days=days_away))


async def test_the_next_best_by_cursor_until_something_changes(world: World, public: Client, receptionist: Client) -> None:
    asked = question(world, 2, preferred_time="10:00")
    seen = []
    cursor: Json = {}
    for _ in range(4):
        plan = await planned(receptionist, asked | cursor)
        seen.append(plan)
        cursor = {"cursor": plan["next_cursor"]}
    assert len({str(starts(plan)) for plan in seen}) == 4
    assert [plan["cost"]["minutes_away"] for plan in seen] == [0, 15, 15, 15]
    problem(await receptionist.post("/v1/course-plans", json=question(world, 3) | cursor), 422, "invalid")
    await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    problem(await receptionist.post("/v1/course-plans", json=asked | cursor), 409, "plan_outdated")
    # With a key as well: the refusal is kept, though the transaction was let go before it.
    problem(await receptionist.send_json("POST", "/v1/course-plans", asked | cursor), 409, "plan_outdated")


@pytest.fixture
def plans_made(monkeypatch: pytest.MonkeyPatch) -> list[Planning]:
    """Of which questions a plan was made, and not told again."""
    made: list[Planning] = []
    plan = Planning.plan

    def noting(self: Planning) -> Planned:
        made.append(self)
        return plan(self)

    monkeypatch.setattr(Planning, "plan", noting)
    return made


async def test_the_same_question_is_planned_once(
    world: World, receptionist: Client, admin: Client, plans_made: list[Planning]
) -> None:
    """For each who asks, as a cursor is theirs alone."""
    asked = question(world, 2)
    first = await planned(receptionist, asked)
    assert [await planned(receptionist, asked), len(plans_made)] == [first, 1]
    others = await planned(admin, asked)
    assert (others["sessions"], len(plans_made)) == (first["sessions"], 2)
    assert (
        len(
            {
                str(await planned(one, asked | {"cursor": cursor["next_cursor"]}))
                for one, cursor in ((receptionist, first), (admin, others))
            }
        )
        == 2
    )
    problem(await admin.post("/v1/course-plans", json=asked | {"cursor": first["next_cursor"]}), 422, "invalid")


async def test_a_plan_of_two_treatments_hears_of_changes_in_either(
    world: World, public: Client, receptionist: Client, admin: Client
) -> None:
    other = await make_treatment(admin, place_kind=None)
    colleague = await make_practitioner(admin, treatments=[other["id"]])
    await set_hours(admin, colleague, world.location["id"])
    cadence = [{"sessions": 1, **WEEKLY}, {"sessions": 1, **WEEKLY, "treatment_id": other["id"]}]
    asked = question(world, 2, cadence=cadence, preferred_time="10:00")
    at = (await planned(receptionist, asked))["sessions"][1]["starts_at"]
    wanted = {"treatment_id": other["id"], "practitioner_id": colleague["id"], "starts_at": at}
    await public.create("/v1/appointments", world.booking(at) | wanted)
    assert (await planned(receptionist, asked))["sessions"][1]["starts_at"] != at


async def test_what_changes_while_a_plan_is_made_is_heard_by_the_next(
    world: World, public: Client, receptionist: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though somebody else has asked meanwhile, and the search that both are made from knows of it by the time the first is told."""
    asked = question(world, 2, preferred_time="10:00")
    loop, plan, late = asyncio.get_running_loop(), Planning.plan, [True]

    async def meanwhile() -> Json:
        await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
        return await planned(receptionist, asked | {"weekdays": [3]})

    def slowly(self: Planning) -> Planned:
        if late and late.pop():
            asyncio.run_coroutine_threadsafe(meanwhile(), loop).result(20)
        return plan(self)

    monkeypatch.setattr(Planning, "plan", slowly)
    assert starts(await planned(receptionist, asked))[0] == "2026-12-02T10:00"
    assert starts(await planned(receptionist, asked))[0] != "2026-12-02T10:00"


async def test_a_cursor_hears_of_every_start_that_moves(admin: Client, public: Client, receptionist: Client) -> None:
    """Even of one that is gone, while another comes back: 61 steps of the grid apart, which is where numbers of Python hash alike."""
    world = await World.made(admin, step_minutes=5)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    asked = question(world, 2, preferred_time="10:00")
    cursor = {"cursor": (await planned(receptionist, asked))["next_cursor"]}
    link = {"Authorization": f"Bearer {made['manage_token']}"}
    assert (await public.send_json("POST", f"/v1/appointments/{made['id']}/cancel", {"reason": "other"}, **link)).is_success
    assert (await receptionist.post("/v1/course-plans", json=asked | cursor)).status_code == 409
    await public.create("/v1/appointments", world.booking("2026-12-02T15:05:00Z"))
    problem(await receptionist.post("/v1/course-plans", json=asked | cursor), 409, "plan_outdated")


async def test_a_plan_is_told_again_only_while_it_is_true(
    world: World, public: Client, receptionist: Client, clock: Clock
) -> None:
    """However often it is asked: until time goes past the first start, a diary changes, or somebody asks something else."""
    asked = question(world, 2, earliest_on=str(NOW.date()), max_practitioner_changes=0)
    first = await planned(receptionist, asked)
    assert await planned(receptionist, asked) == first
    assert await planned(receptionist, {**asked, "preferred_time": "11:00"}) != first
    started = datetime.fromisoformat(first["sessions"][0]["starts_at"])
    clock.fixed_at = started
    assert await planned(receptionist, asked) == first
    clock.fixed_at = started + timedelta(seconds=1)
    second = await planned(receptionist, asked)
    assert second["sessions"][0]["starts_at"] > first["sessions"][0]["starts_at"]
    await public.create("/v1/appointments", world.booking(second["sessions"][1]["starts_at"]))
    assert (await planned(receptionist, asked))["sessions"][1]["starts_at"] != second["sessions"][1]["starts_at"]


async def test_reasons_are_those_of_the_moment(world: World, receptionist: Client, clock: Clock) -> None:
    """Though nothing in a diary has changed since they were told, and the first free start is still free."""
    clock.fixed_at = NOW.replace(hour=14, minute=50)
    today = str(NOW.date())
    asked = question(world, 2, earliest_on=today, windows=[{"starts": "15:00", "ends": "15:30"}], latest_on=today)
    assert (await planned(receptionist, asked))["sessions"][0]["starts_at"]
    await receptionist.create("/v1/appointments", world.booking("2026-12-01T15:00:00Z"))
    assert (await planned(receptionist, asked))["sessions"][0]["reasons"] == ["busy"]
    clock.fixed_at = NOW.replace(hour=15, minute=1)
    assert (await planned(receptionist, asked))["sessions"][0]["reasons"] == ["past", "busy"]


async def test_a_settled_session_may_be_on_another_day_where_the_clinic_is_west(
    world: World, admin: Client, receptionist: Client, clock: Clock
) -> None:
    """In New York it is the evening before the first day that was asked for, and passes like any other."""
    clock.fixed_at = NOW.replace(hour=23)
    here = f"/v1/locations/{world.location['id']}"
    await admin.change(here, {"time_zone": "America/Los_Angeles"}, version=(await admin.read(here))["version"])
    there = await make_location(admin, time_zone="America/New_York")
    colleague = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await make_place(admin, there["id"])
    await set_hours(admin, colleague, there["id"], starts="09:00", ends="22:00")
    at = {"practitioner_id": colleague["id"], "location_id": there["id"]}
    fixed = [{"index": 0, "starts_at": "2026-12-02T00:30:00Z", **at}]
    asked = question(world, 2, practitioner_ids=[colleague["id"]], location_id=there["id"], fixed=fixed)
    assert (await planned(receptionist, asked))["sessions"][0]["starts_at"] == "2026-12-02T00:30:00Z"
    clock.fixed_at = NOW + timedelta(hours=16, minutes=45)
    assert (await planned(receptionist, asked))["sessions"][0]["reasons"] == ["past"]


async def test_a_session_that_is_settled_stays(world: World, public: Client, receptionist: Client) -> None:
    fixed = {
        "index": 1,
        "starts_at": "2026-12-10T13:00:00Z",
        "practitioner_id": world.practitioner["id"],
        "location_id": world.location["id"],
    }
    plan = await planned(receptionist, question(world, 3, fixed=[fixed]))
    assert starts(plan) == ["2026-12-02T09:00", "2026-12-10T13:00", "2026-12-17T09:00"]
    await public.create("/v1/appointments", world.booking("2026-12-10T13:00:00Z"))
    plan = await planned(receptionist, question(world, 3, fixed=[fixed]))
    assert (plan["complete"], plan["sessions"][1]["reasons"]) == (False, ["busy"])


async def test_who_is_settled_on_works_there(world: World, receptionist: Client) -> None:
    fixed = {"index": 2, "starts_at": "2026-12-10T13:00:00Z", "practitioner_id": UNKNOWN, "location_id": world.location["id"]}
    refused = problem(await receptionist.post("/v1/course-plans", json=question(world, 3, fixed=[fixed])), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["/fixed/0/practitioner_id"]


@pytest.mark.parametrize(("starts_at", "status"), [("2029-02-09T13:00:00Z", 200), ("2029-02-10T13:00:00Z", 422)])
async def test_how_far_off_a_settled_session_may_be(world: World, receptionist: Client, starts_at: str, status: int) -> None:
    """Eight hundred days after the first date that is asked for."""
    at = {"practitioner_id": world.practitioner["id"], "location_id": world.location["id"]}
    asked = question(world, 3, fixed=[{"index": 2, "starts_at": starts_at, **at}])
    response = await receptionist.post("/v1/course-plans", json=asked)
    assert response.status_code == status, response.text
    if status == 422:
        assert [error["pointer"] for error in problem(response, 422, "invalid")["errors"]] == ["/fixed"]


async def test_settled_sessions_that_contradict_the_cadence(world: World, receptionist: Client) -> None:
    at = {"practitioner_id": world.practitioner["id"], "location_id": world.location["id"]}
    fixed = [{"index": 0, "starts_at": "2026-12-02T10:00:00Z", **at}, {"index": 1, "starts_at": "2026-12-03T10:00:00Z", **at}]
    plan = await planned(receptionist, question(world, 2, fixed=fixed))
    assert (plan["complete"], plan["cost"]["sessions_left_out"]) == (False, 1)
    [missing] = [one for one in plan["sessions"] if one["starts_at"] is None]
    assert missing["reasons"] == ["min_gap"]


async def test_phases_of_their_own_treatments_and_rooms(admin: Client, receptionist: Client) -> None:
    world = await World.made(admin, place_kind="room")
    room = await make_place(admin, world.location["id"])
    longer = await make_treatment(admin, phases=[{"minutes": 60, "attended": True}], audience="returning")
    changes = {"treatments": [{"treatment_id": one["id"]} for one in (world.treatment, longer)]}
    practitioner = await admin.read(f"/v1/practitioners/{world.practitioner['id']}")
    await admin.change(f"/v1/practitioners/{practitioner['id']}", changes, version=practitioner["version"])
    cadence = [{"sessions": 1, **WEEKLY}, {"sessions": 2, **WEEKLY, "treatment_id": longer["id"]}]
    plan = await planned(receptionist, question(world, 3, cadence=cadence))
    assert [one["treatment_id"] for one in plan["sessions"]] == [world.treatment["id"], longer["id"], longer["id"]]
    assert [one["place_id"] for one in plan["sessions"]] == [room["id"], None, None]


async def test_the_patients_own_appointments_count(world: World, admin: Client, receptionist: Client) -> None:
    made = await receptionist.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z", patient=STRANGER))
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    asked = question(world, 2, preferred_time="10:00", practitioner_ids=[other["id"]])
    assert starts(await planned(receptionist, asked))[0] == "2026-12-02T10:00"
    known = await planned(receptionist, asked | {"patient_id": made["patient_id"]})
    assert starts(known)[0] in {"2026-12-02T09:30", "2026-12-02T10:30"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"sessions": 25}, "/sessions", id="too many"),
        pytest.param({"sessions": 3}, "", id="does not add up"),
        pytest.param(
            {"cadence": [{"sessions": 4, "target_days": 7, "min_days": 9, "max_days": 8}]}, "/cadence/0", id="min above max"
        ),
        pytest.param({"windows": [{"starts": "10:00", "ends": "10:00"}]}, "/windows/0", id="an empty window"),
        pytest.param({"latest_on": "2026-12-01"}, "", id="reversed"),
        pytest.param({"latest_on": "2036-12-01"}, "/latest_on", id="ten years"),
        pytest.param({"treatment_id": UNKNOWN}, "/treatment_id", id="no such treatment"),
        pytest.param({"practitioner_ids": [UNKNOWN]}, "/practitioner_id", id="no such practitioner"),
        pytest.param({"patient_id": UNKNOWN}, "/patient_id", id="no such patient"),
        pytest.param({"cursor": "nonsense"}, "/cursor", id="a cursor of nowhere"),
    ],
)
async def test_what_makes_no_sense_is_refused(world: World, receptionist: Client, changes: Json, pointer: str) -> None:
    refused = problem(await receptionist.post("/v1/course-plans", json=question(world) | changes), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]


async def test_it_is_for_staff(world: World, public: Client) -> None:
    problem(await public.post("/v1/course-plans", json=question(world)), 401, "unauthenticated")


async def test_what_is_too_much_to_compare_is_said(admin: Client, receptionist: Client) -> None:
    """Two years of weeks of which every other one is free, for many."""
    world = await World.made(admin)
    for _ in range(5):
        other = await make_practitioner(admin, treatments=[world.treatment["id"]])
        await set_hours(admin, other, world.location["id"])
    cadence = [{"sessions": 24, "target_days": 7, "min_days": 7, "max_days": 7}]
    away = [
        {
            "from_on": f"{date(2026, 12, 7) + timedelta(days=14 * week)}",
            "to_on": f"{date(2026, 12, 13) + timedelta(days=14 * week)}",
        }
        for week in range(50)
    ]
    asked = question(world, 24, cadence=cadence, away=away, latest_on="2028-12-01", max_practitioner_changes=20)
    problem(await receptionist.post("/v1/course-plans", json=asked), 422, "question_too_large")


async def test_what_nobody_offers_is_said(world: World, admin: Client, receptionist: Client) -> None:
    nobodys = await make_treatment(admin)
    plan = await planned(receptionist, question(world, 2, treatment_id=nobodys["id"]))
    assert [one["reasons"] for one in plan["sessions"]] == [["not_offered"]] * 2


async def test_there_is_no_room_before_the_latest_date(world: World, receptionist: Client) -> None:
    plan = await planned(receptionist, question(world, 3, latest_on="2026-12-08"))
    assert [bool(one["starts_at"]) for one in plan["sessions"]].count(False) == 1
    [missing] = [one for one in plan["sessions"] if one["starts_at"] is None]
    assert missing["index"] == 2
    assert "latest_on" in missing["reasons"]


async def test_alternatives_can_be_had_with_the_rest_of_the_plan(world: World, receptionist: Client) -> None:
    """On the only date there is, one session has its time and the other's must not be at it."""
    plan = await planned(receptionist, question(world, 2, earliest_on="2026-12-09", latest_on="2026-12-09"))
    first, second = plan["sessions"]
    placed, other = (first, second) if first["starts_at"] else (second, first)
    assert other["starts_at"] is None
    for one in other["alternatives"]:
        assert (one["starts_at"] >= placed["ends_at"]) if other is second else (one["starts_at"] < placed["starts_at"])
