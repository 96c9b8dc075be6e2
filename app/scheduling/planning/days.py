"""When a patient can come: the free starts of practitioners, as options for the sessions of a course, by practitioner and day.

Dates and times of day are those of the location. Of the starts of one day only the best is worked out before somebody asks for the others, straight
from the bitmask: a question of months holds thousands of starts, and a plan a dozen.
"""

from collections.abc import Iterator, Sequence
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


class _Stretch(NamedTuple):
    """Of a date on which somebody can come: from when to when (excluded) a session may start. `wished_at`: the instant of the wished time of day, if
    there is one; `even`: the day has no change of the clocks, so that instants are as far apart as times of day."""

    from_at: int
    to_at: int
    day: int
    wished_at: int | None
    even: bool


_Part = tuple[Source, Opening, _Stretch]
"""Some starts of one source on one day."""


class Day:
    """The options of one practitioner on one day, the best first: by minutes away, start, location. Worked out one by one as they are asked for, as
    there are many, of which hardly more than the first counts."""

    __slots__ = ("_found", "_left", "_wished")

    def __init__(self, wished: int | None, part: _Part) -> None:
        self._wished = wished
        self._found: list[Option] = []
        self._left = [part]

    def take(self, part: _Part) -> None:
        self._left.append(part)

    def __getitem__(self, index: int) -> Option:
        while len(self._found) <= index:
            self._found.append(self._next())
        return self._found[index]

    def __len__(self) -> int:
        return len(self._found) + sum(opening.mask.bit_count() for _, opening, _ in self._left)

    def __iter__(self) -> Iterator[Option]:
        left = [_option(part, start, self._away(part, start)) for part in self._left for start in part[1].starts()]
        self._found += sorted(left, key=rank)
        self._left = []
        return iter(self._found)

    def _next(self) -> Option:
        """The best of those that are left."""
        if not self._left:
            raise IndexError
        ranks = [self._nearest(part) for part in self._left]
        best = min(ranks)
        at = ranks.index(best)
        away, start, _ = best
        part = source, (first, step, mask), stretch = self._left[at]
        self._left[at] = source, Opening(first, step, mask ^ 1 << (start - first) // step), stretch
        if not self._left[at][1].mask:
            del self._left[at]
        return _option(part, start, away)

    def _nearest(self, part: _Part) -> tuple[int, int, int]:
        """By minutes away, start and location the first."""
        source, (first, step, mask), (_, _, _, wished_at, even) = part
        if wished_at is None:
            return 0, first + step * _lowest(mask), source.where
        if not even:
            return min((self._away(part, start), start, source.where) for start in part[1].starts())
        until = max((wished_at - first) // step + 1, 0)
        after = mask >> until
        earlier = first + step * ((mask ^ after << until).bit_length() - 1)
        later = first + step * (until + _lowest(after))
        if not after or (earlier >= first and (wished_at - earlier) // 60 <= (later - wished_at) // 60):
            return (wished_at - earlier) // 60, earlier, source.where
        return (later - wished_at) // 60, later, source.where

    def _away(self, part: _Part, start: int) -> int:
        source, _, (_, _, _, wished_at, even) = part
        if wished_at is None or self._wished is None:
            return 0
        return abs(start - wished_at) // 60 if even else abs(minute_of_day(source.zone, start) - self._wished)


def _option(part: _Part, start: int, away: int) -> Option:
    source, _, stretch = part
    footprint = source.footprint
    (busy_from, busy_until), end = footprint.place, start + footprint.duration
    return Option(stretch.day, source.who, source.where, start, end, start + busy_from, start + busy_until, away)


def choices(sources: Sequence[Source], when: When) -> dict[int, dict[int, Day]]:
    """By practitioner and day (the date's ordinal); only those with an option."""
    found: dict[int, dict[int, Day]] = {}
    stretches: dict[tuple[str, int], list[_Stretch]] = {}
    for source in sources:
        key = source.zone, source.footprint.duration
        if key not in stretches:
            stretches[key] = _stretches(*key, when, [one.openings for one in sources if one.openings and one.zone == source.zone])
        days = found.setdefault(source.who, {})
        for stretch, opening in _by_stretch(stretches[key], source.openings):
            part = source, opening, stretch
            if stretch.day in days:
                days[stretch.day].take(part)
            else:
                days[stretch.day] = Day(when.wished, part)
    return {who: days for who, days in found.items() if days}


def _stretches(zone: str, duration: int, when: When, openings: Sequence[Sequence[Opening]]) -> list[_Stretch]:
    """Of all dates on which there is an opening, ascending and disjoint."""
    if not openings:
        return []
    on = max(local_date(zone, min(some[0].first for some in openings)), when.earliest_on)
    until = min(local_date(zone, max(some[-1].last for some in openings)), when.latest_on)
    found = []
    while on <= until:
        if spans := when.starts(zone, on, duration):
            even = midnight(zone, on + ONE_DAY) - midnight(zone, on) == DAY_SECONDS
            wished_at = None if when.wished is None else instant(zone, on, when.wished)
            found += [_Stretch(from_at, to_at, on.toordinal(), wished_at, even) for from_at, to_at in spans]
        on += ONE_DAY
    return found


def _by_stretch(stretches: Sequence[_Stretch], openings: Sequence[Opening]) -> Iterator[tuple[_Stretch, Opening]]:
    """The starts in each of the stretches. Both ascend, so that they are gone through once, side by side."""
    passed, count = 0, len(stretches)
    for opening in openings:
        first, last = opening.first, opening.last
        while passed < count and stretches[passed].to_at <= first:
            passed += 1
        at = passed
        while at < count and stretches[at].from_at <= last:
            stretch = stretches[at]
            if stretch.from_at <= first and last < stretch.to_at:
                yield stretch, opening
            else:
                for left in within([opening], stretch.from_at, stretch.to_at):
                    yield stretch, left
            at += 1


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def rank(option: Option) -> tuple[int, int, int]:
    """By which the options of one practitioner and day are sorted."""
    return option.minutes_away, option.starts_at, option.where


def minute_of_day(zone: str, at: int) -> int:
    wall = datetime.fromtimestamp(at, ZoneInfo(zone))
    return wall.hour * 60 + wall.minute
