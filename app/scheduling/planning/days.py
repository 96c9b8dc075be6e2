"""When a patient can come: the free starts of practitioners, as options for the sessions of a course, by practitioner and day.

Dates and times of day are those of the location. Of the starts of one day only the best is worked out before somebody asks for the others, straight
from the bitmask: a question of months holds thousands of starts, and a plan a dozen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.scheduling.footprint import Footprint
from app.scheduling.intervals import Interval, union
from app.scheduling.planning.values import Option
from app.scheduling.slots import Opening, within
from app.scheduling.zones import instant, local_date, midnight

DAY_SECONDS = 24 * 60 * 60
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class When:
    """When somebody can come. Dates are included; no weekdays (ISO, 1 is Monday) or windows: any. The whole session lies in one of the windows, from
    one minute of the day to another. `wished`: the minute of the day at which it should start."""

    earliest_on: date
    latest_on: date
    weekdays: frozenset[int] = frozenset()
    windows: tuple[tuple[int, int], ...] = ()
    away: tuple[tuple[date, date], ...] = ()
    wished: int | None = None

    def comes_on(self, on: date) -> bool:
        return (
            self.earliest_on <= on <= self.latest_on
            and (not self.weekdays or on.isoweekday() in self.weekdays)
            and not any(from_on <= on <= to_on for from_on, to_on in self.away)
        )

    def starts(self, zone: str, on: date, duration: int) -> list[Interval]:
        """The instants of a date at which a session of so many seconds may start: all, or those from which it ends within a window."""
        if not self.comes_on(on):
            return []
        if not self.windows:
            return [(midnight(zone, on), midnight(zone, on + ONE_DAY))]
        spans = [(instant(zone, on, starts), instant(zone, on, ends) - duration + 1) for starts, ends in self.windows]
        return union(spans)


@dataclass(frozen=True, slots=True)
class Source:
    """A practitioner's free starts at a location, ascending; both by number, as in `Option`."""

    who: int
    where: int
    zone: str
    footprint: Footprint
    openings: Sequence[Opening]


class _Part(NamedTuple):
    """Some starts of one source on one day. `wished_at`: the instant of the wished time of day, if there is one; `even`: the day has no change of the
    clocks, so that instants are as far apart as times of day."""

    source: Source
    opening: Opening
    wished_at: int | None
    even: bool


class Day:
    """The options of one practitioner on one day, the best first: by minutes away, start, location."""

    def __init__(self, day: int, wished: int | None) -> None:
        self._day, self._wished = day, wished
        self._parts: list[_Part] = []
        self._first: Option | None = None
        self._all: list[Option] | None = None

    def take(self, part: _Part) -> None:
        self._parts.append(part)

    def __getitem__(self, index: int) -> Option:
        if index == 0:
            if self._first is None:
                self._first = min(map(self._best, self._parts), key=rank)
            return self._first
        return self._every()[index]

    def __len__(self) -> int:
        return len(self._every())

    def __iter__(self) -> Iterator[Option]:
        return iter(self._every())

    def _every(self) -> list[Option]:
        if self._all is None:
            found = [self._option(part, start) for part in self._parts for start in part.opening.starts()]
            self._all = sorted(found, key=rank)
        return self._all

    def _best(self, part: _Part) -> Option:
        first, step, mask = part.opening
        if part.wished_at is None:
            return self._option(part, first + step * _lowest(mask))
        if not part.even:
            return min((self._option(part, start) for start in part.opening.starts()), key=rank)
        until = max((part.wished_at - first) // step + 1, 0)
        before, after = mask & ((1 << until) - 1), mask >> until
        nearest = [before.bit_length() - 1] if before else []
        nearest += [until + _lowest(after)] if after else []
        return min((self._option(part, first + step * bit) for bit in nearest), key=rank)

    def _option(self, part: _Part, start: int) -> Option:
        source = part.source
        busy_from, busy_until = source.footprint.place
        away = 0
        if part.wished_at is not None and self._wished is not None:
            away = abs(start - part.wished_at) // 60 if part.even else abs(minute_of_day(source.zone, start) - self._wished)
        end = start + source.footprint.duration
        return Option(self._day, source.who, source.where, start, end, start + busy_from, start + busy_until, away)


def choices(sources: Iterable[Source], when: When) -> dict[int, dict[int, Day]]:
    """By practitioner and day (the date's ordinal); only those with an option."""
    found: dict[int, dict[int, Day]] = {}
    for source in sources:
        days = found.setdefault(source.who, {})
        for on, opening in _by_date(source, when):
            even = midnight(source.zone, on + ONE_DAY) - midnight(source.zone, on) == DAY_SECONDS
            wished_at = None if when.wished is None else instant(source.zone, on, when.wished)
            day = on.toordinal()
            if day not in days:
                days[day] = Day(day, when.wished)
            days[day].take(_Part(source, opening, wished_at, even))
    return {who: days for who, days in found.items() if days}


def _by_date(source: Source, when: When) -> Iterator[tuple[date, Opening]]:
    """The starts from which the whole session lies in a window of a date on which somebody can come, date for date."""
    zone, duration = source.zone, source.footprint.duration
    on = None
    for opening in source.openings:
        if on is None or opening.first >= midnight(zone, on + ONE_DAY):
            on = local_date(zone, opening.first)
        while midnight(zone, on) <= opening.last:
            for from_at, to_at in when.starts(zone, on, duration):
                for left in within([opening], from_at, to_at):
                    yield on, left
            if midnight(zone, on + ONE_DAY) > opening.last:
                break
            on += ONE_DAY


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def rank(option: Option) -> tuple[int, int, int]:
    """By which the options of one practitioner and day are sorted."""
    return option.minutes_away, option.starts_at, option.where


def minute_of_day(zone: str, at: int) -> int:
    wall = datetime.fromtimestamp(at, ZoneInfo(zone))
    return wall.hour * 60 + wall.minute
