"""What it costs to come to days across a gap, against looking at every pair of days; all ways of working it out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.planning import crossing
from app.scheduling.planning.crossing import Column, Crossing
from app.scheduling.planning.values import Gap

DAY = 1000

columns = st.dictionaries(st.integers(0, 60), st.integers(0, 5 * DAY), max_size=40)
gaps = st.lists(st.integers(0, 30), min_size=3, max_size=3).map(sorted).map(lambda some: Gap(some[1], some[0], some[2]))


def expected(gap: Gap, column: Column, days: set[int], more: int) -> Column:
    found = {}
    for day in days:
        costs = [
            cost + abs(day - from_day - gap.target_days) * DAY + more
            for from_day, cost in column.items()
            if gap.min_days <= day - from_day <= gap.max_days
        ]
        if costs:
            found[day] = min(costs)
    return found


@pytest.mark.parametrize(("at_once", "few"), [(0, 0), (0, crossing.FEW), (0, 100), (crossing.AT_ONCE, crossing.FEW), (10**6, 0)])
def test_each_day_is_come_to_from_the_best(at_once: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing, "AT_ONCE", at_once)
    monkeypatch.setattr(crossing, "FEW", few)

    @settings(max_examples=200, deadline=None)
    @given(gaps, columns, st.sets(st.integers(0, 90)), st.integers(0, DAY))
    def holds(gap: Gap, column: Column, days: set[int], more: int) -> None:
        assert Crossing(gap, DAY)(column, days, more) == expected(gap, column, days, more)

    holds()
