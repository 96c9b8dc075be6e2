"""Working hours: weekly rules, overrides and closures in wall time become windows of instants (T3–T6, T12)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from operator import attrgetter, itemgetter
from typing import NamedTuple

from app.scheduling.footprint import DURATION_MAX_MINUTES
from app.scheduling.intervals import Interval, containing, subtract, union
from app.scheduling.zones import DAY_MINUTES, instant, midnight

# A window ends on the date after its own, or where a gap moves that end over midnight, early on the next: it may hold a
# start two dates on. An appointment of 24 hours ends on the next date, or past the end of one that is shorter than that.
DAY = timedelta(days=1)
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
        _check(self.starts, self.ends)
        if self.every_weeks < 1 or (self.every_weeks > 1 and self.valid_from is None):
            raise ValueError("weeks are counted in steps of at least one, from the week of valid_from")

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


@dataclass(frozen=True, slots=True)
class Override:
    """Other hours on one date: these windows, `(starts, ends)` in minutes as in a weekly rule, and not the weekly ones. Closed if there are none.

    ValueError: minutes that a weekly rule would refuse.
    """

    on: date
    windows: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        for starts, ends in self.windows:
            _check(starts, ends)


@dataclass(frozen=True, slots=True)
class Closure:
    """The clinic is shut on the dates from `from_on` to `to_on`, both included: all day, or from one minute of each to another.

    What is shut is the windows of these dates. A window of the evening before, though it reaches into the first of them, is the evening's; and with a
    whole day goes the window that reaches from it into the next.
    """

    from_on: date
    to_on: date
    starts: int = 0
    ends: int = DAY_MINUTES

    def __post_init__(self) -> None:
        if not (0 <= self.starts < self.ends <= DAY_MINUTES and self.from_on <= self.to_on):
            raise ValueError("a closure ends after it starts, by 24:00 of the same date")

    @property
    def is_whole(self) -> bool:
        return (self.starts, self.ends) == (0, DAY_MINUTES)


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
    """The windows of one practitioner at one location; sorted by `starts_from`, their own starts disjoint. Closures take nothing from
    them, so that the grid stays (T5); `shut` are the instants that closures do take, sorted and disjoint.

    Two schedules are equal only if they are the same object, which makes them cheap keys.
    """

    zone: str
    windows: tuple[Window, ...]
    shut: tuple[Interval, ...] = ()


@lru_cache(maxsize=1024)
def schedule(
    rules: tuple[WeeklyRule, ...],
    zone: str,
    from_on: date,
    to_on: date,
    overrides: tuple[Override, ...] = (),
    closures: tuple[Closure, ...] = (),
) -> Schedule:
    """Every window in which something may start on the local dates from `from_on` to `to_on`, both included.

    `rules` and `overrides` are those of one practitioner at one location, in any order, one override a date; `closures` are the location's; `zone` is
    its zone. Overrides and closures must be known for two days before and after the dates. What is said about a start does not depend on the dates
    asked for, provided they include its own.
    """
    known = (from_on - DAYS_BEFORE, _last_date(to_on + DAYS_AFTER, closures))
    by_date = _windows_by_date(rules, overrides, zone, *known)
    windows_by_date = list(by_date.values())
    working = union(sorted(chain.from_iterable(windows_by_date)))
    first, last = midnight(zone, from_on), midnight(zone, to_on + DAY)
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
    shut = _shut(closures, by_date, zone, *known) if closures else ()
    return Schedule(zone, tuple(sorted(windows, key=itemgetter(1))), tuple(shut))


def _last_date(last: date, closures: Iterable[Closure]) -> date:
    """A closure that goes on, and one that follows upon it, says until when."""
    for closure in sorted(closures, key=attrgetter("from_on")):
        if closure.from_on <= last:
            last = max(last, closure.to_on + DAY)
    return last


def _windows_by_date(
    rules: Iterable[WeeklyRule], overrides: Iterable[Override], zone: str, from_on: date, to_on: date
) -> dict[date, list[Interval]]:
    """The windows that start on each date, those of one date merged. Dates ascend; each list is sorted and disjoint.

    What a gap turns into a window that closes before it opens vanishes in the union.
    """
    minutes: dict[date, list[tuple[int, int]]] = {}
    for rule in rules:
        for on in rule.dates(from_on, to_on):
            minutes.setdefault(on, []).append((rule.starts, rule.ends))
    minutes.update((override.on, list(override.windows)) for override in overrides if from_on <= override.on <= to_on)
    return {on: union(sorted(_instants(zone, on, *window) for window in minutes[on])) for on in sorted(minutes)}


def _instants(zone: str, on: date, starts: int, ends: int) -> Interval:
    """An end that is not after its start is on the next date (T4)."""
    return instant(zone, on, starts), instant(zone, on, ends if ends > starts else ends + DAY_MINUTES)


def _shut(
    closures: Iterable[Closure], windows: Mapping[date, Iterable[Interval]], zone: str, from_on: date, to_on: date
) -> list[Interval]:
    """What closures take from the windows of their dates, and whatever else of those dates no window of another date keeps."""
    taken: dict[date, list[Interval]] = {}
    for closure in closures:
        on = max(closure.from_on, from_on)
        while on <= min(closure.to_on, to_on):
            of_date = taken.setdefault(on, [])
            of_date.append(_instants(zone, on, closure.starts, closure.ends))
            if closure.is_whole:
                of_date.extend(windows.get(on, ()))
            on += DAY
    merged = {on: union(sorted(of_date)) for on, of_date in taken.items()}
    kept = union(sorted(left for on, todays in windows.items() for one in todays for left in subtract(one, merged.get(on, ()))))
    return [left for one in union(sorted(chain.from_iterable(merged.values()))) for left in subtract(one, kept)]


def _check(starts: int, ends: int) -> None:
    if not (0 <= starts < DAY_MINUTES and 0 <= ends <= DAY_MINUTES):
        raise ValueError("hours start before 24:00 and end by 24:00")
    if starts == ends:
        raise ValueError("hours that start and end at once: closed is the absence of hours")


def _week(on: date) -> int:
    """The ordinal of the ISO week: Mondays begin one."""
    return (on.toordinal() - 1) // 7
