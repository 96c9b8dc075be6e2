"""Every zone there is, at every change of its clocks from 2025 to 2035 (T3)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from _pytest.mark import ParameterSet

from app.scheduling import hours, zones
from app.scheduling.hours import WeeklyRule
from tests.scheduling.make import LONDON, at
from tests.scheduling.worlds import FIRST, LAST, Change, all_zones, changes

DAY = timedelta(days=1)
EPOCH = date(1970, 1, 1)
MINUTES_AROUND = 3 * 60


def wall_at(at: int, offset: int) -> datetime:
    """What clocks with the offset show at the instant. Naive."""
    return datetime.fromtimestamp(at + offset, UTC).replace(tzinfo=None)


def changes_or_rest(zone: str) -> list[Change]:
    """Where clocks never change, moments at which they might have."""
    moments = (datetime(year, month, 1, 1, tzinfo=ZoneInfo(zone)) for year, month in ((2025, 4), (2030, 10), (2035, 3)))
    never = [(int(moment.timestamp()), moment.utcoffset()) for moment in moments]
    rest = [Change(at, *[int(offset.total_seconds())] * 2) for at, offset in never if offset is not None]
    return changes(zone) or rest


def expected(change: Change, shown: int) -> int:
    """The instant of a wall time near the change, both in seconds: of the two that the offsets make the first that shows it, else
    the one before the gap."""
    by_old, by_new = shown - change.before, shown - change.after
    return by_new if by_old >= change.at and by_new >= change.at else by_old


def dates_around(change: Change) -> list[date]:
    """The date whose hours the change skips or repeats, and two on both sides."""
    on = wall_at(change.at, min(change.before, change.after)).date()
    return [on + DAY * days for days in range(-2, 3)]


@pytest.mark.parametrize("zone", all_zones())
def test_each_minute_around_each_change(zone: str) -> None:
    for change in changes_or_rest(zone):
        low, high = sorted(((change.at + change.before) // 60, (change.at + change.after) // 60))
        walls = range(low - MINUTES_AROUND, high + MINUTES_AROUND)
        shown = [(EPOCH + DAY * (wall // 1440), wall % 1440, expected(change, wall * 60)) for wall in walls]
        assert [(on, minute) for on, minute, at in shown if zones.instant(zone, on, minute) != at] == []
        # As the end of a window of the day before.
        late = [(on - DAY, 1440 + minute, at) for on, minute, at in shown if minute < 60]
        assert [(on, minute) for on, minute, at in late if zones.instant(zone, on, minute) != at] == []


@pytest.mark.parametrize("zone", all_zones())
def test_dates_begin_with_their_first_instant_and_last_as_long_as_clocks_say(zone: str) -> None:
    for change in changes_or_rest(zone):
        dates = dates_around(change)
        for on in dates:
            first, next_first = zones.midnight(zone, on), zones.midnight(zone, on + DAY)
            around = (first - 1, first, next_first - 1)
            shown = [datetime.fromtimestamp(at, ZoneInfo(zone)).date() for at in around]
            assert shown == [zones.local_date(zone, at) for at in around] == [on - DAY, on, on]
            skipped = change.after - change.before if on == dates[2] else 0
            assert next_first - first == 86_400 - skipped, on


@pytest.mark.parametrize("zone", all_zones())
def test_nine_to_five_stays_nine_to_five(zone: str) -> None:
    rules = tuple(WeeklyRule(weekday, 9 * 60, 17 * 60) for weekday in range(1, 8))
    for change in changes_or_rest(zone):
        dates = dates_around(change)
        windows = hours.schedule(rules, zone, dates[0], dates[-1]).windows
        shown = [
            " to ".join(f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%F %R}" for at in (window.opens_at, window.closes_at))
            for window in windows
        ]
        assert shown == [f"{on} 09:00 to {on} 17:00" for on in dates]


@pytest.mark.parametrize("zone", all_zones())
def test_hours_without_end_have_no_hole_and_no_minute_too_many(zone: str) -> None:
    rules = tuple(WeeklyRule(weekday, 0, 1440) for weekday in range(1, 8))
    for change in changes_or_rest(zone):
        dates = dates_around(change)
        windows = hours.schedule(rules, zone, dates[0], dates[-1]).windows
        assert all(earlier.starts_until == later.starts_from for earlier, later in pairwise(windows))
        assert [datetime.fromtimestamp(window.opens_at, ZoneInfo(zone)).date() for window in windows] == dates
        assert windows[-1].starts_until - windows[0].starts_from == 5 * 86_400 - (change.after - change.before)


def fixture(zone: str, wall: str, before: int, after: int) -> ParameterSet:
    """The instant of a change in 2027 in UTC, and the offsets in minutes before and after it."""
    change = Change(at(f"2027-{wall}"), before * 60, after * 60)
    # Editions of the time-zone database differ on whether Morocco still does this in 2027.
    absent = zone == "Africa/Casablanca" and change not in changes(zone)
    mark = pytest.mark.skipif(absent, reason="not in this time-zone database")
    return pytest.param(zone, change, id=f"{zone} {wall}", marks=mark)


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        fixture(LONDON, "03-28 01:00", 0, 60),
        fixture(LONDON, "10-31 01:00", 60, 0),
        fixture("America/New_York", "03-14 07:00", -300, -240),
        fixture("America/New_York", "11-07 06:00", -240, -300),
        fixture("Australia/Sydney", "04-03 16:00", 660, 600),
        fixture("Australia/Sydney", "10-02 16:00", 600, 660),
        fixture("Australia/Lord_Howe", "04-03 15:00", 660, 630),
        fixture("Australia/Lord_Howe", "10-02 15:30", 630, 660),
        fixture("Africa/Casablanca", "02-07 02:00", 60, 0),
        fixture("Africa/Casablanca", "03-14 02:00", 0, 60),
        fixture("America/Santiago", "04-04 03:00", -180, -240),
        fixture("America/Santiago", "09-05 04:00", -240, -180),
        fixture("Asia/Beirut", "03-27 22:00", 120, 180),
        fixture("Asia/Beirut", "10-30 21:00", 180, 120),
        fixture("Africa/Cairo", "04-29 22:00", 120, 180),
        fixture("Africa/Cairo", "10-28 21:00", 180, 120),
    ],
)
def test_changes_of_2027(zone: str, change: Change) -> None:
    """The wall times that the change begins and ends with: a gap closes at once, of a time shown twice the first counts."""
    moved = abs(change.after - change.before)
    by_old, by_new = (wall_at(change.at, offset) for offset in (change.before, change.after))
    instants = [zones.instant(zone, wall.date(), wall.hour * 60 + wall.minute) for wall in (by_old, by_new)]
    assert instants == ([change.at, change.at] if change.after > change.before else [change.at + moved, change.at - moved])
    assert change in changes(zone)


@pytest.mark.parametrize(("zone", "on"), [("America/Santiago", date(2027, 9, 5)), ("Asia/Beirut", date(2027, 3, 28))])
def test_a_date_without_midnight_begins_at_one(zone: str, on: date) -> None:
    assert f"{datetime.fromtimestamp(zones.midnight(zone, on), ZoneInfo(zone)):%F %R}" == f"{on} 01:00"


def test_kathmandu_never_changes() -> None:
    assert changes("Asia/Kathmandu") == []
    assert zones.instant("Asia/Kathmandu", date(2027, 6, 7), 9 * 60) == at("2027-06-07 03:15")


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", LONDON])
def test_no_change_hides_within_a_week(zone: str) -> None:
    """The more so where there are four a year: a look at each hour finds no more."""
    hourly = range(FIRST, LAST, 3600)
    offsets = [datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset() for at in hourly]
    assert len(changes(zone)) == sum(before != after for before, after in pairwise(offsets))
