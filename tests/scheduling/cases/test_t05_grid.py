"""T5: starts are counted from the opening in steps, before anything is taken away; what is free never moves what is offered."""

from datetime import timedelta
from typing import Any

import pytest

from tests.scheduling.cases.table import Expected, answers, case, clock, closure, make_hours, offered, on, override, spans
from tests.scheduling.make import make_facts, make_footprint

# Hours, step and length of a visit in minutes, what else is known; the starts offered on the Monday.
GRIDS = [
    case(
        "each window counts from its own opening", "Mon 08:00-12:00, 12:30-17:30", 60, 60, {},
        "08:00 09:00 10:00 11:00 12:30 13:30 14:30 15:30 16:30", source="cal.com #22226",
    ),
    case("opens at half past", "Mon 09:30-12:30", 60, 60, {}, "09:30 10:30 11:30", source="cal.com #16302"),
    case("opens at an odd minute", "Mon 07:17-08:17", 20, 20, {}, "07:17 07:37 07:57"),
    case(
        "touching windows count from the first", "Mon 09:00-10:10, 10:10-11:00", 30, 30, {}, "09:00 09:30 10:00 10:30",
        source="cal.com #26685",
    ),
    case("a minute apart, each its own", "Mon 09:00-10:10, 10:11-11:15", 30, 30, {}, "09:00 09:30 10:11 10:41"),
    case("a step that divides nothing", "Mon 09:00-10:30", 25, 10, {}, "09:00 09:25 09:50 10:15"),
    case("a step longer than the window", "Mon 09:00-10:30", 120, 30, {}, "09:00"),
    case("a visit longer than the step", "Mon 09:00-11:00", 30, 90, {}, "09:00 09:30"),
    case(
        "five minutes taken", "Mon 12:00-15:00", 30, 30, {"occupied": spans("13:00 - 13:05")}, "12:00 12:30 13:30 14:00 14:30",
        source="cal.com #9967",
    ),
    case(
        "the first start taken", "Mon 13:00-13:30", 5, 5, {"occupied": spans("13:00 - 13:05")}, "13:05 13:10 13:15 13:20 13:25",
        source="cal.com #14107",
    ),
    case(
        "a minute short of three hours taken", "Mon 14:45-19:45", 60, 60, {"occupied": spans("14:45 - 17:44")},
        "17:45 18:45", source="Easy!Appointments #1822",
    ),
    case(
        "ninety minutes taken", "Mon 09:00-15:00", 90, 60, {"occupied": spans("10:30 - 11:30")}, "09:00 12:00 13:30",
        source="cal.com #7529",
    ),
    case(
        "a buffer lengthens no step", "Mon 10:00-11:00", 20, 20, {"footprint": make_footprint(20, after=5)}, "10:00 10:20 10:40",
        source="cal.com #24253",
    ),
    case(
        "a buffer takes the next start", "Mon 10:00-11:20", 20, 20,
        {"footprint": make_footprint(20, after=5), "occupied": spans("10:20 - 10:45")}, "11:00", source="cal.com #24253",
    ),
    case(
        "now is at an odd minute", "Mon 09:00-11:00", 30, 30, {"now": clock("09:07")}, "09:30 10:00 10:30",
        source="cal.com #14107",
    ),
    case("now is at a start", "Mon 09:00-11:00", 30, 30, {"now": clock("09:30")}, "09:30 10:00 10:30"),
    case("now is a second after a start", "Mon 09:00-11:00", 30, 30, {"now": clock("09:30:01")}, "10:00 10:30"),
    case("time off until an odd minute", "Mon 09:00-11:00", 30, 30, {"time_off": spans("09:00 - 09:40")}, "10:00 10:30"),
    case("somebody with later hours counts from those", "Mon 11:15-13:00", 45, 45, {}, "11:15 12:00", source="cal.com #18772"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "step", "length", "known", "expected"), GRIDS)
