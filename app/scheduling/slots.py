"""What is free, and why the rest is not. Both answers come from the same `obstacles`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from app.scheduling.facts import Facts
from app.scheduling.hours import Schedule, Window
from app.scheduling.intervals import FOREVER, Interval, containing
from app.scheduling.obstacles import Code, closed, obstacles, passing, standing


class Opening(NamedTuple):
    """Free starts in one window: `first + i * step` is free where bit `i` of the mask is set. Step in seconds."""

    first: int
    step: int
    mask: int

    @property
    def last(self) -> int:
        """The last free start."""
        return self.first + self.step * (self.mask.bit_length() - 1)

    def starts(self) -> list[int]:
        """The free starts, ascending."""
        first, step = self.first, self.step
        return [first + step * bit for bit in bits(self.mask)]


_first = itemgetter(0)


class Reason(NamedTuple):
    """A rule that refuses a start, and the first later instant that it would not refuse, if that is known."""

    code: Code
    until: int | None = None


def openings(facts: Facts, from_at: int, to_at: int) -> Sequence[Opening]:
    """The free starts from `from_at` up to, but not at, `to_at`; windows without one are left out. Ascending, disjoint.

    `facts.schedule` must cover the local dates of the range.
    """
    return within(standing_openings(facts, from_at, to_at), *bookable_between(facts))


def standing_openings(facts: Facts, from_at: int, to_at: int) -> list[Opening]:
    """As `openings`, but for the rules that look at `now`, so that it stays true as time goes by."""
    grid = _grid(facts.schedule, facts.step_minutes * 60, facts.footprint.duration)
    masks = list(grid.masks)
    _clear(grid, masks, ((-FOREVER, from_at), (to_at, FOREVER)))
    for code, forbidden in standing(facts):
        if code is not Code.CLOSED:  # cleared when the grid was made
            _clear(grid, masks, forbidden)
    step = grid.step
    return [Opening(first, step, mask) for first, mask in zip(grid.firsts, masks, strict=True) if mask]


def bookable_between(facts: Facts) -> Interval:
    """The stretch of starts that the rules about `now` leave: past, notice, horizon."""
    begin, end = -FOREVER, FOREVER
    for _, forbidden in passing(facts):
        for start, stop in forbidden:
            begin, end = (max(begin, stop), end) if start == -FOREVER else (begin, min(end, start))
    return begin, end


def within(found: Sequence[Opening], from_at: int, to_at: int) -> Sequence[Opening]:
    """Only the starts from `from_at` up to, but not at, `to_at`. Ascending, disjoint in and out."""
    low = max(bisect_right(found, from_at, key=_first) - 1, 0)
    high = bisect_left(found, to_at, key=_first)
    if low >= high or ((low, high) == (0, len(found)) and found[0].first >= from_at and found[-1].last < to_at):
        return found[low:high]
    kept = list(found[low:high])
    kept[0] = _trimmed(kept[0], from_at, FOREVER)
    kept[-1] = _trimmed(kept[-1], -FOREVER, to_at)
    return [opening for opening in kept if opening.mask]


def _trimmed(opening: Opening, from_at: int, to_at: int) -> Opening:
    """`to_at` after the first."""
    first, step, mask = opening
    if first < from_at:
        low = -((first - from_at) // step)
        mask = mask >> low << low
    if mask and opening.last >= to_at:
        mask &= (1 << -((first - to_at) // step)) - 1
    return Opening(first, step, mask)


def starts(facts: Facts, from_at: int, to_at: int) -> list[int]:
    """The free starts from `from_at` up to, but not at, `to_at`, ascending. As `openings`, one by one."""
    return [start for opening in openings(facts, from_at, to_at) for start in opening.starts()]


def reasons(facts: Facts, start: int) -> tuple[Reason, ...]:
    """Everything that stands against the start, in the order of `Code`; nothing if it can be booked.

    `facts.schedule` must cover the local date of the start.
    """
    found: list[Reason] = []
    for code, forbidden in obstacles(facts):
        if code is Code.CLOSED and _off_grid(facts.schedule.windows, facts.step_minutes * 60, start):
            found.append(Reason(Code.GRID))
        stretch = containing(forbidden, start)
        if stretch is not None:
            found.append(Reason(code, None if stretch[1] == FOREVER else stretch[1]))
    return tuple(found)


@lru_cache(maxsize=1 << 12)
def bits(mask: int) -> tuple[int, ...]:
    """The positions of the bits that are set, ascending."""
    return tuple(position for position, bit in enumerate(reversed(f"{mask:b}")) if bit == "1")


class _Grid(NamedTuple):
    """The starts that the hours alone allow: for each window its first and its last one on the grid, and those of them from which the
    appointment ends in time."""

    step: int
    firsts: tuple[int, ...]
    lasts: tuple[int, ...]
    masks: tuple[int, ...]


@lru_cache(maxsize=1024)
def _grid(schedule: Schedule, step: int, duration: int) -> _Grid:
    firsts: list[int] = []
    counts: list[int] = []
    for window in schedule.windows:
        first = window.starts_from + (window.opens_at - window.starts_from) % step
        count = -((first - window.starts_until) // step)
        if count > 0:
            firsts.append(first)
            counts.append(count)
    masks = [(1 << count) - 1 for count in counts]
    lasts = [first + (count - 1) * step for first, count in zip(firsts, counts, strict=True)]
    grid = _Grid(step, tuple(firsts), tuple(lasts), tuple(masks))
    _clear(grid, masks, closed(schedule, duration))
    return grid._replace(masks=tuple(masks))


def _clear(grid: _Grid, masks: list[int], forbidden: Iterable[Interval]) -> None:
    """Clear the bits of the forbidden starts. Both windows and intervals ascend, so that they are gone through once, side by side."""
    step, firsts, lasts, _ = grid
    windows, passed = len(firsts), 0
    for begin, end in forbidden:
        at = passed = bisect_left(lasts, begin, passed)
        while at < windows and firsts[at] < end:
            first, mask = firsts[at], masks[at]
            kept = mask & ((1 << -((first - begin) // step)) - 1) if begin > first else 0
            if end <= lasts[at]:
                high = -((first - end) // step)
                kept |= mask >> high << high
            masks[at] = kept
            at += 1


def _off_grid(windows: Sequence[Window], step: int, start: int) -> bool:
    """Whether the start lies in a window, but not on the grid counted from its opening."""
    at = bisect_right(windows, start, key=lambda window: window.starts_from) - 1
    return at >= 0 and start < windows[at].starts_until and (start - windows[at].opens_at) % step != 0
