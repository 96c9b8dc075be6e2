"""The rest of a course against every combination: what is settled stays, as few as possible of the others move, and then it is the best (K4).

The oracle says in its own words what the cadence asks for when a course is late, or when somebody has pinned sessions where it would not have them.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.planning.rest import Standing, rest_of
from app.scheduling.planning.search import plans
from app.scheduling.planning.values import Gap, Option
from tests.scheduling.plan_worlds import FIRST_DAY, WORLDS, changes_of, every, grouped, option

TODAY = FIRST_DAY
Chosen = tuple[Option | None, ...]
NOON = 720


def courses() -> st.SearchStrategy[tuple[list[Standing], list[Gap], int | None]]:
    whos = st.integers(0, 1)
    free = st.lists(st.builds(option, whos, st.integers(TODAY, TODAY + 6), st.sampled_from((0, NOON))), max_size=5)
    gaps = st.tuples(st.integers(1, 2), st.integers(0, 2), st.integers(0, 2)).map(
        lambda one: Gap(one[0] + min(one[1], one[2]), one[0], one[0] + one[2])
    )

    @st.composite
    def course(draw: st.DrawFn) -> tuple[list[Standing], list[Gap], int | None]:
        size, over = draw(st.integers(1, 5)), draw(st.integers(0, 2))
        days = sorted(draw(st.lists(st.integers(TODAY - 6, TODAY - 1), min_size=over, max_size=over, unique=True)))
        sessions = []
        for number in range(1, size + 1):
            if days:
                sessions.append(Standing(number, option(draw(whos), days.pop(0), NOON), {}, is_done=True))
                continue
            there = option(draw(whos), draw(st.integers(TODAY, TODAY + 6)), draw(st.sampled_from((0, NOON))))
            kind = draw(st.sampled_from(("pinned", "stays", "hit", "new", "missed")))
            choices = draw(free)
            if kind == "pinned":
                sessions.append(Standing(number, there, {}, is_pinned=True))
            elif kind == "stays":
                sessions.append(Standing(number, there, grouped([*choices, there])))
            elif kind == "hit":
                sessions.append(Standing(number, there, grouped([one for one in choices if one != there])))
            elif kind == "new":
                sessions.append(Standing(number, None, grouped(choices)))
        return sessions, draw(st.lists(gaps, min_size=size, max_size=size)), draw(st.sampled_from([None, 0, 1]))

    return course()


def that_count(sessions: Sequence[Standing]) -> list[Standing]:
    """From the last that took place on; without what is settled and out of turn."""
    found: list[Standing] = []
    for one in sessions:
        ends = [other.present.ends_at for other in found if other.is_settled and other.present]
        if not (one.is_settled and one.present and ends and one.present.starts_at < ends[-1]):
            found.append(one)
    while any(one.is_done for one in found[1:]):
        found.pop(0)
    return found


def cadence(some: Sequence[Standing], gaps: Sequence[Gap]) -> list[tuple[float, float, float]]:
    """Least, target and most days before each of the sessions."""
    found: list[list[float]] = [[0, 0, 0]]
    for one, other in pairwise(some):
        between = [gaps[number - 1] for number in range(one.number + 1, other.number + 1)]
        found.append([sum(gap[at] for gap in between) for at in (1, 0, 2)])
    late = TODAY - some[0].present.day if some and some[0].is_done and some[0].present else 0
    if len(some) > 1 and some[0].is_done and not some[1].is_settled and late > found[1][2]:
        found[1] = [found[1][0], max(found[1][1], late), late + found[1][2]]
    fixed = [at for at, one in enumerate(some) if one.is_settled]
    spans = [(at, later, day_of(some[later]) - day_of(some[at])) for at, later in pairwise(fixed)]
    if fixed and fixed[0] > 0:
        room = day_of(some[fixed[0]]) - TODAY
        if room < sum(found[at][0] for at in range(1, fixed[0] + 1)):
            spans.append((0, fixed[0], room))
    for first, last, days in spans:
        there = range(first + 1, last + 1)
        least, most = (sum(found[at][which] for at in there) for which in (0, 2))
        for at in there if not least <= days <= most else ():
            low, target, high = found[at]
            low = min(low, days // len(there))
            high = max(high + max(math.ceil((days - most) / len(there)), 0), low)
            found[at] = [low, min(max(target, low), high), high]
    return [(low, target, high) for low, target, high in found]


def day_of(one: Standing) -> int:
    assert one.present is not None
    return one.present.day


def ways(some: Sequence[Standing]) -> Iterator[Chosen]:
    each = [[one.present] if one.is_settled else [*every(one.choices), None] for one in some]
    return product(*each)


def rank(
    some: Sequence[Standing], bounds: Sequence[tuple[float, float, float]], way: Chosen, most: int | None
) -> list[object] | None:
    """What counts first comes first; None for a way that is not allowed."""
    placed = [at for at, one in enumerate(way) if one is not None]
    if not placed:
        return [len(way)]
    first, options = placed[0], [one for one in way if one is not None]
    since = day_of(some[0]) if some[0].is_done else TODAY
    if first and options[0].day < since + sum(bounds[at][0] for at in range(1, first + 1)):
        return None
    deviation = abs(options[0].day - since - sum(bounds[at][1] for at in range(1, first + 1)))
    for at, later in pairwise(placed):
        one, other = way[at], way[later]
        assert one is not None
        assert other is not None
        days = other.day - one.day
        low, target, high = (sum(bounds[between][which] for between in range(at + 1, later + 1)) for which in (0, 1, 2))
        ends = one.ends_at if some[at].is_settled else one.busy_until
        begins = other.starts_at if some[later].is_settled else other.busy_from
        if not low <= days <= high or ends > begins:
            return None
        deviation += abs(days - target)
    if most is not None and changes_of(way) > most:
        return None
    moved = sum(one is not None and there.present not in {None, one} for one, there in zip(way, some, strict=True))
    away = sum(one.minutes_away for one in options)
    return [way.count(None), moved, changes_of(way), deviation, away, options[-1].ends_at]


@settings(max_examples=WORLDS, deadline=None)
@given(courses())
def test_what_is_settled_stays_and_of_the_rest_as_little_as_possible_moves(
    drawn: tuple[list[Standing], list[Gap], int | None],
) -> None:
    sessions, gaps, limit = drawn
    rest = rest_of(sessions, gaps, first_day=TODAY, preference=(0, 0), max_changes=limit)
    plan = next(plans(rest.task))
    some = that_count(sessions)
    assert [one.number for one in rest.sessions] == [one.number for one in some]
    most = None
    if limit is not None:
        before = [one.present for one in sessions if one.is_done]
        now = [one.present for one in some if one.is_settled or (one.present and one.present in every(one.choices))]
        most = max(limit - changes_of(before), changes_of(now))
    bounds = cadence(some, gaps)
    ranks = [key for way in ways(some) if (key := rank(some, bounds, way, most)) is not None]
    for one, planned in zip(some, plan.sessions, strict=True):
        if one.is_settled:
            assert planned is not None
            assert one.present is not None
            assert planned[:5] == one.present[:5]
    found = tuple(one.present if one.is_settled else planned for one, planned in zip(some, plan.sessions, strict=True))
    assert rank(some, bounds, found, most) == min(ranks, default=[0])


def test_where_all_can_stay_all_do() -> None:
    weekly = [Gap(7, 5, 9)] * 3
    there = [option(0, TODAY + day, NOON) for day in (0, 9, 14)]
    sessions = [Standing(number, one, grouped([one, option(0, one.day - 1, NOON)])) for number, one in enumerate(there, 1)]
    rest = rest_of(sessions, weekly, first_day=TODAY, preference=(0,), max_changes=None)
    assert next(plans(rest.task)).sessions == tuple(there)
