"""Each rule at both sides of its boundaries."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.scheduling.hours import Closure
from app.scheduling.obstacles import Code
from app.scheduling.places import Place, Pool
from app.scheduling.slots import Reason, reasons, starts
from tests.scheduling.make import LONDON, MONDAY, at, codes, make_facts, make_footprint, make_rule, make_schedule


def today(wall: str) -> int:
    return at(f"{MONDAY} {wall}")


def span(walls: str) -> tuple[int, int]:
    """`"10:00-10:30"` on the Monday."""
    begin, end = walls.split("-")
    return today(begin), today(end)


def one_place(walls: str) -> Pool:
    return Pool((Place(UUID(int=1), 1, (span(walls),)),))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param("08:59", ["closed"], id="before opening"),
        pytest.param("08:45", ["closed"], id="before opening, never grid"),
        pytest.param("09:00", [], id="at opening"),
        pytest.param("09:01", ["grid"], id="off the grid"),
        pytest.param("16:30", [], id="ends at closing"),
        pytest.param("16:31", ["grid", "closed"], id="off the grid and too late to end"),
        pytest.param("16:45", ["closed"], id="too late to end"),
        pytest.param("17:00", ["closed"], id="at closing"),
        pytest.param("17:01", ["closed"], id="after closing, never grid"),
    ],
)
def test_hours_and_grid(start: str, expected: list[str]) -> None:
    assert codes(make_facts(), today(start)) == expected


def test_buffers_spill_past_the_ends_of_a_window() -> None:
    free = starts(make_facts(footprint=make_footprint(30, before=60, after=60)), *span("00:00-23:59"))
    assert (free[0], free[-1]) == span("09:00-16:30")


def test_an_appointment_runs_over_midnight_into_the_next_dates_window() -> None:
    hours = make_schedule(make_rule("20:00-24:00", 1), make_rule("00:00-02:00", 2))
    apart = make_schedule(make_rule("20:00-23:59", 1), make_rule("00:00-02:00", 2))
    footprint = make_footprint(60)
    assert codes(make_facts(schedule=hours, footprint=footprint), today("23:30")) == []
    assert codes(make_facts(schedule=apart, footprint=footprint), today("23:30")) == ["closed"]


def test_hours_at_another_location_never_join() -> None:
    """Those there are another schedule, and this one still closes at noon."""
    facts = make_facts(schedule=make_schedule(make_rule("09:00-12:00")), footprint=make_footprint(60))
    assert [codes(facts, today(start)) for start in ("11:00", "11:15")] == [[], ["closed"]]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param({"now": today("10:00")}, [], id="now"),
        pytest.param({"now": today("10:00") + 1}, ["past"], id="a second ago"),
        pytest.param({"now": today("10:00") + 1, "staff": False}, ["past", "notice"], id="a second ago, public"),
        pytest.param({"now": today("08:00"), "staff": False, "notice_minutes": 120}, [], id="notice to the second"),
        pytest.param({"now": today("08:00") + 1, "staff": False, "notice_minutes": 120}, ["notice"], id="short notice"),
        pytest.param({"now": today("08:00") + 1, "notice_minutes": 120}, [], id="notice does not bind staff"),
        pytest.param({"staff": False, "horizon_days": 7}, [], id="the horizon's last day"),
        pytest.param({"staff": False, "horizon_days": 6}, ["horizon"], id="the day after the horizon"),
        pytest.param({"horizon_days": 6}, [], id="the horizon does not bind staff"),
        pytest.param({"offered": False}, ["not_offered"], id="not offered"),
        pytest.param({"registered_until": MONDAY}, [], id="the registration's last day"),
        pytest.param({"registered_until": date(2027, 6, 6)}, ["registration"], id="the day after the registration"),
        pytest.param({"registered_until": None}, ["registration"], id="no registration"),
        pytest.param({"admitted": False}, ["audience"], id="not of the audience"),
        pytest.param({"daily_limit": 2, "day_starts": [today("09:00")]}, [], id="one below the daily limit"),
        pytest.param({"daily_limit": 2, "day_starts": [today("09:00"), today("16:30")]}, ["daily_limit"], id="the daily limit"),
        pytest.param({"daily_limit": 1, "day_starts": [at("2027-06-06 23:59"), at("2027-06-08 00:00")]}, [], id="other days"),
        pytest.param({"staff": False, "upcoming": 2, "upcoming_limit": 3}, [], id="one below the patient's limit"),
        pytest.param({"staff": False, "upcoming": 3, "upcoming_limit": 3}, ["patient_limit"], id="the patient's limit"),
        pytest.param({"upcoming": 3, "upcoming_limit": 3}, [], id="the patient's limit does not bind staff"),
    ],
)
def test_at_ten(known: dict[str, Any], expected: list[str]) -> None:
    assert codes(make_facts(**known), today("10:00")) == expected


@pytest.mark.parametrize(
    ("horizon_days", "start", "expected"),
    [
        pytest.param(1, "2027-03-28 22:30", [], id="the last local day"),
        pytest.param(1, "2027-03-28 23:00", ["horizon"], id="the local midnight after it"),
        pytest.param(2, "2027-03-28 23:00", [], id="a day more"),
    ],
)
def test_days_are_those_of_the_location(horizon_days: int, start: str, expected: list[str]) -> None:
    """In London 23:00 UTC is the next day once the clocks have gone forward."""
    schedule = make_schedule(
        *(make_rule("00:00-24:00", day) for day in range(1, 8)), zone=LONDON, on=date(2027, 3, 27), to_on=date(2027, 3, 30)
    )
    known = {"schedule": schedule, "now": at("2027-03-27 23:30"), "horizon_days": horizon_days}
    assert codes(make_facts(**known, staff=False), at(start)) == expected
    last_on = date(2027, 3, 27 + horizon_days)
    registration = ["registration" if code == "horizon" else code for code in expected]
    assert codes(make_facts(**known, registered_until=last_on), at(start)) == registration


BUSY = [
    pytest.param((30,), {}, "10:30-11:00", [], id="back to back before"),
    pytest.param((30,), {}, "09:30-10:00", [], id="back to back after"),
    pytest.param((30,), {}, "10:29-11:00", ["busy"], id="a minute of the end"),
    pytest.param((30,), {}, "09:30-10:01", ["busy"], id="a minute of the start"),
    pytest.param((30,), {"after": 10}, "10:40-11:00", [], id="buffer after fits"),
    pytest.param((30,), {"after": 10}, "10:39-11:00", ["busy"], id="buffer after does not"),
    pytest.param((30,), {"before": 10}, "09:20-09:50", [], id="buffer before fits"),
    pytest.param((30,), {"before": 10}, "09:20-09:51", ["busy"], id="buffer before does not"),
    pytest.param((15, -20, 10), {}, "10:15-10:35", [], id="somebody else during the rest"),
    pytest.param((15, -20, 10), {}, "10:14-10:35", ["busy"], id="begun before the rest"),
    pytest.param((15, -20, 10), {}, "10:15-10:36", ["busy"], id="ended after the rest"),
]


@pytest.mark.parametrize(("phases", "buffers", "taken", "expected"), BUSY)
def test_busy(phases: tuple[int, ...], buffers: dict[str, int], taken: str, expected: list[str]) -> None:
    facts = make_facts(footprint=make_footprint(*phases, **buffers), occupied=(span(taken),))
    assert codes(facts, today("10:00")) == expected


def test_facing_buffers_add_up() -> None:
    """An appointment until 10:00 with ten minutes after, one with five before: a quarter of an hour between them."""
    footprint = make_footprint(30, before=5, after=10)
    occupied = (today("09:30") + footprint.place[0], today("09:30") + footprint.place[1])
    facts = make_facts(footprint=footprint, step_minutes=5, occupied=(occupied,))
    assert [codes(facts, today(start)) for start in ("10:10", "10:15")] == [["busy"], []]


def staggered(phases: tuple[int, ...], chairs: int) -> list[str]:
    """Book the earliest free start again and again, from 09:00 until the first booked one is over."""
    footprint = make_footprint(*phases)
    taken: list[tuple[int, int]] = []
    places: dict[UUID, list[tuple[int, int]]] = {UUID(int=n): [] for n in range(chairs)}
    booked: list[int] = []
    while True:
        pool = Pool(tuple(Place(chair, chair.int, sorted(times)) for chair, times in places.items()))
        facts = make_facts(footprint=footprint, step_minutes=5, occupied=tuple(sorted(taken)), pool=pool)
        free = starts(facts, today("09:00"), today("09:00") + footprint.duration)
        if not free:
            return [f"{(start - today('00:00')) // 3600:02}:{start % 3600 // 60:02}" for start in booked]
        booked.append(free[0])
        taken += [(free[0] + begin, free[0] + end) for begin, end in footprint.practitioner]
        places[pool.free(free[0], footprint)[0]].append((free[0], free[0] + footprint.duration))


@pytest.mark.parametrize(
    ("phases", "chairs", "booked"),
    [
        pytest.param((15, -20, 10), 2, ["09:00", "09:15"], id="two rooms, needles out and in without a break"),
        pytest.param((15, -20, 10), 1, ["09:00"], id="one room"),
        pytest.param((10, -40, 5), 4, ["09:00", "09:10", "09:20", "09:30"], id="community of four chairs"),
        pytest.param((10, -40, 5), 9, ["09:00", "09:10", "09:20", "09:30", "09:40"], id="until the first's needles out"),
    ],
)
def test_staggered_patients(phases: tuple[int, ...], chairs: int, booked: list[str]) -> None:
    assert staggered(phases, chairs) == booked


@pytest.mark.parametrize(
    ("phases", "travel_minutes", "elsewhere", "expected"),
    [
        pytest.param((30,), 20, "08:30-09:40", [], id="just arrived"),
        pytest.param((30,), 20, "08:30-09:41", ["travel"], id="a minute late"),
        pytest.param((30,), 20, "10:50-11:30", [], id="just in time for the next"),
        pytest.param((30,), 20, "10:49-11:30", ["travel"], id="late for the next"),
        pytest.param((15, -30, 15), 0, "10:20-10:40", ["travel"], id="not away during a rest"),
        pytest.param((-30, 15), 0, "10:00-10:30", [], id="not yet there during the first rest"),
        pytest.param((15, -30), 0, "10:15-10:45", [], id="gone for the last rest"),
    ],
)
def test_travel(phases: tuple[int, ...], travel_minutes: int, elsewhere: str, expected: list[str]) -> None:
    facts = make_facts(footprint=make_footprint(*phases), elsewhere=(span(elsewhere),), travel_minutes=travel_minutes)
    assert codes(facts, today("10:00")) == expected


def test_buffers_are_spent_at_the_location() -> None:
    facts = make_facts(footprint=make_footprint(30, before=10), elsewhere=(span("09:00-09:51"),))
    assert codes(facts, today("10:00")) == ["travel"]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param({"pool": None}, [], id="needs no place"),
        pytest.param({"pool": Pool(())}, ["place_busy"], id="there is none"),
        pytest.param({"pool": one_place("10:40-11:00")}, [], id="place free to the end of the buffer"),
        pytest.param({"pool": one_place("10:39-11:00")}, ["place_busy"], id="place taken within the buffer"),
        pytest.param({"patient_occupied": (span("10:30-11:00"),)}, [], id="the patient has no buffer"),
        pytest.param({"patient_occupied": (span("10:29-11:00"),)}, ["patient_busy"], id="the patient is elsewhere"),
    ],
)
def test_places_and_patients(known: dict[str, Any], expected: list[str]) -> None:
    assert codes(make_facts(footprint=make_footprint(30, after=10), **known), today("10:00")) == expected


def test_every_reason_at_once_in_the_order_of_the_list() -> None:
    facts = make_facts(
        now=today("16:46"),
        staff=False,
        horizon_days=-1,
        schedule=make_schedule(make_rule("09:00-17:00"), closures=(Closure(MONDAY, MONDAY),)),
        time_off=(span("16:00-18:00"),),
        occupied=(span("16:00-18:00"),),
        elsewhere=(span("16:00-18:00"),),
        pool=Pool(()),
        patient_occupied=(span("16:00-18:00"),),
        offered=False,
        registered_until=None,
        admitted=False,
        daily_limit=1,
        day_starts=(today("09:00"),),
        upcoming_limit=0,
    )
    assert codes(facts, today("16:44")) == [code for code in Code if code is not Code.HOLD_LIMIT]


def test_a_reason_tells_until_when() -> None:
    facts = make_facts(
        now=today("12:00"),
        staff=False,
        notice_minutes=60,
        occupied=(span("10:00-11:00"), span("11:20-12:00")),
        registered_until=None,
        daily_limit=1,
        day_starts=(today("09:00"),),
    )
    assert reasons(facts, today("10:01")) == (
        Reason(Code.PAST, today("12:00")),
        Reason(Code.NOTICE, today("13:00")),
        Reason(Code.GRID),
        Reason(Code.BUSY, today("12:00")),
        Reason(Code.REGISTRATION),
        Reason(Code.DAILY_LIMIT, at("2027-06-08 00:00")),
    )
