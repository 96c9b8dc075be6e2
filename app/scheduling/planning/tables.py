"""The least cost of coming to each practitioner on each day with a session, worked out session by session."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import add

from app.scheduling.planning.costs import Costs
from app.scheduling.planning.values import Choices, Gap, Options, Task, TooLargeError

# Days of practitioners, each with what may come before. A usual course needs some ten thousand; so many take a second or two.
COMPARED_MAX = 1_500_000
# Where no more than one day in so many is asked for, each by itself is faster than all at once.
FEW = 3


class Layer:
    """Coming to one session, so many left out before it and so many changes made: the least cost by practitioner and day, from day `low` on;
    `Costs.never` where that cannot be. `anybody` is the least of all practitioners by day."""

    def __init__(self, low: int, columns: Mapping[int, list[int]]) -> None:
        self.low, self.columns = low, columns
        self.anybody = [min(costs) for costs in zip(*columns.values(), strict=True)]

    def least(self, who: int, day: int) -> int:
        return self.columns[who][day - self.low]


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
        self._spans = [_span(choices) for choices in task.choices]
        self._layers: dict[tuple[int, int, int], Layer] = {}
        self._befores: dict[tuple[int, int, int], Sequence[Before]] = {}
        self._parts: dict[int, Sequence[tuple[int, int, tuple[int, int, int]]]] = {}
        self._best: dict[int, Mapping[int, list[int]]] = {}
        self.limited = task.max_changes is not None and task.max_changes < len(task.gaps) - 1
        self.most_changes = task.max_changes or 0 if self.limited else 0

    def options(self, number: int, who: int, day: int) -> Options:
        """The cheapest first: where the session is already, if that is one of them."""
        options = self.task.choices[number][who][day]
        present = self.task.present[number] if self.task.present else None
        if present is None or (present.who, present.day) != (who, day) or present == options[0] or present not in options:
            return options
        return [present, *(one for one in options if one != present)]

    def best(self, number: int) -> Mapping[int, list[int]]:
        """What the best option of a session costs by itself, by practitioner and day."""
        if number not in self._best:
            choices, present = self.task.choices[number], self.task.present[number] if self.task.present else None
            low, width = self._spans[number]
            moved = 0 if present is None else self.costs.moved
            found = {who: [self.costs.never] * width for who in choices}
            for who, day, parts in self._parts_of(choices):
                found[who][day - low] = self.costs.placed(number, *parts) + moved
            if present is not None and present.day in choices.get(present.who, ()):
                first = self.options(number, present.who, present.day)[0]
                found[present.who][present.day - low] = self.costs.session(number, first)
            self._best[number] = found
        return self._best[number]

    def _parts_of(self, choices: Choices) -> Sequence[tuple[int, int, tuple[int, int, int]]]:
        """Practitioner, day and parts of the cost of each best option; once for all sessions that have the same choices."""
        if id(choices) not in self._parts:
            self._parts[id(choices)] = [
                (who, day, self.costs.parts(options[0])) for who, days in choices.items() for day, options in days.items()
            ]
        return self._parts[id(choices)]

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
        best, (low, width) = self.best(number), self._spans[number]
        columns = {who: [self.costs.never] * width for who in best}
        if left_out == number and not changes:
            firsts = [self.first(number, day) for day in range(low, low + width)]
            columns = dict.fromkeys(best, firsts)
        for before in self.befores(number, left_out, changes):
            columns = self._reached(number, columns, before)
        return Layer(low, {who: list(map(add, came, best[who])) for who, came in columns.items()})

    def _reached(self, number: int, columns: Mapping[int, list[int]], before: Before) -> dict[int, list[int]]:
        """Also from the session before: with the same practitioner, or from whoever came at the least cost, with a change."""
        low, width = self._spans[number]
        self.compared += len(columns) * width
        if self.compared > self._compared_max:
            raise TooLargeError
        crossing = _Crossing(self.costs, before, low, width)
        choices = self.task.choices[number]
        anywhen = {day - low for days in choices.values() for day in days}
        others = crossing.across(before.other.anybody if before.other else [], self.costs.change, anywhen)
        found = {}
        for who, column in columns.items():
            same = crossing.across(before.same.columns.get(who, []), 0, [day - low for day in choices[who]])
            found[who] = list(map(min, column, others, same))
        return found


class _Crossing:
    """The gap from one session to another, for all days of a practitioner at once."""

    def __init__(self, costs: Costs, before: Before, low: int, width: int) -> None:
        self._never, self._width = costs.never, width
        target, least, most = before.gap
        count = len(before.same.anybody)
        # On the first of the days, the one before is so many days from the first of its own.
        behind = low - before.same.low
        gaps = range(min(most, behind + width - 1), max(least, behind - count + 1) - 1, -1)
        # The longest first, as its days come first.
        self._deviations = [(abs(gap - target) << costs.deviation) + before.left_out for gap in gaps]
        self._left, self._at = (max(gaps[0] - behind, 0), max(behind - gaps[0], 0)) if gaps else (0, 0)
        self._right = max(behind - gaps[-1] + width - count, 0) if gaps else 0

    def across(self, column: Sequence[int], more: int, indexes: Collection[int]) -> Sequence[int]:
        """The least cost of coming from any day within the gap, at least on those of the days; where they are few, on no others."""
        never, width, deviations, first = self._never, self._width, self._deviations, self._at
        if not column or not deviations:
            return [never] * width
        padded = [*[never] * self._left, *column, *[never] * self._right]
        if len(indexes) * FEW < width:
            least, count = [never] * width, len(deviations)
            for index in indexes:
                least[index] = min(map(add, padded[first + index : first + index + count], deviations)) + more
            return least
        came = [map(add, padded[at : at + width], repeat(cost + more)) for at, cost in enumerate(deviations, first)]
        return list(came[0]) if len(came) == 1 else list(map(min, *came))


def _span(choices: Choices) -> tuple[int, int]:
    """The first day on which there is anything, and how many there are to the last."""
    firsts, lasts = [min(days) for days in choices.values() if days], [max(days) for days in choices.values() if days]
    return min(firsts, default=0), max(lasts, default=-1) - min(firsts, default=0) + 1
