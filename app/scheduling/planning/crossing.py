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
        """How far a gap is from its target grows evenly to both sides, so that on either side what counts is the least of a row of days, each put
        down by as much as it is further on than the one before."""
        wished, least, most = self._gap
        one, first, last = self._day_cost, min(days), max(days)
        # No gap is looked at that reaches beyond the days there are.
        least, most = max(least, first - max(column)), min(most, last - min(column))
        if least > most:
            return {}
        target = min(max(wished, least), most)
        more += abs(wished - target) * one
        longer, shorter, count = most - target, target - least, last - first + 1
        never = max(column.values()) + (longer + shorter + count) * one
        came = list(map(column.get, range(first - most, last - least + 1), repeat(never)))
        falling = _least_in_row(list(map(sub, came[: count + longer], range(0, (count + longer) * one, one))), longer + 1)
        rising = _least_in_row(list(map(add, came[longer:], range(0, (count + shorter) * one, one))), shorter + 1)
        by_longer = map(add, falling, range(longer * one, (longer + count) * one, one))
        by_shorter = map(sub, rising, range(0, count * one, one))
        costs = list(map(min, by_longer, by_shorter))
        return {day: cost + more for day in days if (cost := costs[day - first]) < never}


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
