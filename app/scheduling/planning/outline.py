"""Complete plans in outline: by practitioners and days alone, whole sets of days at a time.

What counts most of a plan (moved, preference, changes, deviation) is seen in outline already; the rest, minutes and starts, decides between those
that are equal so far. So it is found out first which days of practitioners a plan can have that costs no more than the best does in outline. They are
few, and exact plans are looked for among them alone. That two sessions in a row may be in each other's way, and that changes may be limited, is not
looked at here: what is told is the least.

A set of days of practitioners is one whole number with a bit for each of them: a gap moves them all at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from app.scheduling.planning.costs import CHANGE, MOVED, PREFERENCE
from app.scheduling.planning.sweep import Session, Sweep
from app.scheduling.planning.values import Choices, Options, Task

# What a plan may cost more in outline, when those that cost less have all been told: days off the target, then a change.
WIDER: Final = (0, 1, 4, 16, CHANGE)


class Outline:
    """`least`: what a complete plan costs at least, None where there is none."""

    def __init__(self, task: Task) -> None:
        """Raises TooLargeError when there is more to compare than is worth it."""
        self._task = task
        days = [day for choices in task.choices for of_one in choices.values() for day in of_one]
        self._low, width = min(days, default=0), max(days, default=0) - min(days, default=0) + 1
        longest = min(max(gap.max_days for gap in task.gaps), width - 1)
        # After each practitioner's days there are some that nobody has, for what a gap moves beyond the last or the first one.
        self._stride, self._width = width + longest, width
        whos = sorted({who for choices in task.choices for who in choices})
        self._place = {who: at * self._stride for at, who in enumerate(whos)}
        self._cells = self._all_cells()
        sessions = [self._session(number, longest) for number in range(len(task.gaps))]
        everybody = sum(1 << at for at in self._place.values())
        self._sessions, self._everybody = sessions, everybody
        self._there = Sweep(sessions, everybody, self._stride)
        for index in range(width):
            self._there.offer(abs(self._low + index - task.earliest_day), 0, everybody << index)
        self._there.run()
        self.least = self._there.end

    def parts(self) -> Iterator[tuple[int, Task]]:
        """The task with only those days that a plan can have which costs at most so much in outline; then with more of them. None is told twice."""
        told: list[int] = []
        for more in WIDER if self.least is not None else ():
            most = (self.least or 0) + more
            cells = self._within(most)
            if cells != told:
                told = cells
                choices = [self._picked(number, some) for number, some in enumerate(cells)]
                yield most, replace(self._task, choices=choices, max_changes=self._most_changes(most))

    def _most_changes(self, most: int) -> int | None:
        """0 where none of the plans that cost so much or less has a change, else what the task says."""
        never = most < (self.least or 0) // CHANGE * CHANGE + CHANGE and (self.least or 0) % PREFERENCE < CHANGE
        return 0 if never else self._task.max_changes

    def _within(self, most: int) -> list[int]:
        """By session; backwards, through what can be come to at little enough cost."""
        self._there.run(most)
        back = Sweep(self._sessions, self._everybody, self._stride, before=(self._there, most))
        back.offer(0, len(self._sessions) - 1, self._cells[-1])
        back.run(most)
        return back.left

    def _all_cells(self) -> list[int]:
        found: dict[int, int] = {}
        for choices in self._task.choices:
            if id(choices) not in found:
                found[id(choices)] = sum(1 << self._place[who] + day - self._low for who, days in choices.items() for day in days)
        return [found[id(choices)] for choices in self._task.choices]

    def _session(self, number: int, longest: int) -> Session:
        gap = self._task.gaps[number]
        shifts = [(abs(days - gap.target_days), days) for days in range(gap.min_days, min(gap.max_days, longest) + 1)]
        return Session(shifts, self._cells[number], self._costs(number))

    def _costs(self, number: int) -> list[tuple[int, int]]:
        """What a session costs by itself, and the cells where it costs that."""
        task, cells, found = self._task, self._cells[number], dict[int, int]()
        present = task.present[number] if task.present else None
        moved = 0 if present is None else MOVED
        one = (1 << self._width) - 1
        for who, place in self._place.items():
            cost = task.preference[who] * PREFERENCE + moved
            found[cost] = found.get(cost, 0) | cells & one << place
        if present is not None and present in task.choices[number].get(present.who, {}).get(present.day, ()):
            stays = 1 << self._place[present.who] + present.day - self._low
            cost = task.preference[present.who] * PREFERENCE
            found = {each: some & ~stays for each, some in found.items()}
            found[cost] = found.get(cost, 0) | stays
        return [(cost, some) for cost, some in found.items() if some]

    def _picked(self, number: int, cells: int) -> Choices:
        choices = self._task.choices[number]
        if cells == self._cells[number]:
            return choices
        found: dict[int, Mapping[int, Options]] = {}
        for who, days in choices.items():
            if some := cells >> self._place[who] & (1 << self._width) - 1:
                found[who] = {self._low + at: days[self._low + at] for at in _bits(some)}
        return found


def _bits(some: int) -> Iterator[int]:
    while some:
        lowest = some & -some
        yield lowest.bit_length() - 1
        some ^= lowest
