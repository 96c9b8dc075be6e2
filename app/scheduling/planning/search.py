"""Plans, the best first."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import count, dropwhile, islice
from operator import attrgetter
from typing import NamedTuple

from app.scheduling.intervals import FOREVER
from app.scheduling.planning.costs import Costs
from app.scheduling.planning.outline import Outline
from app.scheduling.planning.tables import COMPARED_MAX, Tables
from app.scheduling.planning.values import Cost, Option, Options, Plan, Task, TooLargeError

# A plan takes a step for each of its sessions; more only where sessions of neighbouring days are in each other's way.
STEPS_MAX = 100_000


class _Step(NamedTuple):
    """A session as it was chosen, and those after it; `total` is what they all cost."""

    number: int
    option: Option
    total: int
    after: "_Step | None"


class _Branch(NamedTuple):
    """The options of one practitioner and day for the session before some step. `least`: what a whole plan costs at least with the first of them;
    `total`: what all costs but the session itself and whatever comes before it."""

    least: int
    total: int
    number: int
    left_out: int
    changes: int
    options: Options


def plans(task: Task) -> Iterator[Plan]:
    """The best first, and each of them once. All leave out as few sessions as need be, none if possible. There is always one.

    Raises TooLargeError when there is more to compare than is sensible.
    """
    size, told = len(task.gaps), 0
    if not size:
        yield Plan((), Cost(0, 0, 0, 0, 0, 0, 0))
        return
    try:
        outline = Outline(task)
        may_be_complete = outline.least is not None
        for plan in _among_few(outline):
            told += 1
            yield plan
    except TooLargeError:
        may_be_complete = True
    tables = Tables(task, Costs(task))
    for left_out in range(0 if may_be_complete else 1, size):
        for total, step in islice(_walk(tables, left_out, STEPS_MAX), told, None):
            told += 1
            yield _plan(tables, step, total)
        if told:
            return
    yield Plan((None,) * size, Cost(size, 0, 0, 0, 0, 0, 0))


def starts_differ(task: Task, plan: Plan) -> bool:
    """Whether one of the sessions could have a start of the same day that is worse, so that there surely is another plan, later in the order. For a
    task without present sessions."""
    placed = [(number, one) for number, one in enumerate(plan.sessions) if one is not None]
    if not placed:
        return False
    begins, ends = [-FOREVER, *(one.busy_until for _, one in placed[:-1])], [*(one.busy_from for _, one in placed[1:]), FOREVER]
    return any(
        begin <= other.busy_from and other.busy_until <= end
        for (number, one), begin, end in zip(placed, begins, ends, strict=True)
        for other in dropwhile(one.__ne__, task.choices[number][one.who][one.day])
        if other != one
    )


def _among_few(outline: Outline) -> Iterator[Plan]:
    """Complete ones, as long as there are some that cost little in outline. Raises TooLargeError when it is not worth it any more."""
    told, compared = 0, COMPARED_MAX // 4
    for most, task in outline.parts():
        costs = Costs(task)
        tables = Tables(task, costs, compared)
        for total, step in islice(_walk(tables, 0, STEPS_MAX // 16, below=most + 1 << costs.deviation), told, None):
            told += 1
            yield _plan(tables, step, total)
        compared -= tables.compared


class _Entry(NamedTuple):
    """The option of a branch that is next, and the branches, of which those after it wait for it. `least`: what a whole plan costs at least with it.
    Of equal ones that of the earliest session goes first, so that nothing is looked at beside the way to a plan that is the best."""

    least: int
    number: int
    serial: int
    branches: Sequence[_Branch]
    at: int
    chosen: int
    after: _Step | None
    is_exact: bool = True


class _Waiting:
    """What may be continued, the cheapest first: of some branches the one that is next, with the option of it that is next."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._serial = count()
        self._heap: list[_Entry] = []

    def offer(self, branches: Sequence[_Branch], after: _Step | None) -> None:
        """What may come before a step; last sessions, if there is none."""
        if branches:
            self._push(branches[0].least, branches, 0, 0, after)

    def offer_whole(self, total: int, step: _Step) -> None:
        heapq.heappush(self._heap, _Entry(total, -1, next(self._serial), (), 0, 0, step))

    def take(self, steps: int) -> Iterator[tuple[int, _Branch | None, _Step]]:
        """The cheapest step there is, and the branch that it is of; without one, it is the first of a whole plan that costs so much."""
        for _ in range(steps):
            if not self._heap:
                return
            least, _, _, branches, at, chosen, after, is_exact = heapq.heappop(self._heap)
            if not branches:
                if after is not None:
                    yield least, None, after
                continue
            branch = branches[at]
            if not is_exact:
                more = self._own(branch, chosen, after) - self._own(branch, chosen - 1, after)
                self._push(least + more, branches, at, chosen, after)
                continue
            if chosen == 0 and at + 1 < len(branches):
                self._push(branches[at + 1].least, branches, at + 1, 0, after)
            if chosen + 1 < len(branch.options):
                self._push(least, branches, at, chosen + 1, after, is_exact=False)
            option = branch.options[chosen]
            if after is None or option.busy_until <= after.option.busy_from:
                yield least, branch, _Step(branch.number, option, branch.total + self._own(branch, chosen, after), after)
        raise TooLargeError

    def _own(self, branch: _Branch, chosen: int, after: _Step | None) -> int:
        return self._costs.session(branch.number, branch.options[chosen], is_last=after is None)

    def _push(
        self, least: int, branches: Sequence[_Branch], at: int, chosen: int, after: _Step | None, *, is_exact: bool = True
    ) -> None:
        entry = _Entry(least, branches[at].number, next(self._serial), branches, at, chosen, after, is_exact)
        heapq.heappush(self._heap, entry)


