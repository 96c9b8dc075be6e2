"""The least cost of coming to each practitioner on each day with a session, worked out session by session."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.scheduling.planning.costs import Costs
from app.scheduling.planning.crossing import Column, Crossing, lower
from app.scheduling.planning.values import Choices, Gap, Options, Task, TooLargeError

# Days of practitioners, each with what may come before. A usual course needs some hundreds; so many take some seconds.
COMPARED_MAX = 1_500_000


class Layer:
    """Coming to one session, so many left out before it and so many changes made: a column for each practitioner."""

    def __init__(self, columns: Mapping[int, Column]) -> None:
        self.columns = columns

    @cached_property
    def anybody(self) -> Column:
        found: Column = {}
        for column in self.columns.values():
            lower(found, column)
        return found


@dataclass(frozen=True, slots=True)
class Before:
    """What may come before a session: which one, in which layer, after which gap, at what cost for those between that are left out."""

    number: int
    gap: Gap
    same: Layer
    other: Layer | None
    left_out: int


class Tables:
    """The layers, made when they are first asked for: (session, left out before it, changes made)."""

    def __init__(self, task: Task, costs: Costs, compared_max: int = COMPARED_MAX) -> None:
        self.task, self.costs = task, costs
        self.compared, self._compared_max = 0, compared_max
        self._layers: dict[tuple[int, int, int], Layer] = {}
        self._befores: dict[tuple[int, int, int], Sequence[Before]] = {}
        self._parts: dict[int, tuple[int, int, int]] = {}
        self._best: dict[int, dict[int, Column]] = {}
        self._crossings: dict[Gap, Crossing] = {}
        self.limited = task.max_changes is not None and task.max_changes < len(task.gaps) - 1
        self.most_changes = task.max_changes or 0 if self.limited else 0

    def options(self, number: int, who: int, day: int) -> Options:
        """The cheapest first: where the session is already, if that is one of them."""
        options = self.task.choices[number][who][day]
        present = self.task.present[number] if self.task.present else None
        if present is None or (present.who, present.day) != (who, day) or present == options[0] or present not in options:
            return options
        return [present, *(one for one in options if one != present)]

    def best(self, number: int) -> Mapping[int, Column]:
        """What the best option of a session costs by itself, by practitioner and day."""
        if number not in self._best:
            choices, present = self.task.choices[number], self.task.present[number] if self.task.present else None
            found, parts_of = self._best.setdefault(number, {}), self._parts
            start_bits, id_bits = self.costs.places(number)
            moved = 0 if present is None else self.costs.moved
            for who, days in choices.items():
                column = found[who] = {}
                for day, options in days.items():
                    # The same options, which the task keeps, are often those of several sessions.
                    if (parts := parts_of.get(id(options))) is None:
                        parts = parts_of[id(options)] = self.costs.parts(options[0])
                    shared, starts_at, ids = parts
                    column[day] = shared + (starts_at << start_bits) + (ids << id_bits) + moved
            if present is not None and present.day in choices.get(present.who, ()):
                first = self.options(number, present.who, present.day)[0]
                found[present.who][present.day] = self.costs.session(number, first)
        return self._best[number]

    def befores(self, number: int, left_out: int, changes: int) -> Sequence[Before]:
        key = (number, left_out, changes)
        if key not in self._befores:
            self._befores[key] = list(self._found_before(*key))
        return self._befores[key]

    def _found_before(self, number: int, left_out: int, changes: int) -> Iterator[Before]:
        for between in range(min(left_out, number - 1) + 1):
            earlier = number - 1 - between
            if between and earlier + 1 in self.task.required:
                return
            gap = self.task.between(earlier, number)
            same = self.layer(earlier, left_out - between, changes)
            if not self.limited:
                other: Layer | None = same
            else:
                other = self.layer(earlier, left_out - between, changes - 1) if changes else None
            yield Before(earlier, gap, same, other, between * self.costs.left_out)

    def first(self, number: int, day: int) -> int:
        """The cost of being the first that is placed, on a day that leaves the sessions before it their least gaps."""
        if self.task.required and min(self.task.required) < number:
            return self.costs.never
        least = self.task.earliest_day + sum(gap.min_days for gap in self.task.gaps[1 : number + 1])
        return self.costs.never if number and day < least else self.costs.first(number, day)

    def layer(self, number: int, left_out: int, changes: int) -> Layer:
        key = (number, left_out, changes)
        if key not in self._layers:
            self._layers[key] = self._made(*key)
        return self._layers[key]

    def _made(self, number: int, left_out: int, changes: int) -> Layer:
        choices, came = self.task.choices[number], dict[int, Column]()
        if left_out == number and not changes:
            days = {day for of_one in choices.values() for day in of_one}
            firsts = {day: cost for day in days if (cost := self.first(number, day)) < self.costs.never}
            came = {who: {day: firsts[day] for day in of_one if day in firsts} for who, of_one in choices.items()}
        for before in self.befores(number, left_out, changes):
            self._come_from(before, choices, came)
        best = self.best(number)
        return Layer({who: {day: cost + best[who][day] for day, cost in column.items()} for who, column in came.items()})

    def _come_from(self, before: Before, choices: Choices, came: dict[int, Column]) -> None:
        """From the session before: with the same practitioner, or from whoever came at the least cost, with a change."""
        self.compared += sum(map(len, choices.values()))
        if self.compared > self._compared_max:
            raise TooLargeError
        if not any(before.same.columns.values()) and (before.other is None or not before.other.anybody):
            return
        if before.gap not in self._crossings:
            self._crossings[before.gap] = Crossing(before.gap, 1 << self.costs.deviation)
        cross, more = self._crossings[before.gap], before.left_out
        others: Column = {}
        if before.other is not None:
            others = cross(before.other.anybody, {day for days in choices.values() for day in days}, more + self.costs.change)
        for who, days in choices.items():
            found = cross(before.same.columns.get(who, {}), days, more)
            if others:
                lower(found, {day: others[day] for day in days if day in others})
            if who in came:
                lower(found, came[who])
            came[who] = found
