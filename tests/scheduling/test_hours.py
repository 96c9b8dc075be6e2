"""Weekly rules become windows: wall time, midnights, changes of clocks, merging."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.scheduling.hours import Closure, Override, Schedule, WeeklyRule, Window
from tests.scheduling.make import LONDON, MONDAY, at, make_override, make_rule, make_schedule

EVERY_DAY = range(1, 8)


def working(schedule: Schedule) -> list[tuple[int, int]]:
    """The starts of each window."""
    return [(window.starts_from, window.starts_until) for window in schedule.windows]


def changes(zone: str, on: str) -> bool:
    """Whether clocks in the zone change on the date."""
    day = datetime.fromisoformat(on).replace(tzinfo=ZoneInfo(zone))
    return day.utcoffset() != (day + timedelta(days=1)).utcoffset()


@pytest.mark.parametrize(
    ("zone", "on", "wall", "opens", "closes"),
    [
        pytest.param("UTC", "2027-06-07", "00:00-24:00", "06-07 00:00", "06-08 00:00", id="24:00 ends the day"),
        pytest.param("UTC", "2027-06-07", "22:00-00:00", "06-07 22:00", "06-08 00:00", id="00:00 ends it too"),
        pytest.param("UTC", "2027-06-07", "22:00-06:00", "06-07 22:00", "06-08 06:00", id="over midnight"),
        pytest.param("Asia/Kathmandu", "2027-06-07", "09:00-17:00", "06-07 03:15", "06-07 11:15", id="+05:45"),
        pytest.param(LONDON, "2027-03-28", "09:00-17:00", "03-28 08:00", "03-28 16:00", id="wall time after a change"),
        pytest.param(LONDON, "2027-03-27", "22:00-06:00", "03-27 22:00", "03-28 05:00", id="a night an hour shorter"),
        pytest.param(LONDON, "2027-10-30", "22:00-06:00", "10-30 21:00", "10-31 06:00", id="a night an hour longer"),
        pytest.param(LONDON, "2027-03-28", "01:30-03:00", "03-28 01:30", "03-28 02:00", id="opens in a gap"),
        pytest.param(LONDON, "2027-03-28", "00:00-01:30", "03-28 00:00", "03-28 01:30", id="closes in a gap"),
        pytest.param(LONDON, "2027-03-28", "01:15-01:45", "03-28 01:15", "03-28 01:45", id="wholly in a gap"),
        pytest.param(LONDON, "2027-10-31", "01:30-03:00", "10-31 00:30", "10-31 03:00", id="opens at the first 01:30"),
        pytest.param(LONDON, "2027-10-31", "00:00-01:30", "10-30 23:00", "10-31 00:30", id="closes at the first 01:30"),
        pytest.param("America/New_York", "2027-03-14", "01:00-04:00", "03-14 06:00", "03-14 08:00", id="New York"),
        pytest.param("Australia/Lord_Howe", "2027-04-04", "01:00-03:00", "04-03 14:00", "04-03 16:30", id="back 30"),
        pytest.param("Australia/Lord_Howe", "2027-10-03", "02:15-03:00", "10-02 15:45", "10-02 16:00", id="on 30"),
        pytest.param("America/Santiago", "2027-09-05", "00:00-02:00", "09-05 04:00", "09-05 05:00", id="no 00:00"),
        pytest.param("America/Santiago", "2027-09-04", "22:00-24:00", "09-05 02:00", "09-05 04:00", id="no 24:00"),
        pytest.param("America/Santiago", "2027-04-03", "22:00-24:00", "04-04 01:00", "04-04 04:00", id="23:00 twice"),
        pytest.param("Asia/Beirut", "2027-03-28", "00:30-02:00", "03-27 22:30", "03-27 23:00", id="Beirut, no 00:30"),
        pytest.param(
            "Africa/Casablanca",
            "2027-02-07",
            "01:00-04:00",
            "02-07 00:00",
            "02-07 04:00",
            id="Ramadan",
            # Editions of the time-zone database differ on whether Morocco still does this in 2027.
            marks=pytest.mark.skipif(not changes("Africa/Casablanca", "2027-02-07"), reason="not in this time-zone database"),
        ),
        pytest.param("Africa/Cairo", "2027-04-30", "00:00-03:00", "04-29 22:00", "04-30 00:00", id="Cairo"),
    ],
)
def test_wall_times_become_instants(zone: str, on: str, wall: str, opens: str, closes: str) -> None:
    local = date.fromisoformat(on)
    # As long as the rule's own date and the next one are asked for, the whole window is there.
    schedule = make_schedule(make_rule(wall, local.isoweekday()), zone=zone, on=local, to_on=local + timedelta(days=1))
    assert working(schedule) == [(at(f"2027-{opens}"), at(f"2027-{closes}"))]


def test_a_window_that_the_gap_empties_is_none() -> None:
    sunday = date(2027, 3, 28)
    assert working(make_schedule(make_rule("01:30-02:00", 7), zone=LONDON, on=sunday)) == []


@pytest.mark.parametrize(
    ("rules", "windows"),
    [
        pytest.param(["09:00-12:00", "12:00-17:00"], [("09:00", "17:00")], id="touching"),
        pytest.param(["09:00-13:00", "12:00-17:00"], [("09:00", "17:00")], id="overlapping"),
        pytest.param(["09:00-17:00", "10:00-11:00"], [("09:00", "17:00")], id="inside"),
        pytest.param(["12:01-17:00", "09:00-12:00"], [("09:00", "12:00"), ("12:01", "17:00")], id="a minute apart"),
    ],
)
def test_windows_of_one_date_merge(rules: list[str], windows: list[tuple[str, str]]) -> None:
    schedule = make_schedule(*map(make_rule, rules))
    expected = [(at(f"{MONDAY} {opens}"), at(f"{MONDAY} {closes}")) for opens, closes in windows]
    assert schedule.windows == tuple(Window(opens, opens, closes, closes) for opens, closes in expected)


def test_a_start_in_the_windows_of_two_dates_is_counted_from_the_earlier() -> None:
    rules = [make_rule("20:10-02:00", 1), make_rule("01:00-05:00", 2)]
    evening, morning = make_schedule(*rules, to_on=MONDAY + timedelta(days=1)).windows
    assert evening == Window(
        opens_at=at("2027-06-07 20:10"),
        starts_from=at("2027-06-07 20:10"),
        starts_until=at("2027-06-08 02:00"),
        closes_at=at("2027-06-08 05:00"),
    )
    assert morning == Window(
        opens_at=at("2027-06-08 01:00"),
        starts_from=at("2027-06-08 02:00"),
        starts_until=at("2027-06-08 05:00"),
        closes_at=at("2027-06-08 05:00"),
    )


def test_a_window_swallowed_by_the_evening_before_has_no_starts() -> None:
    rules = [make_rule("20:00-08:00", 1), make_rule("02:00-06:00", 2)]
    assert len(make_schedule(*rules, to_on=MONDAY + timedelta(days=1)).windows) == 1


def test_a_later_window_moved_behind_an_earlier_ones_opening_keeps_what_the_other_leaves() -> None:
    """Nuuk's gap lies before midnight: Saturday's 23:30 moves to Sunday 00:30, into Sunday's own window."""
    rules = [make_rule("23:30-01:00", 6), make_rule("00:00-03:00", 7)]
    schedule = make_schedule(*rules, zone="America/Nuuk", on=date(2027, 3, 28))
    sunday_opens, saturday_opens = at("2027-03-28 01:00"), at("2027-03-28 01:30")
    assert [(window.opens_at, window.starts_from) for window in schedule.windows] == [
        (sunday_opens, sunday_opens),
        (saturday_opens, saturday_opens),
        (sunday_opens, at("2027-03-28 02:00")),
    ]
    assert {window.closes_at for window in schedule.windows} == {at("2027-03-28 04:00")}


