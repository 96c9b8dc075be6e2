"""Clinics that Hypothesis makes up, in all zones, around the days on which clocks change; and the same as facts for the core."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

from app.scheduling import hours
from app.scheduling.facts import Facts
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.places import Place, Pool
from tests.scheduling.oracle import DAY, Shut, Span, Weekly, World, resolve

NASTY = [
    "Europe/London",
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "Africa/Casablanca",  # Ramadan
    "America/Santiago",  # no 00:00
    "Asia/Beirut",
    "America/Havana",  # 00:00 twice
    "America/Nuuk",  # no 23:00
    "Pacific/Chatham",  # +12:45
    "Asia/Kathmandu",  # never
]
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2025, 2036))
WEEK = 7 * 86_400
LONG_AFTER = date(2099, 1, 1)
DAY_MINUTES = 1440
BITS = 24


class Change(NamedTuple):
    """The first instant of the new offset, in seconds as both offsets are."""

    at: int
    before: int
    after: int


@cache
def changes(zone: str) -> list[Change]:
    """Every change of the zone's clocks from 2025 to 2035, found by halving the weeks at whose end the offset is another."""
    info = ZoneInfo(zone)

    def offset(at: int) -> int:
        offset = datetime.fromtimestamp(at, info).utcoffset()
        assert offset is not None
        return int(offset.total_seconds())

    found: list[Change] = []
    weekly_offsets = [(at, offset(at)) for at in range(FIRST, LAST + WEEK, WEEK)]
    for (low, before), (high, after) in pairwise(weekly_offsets):
        if before != after:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            found.append(Change(high, before, after))
    return found


@cache
def all_zones() -> list[str]:
    return sorted(available_timezones())


@cache
def changing_zones() -> list[str]:
    return [zone for zone in all_zones() if changes(zone)]


@cache
def change_dates(zone: str) -> list[date]:
    """Local dates on which clocks change; for a zone that never does, any one."""
    return [datetime.fromtimestamp(change.at - 1, ZoneInfo(zone)).date() for change in changes(zone)] or [date(2027, 3, 28)]


def window(rnd: Random) -> Span:
    """A night, a morning that such a night may reach into, or any."""
    night = (rnd.randrange(1200, 1440, 15), rnd.randrange(0, 375, 15))
    morning = (rnd.choice([0, rnd.randrange(0, 315, 15)]), rnd.randrange(315, 1455, 15))
    anyhow = (rnd.randrange(0, 700), rnd.choice([rnd.randrange(700, 1441), DAY_MINUTES]))
    return rnd.choice([night, morning, anyhow, anyhow[::-1] if anyhow[1] < DAY_MINUTES else morning])


def weekly(rnd: Random, around: date) -> Weekly:
    every_weeks = rnd.choice([1, 1, 1, 2, 3])
    long_ago, tomorrow = around - DAY * rnd.randint(0, 20), around + DAY * rnd.randint(0, 4)
    valid_from = long_ago if every_weeks > 1 else rnd.choice([None, None, long_ago, tomorrow])
    on = around + DAY * rnd.randint(-1, 1)
    return Weekly(on.isoweekday(), *window(rnd), valid_from, rnd.choice([None, None, tomorrow]), every_weeks)


def closure(rnd: Random, around: date) -> Shut:
    """Whole days, however many, or short or long parts of one or a few."""
    from_on = around + DAY * rnd.choice([-1, 0, 1, rnd.randint(-3, 8)])
    if rnd.random() < 0.5:
        return Shut(from_on, from_on + DAY * rnd.choice([0, rnd.randint(0, 9)]))
    begins = rnd.randrange(DAY_MINUTES)
    ends = min(begins + rnd.choice([rnd.randint(1, 45), rnd.randint(1, 600)]), DAY_MINUTES)
    return Shut(from_on, from_on + DAY * rnd.randint(0, 2), begins, ends)


def closures(rnd: Random, around: date) -> list[Shut]:
    """The last may begin when the one before is over."""
    found = [closure(rnd, around) for _ in range(rnd.randint(1, 2))]
    after = found[-1].to_on + DAY
    return rnd.choice([found, [*found, Shut(after, after + DAY * rnd.randint(0, 3))]])


def spans(rnd: Random, first: int, most: int) -> list[Span]:
    """Sorted by start; they may touch and overlap."""
    begins = [
        first + rnd.choice([rnd.randrange(-120, 2 * DAY_MINUTES, 15), rnd.randrange(-120, 2 * DAY_MINUTES)]) for _ in range(most)
    ]
    found = [(begin, begin + rnd.choice([rnd.randrange(15, 135, 15), rnd.randint(1, 120)])) for begin in begins]
    return sorted(found[: rnd.randint(1, most)])


def phases(rnd: Random) -> list[tuple[int, bool]]:
    scale = rnd.choice([1, 1, 1, 1, 10])
    laid = [
        (rnd.choice([rnd.randrange(5, 35, 5), rnd.randint(1, 40)]) * scale, rnd.random() < 0.5) for _ in range(rnd.randint(1, 3))
    ]
    return laid if any(attended for _, attended in laid) else [*laid, (rnd.randrange(5, 35, 5), True)]


