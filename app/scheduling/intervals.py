"""Half-open intervals of integers, `(start, end)` with `start < end`: the end is not part of it (T2).

"Sorted" means by start. "Disjoint" means that no two share a point or touch: `(1, 2), (2, 3)` is `(1, 3)`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Interval = tuple[int, int]

FOREVER = 1 << 62
"""Later than every instant; `-FOREVER` is earlier."""

ALWAYS: Sequence[Interval] = ((-FOREVER, FOREVER),)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Join what overlaps or touches. Sorted in, and those that end before they start vanish; sorted and disjoint out."""
    joined: list[Interval] = []
    begin = end = -FOREVER
    for start, stop in intervals:
        if start > end:
            if begin < end:
                joined.append((begin, end))
            begin, end = start, stop
        elif stop > end:
            end = stop
    if begin < end:
        joined.append((begin, end))
    return joined


def intersect(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """What lies in both. Sorted and disjoint in and out."""
    shared: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            shared.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return shared


def subtract(whole: Interval, holes: Iterable[Interval]) -> list[Interval]:
    """What is left of `whole` without the holes. Holes sorted and disjoint in; sorted and disjoint out."""
    left: list[Interval] = []
    start, end = whole
    for hole_start, hole_end in holes:
        if hole_start > start:
            left.append((start, min(hole_start, end)))
        start = max(start, hole_end)
        if start >= end:
            return left
    left.append((start, end))
    return left


def containing(intervals: Sequence[Interval], point: int) -> Interval | None:
    """The interval in which the point lies. Sorted and disjoint in."""
    index = bisect_right(intervals, (point, FOREVER)) - 1
    if index >= 0 and point < intervals[index][1]:
        return intervals[index]
    return None
