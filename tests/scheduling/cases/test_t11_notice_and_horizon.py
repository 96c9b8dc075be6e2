"""T11: notice and horizon include their last moment and bind everybody but staff; nothing starts in the past."""

from typing import Any

import pytest

from tests.scheduling.cases.table import Expected, answers, case, clock, make_hours, minutely, on
from tests.scheduling.make import LONDON

PUBLIC = {"staff": False, "horizon_days": 400}

# Each asked at `now`, minute by minute.
NOTICE = [
    case("none", {"now": clock("10:00")}, {"09:59": "past notice", "10:00": ""}),
    case("none, a second later", {"now": clock("10:00:01")}, {"10:00": "past notice", "10:01": ""}),
    case(
        "two hours", {"now": clock("10:00"), "notice_minutes": 120},
        {"09:59": "past notice", "10:00": "notice", "11:59": "notice", "12:00": ""}, source="cal.com #14465",
    ),
    case("two hours, a second later", {"now": clock("10:00:01"), "notice_minutes": 120}, {"12:00": "notice", "12:01": ""}),
    case(
        "a day", {"now": clock("10:00"), "notice_minutes": 1440}, {"23:59": "notice", "Tue 09:59": "notice", "Tue 10:00": ""},
        source="Easy!Appointments #428",
    ),
    case(
        "a day, asked at midnight", {"now": clock("Tue 00:00"), "notice_minutes": 1440}, {"Tue 23:59": "notice", "Wed 00:00": ""},
        source="cal.com #15140",
    ),
    case(
        "two days", {"now": clock("10:00"), "notice_minutes": 2880}, {"Wed 09:59": "notice", "Wed 10:00": ""},
        source="Easy!Appointments #584",
    ),
    case(
        "minutes that reach into the next date", {"now": clock("23:50"), "notice_minutes": 30},
        {"23:59": "notice", "Tue 00:19": "notice", "Tue 00:20": ""},
    ),
    case("staff", {"now": clock("10:00"), "notice_minutes": 120, "staff": True}, {"09:59": "past", "10:00": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("known", "expected"), NOTICE)
def test_notice(known: dict[str, Any], expected: Expected) -> None:
    assert answers(minutely(schedule=make_hours("daily 00:00-24:00"), **PUBLIC | known), expected) == expected


def test_notice_is_time_that_passes_and_not_what_the_clock_shows() -> None:
    """A day after Saturday 12:00 is Sunday 13:00 when the clocks go forward, and Sunday 11:00 when they go back."""
    known = {**PUBLIC, "notice_minutes": 1440}
    for saturday, expected in (
        ("2027-03-27", {"2027-03-28 12:59": "notice", "2027-03-28 13:00": ""}),
        ("2027-10-30", {"2027-10-31 10:59": "notice", "2027-10-31 11:00": ""}),
    ):
        first = clock(f"{saturday} 12:00", LONDON)
        day = next(iter(expected))[:10]
        schedule = make_hours("Sun 09:00-17:00", LONDON, from_on=on(day), to_on=on(day))
        assert answers(minutely(schedule=schedule, now=first, **known), expected) == expected


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        case("behind UTC", "America/Chicago", "14:00", {"14:29": "notice", "14:30": ""}, source="Easy!Appointments #1789"),
        case("ahead of UTC", "Australia/Sydney", "08:00", {"08:29": "notice", "08:30": ""}),
    ],
)  # fmt: skip
def test_notice_in_a_zone(zone: str, now: str, expected: Expected) -> None:
    facts = minutely(schedule=make_hours("daily 00:00-24:00", zone), now=clock(now, zone), notice_minutes=30, **PUBLIC)
    assert answers(facts, expected) == expected


# `now` and the starts are local times.
HORIZON = [
    case("today only", "UTC", "Mon 10:00", 0, {"10:00": "", "23:59": "", "Tue 00:00": "horizon"}, source="cal.com #26196"),
    case("today and tomorrow", "UTC", "Mon 10:00", 1, {"Tue 23:59": "", "Wed 00:00": "horizon"}, source="cal.com #26196"),
    case("a day's last second", "UTC", "Mon 23:59:59", 1, {"Tue 23:59": "", "Wed 00:00": "horizon"}),
    case("nothing beyond it is listed", "UTC", "Mon 10:00", 3, {"Thu 12:00": "", "Fri 12:00": "horizon"}, source="Medplum #8432"),
    case("the next day's first", "UTC", "Tue 00:00", 1, {"Wed 23:59": "", "Thu 00:00": "horizon"}),
    case("the last day is included", "UTC", "Mon 10:00", 2, {"Wed 23:59": "", "Thu 00:00": "horizon"}, source="cal.com #20087"),
    case(
        "evenings there are another day in UTC", "America/Los_Angeles", "Mon 10:00", 2,
        {"Wed 16:59": "", "Wed 17:00": "", "Wed 23:59": "", "Thu 00:00": "horizon"}, source="cal.com #24523",
    ),
    case(
        "as far behind as there is", "Pacific/Pago_Pago", "Mon 23:30", 1, {"Tue 23:59": "", "Wed 00:00": "horizon"},
        source="cal.com #15288",
    ),
    case(
        "as far ahead as there is", "Pacific/Kiritimati", "Mon 00:30", 1, {"Tue 23:59": "", "Wed 00:00": "horizon"},
        source="cal.com #15288",
    ),
    case("half an hour off", "Asia/Kolkata", "Mon 00:10", 1, {"Tue 23:59": "", "Wed 00:00": "horizon"}, source="cal.com #15825"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "now", "days", "expected"), HORIZON)
def test_horizon(zone: str, now: str, days: int, expected: Expected) -> None:
    schedule = make_hours("daily 00:00-24:00", zone)
    known = {"schedule": schedule, "now": clock(now, zone), "horizon_days": days}
    assert answers(minutely(**known, staff=False), expected) == expected
    assert answers(minutely(**known), expected) == dict.fromkeys(expected, "")


@pytest.mark.parametrize(
    ("now", "days", "expected"),
    [
        case("the last day is short", "2027-03-27 12:00", 1, {"2027-03-28 23:59": "", "2027-03-29 00:00": "horizon"}),
        case("the last day is long", "2027-10-30 12:00", 1, {"2027-10-31 23:59": "", "2027-11-01 00:00": "horizon"}),
        case("ninety days past a change", "2027-01-04 12:00", 90, {"2027-04-04 23:59": "", "2027-04-05 00:00": "horizon"}),
    ],
)
def test_horizon_over_a_change_of_clocks(now: str, days: int, expected: Expected) -> None:
    first, last = sorted(on(start[:10]) for start in expected)
    schedule = make_hours("daily 00:00-24:00", LONDON, from_on=first, to_on=last)
    facts = minutely(schedule=schedule, now=clock(now, LONDON), horizon_days=days, staff=False)
    assert answers(facts, expected) == expected


def test_a_horizon_within_the_notice_leaves_nothing() -> None:
    """Two days ahead at most and five days' notice: both are told (cal.com #9915)."""
    facts = minutely(
        schedule=make_hours("daily 09:00-17:00"), now=clock("10:00"), staff=False, horizon_days=2, notice_minutes=5 * 1440
    )
    expected = {"Wed 16:00": "notice", "Thu 09:00": "notice horizon", "Sat 09:59": "notice horizon", "Sat 10:00": "horizon"}
    assert answers(facts, expected) == expected
