"""Whose turn it is when a booking names nobody (T19)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from app.scheduling.intervals import Interval
from app.scheduling.zones import local_date, midnight


def week_and_day(zone: str, start: int) -> tuple[Interval, Interval]:
    """The local week, Monday to Sunday, and the local day of a start, as instants."""
    on = local_date(zone, start)
    monday = on - timedelta(days=on.weekday())
    week, day = ((midnight(zone, first), midnight(zone, first + timedelta(days=days))) for first, days in ((monday, 7), (on, 1)))
    return week, day


def by_turn(free: Iterable[UUID], occupied: Mapping[UUID, Sequence[Interval]], zone: str, start: int) -> list[UUID]:
    """The practitioners who are free at the start, the first in turn first: who has least occupied time in its local week; of equals who has least on
    its day; of equals the lowest id. `occupied` is known for that week."""
    week, day = week_and_day(zone, start)

    def taken(practitioner_id: UUID) -> tuple[int, int, UUID]:
        of_one = occupied.get(practitioner_id, ())
        return _overlap(of_one, week), _overlap(of_one, day), practitioner_id

    return sorted(free, key=taken)


def _overlap(taken: Iterable[Interval], span: Interval) -> int:
    """Seconds of a span that are taken."""
    return sum(max(min(end, span[1]) - max(start, span[0]), 0) for start, end in taken)
