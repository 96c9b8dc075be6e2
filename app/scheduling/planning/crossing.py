"""From one session of a course to the next: what it costs at least to come to some days from others, across a gap."""

from collections.abc import Collection
from functools import cached_property
from itertools import repeat
from operator import add, sub
from typing import Final

from app.scheduling.planning.values import Gap

Column = dict[int, int]
"""By day what it costs at least; only days on which it can be."""

# So many pairs of days take as long as one more day does, when all days from the first to the last are gone through at once.
AT_ONCE: Final = 16
# As few gaps are gone through one by one.
FEW: Final = 6


class Crossing:
    """`day_cost`: of each day by which a gap is off its target."""

    def __init__(self, gap: Gap, day_cost: int) -> None:
        self._gap, self._day_cost = gap, day_cost

    def __call__(self, column: Column, days: Collection[int], more: int) -> Column:
        """The least cost, and so much more, of coming to these days from any of a column; only those that can be come to."""
        if not column or not days:
            return {}
        _, least, most = self._gap
        if len(days) * len(column) <= AT_ONCE * (max(days) - min(days) + most - least + 1):
            return self._one_by_one(column, days, more)
        return self._at_once(column, days, more)

    @cached_property
    def _deviations(self) -> dict[int, int]:
        target, least, most = self._gap
        return {days: abs(days - target) * self._day_cost for days in range(least, most + 1)}

    def _one_by_one(self, column: Column, days: Collection[int], more: int) -> Column:
        deviations, pairs, found = self._deviations, column.items(), Column()
        for day in days:
            least = None
            for from_day, cost in pairs:
                if (deviation := deviations.get(day - from_day)) is not None and (least is None or cost + deviation < least):
                    least = cost + deviation
            if least is not None:
                found[day] = least + more
        return found

    def _at_once(self, column: Column, days: Collection[int], more: int) -> Column:
        _, least, most = self._gap
        first, last, widest = min(days), max(days), most - least + 1
        # No gap is looked at that reaches beyond the days there are.
        least, most = max(least, first - max(column)), min(most, last - min(column))
        if least > most:
            return {}
        never = max(column.values()) + 2 * widest * self._day_cost
        came = list(map(column.get, range(first - most, last - least + 1), repeat(never)))
        costs = self._by_gap(came, least, most) if most - least < FEW else self._by_side(came, least, most)
        return {day: cost + more for day in days if (cost := costs[day - first]) < never}

    def _by_gap(self, came: list[int], least: int, most: int) -> list[int]:
        """The least of coming across each gap. What came first is the furthest from the first day: so far as the longest gap."""
        count, deviations = len(came) - (most - least), self._deviations
        rows = [map(add, came[at : at + count], repeat(deviations[gap])) for at, gap in enumerate(range(most, least - 1, -1))]
        return list(map(min, *rows)) if len(rows) > 1 else list(rows[0])

    def _by_side(self, came: list[int], least: int, most: int) -> list[int]:
        """How far a gap is from its target grows evenly to both sides, so that on either side what counts is the least of a row of days, each put
        down by as much as it is further on than the one before."""
        wished, one = self._gap.target_days, self._day_cost
        target = min(max(wished, least), most)
        longer, shorter, count = most - target, target - least, len(came) - (most - least)
        beyond = abs(wished - target) * one
        falling = _least_in_row(list(map(sub, came[: count + longer], range(0, (count + longer) * one, one))), longer + 1)
        rising = _least_in_row(list(map(add, came[longer:], range(0, (count + shorter) * one, one))), shorter + 1)
        by_longer = map(add, falling, range(longer * one + beyond, (longer + count) * one + beyond, one))
        by_shorter = map(sub, rising, range(-beyond, count * one - beyond, one))
        return list(map(min, by_longer, by_shorter))


def _least_in_row(values: list[int], length: int) -> list[int]:
    """The least of so many in a row, for each row; of twice as many each time."""
    done = 1
    while 2 * done <= length:
        values, done = list(map(min, values, values[done:])), 2 * done
    return values if done == length else list(map(min, values, values[length - done :]))


def lower(column: Column, other: Column) -> None:
    """Into one column the lesser costs of two."""
    for day, cost in other.items():
        if day not in column or cost < column[day]:
            column[day] = cost