def test_a_window_that_a_gap_carries_over_a_second_midnight_still_counts() -> None:
    """Nuuk again: Friday's window closes on Saturday at 23:30, which is Sunday 00:30, and swallows Saturday's."""
    rules = [make_rule("23:45-23:30", 5), make_rule("10:00-12:00", 6), make_rule("00:00-03:00", 7)]
    schedule = make_schedule(*rules, zone="America/Nuuk", on=date(2027, 3, 28))
    assert working(schedule) == [
        (at("2027-03-27 01:45"), at("2027-03-28 01:30")),
        (at("2027-03-28 01:30"), at("2027-03-28 04:00")),
    ]


def test_hours_without_end_reach_a_day_beyond_each_window_whatever_is_asked() -> None:
    rules = [make_rule("00:00-24:00", weekday) for weekday in EVERY_DAY]
    days = [MONDAY + timedelta(days=day) for day in range(7)]
    week = make_schedule(*rules, on=days[0], to_on=days[-1])
    assert week.windows == tuple(window for on in days for window in make_schedule(*rules, on=on).windows)
    assert [window.closes_at - window.starts_until for window in week.windows] == [86_400] * 7


@pytest.mark.parametrize(
    ("on", "found"),
    [
        pytest.param(date(2027, 6, 6), 0, id="the day before"),
        pytest.param(date(2027, 6, 7), 1, id="the evening"),
        pytest.param(date(2027, 6, 8), 1, id="the morning after"),
        pytest.param(date(2027, 6, 9), 0, id="the day after"),
    ],
)
def test_a_night_belongs_to_both_its_dates(on: date, found: int) -> None:
    assert len(make_schedule(make_rule("22:00-06:00", 1), on=on).windows) == found


