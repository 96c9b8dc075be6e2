"""Working hours: weekly rules in wall time become windows of instants (T3–T6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from app.scheduling.footprint import DURATION_MAX_MINUTES
from app.scheduling.intervals import Interval, containing, subtract, union
from app.scheduling.zones import DAY_MINUTES, instant, midnight

# A window ends on the date after its own, or where a gap moves that end over midnight, early on the next: it may hold a
# start two dates on. An appointment of 24 hours ends on the next date, or past the end of one that is shorter than that.
DAYS_BEFORE = timedelta(days=2)
DAYS_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class WeeklyRule:
    """Hours that return with the week, in wall time: the ISO weekday (1 is Monday) and two minutes of the day.

    starts       0 to 1,439
    ends         0 to 1,440; not after `starts`: on the next day (T4). Never equal to it
    valid_from, valid_until   first and last date on which a window may start
    every_weeks  counted from the ISO week of `valid_from`, which must then be given

    ValueError: anything else.
    """

    weekday: int
    starts: int
    ends: int
    valid_from: date | None = None
    valid_until: date | None = None
    every_weeks: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise ValueError("a weekday is a number from 1 to 7")
        if not (0 <= self.starts < DAY_MINUTES and 0 <= self.ends <= DAY_MINUTES):
            raise ValueError("hours start before 24:00 and end by 24:00")
        if self.starts == self.ends:
            raise ValueError("hours that start and end at once: closed is the absence of a rule")
        if self.every_weeks < 1 or (self.every_weeks > 1 and self.valid_from is None):
            raise ValueError("weeks are counted in steps of at least one, from the week of valid_from")

    @property
    def ends_minute(self) -> int:
        """Minutes from the midnight on which the starting day begins, up to 2,879."""
        return self.ends if self.ends > self.starts else self.ends + DAY_MINUTES

    def dates(self, from_on: date, to_on: date) -> Iterator[date]:
        """The dates from the first to the last given, both included, on which a window starts."""
        on = from_on if self.valid_from is None else max(from_on, self.valid_from)
        until = to_on if self.valid_until is None else min(to_on, self.valid_until)
        on += timedelta(days=(self.weekday - on.isoweekday()) % 7)
        if self.valid_from is not None:
            on += timedelta(weeks=(_week(self.valid_from) - _week(on)) % self.every_weeks)
        step = timedelta(weeks=self.every_weeks)
        while on <= until:
            yield on
            on += step


class Window(NamedTuple):
    """Instants between which a practitioner works, and the starts for which this window counts.

    opens_at      the grid counts from here (T5)
    starts_from, starts_until   these starts are its own; the others in it are counted from a window of an earlier date
    closes_at     the whole appointment ends by then (T6). Later than the window's own end where the next one overlaps
                  or touches it (T4), though never by more than an appointment may last
    """

    opens_at: int
    starts_from: int
    starts_until: int
    closes_at: int


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """The windows of one practitioner at one location; sorted by `starts_from`, their own starts disjoint.

    Two schedules are equal only if they are the same object, which makes them cheap keys.
    """

    zone: str
    windows: tuple[Window, ...]


@lru_cache(maxsize=256)
def schedule(rules: tuple[WeeklyRule, ...], zone: str, from_on: date, to_on: date) -> Schedule:
    """Every window in which something may start on the local dates from `from_on` to `to_on`, both included.

    `rules` are those of one practitioner at one location, in any order; `zone` is the location's. What is said about a
    start does not depend on the dates asked for, provided they include its own.
    """
    windows_by_date = _windows_by_date(rules, zone, from_on - DAYS_BEFORE, to_on + DAYS_AFTER)
    working = union(sorted(chain.from_iterable(windows_by_date)))
    first, last = midnight(zone, from_on), midnight(zone, to_on + timedelta(days=1))
    windows: list[Window] = []
    for index, todays in enumerate(windows_by_date):
        earlier = union(sorted(chain.from_iterable(windows_by_date[max(index - 2, 0) : index])))
        for opens_at, ends_at in todays:
            whole = containing(working, opens_at)
            assert whole is not None  # noqa: S101  it is part of the union
            for starts_from, starts_until in subtract((opens_at, ends_at), earlier):
                if starts_from < last and starts_until > first:
                    closes_at = min(whole[1], starts_until + DURATION_MAX_MINUTES * 60)
                    windows.append(Window(opens_at, starts_from, starts_until, closes_at))
    return Schedule(zone, tuple(sorted(windows, key=itemgetter(1))))


def _windows_by_date(rules: Iterable[WeeklyRule], zone: str, from_on: date, to_on: date) -> list[list[Interval]]:
    """The windows that start on each date, those of one date merged. Dates ascend; each list is sorted and disjoint.

    What a gap turns into a window that closes before it opens vanishes in the union.
    """
    found = [
        (on, instant(zone, on, rule.starts), instant(zone, on, rule.ends_minute))
        for rule in rules
        for on in rule.dates(from_on, to_on)
    ]
    found.sort()
    return [union((opens, closes) for _, opens, closes in of_date) for _, of_date in groupby(found, key=itemgetter(0))]


def _week(on: date) -> int:
    """The ordinal of the ISO week: Mondays begin one."""
    return (on.toordinal() - 1) // 7
