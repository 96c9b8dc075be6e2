"""What could be had instead of a session of a plan, against going through everything that is free."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.courses.answer import alternatives
from app.courses.planning import Planned
from app.scheduling.planning.days import When
from app.scheduling.planning.search import plans
from app.scheduling.planning.values import Gap, Option, Plan, Task
from tests.scheduling.plan_worlds import FIRST_DAY, WORLDS, changes_of, every, worlds

LAST_DAY = FIRST_DAY + 30
WHOS, WHERES = ([UUID(int=first + number) for number in range(2)] for first in (1, 11))


def bounds(task: Task, sessions: Sequence[Option | None], index: int) -> tuple[int, int]:
    """The first and the last day on which it may be, the others being where they are."""
    placed = [(number, one.day) for number, one in enumerate(sessions) if one is not None and number != index]
    lows, highs = [FIRST_DAY], [LAST_DAY]
    for number, day in [one for one in placed if one[0] < index][-1:] or [(0, FIRST_DAY)]:
        gap = task.between(number, index) if index else Gap(0, 0, 0)
        lows.append(day + gap.min_days)
        if (number, day) in placed:
            highs.append(day + gap.max_days)
    for number, day in [one for one in placed if one[0] > index][:1]:
        gap = task.between(index, number)
        lows.append(day - gap.max_days)
        highs.append(day - gap.min_days)
    return max(lows), min(highs)


def instead(task: Task, sessions: Sequence[Option | None], index: int) -> list[Option]:
    low, high = bounds(task, sessions, index)
    present = sessions[index]
    earlier = [one for one in sessions[:index] if one is not None]
    later = [one for one in sessions[index + 1 :] if one is not None]

    def changes(one: Option) -> int:
        return changes_of([*earlier, one, *later])

    def fits(one: Option) -> bool:
        if one == present or any(other.busy_until > one.busy_from for other in earlier):
            return False
        if any(one.busy_until > other.busy_from for other in later):
            return False
        if present is None:
            return True
        return low <= one.day <= high and (task.max_changes is None or changes(one) <= task.max_changes)

    def rank(one: Option) -> tuple[int, ...]:
        wished = low if present is None else present.day
        outside = max(low - one.day, one.day - high, 0)
        away = abs(one.day - wished)
        return outside, task.preference[one.who], changes(one), away, one.minutes_away, one.starts_at, one.who, one.where

    firsts = [options[0] for days in task.choices[index].values() for options in days.values() if fits(options[0])]
    some = firsts if len(firsts) >= 3 else [one for one in every(task.choices[index]) if fits(one)]
    return sorted(some, key=rank)[:3]


@settings(max_examples=WORLDS, deadline=None)
@given(worlds(kept=False), st.data())
def test_what_could_be_had_instead(task: Task, data: st.DataObject) -> None:
    """Of a session of the best plan, as it is or when it has lost its time."""
    plan = next(plans(task))
    index = data.draw(st.integers(0, len(task.gaps) - 1))
    assume(task.choices[index])
    earliest_on, latest_on = (date.fromordinal(day) for day in (FIRST_DAY, LAST_DAY))
    if data.draw(st.booleans()):
        sessions = [None if number == index else one for number, one in enumerate(plan.sessions)]
        plan = Plan(tuple(sessions), replace(plan.cost, changes=changes_of(sessions)))
    planned = Planned(plan, task, When(earliest_on, latest_on), [], {}, WHOS, WHERES, ["UTC", "UTC"], None)
    found = [(int(one.starts_at.timestamp()), one.practitioner_id, one.location_id) for one in alternatives(planned, index)]
    assert found == [(one.starts_at, WHOS[one.who], WHERES[one.where]) for one in instead(task, plan.sessions, index)]
