"""T3: rules are wall times at the location, resolved for each date; never the process's zone, nor the offset of today."""

import time
from collections.abc import Iterator
from datetime import date

import pytest

from app.scheduling import hours, zones
from tests.scheduling.cases.table import DAY, Expected, answers, case, clock, make_hours, minutely, offered, on
from tests.scheduling.make import LONDON, make_facts, make_footprint, minutes

NEW_YORK, SANTIAGO, LORD_HOWE = "America/New_York", "America/Santiago", "Australia/Lord_Howe"

# Every change at the minute before, at and after it: a time that does not exist moves by the gap, one that exists twice is the first.
INSTANTS = [
    case("London, before the gap", LONDON, "2027-03-28", "00:59", "2027-03-28 00:59"),
    case("London, the gap begins", LONDON, "2027-03-28", "01:00", "2027-03-28 01:00"),
    case("London, the gap's last minute", LONDON, "2027-03-28", "01:59", "2027-03-28 01:59"),
    case("London, after the gap", LONDON, "2027-03-28", "02:00", "2027-03-28 01:00"),
    case("London, before the hour that comes twice", LONDON, "2027-10-31", "00:59", "2027-10-30 23:59"),
    case("London, the first 01:00", LONDON, "2027-10-31", "01:00", "2027-10-31 00:00"),
    case("London, the first 01:59", LONDON, "2027-10-31", "01:59", "2027-10-31 00:59"),
    case("London, the only 02:00", LONDON, "2027-10-31", "02:00", "2027-10-31 02:00"),
    case("New York, before the gap", NEW_YORK, "2027-03-14", "01:59", "2027-03-14 06:59"),
    case("New York, the gap begins", NEW_YORK, "2027-03-14", "02:00", "2027-03-14 07:00"),
    case("New York, after the gap", NEW_YORK, "2027-03-14", "03:00", "2027-03-14 07:00"),
    case("New York, the first 01:59", NEW_YORK, "2027-11-07", "01:59", "2027-11-07 05:59"),
    case("New York, the only 02:00", NEW_YORK, "2027-11-07", "02:00", "2027-11-07 07:00"),
    case("a gap of half an hour begins", LORD_HOWE, "2027-10-03", "02:00", "2027-10-02 15:30"),
    case("a gap of half an hour ends", LORD_HOWE, "2027-10-03", "02:30", "2027-10-02 15:30"),
    case("half an hour twice, before", LORD_HOWE, "2027-04-04", "01:29", "2027-04-03 14:29"),
    case("half an hour twice, the first", LORD_HOWE, "2027-04-04", "01:30", "2027-04-03 14:30"),
    case("half an hour twice, after", LORD_HOWE, "2027-04-04", "02:00", "2027-04-03 15:30"),
    case("a day without midnight, before", SANTIAGO, "2027-09-04", "23:59", "2027-09-05 03:59"),
    case("a day without midnight", SANTIAGO, "2027-09-05", "00:00", "2027-09-05 04:00"),
    case("a day without midnight, after", SANTIAGO, "2027-09-05", "01:00", "2027-09-05 04:00"),
    case("midnight comes twice, the first", SANTIAGO, "2027-04-03", "23:00", "2027-04-04 02:00"),
    case("midnight comes twice, the end of the day", SANTIAGO, "2027-04-03", "24:00", "2027-04-04 04:00"),
    case("Beirut has no midnight", "Asia/Beirut", "2027-03-28", "00:00", "2027-03-27 22:00"),
    case("Beirut, after", "Asia/Beirut", "2027-03-28", "01:00", "2027-03-27 22:00"),
    case("Cairo has no midnight", "Africa/Cairo", "2027-04-30", "00:00", "2027-04-29 22:00"),
    case("three quarters of an hour", "Asia/Kathmandu", "2027-06-07", "09:00", "2027-06-07 03:15"),
    case("half an hour", "Asia/Kolkata", "2027-06-07", "07:30", "2027-06-07 02:00", source="cal.com #10136"),
    case("fourteen hours ahead", "Pacific/Kiritimati", "2027-06-07", "09:00", "2027-06-06 19:00"),
    case("eleven hours behind", "Pacific/Pago_Pago", "2027-06-07", "13:00", "2027-06-08 00:00"),
    case("24:00 before the hour is lost", LONDON, "2027-03-27", "24:00", "2027-03-28 00:00"),
]


