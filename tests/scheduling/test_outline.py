"""What is looked at first of a task: no plan that costs little enough is missing, and plans come in their order where it has to be widened."""

from itertools import islice

import pytest
from hypothesis import given, settings

from app.scheduling.planning import search, sweep
from app.scheduling.planning.costs import CHANGE, MOVED, PREFERENCE
from app.scheduling.planning.outline import Outline
from app.scheduling.planning.search import plans
from app.scheduling.planning.values import Gap, Task, TooLargeError
from tests.scheduling.plan_worlds import FIRST_DAY, Sessions, grouped, key, option, plans_of, worlds

MANY = 40
NOON = 720
DAILY = Gap(2, 1, 6)


def in_outline(task: Task, sessions: Sessions) -> int:
    _, moved, preference, changes, deviation, *_ = key(task, sessions)
    found = 0
    for count, unit in ((moved, MOVED), (preference, PREFERENCE), (changes, CHANGE), (deviation, 1)):
        assert isinstance(count, int)
        found += count * unit
    return found


def complete(task: Task) -> list[Sessions]:
    return [sessions for sessions in plans_of(task) if None not in sessions]


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_a_part_has_every_plan_up_to_what_it_says(task: Task) -> None:
    outline, found = Outline(task), complete(task)
    costs = [in_outline(task, sessions) for sessions in found]
    if outline.least is None:
        assert not found
    elif found:
        assert outline.least <= min(costs)
    for most, part in outline.parts():
        for sessions, cost in zip(found, costs, strict=True):
            there = all(
                one is not None and one in choices.get(one.who, {}).get(one.day, ())
                for one, choices in zip(sessions, part.choices, strict=True)
            )
            assert there or cost > most


def sparse() -> Task:
    """One option a day, so that hardly two plans cost the same in outline."""
    free = [option(0, FIRST_DAY + day, NOON) for day in (0, 1, 3, 6, 9)] + [option(1, FIRST_DAY + day, NOON) for day in (2, 4, 5)]
    return Task([DAILY] * 3, [grouped(free)] * 3, FIRST_DAY, (0, 0))


def test_the_next_plans_come_in_their_order_where_the_part_has_to_be_widened() -> None:
    task = sparse()
    expected = complete(task)
    costs = [in_outline(task, sessions) for sessions in expected]
    assert costs[0] + 4 < costs[MANY // 4] < costs[-1] - CHANGE
    sizes = [sum(len(days) for days in part.choices[1].values()) for _, part in Outline(task).parts()]
    assert sizes == sorted(set(sizes))
    assert len(sizes) > 2
    assert [plan.sessions for plan in plans(task)] == expected


def test_where_every_part_is_in_vain_the_whole_task_is_looked_at() -> None:
    """In outline each change leads to the day that is wished for; not one is allowed."""
    free = [option(day % 4 // 2, FIRST_DAY + day, NOON) for day in range(0, 24, 2)] + [option(0, FIRST_DAY + 23, NOON)]
    task = Task([Gap(2, 2, 2), Gap(2, 2, 2), Gap(2, 2, 19)], [grouped(free)] * 3, FIRST_DAY, (0, 0), 0)
    assert [plan.sessions for plan in islice(plans(task), MANY)] == plans_of(task)[:MANY]


@pytest.mark.parametrize(("module", "most"), [(sweep, "SHIFTS_MAX"), (search, "COMPARED_MAX")])
def test_what_is_too_large_in_part_is_answered_as_a_whole(monkeypatch: pytest.MonkeyPatch, module: object, most: str) -> None:
    expected = complete(sparse())
    for limit in (0, 4, 40, 80, 120, 160):
        monkeypatch.setattr(module, most, limit)
        assert [plan.sessions for plan in plans(sparse())] == expected


def test_what_is_too_large_as_a_whole_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "STEPS_MAX", 1)
    with pytest.raises(TooLargeError):
        next(plans(sparse()))
