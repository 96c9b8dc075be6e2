"""T4: an end not after its start is on the next date; 24:00 is an end; equal ends are none; what touches is one window."""

from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest

from app.scheduling.hours import Closure, Override, WeeklyRule
from tests.scheduling.cases.table import Expected, answers, case, make_hours, minutely
from tests.scheduling.make import LONDON, MONDAY, make_footprint

HOUR = make_footprint(60)

# What an hour-long visit may start at, with a start every minute.
ENDS = [
    case(
        "24:00 ends the day", "Mon 22:00-24:00", {"21:59": "closed", "22:00": "", "23:00": "", "23:01": "closed"},
        source="cal.com #13801",
    ),
    case("00:00 ends it too", "Mon 22:00-00:00", {"23:00": "", "23:01": "closed"}, source="Easy!Appointments #1822"),
    case("23:59 is a minute less", "Mon 22:00-23:59", {"22:59": "", "23:00": "closed"}, source="Easy!Appointments #1822"),
    case(
        "a whole day", "Mon 00:00-24:00", {"2027-06-06 23:59": "closed", "00:00": "", "23:00": "", "23:01": "closed"},
        source="Easy!Appointments #1822",
    ),
    case(
        "over midnight", "Mon 22:30-01:30",
        {"22:29": "closed", "22:30": "", "23:30": "", "Tue 00:30": "", "Tue 00:31": "closed"}, source="cal.com #5587",
    ),
    case(
        "two hours over midnight", "Mon 23:00-01:00", {"23:00": "", "Tue 00:00": "", "Tue 00:01": "closed"},
        source="cal.com #19139",
    ),
    case(
        "the window belongs to the day it starts on", "Mon 22:30-02:00",
        {"00:00": "closed", "Tue 00:00": "", "Tue 22:30": "closed"}, source="cal.com #6323",
    ),
    case("a minute before a day has passed", "Mon 09:00-08:59", {"09:00": "", "Tue 07:59": "", "Tue 08:00": "closed"}),
    case("one minute", "Mon 23:59-24:00", {"23:59": "closed"}),
    case(
        "two dates meet at midnight", "Mon 20:00-24:00; Tue 00:00-03:00",
        {"23:00": "", "23:01": "", "23:59": "", "Tue 02:00": "", "Tue 02:01": "closed"}, source="cal.com #5929",
    ),
    case(
        "two dates a minute apart", "Mon 20:00-23:59; Tue 00:00-03:00",
        {"22:59": "", "23:00": "closed", "23:59": "closed", "Tue 00:00": ""}, source="cal.com #6323",
    ),
    case(
        "a late evening does not shut the next day", "Mon 09:00-21:00; Tue 09:00-17:00",
        {"20:00": "", "20:01": "closed", "Tue 09:00": ""}, source="cal.com #8372",
    ),
    case(
        "the same end", "Mon 06:00-10:00, 08:00-10:00", {"06:00": "", "07:30": "", "09:00": "", "09:01": "closed"},
        source="cal.com #21912",
    ),
    case(
        "one inside the other", "Mon 09:00-17:00, 10:00-16:00", {"09:00": "", "15:30": "", "16:00": "", "16:01": "closed"},
        source="cal.com #21382",
    ),
    case("overlapping", "Mon 09:00-13:00, 12:00-15:00", {"12:30": "", "14:00": "", "14:01": "closed"}, source="cal.com #26685"),
    case("touching", "Mon 09:00-12:00, 12:00-15:00", {"11:30": "", "14:00": "", "14:01": "closed"}, source="cal.com #26685"),
    case("a minute apart", "Mon 09:00-12:00, 12:01-15:00", {"11:00": "", "11:01": "closed", "12:00": "closed", "12:01": ""}),
    case(
        "a night encloses windows of the next date", "Mon 23:00-07:00; Tue 00:15-01:00, 01:15-02:00",
        {"23:00": "", "Tue 00:30": "", "Tue 05:59": "", "Tue 06:00": "", "Tue 06:01": "closed"}, source="cal.com #12195",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ENDS)
def test_where_hours_end(text: str, expected: Expected) -> None:
    assert answers(minutely(schedule=make_hours(text), footprint=HOUR), expected) == expected


def test_windows_at_two_locations_never_join() -> None:
    """Each location has a schedule of its own: that there is work at noon elsewhere lengthens nothing here."""
    here, there = make_hours("Mon 09:00-12:00"), make_hours("Mon 12:00-15:00")
    expected = [{"11:00": "", "11:01": "closed", "12:00": "closed"}, {"11:59": "closed", "12:00": "", "14:01": "closed"}]
    assert [
        answers(minutely(schedule=one, footprint=HOUR), wanted) for one, wanted in zip((here, there), expected, strict=True)
    ] == expected


GAPS = [
    case("the gap empties it", "Sun 01:00-02:00", {"2027-03-28 00:59": "closed", "2027-03-28 02:00": "closed"}),
    case("the gap leaves a minute", "Sun 01:00-02:01", {"2027-03-28 02:00": "", "2027-03-28 02:01": "closed"}),
    case("the end moves, and not the start", "Sun 00:59-01:00", {"2027-03-28 00:59": "", "2027-03-28 02:00": "closed"}),
    case("both move", "Sun 01:15-01:45", {"2027-03-28 02:14": "closed", "2027-03-28 02:15": "", "2027-03-28 02:45": "closed"}),
    case("the gap turns it round", "Sun 01:30-02:00", {"2027-03-28 00:59": "closed", "2027-03-28 02:30": "closed"}),
    case("and its neighbour stays", "Sun 01:30-02:00, 02:00-02:10", {"2027-03-28 02:09": "", "2027-03-28 02:10": "closed"}),
]


@pytest.mark.parametrize(("text", "expected"), GAPS)
def test_a_window_that_the_clock_change_empties_is_none(text: str, expected: Expected) -> None:
    schedule = make_hours(text, LONDON, from_on=date(2027, 3, 28), to_on=date(2027, 3, 28))
    assert answers(minutely(now=0, schedule=schedule, footprint=make_footprint(1)), expected) == expected


MINUTES = [
    case("equal ends", 540, 540, False, source="Easy!Appointments #1822"),
    case("a minute after", 540, 541, True),
    case("a minute before, so a day later", 540, 539, True),
    case("midnight to midnight on one day", 0, 1440, True, source="Easy!Appointments #1822"),
    case("midnight to the same midnight", 0, 0, False, source="Easy!Appointments #1822"),
    case("starts at 23:59", 1439, 1440, True),
    case("starts at 24:00", 1440, 60, False),
    case("starts before 00:00", -1, 60, False),
    case("ends after 24:00", 60, 1441, False),
    case("ends before 00:00", 60, -1, False),
]


@pytest.mark.parametrize(("starts", "ends", "good"), MINUTES)
def test_which_minutes_make_hours(starts: int, ends: int, good: bool) -> None:
    for make in (lambda: WeeklyRule(1, starts, ends), lambda: Override(MONDAY, ((starts, ends),))):
        allowed: Any = nullcontext() if good else pytest.raises(ValueError, match="hours")
        with allowed:
            make()


@pytest.mark.parametrize(
    ("days", "starts", "ends", "good"),
    [
        case("a whole day", 0, 0, 1440, True),
        case("a minute", 0, 540, 541, True),
        case("equal ends", 0, 540, 540, False),
        case("over midnight", 0, 540, 539, False),
        case("after 24:00", 0, 540, 1441, False),
        case("the same hours of a week", 6, 540, 600, True),
        case("to the day before", -1, 0, 1440, False),
    ],
)
def test_which_minutes_make_a_closure(days: int, starts: int, ends: int, good: bool) -> None:
    """A part of a day ends on it: a closure over midnight is two."""
    allowed: Any = nullcontext() if good else pytest.raises(ValueError, match="closure")
    with allowed:
        Closure(MONDAY, date.fromordinal(MONDAY.toordinal() + days), starts, ends)
