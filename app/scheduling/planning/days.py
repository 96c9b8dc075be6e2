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

    __slots__ = ("_found", "_last", "_left", "_wished")

    def __init__(self, wished: int | None, parts: list[_Part]) -> None:
        self._wished, self._left = wished, parts
        self._found: tuple[Option, ...] = ()  # of most days one at most
        self._last: int | None = None  # the part of the last one found, which is still among what is left

    def __getitem__(self, index: int) -> Option:
        while len(self._found) <= index:
            self._drop_last()
            self._found = (*self._found, self._next())
        return self._found[index]

    def __len__(self) -> int:
        self._drop_last()
        return len(self._found) + sum(opening.mask.bit_count() for _, opening, _ in self._left)

    def __iter__(self) -> Iterator[Option]:
        self._drop_last()
        left = [_option(part, start, self._away(part, start)) for part in self._left for start in part[1].starts()]
        self._found, self._left = (*self._found, *sorted(left, key=rank)), []
        return iter(self._found)

    def _drop_last(self) -> None:
        """Not before more is asked for, which of most days it never is."""
        if self._last is None:
            return
        source, (first, step, mask), stretch = self._left[self._last]
        mask ^= 1 << (self._found[-1].starts_at - first) // step
        self._left[self._last] = source, Opening(first, step, mask), stretch
        if not mask:
            del self._left[self._last]
        self._last = None

    def _next(self) -> Option:
        """The best of those that are left."""
        if not self._left:
            raise IndexError
        best, self._last = self._nearest(self._left[0]), 0
        for at in range(1, len(self._left)):
            nearest = self._nearest(self._left[at])
            if nearest < best:
                best, self._last = nearest, at
        return _option(self._left[self._last], best[1], best[0])

    def _nearest(self, part: _Part) -> tuple[int, int, int]:
        """By minutes away, start and location the first."""
        source, (first, step, mask), (_, _, _, wished_at, even) = part
        if wished_at is None or (even and wished_at <= first):
            start = first + step * ((mask & -mask).bit_length() - 1)
            return 0 if wished_at is None else (start - wished_at) // 60, start, source.where
        if not even:
            return min((self._away(part, start), start, source.where) for start in part[1].starts())
        until = (wished_at - first) // step + 1
        after = mask >> until
        earlier = first + step * ((mask ^ after << until).bit_length() - 1)
        if not after:
            return (wished_at - earlier) // 60, earlier, source.where
        later = first + step * (until + (after & -after).bit_length() - 1)
        if earlier >= first and (wished_at - earlier) // 60 <= (later - wished_at) // 60:
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
    found: dict[int, dict[int, list[_Part]]] = {}
    for zone, duration, some in _alike(sources):
        from_on = max(local_date(zone, min(one.openings[0].first for one in some)), when.earliest_on)
        to_on = min(local_date(zone, max(one.openings[-1].last for one in some)), when.latest_on)
        stretches = _stretches(zone, duration, when, from_on, to_on)
        for source in some:
            _sort(source, stretches, found.setdefault(source.who, {}))
    by_who = {who: {day: Day(when.wished, parts) for day, parts in days.items() if parts} for who, days in found.items()}
    return {who: days for who, days in by_who.items() if days}


def _alike(sources: Iterable[Source]) -> Iterator[tuple[str, int, list[Source]]]:
    """Those with an opening, by zone and duration."""
    found: dict[tuple[str, int], list[Source]] = {}
    for one in sources:
        if one.openings:
            found.setdefault((one.zone, one.footprint.duration), []).append(one)
    return ((*key, some) for key, some in found.items())


def _stretches(zone: str, duration: int, when: When, from_on: date, to_on: date) -> Sequence[_Stretch]:
    """Of the dates from one to another, both included; ascending and disjoint."""
    found = []
    for number in range(from_on.toordinal(), to_on.toordinal() + 1):
        on = date.fromordinal(number)
        if spans := when.starts(zone, on, duration):
            even = midnight(zone, on + ONE_DAY) - midnight(zone, on) == DAY_SECONDS
            wished_at = None if when.wished is None else instant(zone, on, when.wished)
            found += [_Stretch(from_at, to_at, number, wished_at, even) for from_at, to_at in spans]
    return found


def _sort(source: Source, stretches: Sequence[_Stretch], into: dict[int, list[_Part]]) -> None:
    """Its starts by day. Openings and stretches ascend, so that both are gone through once, side by side."""
    passed, count = 0, len(stretches)
    for opening in source.openings:
        first, step, mask = opening
        last = first + step * (mask.bit_length() - 1)
        while passed < count and stretches[passed].to_at <= first:
            passed += 1
        at = passed
        while at < count and (stretch := stretches[at]).from_at <= last:
            of_day = into.setdefault(stretch.day, [])
            if stretch.from_at <= first and last < stretch.to_at:
                of_day.append((source, opening, stretch))
            else:
                of_day += [(source, left, stretch) for left in within([opening], stretch.from_at, stretch.to_at)]
            at += 1


def rank(option: Option) -> tuple[int, int, int]:
    """By which the options of one practitioner and day are sorted."""
    return option.minutes_away, option.starts_at, option.where


def minute_of_day(zone: str, at: int) -> int:
    wall = datetime.fromtimestamp(at, ZoneInfo(zone))
    return wall.hour * 60 + wall.minute