def _walk(tables: Tables, left_out: int, steps: int, below: int | None = None) -> Iterator[tuple[int, _Step]]:
    """Those that leave out just so many, by their first session, as long as they cost less than `below`."""
    waiting, never = _Waiting(tables.costs), tables.costs.never
    waiting.offer(_ends(tables, left_out), None)
    for least, branch, step in waiting.take(steps):
        if below is not None and least >= below:
            return
        if branch is None:
            yield least, step
            continue
        if branch.left_out == branch.number and not branch.changes:
            came = tables.first(step.number, step.option.day)
            if came < never:
                waiting.offer_whole(step.total + came, step)
        waiting.offer(_branches(tables, step, branch.left_out, branch.changes), step)


def _ends(tables: Tables, left_out: int) -> list[_Branch]:
    """The last sessions that a plan may have."""
    found = []
    costs, last = tables.costs, len(tables.task.gaps) - 1
    for after in range(left_out + 1):
        number = last - after
        if after and number + 1 in tables.task.required:
            break
        for changes in range(tables.most_changes + 1):
            layer = tables.layer(number, left_out - after, changes)
            for who, column in layer.columns.items():
                for day, least in column.items():
                    options, total = tables.options(number, who, day), after * costs.left_out
                    end = costs.session(number, options[0], is_last=True) - costs.session(number, options[0])
                    found.append(_Branch(least + total + end, total, number, left_out - after, changes, options))
    return sorted(found, key=attrgetter("least"))


def _branches(tables: Tables, step: _Step, left_out: int, changes: int) -> list[_Branch]:
    """What may come before."""
    found = []
    option, costs = step.option, tables.costs
    for before in tables.befores(step.number, left_out, changes):
        skipped = left_out - (step.number - before.number - 1)
        # Whoever has the session itself may have come first with the one before, and so not be among those who came with a change less.
        for who in {option.who, *(before.other.columns if before.other else ())}:
            layer, made = (before.same, changes) if who == option.who else (before.other, changes - tables.limited)
            column = layer.columns.get(who, {}) if layer else {}
            edge = step.total + before.left_out + (0 if who == option.who else costs.change)
            for day in range(option.day - before.gap.max_days, option.day - before.gap.min_days + 1):
                if (least := column.get(day)) is not None:
                    total = edge + (abs(option.day - day - before.gap.target_days) << costs.deviation)
                    options = tables.options(before.number, who, day)
                    found.append(_Branch(total + least, total, before.number, skipped, made, options))
    return sorted(found, key=attrgetter("least"))


def _plan(tables: Tables, first: _Step, total: int) -> Plan:
    step: _Step | None = first
    sessions: list[Option | None] = [None] * len(tables.task.gaps)
    while step is not None:
        sessions[step.number] = step.option
        step = step.after
    return Plan(tuple(sessions), tables.costs.of(total, sessions))
