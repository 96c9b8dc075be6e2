"""T12: an override replaces the hours of its own date, from midnight to midnight; closed if it has none."""

import pytest

from app.scheduling.hours import Override
from tests.scheduling.cases.table import Expected, answers, case, clock, make_hours, minutely, on, override
from tests.scheduling.make import LONDON, make_footprint

WEEKDAYS_NINE_TO_FIVE = "Mon 09:00-17:00; Tue 09:00-17:00; Wed 09:00-17:00"
NIGHTS = "Mon 22:00-06:00; Tue 22:00-06:00; Wed 22:00-06:00"

REPLACED = [
    case(
        "shorter hours", WEEKDAYS_NINE_TO_FIVE, [override("Tue", "10:00-12:00")],
        {"Mon 16:30": "", "Tue 09:59": "closed", "Tue 10:00": "", "Tue 11:30": "", "Tue 11:31": "closed", "Wed 09:00": ""},
    ),
    case(
        "longer hours", WEEKDAYS_NINE_TO_FIVE, [override("Tue", "07:00-20:00")],
        {"Tue 06:59": "closed", "Tue 07:00": "", "Tue 19:30": "", "Tue 19:31": "closed"},
    ),
    case(
        "two windows for one", WEEKDAYS_NINE_TO_FIVE, [override("Tue", "08:00-10:00, 14:00-16:00")],
        {"Tue 08:00": "", "Tue 09:30": "", "Tue 09:31": "closed", "Tue 13:59": "closed", "Tue 14:00": ""},
    ),
    case(
        "off", WEEKDAYS_NINE_TO_FIVE, [override("Tue", "")],
        {"Mon 16:30": "", "Tue 09:00": "closed", "Tue 16:30": "closed", "Wed 09:00": ""}, source="Easy!Appointments #1383",
    ),
    case(
        "a closed day opens", WEEKDAYS_NINE_TO_FIVE, [override("Sat", "10:00-12:00")],
        {"Sat 09:59": "closed", "Sat 10:00": "", "Sat 11:31": "closed", "Fri 10:00": "closed", "Sun 10:00": "closed"},
        source="cal.com #6279",
    ),
    case(
        "a Sunday for once", WEEKDAYS_NINE_TO_FIVE, [override("Sun", "09:00-12:00")],
        {"Sun 09:00": "", "2027-06-06 09:00": "closed", "2027-06-20 09:00": "closed"}, source="Easy!Appointments #229",
    ),
    case(
        "no weekly hours at all", "", [override("Tue", "09:00-12:00")],
        {"Mon 09:00": "closed", "Tue 09:00": "", "Wed 09:00": "closed"}, source="cal.com #6279",
    ),
    case(
        "until midnight", WEEKDAYS_NINE_TO_FIVE, [override("Tue", "22:00-24:00")],
        {"Tue 09:00": "closed", "Tue 23:30": "", "Tue 23:31": "closed"}, source="cal.com #13801",
    ),
    case(
        "over midnight, before other hours", WEEKDAYS_NINE_TO_FIVE, [override("Tue", "22:00-02:00")],
        {"Wed 01:30": "", "Wed 01:31": "closed", "Wed 09:00": ""},
    ),
    case(
        "over midnight, into other hours", WEEKDAYS_NINE_TO_FIVE, [override("Tue", "22:00-09:30")],
        {"Wed 09:00": "", "Wed 09:15": "", "Wed 16:30": ""},
    ),
    case(
        "the tail of the evening before is the evening's", NIGHTS, [override("Tue", "")],
        {"Mon 22:00": "", "Tue 05:30": "", "Tue 05:31": "closed", "Tue 22:00": "closed", "Wed 05:00": "closed", "Wed 22:00": ""},
    ),
    case(
        "and with an evening goes its tail", NIGHTS, [override("Mon", "12:00-14:00")],
        {"Mon 12:00": "", "Mon 22:00": "closed", "Tue 00:00": "closed", "Tue 05:30": "closed", "Tue 22:00": ""},
    ),
    case(
        "each date has its own", WEEKDAYS_NINE_TO_FIVE, [override("Mon", "10:00-11:00"), override("Tue", "")],
        {"Mon 10:00": "", "Mon 10:31": "closed", "Tue 10:00": "closed", "Wed 10:00": ""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("weekly", "overrides", "expected"), REPLACED)
def test_an_override_replaces_the_hours_of_its_date(weekly: str, overrides: list[Override], expected: Expected) -> None:
    schedule = make_hours(weekly, overrides=overrides, to_on=on("2027-06-20"))
    assert answers(minutely(schedule=schedule), expected) == expected


ZONES = [
    case(
        "a quarter of an hour past midnight, ahead of UTC", "Europe/Amsterdam", "Sat", "00:00-00:15",
        {"Fri 22:00": "closed", "Fri 23:59": "closed", "Sat 00:00": "", "Sat 00:01": "closed"}, source="cal.com #8833",
    ),
    case(
        "late on Friday, behind UTC", "America/New_York", "Fri", "22:00-23:00",
        {"Fri 21:59": "closed", "Fri 22:00": "", "Fri 22:45": "", "Fri 22:46": "closed", "Sat 02:00": "closed"},
        source="cal.com #10254",
    ),
    case(
        "the next day in UTC", "America/Los_Angeles", "Wed", "17:00-18:00",
        {"Tue 17:00": "closed", "Wed 17:00": "", "Thu 17:00": "closed"}, source="cal.com #10200",
    ),
    case(
        "the day before in UTC", "Asia/Kolkata", "Wed", "01:00-02:00",
        {"Tue 01:00": "closed", "Wed 01:00": "", "Thu 01:00": "closed"}, source="cal.com #9964",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day", "walls", "expected"), ZONES)
def test_the_date_is_that_of_the_location(zone: str, day: str, walls: str, expected: Expected) -> None:
    schedule = make_hours("", zone, overrides=[override(day, walls)])
    assert answers(minutely(schedule=schedule, footprint=make_footprint(15)), expected) == expected


@pytest.mark.parametrize(
    ("walls", "expected"),
    [
        case("in the gap", "01:30-03:00", {"2027-03-28 02:29": "closed", "2027-03-28 02:30": "", "2027-03-28 02:31": "closed"}),
        case("emptied by the gap", "01:00-02:00", {"2027-03-28 00:59": "closed", "2027-03-28 02:00": "closed"}),
        case("after the gap", "02:00-04:00", {"2027-03-28 02:00": "", "2027-03-28 03:30": "", "2027-03-28 03:31": "closed"}),
    ],
)
def test_an_override_on_the_day_of_a_change(walls: str, expected: Expected) -> None:
    day = on("2027-03-28")
    schedule = make_hours("daily 00:00-24:00", LONDON, from_on=day, to_on=day, overrides=[override("2027-03-28", walls)])
    facts = minutely(now=clock("2027-03-01 12:00"), schedule=schedule)
    assert answers(facts, expected) == expected
