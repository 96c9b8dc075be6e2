"""The planner against every combination there is: that a plan is found, that it is the best, and that the next ones come in their order (K1, K2).

In some worlds; `make plans` makes many.
"""

from dataclasses import replace
from itertools import islice

from hypothesis import given, settings

from app.scheduling.planning.search import plans, starts_differ
from app.scheduling.planning.values import Cost, Gap, Plan, Task
from tests.scheduling.plan_worlds import FIRST_DAY, WORLDS, every, grouped, key, option, plans_of, worlds

MANY = 40
NOON = 720
WEEKLY = Gap(7, 5, 9)
NOTHING = Cost(0, 0, 0, 0, 0, 0, 0)


def best(task: Task) -> Plan:
    return next(plans(task))


@settings(max_examples=WORLDS, deadline=None)
@given(worlds())
def test_plans_are_those_of_the_oracle_in_its_order(task: Task) -> None:
    """So that there is one whenever there can be, it is the cheapest, and none is met twice."""
    assert [plan.sessions for plan in islice(plans(task), MANY)] == plans_of(task)[:MANY]


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_a_cost_is_what_it_says(task: Task) -> None:
    plan = best(task)
    told = plan.cost
    expected = key(task, plan.sessions)[:7]
    found = (told.left_out, told.moved, told.preference, told.changes, told.deviation_days, told.minutes_away, told.ends_at)
    assert found[: len(expected)] == expected


@settings(max_examples=300, deadline=None)
@given(worlds(kept=False))
def test_where_a_start_could_be_another_there_are_further_plans(task: Task) -> None:
    """Of each plan, so that it is not one of those before it that it is another than."""
    found = plans_of(task)[:MANY]
    for rank, sessions in enumerate(found):
        if starts_differ(task, Plan(sessions, NOTHING)):
            assert rank + 1 < len(plans_of(task))


def test_a_start_can_be_another_only_where_there_is_room() -> None:
    def world(*minutes: int) -> Task:
        return Task([WEEKLY], [grouped([option(0, FIRST_DAY, minute) for minute in minutes])], FIRST_DAY, (0,))

    first, second = list(islice(plans(world(NOON, 600)), 2))
    assert starts_differ(world(NOON, 600), first)
    assert not starts_differ(world(NOON, 600), second)
    assert not starts_differ(world(NOON), first)


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_the_order_in_which_things_are_told_does_not_matter(task: Task) -> None:
    turned = replace(task, choices=[grouped(every(choices)[::-1]) for choices in task.choices])
    assert [plan.sessions for plan in islice(plans(turned), 5)] == [plan.sessions for plan in islice(plans(task), 5)]


def weeks(who: int, *days: int) -> list[tuple[int, int]]:
    return [(who, FIRST_DAY + day) for day in days]


def task(gaps: list[Gap], *free: tuple[int, int], preference: tuple[int, ...] = (0, 0), max_changes: int | None = None) -> Task:
    choices = grouped([option(who, day, NOON) for who, day in free])
    return Task(gaps, [choices] * len(gaps), FIRST_DAY, preference, max_changes)


def told(plan: Plan) -> list[tuple[int, int] | None]:
    return [None if one is None else (one.who, one.day - FIRST_DAY) for one in plan.sessions]


def test_the_earliest_first_session_may_not_be_the_right_one() -> None:
    """Who takes day 0 finds nothing from day 5 to 9; day 3 leads on."""
    found = best(task([WEEKLY] * 3, *weeks(0, 0, 3, 10, 17)))
    assert told(found) == [(0, 3), (0, 10), (0, 17)]


def test_who_is_wished_for_counts_before_everything_else() -> None:
    found = best(task([WEEKLY] * 2, *weeks(0, 0, 7), *weeks(1, 2, 11), preference=(1, 0)))
    assert (told(found), found.cost.preference) == ([(1, 2), (1, 11)], 0)


def test_a_change_is_worse_than_any_deviation() -> None:
    found = best(task([WEEKLY] * 2, *weeks(0, 0, 9), *weeks(1, 7)))
    assert (told(found), found.cost.changes, found.cost.deviation_days) == ([(0, 0), (0, 9)], 0, 2)


def test_as_many_changes_as_are_allowed() -> None:
    free = [*weeks(0, 0, 14), *weeks(1, 7, 21)]
    assert best(task([WEEKLY] * 4, *free)).cost.changes == 3
    limited = best(task([WEEKLY] * 4, *free, max_changes=1))
    assert (told(limited), limited.cost.changes) == ([(0, 0), None, (0, 14), (1, 21)], 1)


def test_the_one_change_that_is_allowed_may_be_the_first_thing_that_happens() -> None:
    """Nobody who is there later can begin."""
    sessions = [weeks(0, 0), weeks(1, 7), weeks(1, 14), weeks(1, 21)]
    asked = task([WEEKLY] * 4, max_changes=1)
    found = best(replace(asked, choices=[grouped([option(who, day, NOON) for who, day in free]) for free in sessions]))
    assert (told(found), found.cost.changes) == ([(0, 0), (1, 7), (1, 14), (1, 21)], 1)


def test_across_a_session_left_out_the_gaps_add_up() -> None:
    """Days 5 to 9 are not to be had; twice the gap is 10 to 18."""
    found = best(task([WEEKLY] * 3, *weeks(0, 0, 14)))
    assert told(found) == [(0, 0), None, (0, 14)]


def test_the_first_may_be_the_one_that_is_left_out() -> None:
    """The earliest day of all on which anybody is free is then the second session's."""
    found = best(replace(task([WEEKLY] * 3), choices=[{}, *[grouped([option(0, FIRST_DAY + day, NOON) for day in (7, 14)])] * 2]))
    assert told(found) == [None, (0, 7), (0, 14)]


def test_where_nothing_is_free_nothing_is_planned() -> None:
    found = best(task([WEEKLY] * 3))
    assert (found.sessions, found.cost.left_out, found.is_complete) == ((None, None, None), 3, False)


def test_as_few_as_possible_move() -> None:
    """The second of three has to; the third could lie better by its gap, and stays where it is."""
    asked = task([WEEKLY] * 3, *weeks(0, 0, 6, 15, 13))
    first, third = option(0, FIRST_DAY, NOON), option(0, FIRST_DAY + 15, NOON)
    kept = replace(asked, present=(first, option(0, FIRST_DAY + 7, NOON), third))
    assert told(best(kept)) == [(0, 0), (0, 6), (0, 15)]
    assert best(kept).cost.moved == 1
