"""Through a course from one end to the other, sets of days at a time, the cheapest first."""

import heapq
from bisect import bisect_right
from collections.abc import Sequence
from operator import lshift, rshift
from typing import Final, NamedTuple

from app.scheduling.planning.costs import CHANGE
from app.scheduling.planning.values import TooLargeError

# A usual course needs some hundreds, each of about a microsecond.
SHIFTS_MAX: Final = 50_000


class Session(NamedTuple):
    """The gap before it, by deviation and days; the cells (days of practitioners) it may have; what it costs by itself, and in which of them."""

    gap: Sequence[tuple[int, int]]
    cells: int
    costs: Sequence[tuple[int, int]]


class Sweep:
    """Comes to each cell once, at the least cost there is (its own not counted), and goes on from there.

    `before`: another sweep from the other end, and what both together may cost at most; then it goes backwards.
    `left`: by session, the cells that it went on from. `end`: the least cost of leaving the last session.
    """

    def __init__(
        self, sessions: Sequence[Session], everybody: int, stride: int, *, before: "tuple[Sweep, int] | None" = None
    ) -> None:
        self._sessions, self._everybody, self._stride = sessions, everybody, stride
        self._before = before
        count = len(sessions)
        self._numbers = range(count) if before is None else range(count - 1, -1, -1)
        self.end: int | None = None
        self.left = [0] * count
        self._levels: list[list[int]] = [[] for _ in sessions]
        self._came: list[list[int]] = [[] for _ in sessions]
        self._seen, self._seen_days = [0] * count, [0] * count
        self._heap: list[int] = []
        self._waiting: dict[int, dict[tuple[int, bool], int]] = {}
        self._shifts = 0

    def came(self, number: int, most: int) -> int:
        """The cells that it came to at no more than so much."""
        at = bisect_right(self._levels[number], most)
        return self._came[number][at - 1] if at else 0

    def offer(self, level: int, number: int, cells: int) -> None:
        """Cells to come to at some cost."""
        new = cells & self._sessions[number].cells & ~self._seen[number]
        if new:
            self._wait(level, number, new, changes=False)

    def run(self, most: int | None = None) -> None:
        """Up to some cost; without one, up to that at which the other end is reached first."""
        while self._heap:
            level = self._heap[0]
            limit = self.end if most is None else most
            if limit is not None and level > limit:
                return
            waiting = self._waiting[level]
            for number in self._numbers:
                if cells := waiting.get((number, True), 0):
                    self._change(level, number, cells)
                if cells := waiting.get((number, False), 0):
                    self._settle(level, number, cells)
            heapq.heappop(self._heap)
            del self._waiting[level]

    def _settle(self, level: int, number: int, cells: int) -> None:
        new = cells & ~self._seen[number]
        if not new:
            return
        self._seen[number] |= new
        self._levels[number].append(level)
        self._came[number].append(self._seen[number])
        for cost, where in self._sessions[number].costs:
            some = new & where
            if some and self._before is not None:
                before, most = self._before
                some &= before.came(number, most - level - cost)
            if some:
                self._leave(level + cost, number, some)

    def _leave(self, level: int, number: int, cells: int) -> None:
        self.left[number] |= cells
        if number == self._numbers[-1]:
            self.end = level if self.end is None else min(self.end, level)
            return
        following = number + self._numbers.step
        self._shift(level, following, cells)
        self._wait(level + CHANGE, following, cells, changes=True)

    def _change(self, level: int, number: int, cells: int) -> None:
        """To everybody, from whoever came."""
        days, one = 0, (1 << self._stride) - 1
        while cells:
            days |= cells & one
            cells >>= self._stride
        days &= ~self._seen_days[number]
        self._seen_days[number] |= days
        if days:
            self._shift(level, number, days * self._everybody)

    def _shift(self, level: int, number: int, cells: int) -> None:
        """Across the gap to a session."""
        shift, gap = (lshift, self._sessions[number].gap) if self._before is None else (rshift, self._sessions[number + 1].gap)
        self._shifts += len(gap)
        if self._shifts > SHIFTS_MAX:
            raise TooLargeError
        for deviation, days in gap:
            self.offer(level + deviation, number, shift(cells, days))

    def _wait(self, level: int, number: int, cells: int, *, changes: bool) -> None:
        if level not in self._waiting:
            self._waiting[level] = {}
            heapq.heappush(self._heap, level)
        waiting, key = self._waiting[level], (number, changes)
        waiting[key] = waiting.get(key, 0) | cells
