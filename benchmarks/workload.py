"""What is asked, of what diary. Pure: the same for every run but for the week it lies in.

"10×30": ten practitioners, Monday to Friday 09–12 and 13–17, a 15-minute grid, visits of 30 minutes, 400 bookings of 15 to 60 minutes in 30 days.
Ten others, each with a room to go to, are there to be booked: what is booked while measuring changes nothing of what is asked.
The larger sizes are alike: each ten of their practitioners have diaries drawn anew.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/London"
LENGTHS_MINUTES = (15, 30, 45, 60)
VISIT_MINUTES = 30
STEP_MINUTES = 15
WEEKDAYS = range(1, 6)
WINDOWS = (("09:00", "12:00"), ("13:00", "17:00"))
HORIZON_DAYS = 730
# So many times, in as many days, are taken before anything is measured, for those who want them to be refused.
CONTESTED, CONTESTED_DAYS = 100, 30

# Of the first draws this one leaves exactly as many free starts as the trials had that the promises come from.
_DRAW = 109
_WINDOW_MINUTES = tuple((int(opens[:2]) * 60, int(closes[:2]) * 60) for opens, closes in WINDOWS)


@dataclass(frozen=True, slots=True)
class Booking:
    """Whose diary, which day from the Monday on, and minutes of that day."""

    practitioner: int
    day: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Size:
    """A diary, and the question that asks for all of it: for so many practitioners (in tens), from the Monday on for so many days."""

    name: str
    practitioners: int
    days: int
    bookings: int

    def booked(self) -> list[Booking]:
        """All bookings, none overlapping another of the same practitioner."""
        tens = range(self.practitioners // 10)
        return [
            replace(one, practitioner=one.practitioner + 10 * ten)
            for ten in tens
            for one in _drawn(_DRAW + ten, self.days, self.bookings // len(tens))
        ]


TEN = Size("10×30", 10, 30, 400)
# Twice the practitioners, twice the days, ten times the practitioners, three times the bookings.
TWENTY, SIXTY = Size("20×30", 20, 30, 800), Size("10×60", 10, 60, 800)
HUNDRED, CROWDED = Size("100×30", 100, 30, 4000), Size("10×30 with 1,200 bookings", 10, 30, 1200)
LARGER = (TWENTY, SIXTY, HUNDRED, CROWDED)


@dataclass(frozen=True, slots=True)
class Workload:
    """`monday` is the first of the days."""

    monday: date

    @classmethod
    def after(cls, today: date) -> "Workload":
        """In the week after next, at the latest: nothing is past, nothing is within anybody's notice."""
        return cls(today + timedelta(days=14 - today.weekday()))

    def last_day(self, days: int) -> date:
        return self.monday + timedelta(days=days - 1)

    def instant(self, day: int, minute: int) -> datetime:
        """A minute of the wall clock on one of the days, in UTC."""
        on = self.monday + timedelta(days=day)
        return datetime.combine(on, time(minute // 60, minute % 60), ZoneInfo(ZONE)).astimezone(UTC)


def working_days(days: int) -> Iterator[int]:
    """Counted from a Monday."""
    return (day for day in range(days) if day % 7 + 1 in WEEKDAYS)


def _drawn(draw: int, days: int, bookings: int) -> list[Booking]:
    """Of ten practitioners."""
    chance = random.Random(draw)
    working = list(working_days(days))
    taken: set[tuple[int, int, int]] = set()
    found: list[Booking] = []
    while len(found) < bookings:
        practitioner, day, length = chance.randrange(10), chance.choice(working), chance.choice(LENGTHS_MINUTES)
        opens, closes = chance.choice(_WINDOW_MINUTES)
        starts = chance.randrange(opens, closes - length + 1, STEP_MINUTES)
        quarters = {(practitioner, day, minute) for minute in range(starts, starts + length, STEP_MINUTES)}
        if taken.isdisjoint(quarters):
            taken |= quarters
            found.append(Booking(practitioner, day, starts, starts + length))
    return found


def free_starts(booked: Iterable[Booking], practitioners: int, days: int) -> int:
    """How many starts of the first practitioners are free in the first days, counted minute by minute and without anything of the product."""
    taken = {(one.practitioner, one.day, minute) for one in booked for minute in range(one.starts, one.ends)}
    return sum(
        all((practitioner, day, minute) not in taken for minute in range(start, start + VISIT_MINUTES))
        for practitioner in range(practitioners)
        for day in working_days(days)
        for opens, closes in _WINDOW_MINUTES
        for start in range(opens, closes - VISIT_MINUTES + 1, STEP_MINUTES)
    )


def slots(workload: Workload) -> list[tuple[int, datetime]]:
    """Every sitting that the ten others can give, back to back up to a month before the horizon, in an order like that of real callers: none.

    Practitioner and start.
    """
    found = [
        (practitioner, workload.instant(day, minute))
        for day in working_days(HORIZON_DAYS - 30)
        for opens, closes in _WINDOW_MINUTES
        for minute in range(opens, closes, VISIT_MINUTES)
        for practitioner in range(TEN.practitioners)
    ]
    random.Random(_DRAW).shuffle(found)
    return found


def contested(workload: Workload) -> list[tuple[int, datetime]]:
    """Some of the first of those sittings, with each of the ten."""
    until = workload.instant(CONTESTED_DAYS, 0)
    return [slot for slot in slots(workload) if slot[1] < until][:CONTESTED]