@pytest.mark.parametrize(
    ("limits", "first_days"),
    [
        pytest.param({}, [7, 14, 21, 28], id="every week"),
        pytest.param({"valid_from": date(2027, 6, 14)}, [14, 21, 28], id="from its first date"),
        pytest.param({"valid_from": date(2027, 6, 15)}, [21, 28], id="from the next weekday"),
        pytest.param({"valid_until": date(2027, 6, 14)}, [7, 14], id="to its last date"),
        pytest.param({"valid_until": date(2027, 6, 13)}, [7], id="to the date before"),
        pytest.param({"every_weeks": 2, "valid_from": date(2027, 6, 7)}, [7, 21], id="fortnightly"),
        pytest.param({"every_weeks": 2, "valid_from": date(2027, 6, 13)}, [21], id="counted from the ISO week"),
        pytest.param({"every_weeks": 2, "valid_from": date(2027, 6, 14)}, [14, 28], id="the other fortnight"),
        pytest.param({"every_weeks": 3, "valid_from": date(2025, 12, 29)}, [7, 28], id="over a year of 53 weeks"),
    ],
)
def test_which_mondays(limits: dict[str, Any], first_days: list[int]) -> None:
    schedule = make_schedule(make_rule("09:00-17:00", **limits), on=date(2027, 6, 1), to_on=date(2027, 6, 30))
    assert [window.opens_at for window in schedule.windows] == [at(f"2027-06-{day:02} 09:00") for day in first_days]


SUNDAY, TUESDAY, WEDNESDAY = (MONDAY + timedelta(days=days) for days in (-1, 1, 2))


@pytest.mark.parametrize(
    ("overrides", "opens"),
    [
        pytest.param([], ["07 09:00", "08 09:00", "09 09:00"], id="none"),
        pytest.param([make_override(TUESDAY)], ["07 09:00", "09 09:00"], id="closed"),
        pytest.param([make_override(TUESDAY, "10:10-11:00")], ["07 09:00", "08 10:10", "09 09:00"], id="other hours"),
        pytest.param([make_override(MONDAY, "22:00-10:00")], ["07 22:00", "08 09:00", "09 09:00"], id="over midnight"),
        pytest.param(
            [make_override(SUNDAY, "22:00-02:00")], ["06 22:00", "07 09:00", "08 09:00", "09 09:00"], id="the evening before"
        ),
    ],
)
def test_an_override_replaces_the_hours_of_its_date(overrides: list[Override], opens: list[str]) -> None:
    rules = [make_rule("09:00-17:00", weekday) for weekday in EVERY_DAY]
    schedule = make_schedule(*rules, to_on=WEDNESDAY, overrides=tuple(overrides))
    assert [window.opens_at for window in schedule.windows] == [at(f"2027-06-{wall}") for wall in opens]


