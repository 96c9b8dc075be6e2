"""The rules of T15, each as the starts it forbids.

A rule yields intervals of starts, so that listing what is free is a subtraction, and asking why a start is refused is a
look into the same intervals. `grid` alone is no interval: see `slots`. More obstacles fit in as more entries.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from app.scheduling.facts import Facts
from app.scheduling.footprint import forbidden_starts
from app.scheduling.hours import Schedule
from app.scheduling.intervals import ALWAYS, FOREVER, Interval, subtract, union
from app.scheduling.zones import local_date, midnight

DAY = timedelta(days=1)


class Code(StrEnum):
    """Every reason for which a start is refused, in the order in which they are given (T15)."""

    PAST = "past"
    NOTICE = "notice"
    HORIZON = "horizon"
    GRID = "grid"
    CLOSED = "closed"
    CLOSURE = "closure"
    TIME_OFF = "time_off"
    BUSY = "busy"
    TRAVEL = "travel"
    PLACE_BUSY = "place_busy"
    PATIENT_BUSY = "patient_busy"
    NOT_OFFERED = "not_offered"
    REGISTRATION = "registration"
    AUDIENCE = "audience"
    DAILY_LIMIT = "daily_limit"
    PATIENT_LIMIT = "patient_limit"
    HOLD_LIMIT = "hold_limit"


Obstacle = tuple[Code, Sequence[Interval]]


def obstacles(facts: Facts) -> Iterator[Obstacle]:
    """Each rule's forbidden starts, in the order of `Code`, as far as these facts decide it. Sorted, disjoint."""
    yield from passing(facts)
    yield from standing(facts)


def passing(facts: Facts) -> Iterator[Obstacle]:
    """The rules that change with every moment: whatever they leave free is one stretch."""
    yield Code.PAST, ((-FOREVER, facts.now),)
    if not facts.staff:
        yield Code.NOTICE, ((-FOREVER, facts.now + facts.notice_minutes * 60),)
        yield Code.HORIZON, ((_horizon_end(facts), FOREVER),)


def standing(facts: Facts) -> Iterator[Obstacle]:
    """The rules that stand until something changes; they do not look at `now`."""
    yield Code.CLOSED, closed(facts.schedule, facts.footprint.duration)
    if facts.schedule.shut:
        yield Code.CLOSURE, forbidden_starts((facts.footprint.patient,), facts.schedule.shut)
    if facts.time_off:
        yield Code.TIME_OFF, forbidden_starts(facts.footprint.attended, facts.time_off)
    yield Code.BUSY, forbidden_starts(facts.footprint.practitioner, facts.occupied)
    if facts.elsewhere:
        yield Code.TRAVEL, _travel(facts)
    if facts.pool is not None:
        yield Code.PLACE_BUSY, facts.pool.forbidden(facts.footprint)
    if facts.patient_occupied:
        yield Code.PATIENT_BUSY, forbidden_starts((facts.footprint.patient,), facts.patient_occupied)
    if not facts.offered:
        yield Code.NOT_OFFERED, ALWAYS
    yield Code.REGISTRATION, _unregistered(facts)
    if not facts.admitted:
        yield Code.AUDIENCE, ALWAYS
    if facts.daily_limit is not None:
        yield Code.DAILY_LIMIT, _full_days(facts.schedule.zone, facts.day_starts, facts.daily_limit)
    if not facts.staff:
        yield from _limits(facts)


def _limits(facts: Facts) -> Iterator[Obstacle]:
    """Of the public and patients (T14)."""
    if facts.upcoming_limit is not None and facts.upcoming >= facts.upcoming_limit:
        yield Code.PATIENT_LIMIT, ALWAYS
    if facts.hold_limit is not None and facts.held >= facts.hold_limit:
        yield Code.HOLD_LIMIT, ALWAYS


@lru_cache(maxsize=256)
def closed(schedule: Schedule, duration: int) -> Sequence[Interval]:
    """The starts in no window, and those from which the appointment would not end in time (T6)."""
    fitting = [(window.starts_from, min(window.starts_until, window.closes_at - duration + 1)) for window in schedule.windows]
    return subtract((-FOREVER, FOREVER), union(start for start in fitting if start[0] < start[1]))


def _horizon_end(facts: Facts) -> int:
    """The midnight after the last local day that may be booked (T11)."""
    zone = facts.schedule.zone
    return midnight(zone, local_date(zone, facts.now) + timedelta(days=facts.horizon_days + 1))


def _travel(facts: Facts) -> list[Interval]:
    begin, end = facts.footprint.presence
    travel = facts.travel_minutes * 60
    return forbidden_starts(((begin - travel, end + travel),), facts.elsewhere)


def _unregistered(facts: Facts) -> Sequence[Interval]:
    if facts.registered_until is None:
        return ALWAYS
    return ((midnight(facts.schedule.zone, facts.registered_until + DAY), FOREVER),)


def _full_days(zone: str, starts: Sequence[int], limit: int) -> list[Interval]:
    """The local days on which as many appointments start as there may be."""
    days = Counter(local_date(zone, start) for start in starts)
    return union((midnight(zone, on), midnight(zone, on + DAY)) for on in sorted(days) if days[on] >= limit)
