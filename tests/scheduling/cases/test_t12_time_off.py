"""T12: attended phases may not touch time off; rests and buffers may. It is an interval of instants."""

from typing import Any

import pytest

from app.scheduling.footprint import Footprint
from tests.scheduling.cases.table import Expected, answers, case, make_hours, minutely, spans
from tests.scheduling.make import make_footprint

DAYS = "daily 00:00-24:00"

OFF = [
    case("an hour", spans("12:00 - 13:00"), {"11:30": "", "11:31": "time_off", "12:59": "time_off", "13:00": ""}),
    case(
        "over midnight", spans("Mon 22:00 - Tue 06:00"),
        {"21:30": "", "21:31": "time_off", "Tue 00:00": "time_off", "Tue 05:59": "time_off", "Tue 06:00": ""},
        source="Bahmni appointments #201",
    ),
    case(
        "more than its first day", spans("Mon 14:30 - Fri 16:45"),
        {"14:00": "", "14:01": "time_off", "Wed 09:00": "time_off", "Fri 16:44": "time_off", "Fri 16:45": ""},
        source="Easy!Appointments #93",
    ),
    case(
        "a month", spans("2027-06-01 00:00 - 2027-07-01 00:00"), {"00:00": "time_off", "Sun 23:59": "time_off"},
        source="Easy!Appointments #1443",
    ),
    case(
        "two that overlap", spans("10:00 - 12:00", "11:00 - 13:00"),
        {"09:30": "", "11:30": "time_off", "12:59": "time_off", "13:00": ""},
    ),
    case("two that touch", spans("10:00 - 11:00", "11:00 - 12:00"), {"10:45": "time_off", "12:00": ""}),
    case(
        "one inside the other", spans("10:00 - 14:00", "11:00 - 12:00"), {"13:59": "time_off", "14:00": ""},
        source="cal.com #12195",
    ),
    case("a visit between two", spans("10:00 - 11:00", "11:30 - 12:00"), {"10:59": "time_off", "11:00": "", "11:01": "time_off"}),
]  # fmt: skip


@pytest.mark.parametrize(("off", "expected"), OFF)
def test_time_off(off: tuple[tuple[int, int], ...], expected: Expected) -> None:
    assert answers(minutely(schedule=make_hours(DAYS), time_off=off), expected) == expected


# Off from 10:15 to 10:35.
TOUCHES = [
    case("the rest alone", make_footprint(15, -20, 10), {"09:59": "time_off", "10:00": "", "10:01": "time_off"}),
    case("a rest a minute short", make_footprint(15, -19, 10), {"09:59": "time_off", "10:00": "time_off", "10:01": "time_off"}),
    case("a rest at the end", make_footprint(15, -60), {"10:00": "", "10:01": "time_off", "10:35": ""}),
    case("a rest at the start", make_footprint(-60, 15), {"09:00": "", "09:01": "time_off", "09:34": "time_off", "09:35": ""}),
    case("a buffer after", make_footprint(15, after=60), {"10:00": "", "10:01": "time_off", "10:34": "time_off", "10:35": ""}),
    case("a buffer before", make_footprint(15, before=60), {"10:00": "", "10:34": "time_off", "10:35": ""}),
]


@pytest.mark.parametrize(("footprint", "expected"), TOUCHES)
def test_only_attended_phases_mind(footprint: Footprint, expected: Expected) -> None:
    facts = minutely(schedule=make_hours("Mon 08:00-17:00"), footprint=footprint, time_off=spans("10:15 - 10:35"))
    assert answers(facts, expected) == expected


ZONES = [
    case(
        "a whole day behind UTC", "America/Denver", "2027-06-08",
        {"Mon 23:30": "", "Mon 23:31": "time_off", "Tue 23:59": "time_off", "Wed 00:00": ""}, source="cal.com #16912",
    ),
    case(
        "a whole day ahead", "Pacific/Auckland", "2027-06-08",
        {"Mon 23:30": "", "Tue 00:00": "time_off", "Tue 23:59": "time_off", "Wed 00:00": ""}, source="cal.com #8754",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day", "expected"), ZONES)
def test_a_whole_day_off_is_a_local_one(zone: str, day: str, expected: Expected) -> None:
    off = spans(f"{day} 00:00 - {day} 24:00", zone=zone)
    assert answers(minutely(schedule=make_hours(DAYS, zone), time_off=off), expected) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        case("on top of a booking", {"occupied": spans("10:00 - 11:00")}, "time_off busy"),
        case("while the clinic is shut", {"schedule": make_hours("Mon 11:00-17:00")}, "closed time_off"),
        case("staff are told as well", {"staff": True}, "time_off"),
        case("the public is told as well", {"staff": False}, "time_off"),
    ],
)
def test_time_off_is_a_reason_of_its_own(known: dict[str, Any], expected: str) -> None:
    facts = minutely(**{"time_off": spans("10:00 - 11:00")} | known)
    assert answers(facts, ["10:00"]) == {"10:00": expected}