class Asked(NamedTuple):
    """A world, and the first and last date to ask about."""

    world: World
    from_on: date
    to_on: date

    def differing(self, **fields: Any) -> Self:
        return self._replace(world=replace(self.world, **fields))

    def bounds(self) -> range:
        """The minutes of the dates."""
        return range(resolve(self.world.zone, self.from_on, 0), resolve(self.world.zone, self.to_on + DAY, 0))


def worlds() -> st.SearchStrategy[Asked]:
    """Each from one number, since what Hypothesis draws piece by piece it varies too little. The shorter the number the emptier the world."""
    return st.integers(0, (1 << BITS) - 1).map(make_world)


def bookable() -> st.SearchStrategy[Asked]:
    """Worlds without what refuses every start."""
    lifted = {"offered": True, "admitted": True, "registered_until": LONG_AFTER, "upcoming_limit": None}
    return worlds().map(lambda asked: asked.differing(**lifted))


def make_world(number: int) -> Asked:
    rnd = Random(number)  # noqa: S311
    fullness = number.bit_length() / BITS
    often, seldom = 0.8 * fullness, 0.15 * fullness

    def perhaps(make: Callable[[], Any], otherwise: Any, *, chance: float = often) -> Any:
        return make() if rnd.random() < chance else otherwise

    zone = rnd.choice([rnd.choice(NASTY), rnd.choice(changing_zones())])
    from_on = rnd.choice(change_dates(zone)) + DAY * rnd.randint(-1, 1)
    to_on = from_on + DAY * rnd.randint(0, 1)
    first = resolve(zone, from_on, 0)
    daily = [Weekly(weekday, *window(rnd)) for weekday in range(1, 8)]
    timely = rnd.random() < often
    world = World(
        zone=zone,
        rules=[*rnd.choice([daily, []]), *(weekly(rnd, from_on) for _ in range(rnd.randint(1, 4)))],
        phases=phases(rnd),
        before=rnd.choice([0, 0, 5, 7, 60]),
        after=rnd.choice([0, 0, 5, 7, 60]),
        step=rnd.choice([5, 7, 10, 15, 20, 25, 60]),
        now=first * 60
        + (rnd.choice([rnd.randint(-86_400, 86_400), rnd.randrange(-86_400, 86_400, 300)]) if timely else -172_800),
        staff=rnd.random() < 0.5,
        notice=rnd.choice([0, 5, 120, 1440]),
        horizon=rnd.randint(0, 2) if timely else 9,
        overrides=perhaps(lambda: {from_on + DAY * rnd.randint(-2, 3): [window(rnd) for _ in range(n)] for n in (0, 1, 2)}, {}),
        closures=perhaps(lambda: closures(rnd, from_on), []),
        time_off=perhaps(lambda: spans(rnd, first, 3), []),
        occupied=perhaps(lambda: spans(rnd, first, 5), []),
        elsewhere=perhaps(lambda: spans(rnd, first, 2), []),
        travel=rnd.choice([0, 20, 45]),
        patient=perhaps(lambda: spans(rnd, first, 2), []),
        places=perhaps(lambda: [spans(rnd, first, 5) for _ in range(rnd.randint(0, 3))], None),
        offered=perhaps(lambda: False, True, chance=seldom),
        admitted=perhaps(lambda: False, True, chance=seldom),
        registered_until=perhaps(lambda: rnd.choice([from_on, None]), LONG_AFTER, chance=seldom),
        day_starts=[first + rnd.randint(0, 2 * DAY_MINUTES) for _ in range(rnd.randint(0, 4))],
        daily_limit=perhaps(lambda: rnd.randint(1, 2), None),
        upcoming=rnd.randint(1, 3),
        upcoming_limit=perhaps(lambda: rnd.randint(1, 3), None),
    )
    return Asked(world, from_on, to_on)


def seconds(minutes: list[Span]) -> tuple[Span, ...]:
    return tuple((start * 60, end * 60) for start, end in minutes)


def schedule_of(world: World, from_on: date, to_on: date) -> hours.Schedule:
    return hours.schedule(
        tuple(hours.WeeklyRule(*vars(rule).values()) for rule in world.rules),
        world.zone,
        from_on,
        to_on,
        tuple(hours.Override(on, tuple(others)) for on, others in world.overrides.items()),
        tuple(hours.Closure(*vars(closure).values()) for closure in world.closures),
    )


def facts_of(asked: Asked) -> Facts:
    world = asked.world
    phases = [Phase(*phase) for phase in world.phases]
    footprint = Footprint.of(phases, buffer_before_minutes=world.before, buffer_after_minutes=world.after)
    pool = None
    if world.places is not None:
        pool = Pool(tuple(Place(UUID(int=n), n, seconds(taken)) for n, taken in enumerate(world.places)))
    return Facts(
        now=world.now,
        staff=world.staff,
        footprint=footprint,
        step_minutes=world.step,
        notice_minutes=world.notice,
        horizon_days=world.horizon,
        admitted=world.admitted,
        patient_occupied=seconds(world.patient),
        upcoming=world.upcoming,
        upcoming_limit=world.upcoming_limit,
        offered=world.offered,
        schedule=schedule_of(world, asked.from_on, asked.to_on),
        time_off=seconds(world.time_off),
        occupied=seconds(world.occupied),
        elsewhere=seconds(world.elsewhere),
        travel_minutes=world.travel,
        registered_until=world.registered_until,
        day_starts=tuple(start * 60 for start in world.day_starts),
        daily_limit=world.daily_limit,
        pool=pool,
    )