@pytest.mark.parametrize(("zone", "day", "wall", "expected"), INSTANTS)
def test_a_wall_time_is_an_instant(zone: str, day: str, wall: str, expected: str) -> None:
    assert zones.instant(zone, on(day), minutes(wall)) == clock(expected)


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        case("the last second of a day", LONDON, "2027-06-07 22:59:59", "2027-06-07"),
        case("the first second of the next", LONDON, "2027-06-07 23:00", "2027-06-08"),
        case("the last second before a missing midnight", SANTIAGO, "2027-09-05 03:59:59", "2027-09-04"),
        case("the first of a day without midnight", SANTIAGO, "2027-09-05 04:00", "2027-09-05"),
        case("the second 23:59:59", SANTIAGO, "2027-04-04 03:59:59", "2027-04-03"),
        case("midnight after it", SANTIAGO, "2027-04-04 04:00", "2027-04-04"),
        case("the last day of a month", "Australia/Sydney", "2027-10-31 12:59:59", "2027-10-31", source="cal.com #12082"),
        case("the first of the next", "Australia/Sydney", "2027-10-31 13:00", "2027-11-01", source="cal.com #12082"),
    ],
)
def test_an_instant_has_a_local_date(zone: str, at: str, day: str) -> None:
    assert zones.local_date(zone, clock(at)) == on(day)


