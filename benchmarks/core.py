"""The questions put to `app.scheduling` alone, from facts made here: what the answers cost without web, database and encoding."""

from collections.abc import Sequence
from datetime import date, timedelta
from time import perf_counter

from app.scheduling import hours, slots
from app.scheduling.facts import Facts
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.hours import WeeklyRule
from app.scheduling.zones import midnight
from benchmarks import workload
from benchmarks.figures import Sample
from benchmarks.workload import Booking, Workload

# What reaches into the days asked about; the product looks three days ahead as well.
_DAYS_AFTER = 3


def measure(question: Workload, booked: Sequence[Booking], practitioners: int, days: int, seconds: float) -> Sample:
    """Ask for the first practitioners and days, again and again. Raises ValueError when the core does not find the starts that
    the bookings leave free."""
    asked = facts(question, booked, practitioners, days)
    from_at = midnight(workload.ZONE, question.monday)
    to_at = midnight(workload.ZONE, question.last_day(days) + timedelta(days=1))
    found = sum(len(slots.starts(one, from_at, to_at)) for one in asked)
    if found != (expected := workload.free_starts(booked, practitioners, days)):
        raise ValueError(f"The core found {found} starts and not {expected}.")
    latencies: list[float] = []
    started = perf_counter()
    while (now := perf_counter()) < started + seconds:
        for one in asked:
            slots.openings(one, from_at, to_at)
        latencies.append(perf_counter() - now)
    return Sample.of(latencies, perf_counter() - started)


def facts(question: Workload, booked: Sequence[Booking], practitioners: int, days: int) -> list[Facts]:
    rules = tuple(
        WeeklyRule(weekday, int(starts[:2]) * 60, int(ends[:2]) * 60)
        for weekday in workload.WEEKDAYS
        for starts, ends in workload.WINDOWS
    )
    taken: list[list[tuple[int, int]]] = [[] for _ in range(practitioners)]
    for one in booked:
        if one.practitioner < practitioners and one.day < days + _DAYS_AFTER:
            starts, ends = (int(question.instant(one.day, minute).timestamp()) for minute in (one.starts, one.ends))
            taken[one.practitioner].append((starts, ends))
    return [
        Facts(
            now=midnight(workload.ZONE, question.monday - timedelta(days=7)),
            staff=False,
            footprint=Footprint.of([Phase(workload.VISIT_MINUTES, attended=True)]),
            step_minutes=workload.STEP_MINUTES,
            notice_minutes=120,
            horizon_days=workload.HORIZON_DAYS,
            offered=True,
            schedule=hours.schedule(rules, workload.ZONE, question.monday, question.last_day(days)),
            occupied=sorted(occupied),
            registered_until=date(2099, 12, 31),
        )
        for occupied in taken
    ]