def test_the_starts_offered(text: str, step: int, length: int, known: dict[str, Any], expected: str) -> None:
    facts = make_facts(**{"schedule": make_hours(text), "step_minutes": step, "footprint": make_footprint(length)} | known)
    assert " ".join(offered(facts, "Mon")) == expected


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        case("none", {}, "09:00 09:30 10:00 10:30"),
        case("a closure moves no start", {"closures": [closure("Mon", "09:00-09:40")]}, "10:00 10:30"),
        case("nor does one in the middle", {"closures": [closure("Mon", "09:40-09:50")]}, "09:00 10:00 10:30"),
        case("an override counts from its own opening", {"overrides": [override("Mon", "09:40-11:00")]}, "09:40 10:10"),
    ],
)
def test_the_starts_offered_on_a_day_that_is_different(exceptions: dict[str, Any], expected: str) -> None:
    schedule = make_hours("Mon 09:00-11:00", **exceptions)
    facts = make_facts(schedule=schedule, step_minutes=30)
    assert " ".join(offered(facts, "Mon")) == expected


OFF_THE_GRID = [
    case(
        "only full hours", "Mon 09:00-17:00", {"10:00": "", "10:30": "grid", "10:59": "grid", "11:00": ""},
        source="cal.com #14640",
    ),
    case("a second beside it", "Mon 09:00-17:00", {"09:59:59": "grid", "10:00": "", "10:00:01": "grid"}),
    case(
        "closed is never also off the grid", "Mon 09:00-17:00",
        {"08:30": "closed", "08:00": "closed", "17:00": "closed", "17:30": "closed"},
    ),
    case("too late to end is both", "Mon 09:00-17:00", {"16:00": "", "16:30": "grid closed"}),
    case(
        "between two windows", "Mon 09:00-12:00, 12:30-15:30",
        {"12:00": "closed", "12:29": "closed", "12:30": "", "13:00": "grid", "13:30": ""}, source="cal.com #22226",
    ),
    case(
        "a night keeps its grid past midnight", "Mon 22:30-04:00",
        {"23:30": "", "Tue 00:00": "grid", "Tue 00:30": "", "Tue 02:30": ""},
    ),
    case(
        "a night that reaches into the morning", "Mon 22:30-02:00; Tue 01:15-05:00",
        {"Tue 00:30": "", "Tue 01:15": "grid", "Tue 01:30": "", "Tue 01:59": "grid", "Tue 02:00": "grid", "Tue 02:15": "", "Tue 03:15": ""},
    ),
    case(
        "a night that the morning only touches", "Mon 22:30-02:00; Tue 02:00-05:00",
        {"Tue 01:30": "", "Tue 02:00": "", "Tue 02:30": "grid"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), OFF_THE_GRID)
def test_what_is_off_the_grid(text: str, expected: Expected) -> None:
    facts = make_facts(schedule=make_hours(text), step_minutes=60, footprint=make_footprint(60))
    assert answers(facts, expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        case("days", "daily 09:10-17:00"),
        case("nights", "daily 20:10-03:00"),
        case("nights that reach into mornings", "daily 20:10-03:00, 02:00-06:00"),
        case("without end", "daily 00:00-24:00"),
        case("one long night", "Mon 20:10-19:00; Tue 07:00-09:00, 18:30-22:00"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/Santiago"])
@pytest.mark.parametrize("first", ["2027-03-27", "2027-04-02", "2027-06-07", "2027-09-04", "2027-10-30"])
def test_asking_for_a_week_is_asking_for_its_days(text: str, zone: str, first: str) -> None:
    days = [on(first) + timedelta(days=day) for day in range(4)]

    def found(from_on: Any, to_on: Any, day: Any) -> list[str]:
        schedule = make_hours(text, zone, from_on=from_on, to_on=to_on)
        return offered(make_facts(now=0, schedule=schedule, step_minutes=25, footprint=make_footprint(50)), str(day))

    assert [found(days[0], days[-1], day) for day in days] == [found(day, day, day) for day in days]
