"""Small worlds to plan in, and the slow obvious planner: every combination, the allowed ones by their cost."""

import os
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from hypothesis import strategies as st

from app.scheduling.planning.values import Choices, Gap, Option, Task

WORLDS = int(os.environ.get("MERIDIAN_TESTS_WORLDS", "1000"))
FIRST_DAY = 100
DAY_SECONDS = 24 * 60 * 60
BUFFER_SECONDS = 600
# The last of a day and the second of the next touch.
MINUTES = (0, 35, 600, 720, 1425)
WISHED = 700

Sessions = tuple[Option | None, ...]
Key = tuple[object, ...]


def option(who: int, day: int, minute: int, where: int = 0) -> Option:
    start = day * DAY_SECONDS + minute * 60
    end = start + (2 if minute == 600 else 1) * 1800
    return Option(day, who, where, start, end, start - BUFFER_SECONDS, end + BUFFER_SECONDS, abs(minute - WISHED))


def grouped(options: Sequence[Option]) -> Choices:
    found: dict[int, dict[int, list[Option]]] = {}
    for one in sorted(set(options), key=lambda one: (one.minutes_away, one.starts_at, one.where)):
        found.setdefault(one.who, {}).setdefault(one.day, []).append(one)
    return found


def every(choices: Choices) -> list[Option]:
    return [one for days in choices.values() for options in days.values() for one in options]


def changes_of(options: Sequence[Option | None]) -> int:
    placed = [one.who for one in options if one is not None]
    return sum(one != other for one, other in pairwise(placed))


def worlds(*, kept: bool = True) -> st.SearchStrategy[Task]:
    whos = st.integers(0, 1)
    minutes, where = st.sampled_from(MINUTES), st.integers(0, 1)
    options = st.builds(option, whos, st.integers(FIRST_DAY, FIRST_DAY + 6), minutes, where)
    choices = st.lists(options, max_size=7).map(grouped)
    gaps = st.tuples(st.integers(1, 2), st.integers(0, 2), st.integers(0, 2)).map(
        lambda one: Gap(one[0] + min(one[1], one[2]), one[0], one[0] + one[2])
    )

    @st.composite
    def along(draw: st.DrawFn, between: Sequence[Gap]) -> list[Choices]:
        """There is one way through them, and little else."""
        day, found = FIRST_DAY + draw(st.integers(0, 2)), list[Choices]()
        for number, gap in enumerate(between):
            day += draw(st.integers(gap.min_days, gap.max_days)) if number else 0
            # Of what is equal otherwise the ids decide.
            who, minute, beside = draw(whos), draw(minutes), draw(st.sampled_from([(0, 1), (1, 0)]))
            twin = option((who + beside[0]) % 2, day, minute, beside[1])
            some = [option(who, day, minute), *draw(st.sampled_from([(), (twin,)])), *draw(st.lists(options, max_size=3))]
            found.append(grouped(some))
        return found

    @st.composite
    def world(draw: st.DrawFn) -> Task:
        size = draw(st.integers(1, 4))
        between = draw(st.lists(gaps, min_size=size, max_size=size))
        shared = draw(choices)
        each = [shared if draw(st.booleans()) else draw(choices) for _ in range(size)]
        if draw(st.booleans()):
            each = draw(along(between))
        present: tuple[Option | None, ...] = ()
        if kept and draw(st.booleans()):
            present = tuple(draw(st.sampled_from([None, *every(one), option(0, FIRST_DAY + 1, 720)])) for one in each)
        return Task(
            between,
            each,
            FIRST_DAY,
            draw(st.sampled_from([(0, 0), (0, 1), (1, 0)])),
            draw(st.sampled_from([None, None, 0, 1])),
            present,
            frozenset(draw(st.sets(st.integers(0, size - 1)))) if kept and draw(st.booleans()) else frozenset(),
        )

    return world()


def allowed(task: Task, sessions: Sessions) -> bool:
    if any(sessions[number] is None for number in task.required):
        return False
    placed = [number for number, one in enumerate(sessions) if one is not None]
    if placed and placed[0]:
        least = sum(gap.min_days for gap in task.gaps[1 : placed[0] + 1])
        if _of(sessions, placed[0]).day < task.earliest_day + least:
            return False
    changes = 0
    for earlier, later in pairwise(placed):
        one, other, gap = _of(sessions, earlier), _of(sessions, later), task.between(earlier, later)
        if not gap.min_days <= other.day - one.day <= gap.max_days or one.busy_until > other.busy_from:
            return False
        changes += one.who != other.who
    return task.max_changes is None or changes <= task.max_changes


def key(task: Task, sessions: Sessions) -> Key:
    """What counts first comes first."""
    placed = [number for number, one in enumerate(sessions) if one is not None]
    chosen = [_of(sessions, number) for number in placed]
    present = task.present or (None,) * len(sessions)
    moved = sum(before is not None and one is not None and one != before for before, one in zip(present, sessions, strict=True))
    if not placed:
        return (len(sessions),)
    wished = task.earliest_day + sum(gap.target_days for gap in task.gaps[1 : placed[0] + 1])
    deviation = abs(chosen[0].day - wished)
    for earlier, later in pairwise(placed):
        days = _of(sessions, later).day - _of(sessions, earlier).day
        deviation += abs(days - task.between(earlier, later).target_days)
    return (
        sessions.count(None),
        moved,
        sum(task.preference[one.who] for one in chosen),
        sum(one.who != other.who for one, other in pairwise(chosen)),
        deviation,
        sum(one.minutes_away for one in chosen),
        chosen[-1].ends_at,
        [0 if one is None else one.starts_at for one in sessions],
        [(-1, -1) if one is None else (one.who, one.where) for one in sessions],
    )


def plans_of(task: Task) -> list[Sessions]:
    """All that leave out as few sessions as need be, the best first."""
    found: Iterator[Sessions] = product(*([*every(choices), None] for choices in task.choices))
    ranked = sorted((key(task, sessions), sessions) for sessions in found if allowed(task, sessions))
    if not ranked:  # what is required cannot be had
        return [(None,) * len(task.gaps)]
    return [sessions for rank, sessions in ranked if rank[0] == ranked[0][0][0]]


def _of(sessions: Sessions, number: int) -> Option:
    found = sessions[number]
    assert found is not None
    return found