# The starts offered are those of the wall, whatever the clocks did that night. Hour-long visits every hour.
WEEKLY = [
    case("the Sunday before", "America/Chicago", "Sun 15:00-16:30", "2027-03-07", ["15:00"], source="cal.com #19589"),
    case("the Sunday of the change", "America/Chicago", "Sun 15:00-16:30", "2027-03-14", ["15:00"], source="cal.com #19589"),
    case("the Sunday after", "America/Chicago", "Sun 15:00-16:30", "2027-03-21", ["15:00"], source="cal.com #19589"),
    case("one hour a week, spring", NEW_YORK, "Sun 12:30-13:30", "2027-03-14", ["12:30"], source="cal.com #6217"),
    case("one hour a week, autumn", NEW_YORK, "Sun 12:30-13:30", "2027-11-07", ["12:30"], source="cal.com #6217"),
    case("the day before winter time", NEW_YORK, "daily 09:00-11:00", "2027-11-06", ["09:00", "10:00"], source="cal.com #10517"),
    case("the day after it began", NEW_YORK, "daily 09:00-11:00", "2027-11-08", ["09:00", "10:00"], source="cal.com #10517"),
    case("a month later", NEW_YORK, "daily 09:00-11:00", "2027-12-07", ["09:00", "10:00"], source="cal.com #10517"),
    case("open at half past", "America/Chicago", "daily 07:30-09:30", "2027-11-09", ["07:30", "08:30"], source="cal.com #4702"),
    case("a late hour", "America/Detroit", "daily 18:00-20:00", "2027-03-20", ["18:00", "19:00"], source="cal.com #7667"),
    case("a zone of half hours", "Asia/Kolkata", "daily 07:30-09:30", "2027-06-07", ["07:30", "08:30"], source="cal.com #10136"),
    case("a zone of quarters", "Asia/Kathmandu", "daily 09:00-11:00", "2027-06-07", ["09:00", "10:00"]),
    case(
        "the last day of October", "Australia/Sydney", "daily 09:00-11:00", "2027-10-31", ["09:00", "10:00"],
        source="cal.com #12082",
    ),
    case(
        "nine where the server has eight", "Europe/Rome", "daily 09:00-10:00", "2027-06-07", ["09:00"],
        source="Easy!Appointments #910",
    ),
    case(
        "from one to four, an hour short", LONDON, "daily 00:00-04:00", "2027-03-28", ["00:00", "02:00", "03:00"],
        source="MRBS #383",
    ),
    case(
        "from one to four, an hour long", LONDON, "daily 00:00-04:00", "2027-10-31",
        ["00:00", "01:00", "01:00", "02:00", "03:00"], source="MRBS #383",
    ),
    case("midnight does not exist", SANTIAGO, "daily 00:00-03:00", "2027-09-05", ["01:00", "02:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "text", "day", "expected"), WEEKLY)
def test_hours_keep_their_wall_time(zone: str, text: str, day: str, expected: list[str]) -> None:
    """Asked in January, when all these zones of the north have winter time, and for no other date than the one."""
    schedule = make_hours(text, zone, from_on=on(day), to_on=on(day))
    facts = make_facts(now=clock("2027-01-04 12:00"), schedule=schedule, footprint=make_footprint(60), step_minutes=60)
    assert offered(facts, day) == expected


@pytest.mark.parametrize("today", ["2027-01-04 12:00", "2027-07-05 12:00", "2027-10-31 00:30", "2027-10-31 01:30"])
def test_the_offset_of_today_is_of_no_account(today: str) -> None:
    schedule = make_hours("daily 09:00-10:00", LONDON, from_on=date(2027, 11, 1), to_on=date(2027, 11, 1))
    facts = make_facts(now=clock(today), schedule=schedule, footprint=make_footprint(60), staff=False, horizon_days=365)
    assert offered(facts, "2027-11-01") == ["09:00"]


NIGHTS = [
    case(
        "23 hours hold 23 hours",
        "2027-03-28",
        23 * 60,
        {"2027-03-28 00:00": "", "2027-03-28 00:01": "closed"},
        source="be-BOP #2445",
    ),
    case("23 hours do not hold 24", "2027-03-28", 24 * 60, {"2027-03-28 00:00": "closed"}, source="be-BOP #2445"),
    case("24 hours hold 24", "2027-03-27", 24 * 60, {"2027-03-27 00:00": "", "2027-03-27 00:01": "closed"}),
    case(
        "25 hours hold 24 and one more",
        "2027-10-31",
        24 * 60,
        {"2027-10-31 00:00": "", "2027-10-31 00:01": "", "2027-10-31 01:00+01:00": "", "2027-10-31 01:01+01:00": "closed"},
    ),
]


@pytest.mark.parametrize(("day", "length", "expected"), NIGHTS)
def test_a_day_is_as_long_as_it_lasts(day: str, length: int, expected: Expected) -> None:
    weekday = f"{on(day):%a}"
    schedule = make_hours(f"{weekday} 00:00-24:00", LONDON, from_on=on(day), to_on=on(day) + DAY)
    facts = minutely(now=0, schedule=schedule, footprint=make_footprint(length))
    assert answers(facts, expected) == expected


def test_a_day_long_visit_begins_before_the_change_and_ends_after_it() -> None:
    """From Saturday 12:00 it lasts until Sunday 13:00 (Seatsurfing #647)."""
    schedule = make_hours("Sat 00:00-24:00; Sun 00:00-13:00", LONDON, from_on=date(2027, 3, 27), to_on=date(2027, 3, 28))
    facts = minutely(now=0, schedule=schedule, footprint=make_footprint(24 * 60))
    expected = {"2027-03-27 12:00": "", "2027-03-27 12:01": "closed"}
    assert answers(facts, expected) == expected


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "America/New_York"])
def process_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        zones.instant.cache_clear()
        hours.schedule.cache_clear()
        yield
    time.tzset()


@pytest.mark.usefixtures("process_zone")
def test_the_zone_of_the_process_is_of_no_account() -> None:
    schedule = make_hours("Sun 09:00-10:00", "Australia/Sydney", from_on=date(2027, 10, 31), to_on=date(2027, 10, 31))
    facts = minutely(now=clock("2027-10-01 12:00"), schedule=schedule, staff=False, horizon_days=30)
    assert answers(facts, ["2027-10-31 08:59", "2027-10-31 09:00"]) == {"2027-10-31 08:59": "closed", "2027-10-31 09:00": ""}
    assert [window.opens_at for window in schedule.windows] == [clock("2027-10-30 22:00")]