@pytest.mark.parametrize(
    ("closure", "shut"),
    [
        pytest.param(Closure(TUESDAY, TUESDAY), [("08 06:00", "09 06:00")], id="after the evening's tail, with its own"),
        pytest.param(Closure(MONDAY, TUESDAY), [("07 06:00", "09 06:00")], id="two dates"),
        pytest.param(Closure(TUESDAY, TUESDAY, 0, 23 * 60), [("08 06:00", "08 23:00")], id="until an hour before midnight"),
        pytest.param(Closure(TUESDAY, TUESDAY, 23 * 60), [("08 23:00", "09 00:00")], id="the last hour"),
        pytest.param(Closure(TUESDAY, TUESDAY, 3 * 60, 5 * 60), [], id="hours of the evening before"),
    ],
)
def test_what_closures_shut(closure: Closure, shut: list[tuple[str, str]]) -> None:
    """Every night is worked; a night is its evening's."""
    rules = [make_rule("22:00-06:00", weekday) for weekday in EVERY_DAY]
    schedule = make_schedule(*rules, to_on=WEDNESDAY, closures=(closure,))
    assert schedule.shut == tuple((at(f"2027-06-{begins}"), at(f"2027-06-{ends}")) for begins, ends in shut)
    assert schedule.windows == make_schedule(*rules, to_on=WEDNESDAY).windows


def test_the_next_dates_own_hours_stay() -> None:
    """Of the night from Tuesday, which is shut, Wednesday works what lies after 04:00."""
    rules = [make_rule("22:00-06:00", 2), make_rule("04:00-08:00", 3)]
    schedule = make_schedule(*rules, to_on=WEDNESDAY, closures=(Closure(TUESDAY, TUESDAY),))
    assert schedule.shut == ((at("2027-06-08 00:00"), at("2027-06-09 04:00")),)


def test_closures_in_a_row_shut_to_the_end_of_the_last() -> None:
    closures = (Closure(MONDAY, date(2027, 6, 20)), Closure(date(2027, 6, 21), date(2027, 6, 30)))
    assert make_schedule(closures=closures).shut == ((at("2027-06-07 00:00"), at("2027-07-01 00:00")),)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"weekday": 0}, id="weekday 0"),
        pytest.param({"weekday": 8}, id="weekday 8"),
        pytest.param({"ends": 540}, id="equal ends"),
        pytest.param({"starts": 1440}, id="starts at 24:00"),
        pytest.param({"starts": -1}, id="starts before 00:00"),
        pytest.param({"ends": 1441}, id="ends after 24:00"),
        pytest.param({"every_weeks": 0}, id="every 0 weeks"),
        pytest.param({"every_weeks": 2}, id="every other week since nobody knows when"),
    ],
)
def test_what_cannot_be_a_rule(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"weekday|hours|weeks"):
        WeeklyRule(**{"weekday": 1, "starts": 540, "ends": 1020} | fields)


def test_what_cannot_be_an_override_or_a_closure() -> None:
    for windows in ([(540, 540)], [(1440, 60)], [(0, 1441)], [(540, 600), (-1, 60)]):
        with pytest.raises(ValueError, match="hours"):
            Override(MONDAY, tuple(windows))
    for dates, minutes in (((TUESDAY, MONDAY), (0, 1440)), ((MONDAY, MONDAY), (540, 540)), ((MONDAY, TUESDAY), (1320, 60))):
        with pytest.raises(ValueError, match="closure"):
            Closure(*dates, *minutes)
