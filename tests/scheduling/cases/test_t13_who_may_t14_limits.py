"""T13: offered, registered on the date, admitted. T14: limits of a practitioner's local day, and of a patient."""

from typing import Any

import pytest

from tests.scheduling.cases.table import DAY, Expected, answers, case, clock, make_hours, minutely, on
from tests.scheduling.make import LONDON, make_footprint

ALWAYS_OPEN = "daily 00:00-24:00"

REGISTERED = [
    case("the last day", "UTC", "Tue", {"Mon 10:00": "", "Tue 00:00": "", "Tue 23:59": "", "Wed 00:00": "registration"}),
    case("none", "UTC", None, {"Mon 10:00": "registration", "Tue 00:00": "registration"}),
    case("run out long ago", "UTC", "2026-12-31", {"Mon 10:00": "registration"}),
    case(
        "an evening that is tomorrow in UTC", "America/Los_Angeles", "Tue",
        {"Tue 16:59": "", "Tue 17:00": "", "Tue 23:59": "", "Wed 00:00": "registration"},
    ),
    case(
        "a morning that is yesterday in UTC", "Australia/Sydney", "Tue",
        {"Tue 09:59": "", "Tue 23:59": "", "Wed 00:00": "registration", "Wed 09:59": "registration"},
    ),
    case(
        "a day without midnight", "America/Santiago", "2027-09-04", {"2027-09-04 23:59": "", "2027-09-05 01:00": "registration"},
    ),
    case(
        "the long day", LONDON, "2027-10-31",
        {"2027-10-31 01:30+00:00": "", "2027-10-31 23:59": "", "2027-11-01 00:00": "registration"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "until", "expected"), REGISTERED)
def test_a_registration_covers_its_last_day(zone: str, until: str | None, expected: Expected) -> None:
    """It is the day on which an appointment starts that counts."""
    days = sorted(on(start.rpartition(" ")[0]) for start in expected)
    schedule = make_hours(ALWAYS_OPEN, zone, from_on=days[0], to_on=days[-1])
    facts = minutely(now=0, schedule=schedule, registered_until=until and on(until))
    assert answers(facts, expected) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        case("offered to somebody who is admitted", {}, ""),
        case("not offered", {"offered": False}, "not_offered"),
        case("not admitted", {"admitted": False}, "audience"),
        case("neither", {"offered": False, "admitted": False}, "not_offered audience"),
        case("staff are bound too", {"offered": False, "admitted": False, "staff": True}, "not_offered audience"),
        case("the public as well", {"offered": False, "admitted": False, "staff": False}, "not_offered audience"),
    ],
)
def test_who_may(known: dict[str, Any], expected: str) -> None:
    facts = minutely(**known)
    assert answers(facts, ["09:00", "16:30"]) == {"09:00": expected, "16:30": expected}


