"""T12: a closure shuts the windows of its dates, or parts of them, and changes neither windows nor grid."""

from typing import Any

import pytest

from app.scheduling.hours import Closure
from tests.scheduling.cases.table import Expected, answers, case, closure, make_hours, minutely, offered, on, override
from tests.scheduling.make import LONDON, make_facts, make_footprint

DAYS = "daily 09:00-17:00"
NIGHTS = "Mon 22:00-06:00; Tue 22:00-06:00; Wed 22:00-06:00"

SHUT = [
    case(
        "a day", DAYS, [closure("Tue")], {"Mon 16:30": "", "Tue 09:00": "closure", "Tue 16:30": "closure", "Wed 09:00": ""},
        source="cal.com #2240",
    ),
    case(
        "and outside hours on it", DAYS, [closure("Tue")],
        {"Tue 00:00": "closed closure", "Tue 08:59": "closed closure", "Tue 17:00": "closed closure",
            "Tue 23:59": "closed closure", "Wed 00:00": "closed", "2027-06-08 16:45": "closed closure"},
    ),
    case(
        "the minutes before midnight", "daily 00:00-24:00", [closure("Tue")],
        {"Mon 23:30": "", "Mon 23:31": "closure", "Tue 00:00": "closure", "Tue 23:59": "closure", "Wed 00:00": ""},
    ),
    case(
        "days in a row", DAYS, [closure("Tue to Thu")],
        {"Mon 16:30": "", "Tue 09:00": "closure", "Wed 09:00": "closure", "Thu 16:30": "closure", "Fri 09:00": ""},
        source="Easy!Appointments #1443",
    ),
    case(
        "part of a week stays bookable", DAYS, [closure("2027-05-31 to Wed")], {"Wed 16:30": "closure", "Thu 09:00": ""},
        source="LibreBooking #1224",
    ),
    case(
        "not only its first day", DAYS, [closure("2027-06-01 to 2027-06-30")],
        {"Mon 09:00": "closure", "Tue 09:00": "closure", "Sun 16:30": "closure"}, source="Easy!Appointments #93",
    ),
    case(
        "two that overlap", DAYS, [closure("Mon to Wed"), closure("Tue to Thu")],
        {"Mon 09:00": "closure", "Thu 09:00": "closure", "Fri 09:00": ""},
    ),
    case(
        "part of a day", DAYS, [closure("Tue", "12:00-14:00")],
        {"Tue 11:30": "", "Tue 11:31": "closure", "Tue 12:00": "closure", "Tue 13:59": "closure", "Tue 14:00": ""},
    ),
    case(
        "part of each day", DAYS, [closure("Mon to Tue", "09:00-10:00")],
        {"Mon 09:59": "closure", "Mon 10:00": "", "Tue 09:59": "closure", "Tue 10:00": "", "Wed 09:00": ""},
    ),
    case(
        "parts that touch", DAYS, [closure("Tue", "12:00-13:00"), closure("Tue", "13:00-14:00")],
        {"Tue 11:30": "", "Tue 12:45": "closure", "Tue 14:00": ""},
    ),
    case(
        "parts with a visit between them", DAYS, [closure("Tue", "12:00-13:00"), closure("Tue", "13:30-14:00")],
        {"Tue 12:59": "closure", "Tue 13:00": "", "Tue 13:01": "closure"},
    ),
    case(
        "a minute", DAYS, [closure("Tue", "12:00-12:01")],
        {"Tue 11:30": "", "Tue 11:31": "closure", "Tue 12:00": "closure", "Tue 12:01": ""},
    ),
    case(
        "until the end of the day", DAYS, [closure("Tue", "15:00-24:00")],
        {"Tue 14:30": "", "Tue 14:31": "closure", "Tue 17:00": "closed closure", "Wed 09:00": ""},
    ),
    case(
        "when it is closed anyhow", DAYS, [closure("Tue", "18:00-20:00")],
        {"Tue 16:30": "", "Tue 17:30": "closed", "Tue 17:31": "closed closure"},
    ),
    case(
        "the tail of the evening before stays", NIGHTS, [closure("Tue")],
        {"Mon 23:45": "", "Tue 00:00": "", "Tue 05:30": "", "Tue 05:31": "closed closure"},
    ),
    case(
        "the evening's own tail goes with it", NIGHTS, [closure("Tue")],
        {"Tue 22:00": "closure", "Wed 00:00": "closure", "Wed 05:30": "closure", "Wed 05:59": "closed closure",
            "Wed 06:00": "closed", "Wed 22:00": ""},
    ),
    case(
        "the tail stays within hours of the closed day", "Mon 22:00-06:00; Tue 05:00-09:00", [closure("Tue")],
        {"Tue 05:00": "", "Tue 05:30": "", "Tue 05:31": "closure", "Tue 06:00": "closure", "Tue 08:30": "closure"},
    ),
    case(
        "hours of the next day stay under a tail", "Mon 22:00-06:00; Tue 05:00-09:00", [closure("Mon")],
        {"Mon 22:00": "closure", "Tue 04:59": "closure", "Tue 05:00": "", "Tue 08:30": ""},
    ),
    case(
        "both dates closed", "Mon 22:00-06:00; Tue 05:00-09:00", [closure("Mon to Tue")],
        {"Tue 00:00": "closure", "Tue 05:30": "closure", "Tue 08:30": "closure"},
    ),
    case(
        "the early hours of a date in parts", NIGHTS, [closure("Tue", "00:00-03:00")],
        {"Tue 00:00": "", "Tue 02:59": "", "Tue 05:30": ""},
    ),
    case(
        "the late hours in parts", NIGHTS, [closure("Tue", "23:00-24:00")],
        {"Tue 22:30": "", "Tue 22:31": "closure", "Tue 23:59": "closure", "Wed 00:00": ""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("weekly", "closures", "expected"), SHUT)
def test_a_closure_shuts(weekly: str, closures: list[Closure], expected: Expected) -> None:
    assert answers(minutely(schedule=make_hours(weekly, closures=closures)), expected) == expected


NOON = [closure("Tue", "12:00-14:00")]

# The whole appointment may not overlap what is shut: rests included, buffers not.
WHAT_OVERLAPS = [
    case("all of it", make_footprint(45), {"Tue 11:15": "", "Tue 11:16": "closure", "Tue 13:59": "closure", "Tue 14:00": ""}),
    case("a rest at the end", make_footprint(15, -30), {"Tue 11:15": "", "Tue 11:16": "closure"}),
    case("a rest at the start", make_footprint(-30, 15), {"Tue 13:59": "closure", "Tue 14:00": ""}),
    case(
        "buffers do not count",
        make_footprint(45, before=30, after=30),
        {"Tue 11:15": "", "Tue 11:16": "closure", "Tue 14:00": ""},
    ),
    case(
        "one that spans it",
        make_footprint(180),
        {"Tue 09:00": "", "Tue 09:01": "closure", "Tue 11:30": "closure", "Tue 14:00": ""},
    ),
]


@pytest.mark.parametrize(("footprint", "expected"), WHAT_OVERLAPS)
def test_the_whole_appointment_keeps_out_of_it(footprint: Any, expected: Expected) -> None:
    facts = minutely(schedule=make_hours(DAYS, closures=NOON), footprint=footprint)
    assert answers(facts, expected) == expected


def test_closure_beats_override_beats_weekly_hours() -> None:
    schedule = make_hours(DAYS, overrides=[override("Tue", "08:00-20:00")], closures=[closure("Tue", "09:00-18:00")])
    facts = minutely(schedule=schedule)
    expected = {
        "Tue 07:59": "closed",
        "Tue 08:00": "",
        "Tue 08:30": "",
        "Tue 08:31": "closure",
        "Tue 17:59": "closure",
        "Tue 18:00": "",
        "Tue 19:30": "",
        "Tue 19:31": "closed",
    }
    assert answers(facts, expected) == expected


def test_an_override_does_not_open_a_day_on_which_the_clinic_is_shut() -> None:
    schedule = make_hours("Mon 09:00-17:00", overrides=[override("Sat", "10:00-12:00")], closures=[closure("Sat")])
    facts = minutely(schedule=schedule)
    assert answers(facts, ["Sat 10:00", "Sat 09:00"]) == {"Sat 10:00": "closure", "Sat 09:00": "closed closure"}


def test_a_closure_leaves_the_grid_as_it_was() -> None:
    schedule = make_hours("Tue 09:10-11:10", closures=[closure("Tue", "09:00-09:25")])
    assert offered(make_facts(schedule=schedule, step_minutes=30), "Tue") == ["09:40", "10:10", "10:40"]
    assert answers(make_facts(schedule=schedule, step_minutes=30), ["Tue 09:20"]) == {"Tue 09:20": "grid closure"}


ZONES = [
    case(
        "ahead of UTC", "Australia/Sydney", "Tue",
        {"Mon 23:30": "", "Tue 00:00": "closure", "Tue 09:59": "closure", "Tue 10:01": "closure", "Tue 23:30": "closure",
            "Wed 00:00": ""},
        source="cal.com #8754",
    ),
    case(
        "behind UTC, not a day early", "America/Los_Angeles", "Tue",
        {"Mon 16:59": "", "Mon 17:30": "", "Tue 00:00": "closure", "Tue 23:30": "closure", "Wed 00:00": ""},
        source="cal.com #16912",
    ),
    case(
        "from four in the afternoon too", "America/Los_Angeles", "Tue",
        {"Tue 15:59": "closure", "Tue 16:00": "closure", "Tue 20:00": "closure"}, source="cal.com #6292",
    ),
    case(
        "one day and no second", "America/Los_Angeles", "Mon", {"2027-06-06 23:30": "", "Mon 00:00": "closure", "Tue 00:00": ""},
        source="cal.com #17365",
    ),
    case(
        "the short day", LONDON, "2027-03-28",
        {"2027-03-27 23:30": "", "2027-03-28 00:00": "closure", "2027-03-28 23:30": "closure", "2027-03-29 00:00": ""},
    ),
    case(
        "the long day", LONDON, "2027-10-31",
        {"2027-10-30 23:30": "", "2027-10-31 01:30+00:00": "closure", "2027-10-31 23:30": "closure", "2027-11-01 00:00": ""},
    ),
    case(
        "a day without midnight", "America/Santiago", "2027-09-05",
        {"2027-09-04 23:30": "", "2027-09-04 23:31": "closure", "2027-09-05 01:00": "closure", "2027-09-06 00:00": ""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day", "expected"), ZONES)
def test_a_date_is_that_of_the_location(zone: str, day: str, expected: Expected) -> None:
    days = sorted(on(start.rpartition(" ")[0]) for start in expected)
    schedule = make_hours("daily 00:00-24:00", zone, from_on=days[0], to_on=days[-1], closures=[closure(day)])
    assert answers(minutely(now=0, schedule=schedule), expected) == expected


@pytest.mark.parametrize(
    ("walls", "expected"),
    [
        case("in the gap shuts nothing", "01:00-02:00", {"2027-03-28 00:59": "", "2027-03-28 02:00": ""}),
        case(
            "into the gap", "00:00-01:30", {"2027-03-28 00:00": "closure", "2027-03-28 02:29": "closure", "2027-03-28 02:30": ""}
        ),
        case("out of the gap", "01:30-03:00", {"2027-03-28 02:00": "", "2027-03-28 02:01": "closure", "2027-03-28 03:00": ""}),
    ],
)
def test_part_of_a_day_is_wall_time(walls: str, expected: Expected) -> None:
    day = on("2027-03-28")
    schedule = make_hours("daily 00:00-24:00", LONDON, from_on=day, to_on=day, closures=[closure("2027-03-28", walls)])
    assert answers(minutely(now=0, schedule=schedule), expected) == expected
