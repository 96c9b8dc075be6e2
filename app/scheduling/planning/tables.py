"""The least cost of coming to each practitioner on each day with a session, worked out session by session."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import add

from app.scheduling.planning.costs import NEVER, Costs
from app.scheduling.planning.values import Choices, Gap, Options, Task, TooLargeError

# Days of practitioners, each with what may come before. A usual course needs some ten thousand; so many take a second or two.
COMPARED_MAX = 1_500_000


class Layer:
    """Coming to one session, so many left out before it and so many changes made: the least cost by practitioner and day, NEVER where that cannot be.
    `anybody` is the least of all practitioners by day."""

    def __init__(self, width: int, columns: Mapping[int, list[int]]) -> None:
        self.columns = columns
        self.anybody = [min(costs) for costs in zip(*columns.values(), strict=True)] if columns else [NEVER] * width


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

    def __init__(self, task: Task, costs: Costs) -> None:
        self.task, self.costs = task, costs
        days = [day for choices in task.choices for of_one in choices.values() for day in of_one]
        self.low = min(days, default=0)
        self.width = max(days, default=0) - self.low + 1
        self._layers: dict[tuple[int, int, int], Layer] = {}
        self._parts: dict[int, Sequence[tuple[int, int, tuple[int, int, int]]]] = {}
        self._best: dict[int, Mapping[int, list[int]]] = {}
        self.limited = task.max_changes is not None and task.max_changes < len(task.gaps) - 1
        self.most_changes = task.max_changes or 0 if self.limited else 0
        self._compared = 0

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
            moved = 0 if present is None else self.costs.moved
            found = {who: [NEVER] * self.width for who in choices}
            for who, index, parts in self._parts_of(choices):
                found[who][index] = self.costs.placed(number, *parts) + moved
            if present is not None and present.day in choices.get(present.who, ()):
                first = self.options(number, present.who, present.day)[0]
                found[present.who][present.day - self.low] = self.costs.session(number, first)
            self._best[number] = found
        return self._best[number]

    def _parts_of(self, choices: Choices) -> Sequence[tuple[int, int, tuple[int, int, int]]]:
        """Practitioner, day and parts of the cost of each best option; once for all sessions that have the same choices."""
        if id(choices) not in self._parts:
            self._parts[id(choices)] = [
                (who, day - self.low, self.costs.parts(options[0]))
                for who, days in choices.items()
                for day, options in days.items()
            ]
        return self._parts[id(choices)]

    def befores(self, number: int, left_out: int, changes: int) -> Iterator[Before]:
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
            return NEVER
        least = self.task.earliest_day + sum(gap.min_days for gap in self.task.gaps[1 : number + 1])
        return NEVER if number and day < least else self.costs.first(number, day)

    def layer(self, number: int, left_out: int, changes: int) -> Layer:
        key = (number, left_out, changes)
        if key not in self._layers:
            self._layers[key] = self._made(*key)
        return self._layers[key]

    def _made(self, number: int, left_out: int, changes: int) -> Layer:
        best = self.best(number)
        columns = {who: [NEVER] * self.width for who in best}
        if left_out == number and not changes:
            for who, column in columns.items():
                for index, own in enumerate(best[who]):
                    if own < NEVER:
                        column[index] = own + self.first(number, self.low + index)
        for before in self.befores(number, left_out, changes):
            self._reach(number, columns, best, before)
        for column in columns.values():
            column[:] = [min(cost, NEVER) for cost in column]
        return Layer(self.width, columns)

    def _reach(self, number: int, columns: Mapping[int, list[int]], best: Mapping[int, list[int]], before: Before) -> None:
        """From the session before: with the same practitioner, or from whoever came at the least cost, with a change."""
        self._compared += len(columns) * self.width
        if self._compared > COMPARED_MAX:
            raise TooLargeError
        target, low, high = before.gap
        deviations = [(abs(gap - target) << self.costs.deviation) + before.left_out for gap in range(high, low - 1, -1)]
        others: list[int] = [NEVER] * self.width
        if before.other is not None:
            anybody = before.other.anybody
            others = [self._least(anybody, index, low, high, deviations) for index in range(self.width)]
        change = self.costs.change
        # Nothing comes sooner than the least gaps allow, from the first day of all on or the one that is asked for.
        least = sum(gap.min_days for gap in self.task.gaps[1 : number + 1])
        soonest = max(min(self.low, self.task.earliest_day) + least - self.low, 0)
        for who, column in columns.items():
            same = before.same.columns.get(who)
            for index, cost in enumerate(islice(best[who], soonest, None), soonest):
                if cost < NEVER:
                    came = others[index] + change
                    if same is not None:
                        came = min(came, self._least(same, index, low, high, deviations))
                    if came < NEVER:
                        column[index] = min(column[index], came + cost)

    @staticmethod
    def _least(costs: Sequence[int], index: int, low: int, high: int, deviations: Sequence[int]) -> int:
        begin, end = index - high, index - low + 1
        if begin >= 0:
            costs = costs[begin:end]
        elif end > 0:
            costs, deviations = costs[:end], deviations[-begin:]
        else:
            return NEVER
        least: int = min(map(add, costs, deviations))
        return least