# Starts of the day's appointments, and the limit.
DAILY = [
    case("one below", ["10:00", "11:00"], 3, {"09:00": "", "23:00": ""}),
    case(
        "reached", ["10:00", "11:00", "12:00"], 3,
        {"00:00": "daily_limit", "23:59": "daily_limit", "2027-06-06 23:59": "", "Tue 00:00": ""},
    ),
    case("passed, since the limit was lowered", ["10:00", "11:00", "12:00"], 2, {"15:00": "daily_limit", "Tue 00:00": ""}),
    case("one a day", ["10:00"], 1, {"09:00": "daily_limit", "16:00": "daily_limit", "Tue 09:00": ""}, source="cal.com #5941"),
    case(
        "the first minute of the day", ["00:00"], 1,
        {"2027-06-06 23:59": "", "00:00": "daily_limit", "23:59": "daily_limit", "Tue 00:00": ""},
    ),
    case(
        "the last minute of the day", ["23:59"], 1,
        {"2027-06-06 23:59": "", "00:00": "daily_limit", "23:59": "daily_limit", "Tue 00:00": ""},
    ),
    case(
        "the days beside it", ["2027-06-06 23:59", "Tue 00:00"], 1,
        {"2027-06-06 12:00": "daily_limit", "00:00": "", "23:59": "", "Tue 12:00": "daily_limit"},
    ),
    case("each day has its own", ["10:00", "Tue 10:00", "Tue 11:00"], 2, {"12:00": "", "Tue 12:00": "daily_limit"}),
    case("the one that is moving is left out by whoever asks", [], 1, {"10:00": ""}, source="cal.com #13867"),
    case("no limit", ["09:00", "10:00", "11:00"], None, {"12:00": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("taken", "limit", "expected"), DAILY)
def test_daily_limit(taken: list[str], limit: int | None, expected: Expected) -> None:
    known: dict[str, Any] = {"now": 0, "day_starts": [clock(start) for start in taken], "daily_limit": limit}
    schedule = make_hours(ALWAYS_OPEN)
    for staff in (True, False):
        facts = minutely(schedule=schedule, staff=staff, **known | {"horizon_days": 30_000})
        assert answers(facts, expected) == expected


LOCAL_DAYS = [
    case(
        "a morning that is yesterday in UTC", "Australia/Brisbane", "Mon 09:00",
        {"2027-06-06 23:59": "", "Mon 00:00": "daily_limit", "Mon 23:59": "daily_limit", "Tue 00:00": ""},
        source="cal.com #12172",
    ),
    case(
        "an afternoon that is today", "Australia/Brisbane", "Mon 16:00",
        {"2027-06-06 23:59": "", "Mon 00:00": "daily_limit", "Mon 23:59": "daily_limit", "Tue 00:00": ""},
        source="cal.com #12172",
    ),
    case(
        "an evening that is tomorrow in UTC", "America/New_York", "Mon 21:00",
        {"Mon 00:00": "daily_limit", "Mon 23:59": "daily_limit", "Tue 00:00": ""}, source="cal.com #27287",
    ),
    case(
        "not the booker's day", "Europe/Berlin", "Mon 00:30",
        {"2027-06-06 23:59": "", "Mon 00:00": "daily_limit", "Mon 23:59": "daily_limit", "Tue 00:00": ""},
        source="cal.com #15360",
    ),
    case(
        "the short day", LONDON, "2027-03-28 23:30",
        {"2027-03-27 23:59": "", "2027-03-28 00:00": "daily_limit", "2027-03-28 23:59": "daily_limit", "2027-03-29 00:00": ""},
    ),
    case(
        "the long day", LONDON, "2027-10-31 00:00",
        {"2027-10-30 23:59": "", "2027-10-31 00:00": "daily_limit", "2027-10-31 23:59": "daily_limit", "2027-11-01 00:00": ""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "taken", "expected"), LOCAL_DAYS)
def test_a_day_is_one_of_the_location(zone: str, taken: str, expected: Expected) -> None:
    days = sorted(on(start.rpartition(" ")[0]) for start in expected)
    schedule = make_hours(ALWAYS_OPEN, zone, from_on=days[0] - DAY, to_on=days[-1])
    facts = minutely(now=0, schedule=schedule, day_starts=[clock(taken, zone)], daily_limit=1)
    assert answers(facts, expected) == expected


def test_an_appointment_over_midnight_counts_on_the_day_it_starts() -> None:
    facts = minutely(schedule=make_hours(ALWAYS_OPEN), footprint=make_footprint(60), day_starts=[clock("23:30")], daily_limit=1)
    expected = {"22:00": "daily_limit", "Tue 00:00": "", "Tue 00:30": ""}
    assert answers(facts, expected) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        case("none yet", {"upcoming": 0, "upcoming_limit": 3}, ""),
        case("one below", {"upcoming": 2, "upcoming_limit": 3}, ""),
        case("reached", {"upcoming": 3, "upcoming_limit": 3}, "patient_limit", source="cal.com #23717"),
        case("passed", {"upcoming": 4, "upcoming_limit": 3}, "patient_limit"),
        case("no limit", {"upcoming": 40}, ""),
        case("staff are not bound", {"upcoming": 3, "upcoming_limit": 3, "staff": True}, ""),
    ],
)
def test_how_many_appointments_a_patient_may_have_ahead(known: dict[str, Any], expected: str) -> None:
    facts = minutely(**{"staff": False} | known)
    assert answers(facts, ["09:00", "16:30"]) == {"09:00": expected, "16:30": expected}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        case("one below", {"held": 2, "hold_limit": 3}, ""),
        case("reached", {"held": 3, "hold_limit": 3}, "hold_limit"),
        case("nothing is to be held", {"held": 3}, ""),
        case("staff are not bound", {"held": 3, "hold_limit": 3, "staff": True}, ""),
    ],
)
def test_how_many_appointments_a_client_may_keep_on_hold(known: dict[str, Any], expected: str) -> None:
    facts = minutely(**{"staff": False} | known)
    assert answers(facts, ["09:00"]) == {"09:00": expected}
