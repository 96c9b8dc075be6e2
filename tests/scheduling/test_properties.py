"""What is offered, against the oracle, in clinics that Hypothesis makes up around the days on which clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.scheduling import hours, slots, zones
from app.scheduling.facts import Facts
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.obstacles import Code
from app.scheduling.places import Place, Pool
from tests.scheduling.oracle import DAY, TICK, Oracle, Span, Weekly, World, local_date, resolve

ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Sydney",
    "Africa/Cairo",
]
TICKS_A_DAY = 86_400 // TICK

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)


@cache
def change_dates(zone: str) -> list[date]:
    """Local dates from 2025 to 2035 on which clocks change; for a zone that never does, any one."""
    noons = [datetime(2025, 1, 1, 12, tzinfo=UTC) + DAY * days for days in range(4017)]
    offsets = [noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons]
    changes = [noons[i + 1].date() for i, (before, after) in enumerate(pairwise(offsets)) if before != after]
    return changes or [date(2027, 3, 28)]


def multiples(of: int, least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least // of, most // of).map(lambda times: times * of)


@st.composite
def weekly(draw: st.DrawFn, around: date) -> Weekly:
    starts = draw(multiples(15, 0, 240) | multiples(15, 1200, 1425) | multiples(5, 0, 1435))
    ends = draw(multiples(15, 0, 300) | st.just(1440) | multiples(5, 0, 1440))
    assume(starts != ends)
    every_weeks = draw(st.sampled_from([1, 1, 1, 2, 3]))
    long_ago, tomorrow = (st.integers(*days).map(lambda days: around + timedelta(days=days)) for days in ((-20, 0), (1, 4)))
    valid_from = draw(long_ago if every_weeks > 1 else st.none() | long_ago | tomorrow)
    valid_until = draw(st.none() | tomorrow)
    weekday = (around + timedelta(days=draw(st.integers(-1, 1)))).isoweekday()
    return Weekly(weekday, starts, ends, valid_from, valid_until, every_weeks)


def spans(first_tick: int, most: int) -> st.SearchStrategy[list[Span]]:
    """Sorted by start; they may touch and overlap."""
    begins = st.integers(first_tick - 24, first_tick + 2 * TICKS_A_DAY)
    return st.lists(
        st.builds(lambda begin, length: (begin, begin + length), begins, st.integers(1, 24)), min_size=1, max_size=most
    ).map(sorted)


@st.composite
def phases(draw: st.DrawFn) -> list[tuple[int, bool]]:
    length = multiples(5, 5, 40) | multiples(5, 5, 40) | multiples(60, 60, 420)
    laid = draw(st.lists(st.tuples(length, st.booleans()), min_size=1, max_size=3))
    return [*laid, (draw(multiples(5, 5, 30)), True)] if not any(attended for _, attended in laid) else laid


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, date, date]:
    """A world, and the first and last date to ask about."""
    zone = draw(st.sampled_from(ZONES))
    around = draw(st.sampled_from(change_dates(zone)))
    from_on = around + timedelta(days=draw(st.integers(-1, 1)))
    to_on = from_on + timedelta(days=draw(st.integers(0, 1)))
    first_tick = resolve(zone, from_on, 0) // TICK
    rules = ["time", "offered", "admitted", "registration", "daily_limit", "upcoming", "elsewhere", "patient", "places"]
    binding = {rule for rule in rules if draw(st.integers(0, 3)) == 3}
    around_now = st.integers(-86_400, 86_400) | multiples(TICK, -86_400, 86_400)
    buffer = st.sampled_from([0, 0, 5, 10, 60])
    world = World(
        zone=zone,
        rules=draw(st.lists(weekly(from_on), min_size=2, max_size=6)),
        phases=draw(phases()),
        before=draw(buffer),
        after=draw(buffer),
        step=draw(st.sampled_from([5, 10, 15, 20, 25, 60])),
        now=first_tick * TICK + (draw(around_now) if "time" in binding else -172_800),
        staff=draw(st.booleans()),
        notice=draw(st.sampled_from([0, 5, 120, 1440])),
        horizon=draw(st.integers(1, 4)) if "time" in binding else 9,
        occupied=draw(spans(first_tick, 8)),
        elsewhere=draw(spans(first_tick, 2)) if "elsewhere" in binding else [],
        travel=draw(st.sampled_from([0, 20])),
        patient=draw(spans(first_tick, 2)) if "patient" in binding else [],
        places=draw(st.lists(spans(first_tick, 6), max_size=2)) if "places" in binding else None,
        offered="offered" not in binding,
        admitted="admitted" not in binding,
        registered_until=draw(st.sampled_from([from_on, None])) if "registration" in binding else date(2099, 1, 1),
        day_starts=draw(st.lists(st.integers(first_tick, first_tick + 2 * TICKS_A_DAY), max_size=4)),
        daily_limit=draw(st.integers(1, 2)) if "daily_limit" in binding else None,
        upcoming=draw(st.integers(0, 3)),
        upcoming_limit=2 if "upcoming" in binding else None,
    )
    return world, from_on, to_on


def seconds(ticks: list[Span]) -> tuple[Span, ...]:
    return tuple((start * TICK, end * TICK) for start, end in ticks)


def facts_of(world: World, from_on: date, to_on: date) -> Facts:
    rules = tuple(hours.WeeklyRule(*vars(rule).values()) for rule in world.rules)
    pool = None
    if world.places is not None:
        pool = Pool(tuple(Place(UUID(int=n), n, seconds(taken)) for n, taken in enumerate(world.places)))
    return Facts(
        now=world.now,
        staff=world.staff,
        footprint=Footprint.of(
            [Phase(*phase) for phase in world.phases],
            buffer_before_minutes=world.before,
            buffer_after_minutes=world.after,
        ),
        step_minutes=world.step,
        notice_minutes=world.notice,
        horizon_days=world.horizon,
        admitted=world.admitted,
        patient_occupied=seconds(world.patient),
        upcoming=world.upcoming,
        upcoming_limit=world.upcoming_limit,
        offered=world.offered,
        schedule=hours.schedule(rules, world.zone, from_on, to_on),
        occupied=seconds(world.occupied),
        elsewhere=seconds(world.elsewhere),
        travel_minutes=world.travel,
        registered_until=world.registered_until,
        day_starts=tuple(start * TICK for start in world.day_starts),
        daily_limit=world.daily_limit,
        pool=pool,
    )


def bounds(zone: str, from_on: date, to_on: date) -> tuple[int, int]:
    return resolve(zone, from_on, 0), resolve(zone, to_on + DAY, 0)


@quick
@given(worlds())
def test_offered_is_what_the_oracle_offers_and_the_rest_has_its_reasons(made: tuple[World, date, date]) -> None:
    world, from_on, to_on = made
    facts, oracle = facts_of(world, from_on, to_on), Oracle(world, from_on, to_on)
    from_at, to_at = bounds(world.zone, from_on, to_on)
    told = {tick * TICK: oracle.codes(tick) for tick in range(from_at // TICK, to_at // TICK)}

    assert slots.starts(facts, from_at, to_at) == [start for start, codes in told.items() if not codes]
    for start, codes in told.items():
        assert [reason.code for reason in slots.reasons(facts, start)] == codes


@quick
@given(worlds())
def test_a_reason_ends_where_it_says(made: tuple[World, date, date]) -> None:
    world, from_on, to_on = made
    facts = facts_of(world, from_on, to_on)
    from_at, to_at = bounds(world.zone, from_on, to_on)
    for start in range(from_at, to_at, 2 * 3600):
        for code, until in slots.reasons(facts, start):
            if until is not None:
                assert code in {reason.code for reason in slots.reasons(facts, until - 1)}
                assert code not in {reason.code for reason in slots.reasons(facts, until)}


@quick
@given(worlds())
def test_a_week_is_the_union_of_its_days(made: tuple[World, date, date]) -> None:
    world, first_on = made[0], made[1] - 3 * DAY
    days = [first_on + DAY * day for day in range(7)]
    week = slots.starts(facts_of(world, days[0], days[-1]), *bounds(world.zone, days[0], days[-1]))
    by_day = [slots.starts(facts_of(world, on, on), *bounds(world.zone, on, on)) for on in days]
    assert week == [start for starts in by_day for start in starts]


@quick
@given(worlds(), st.data())
def test_more_in_the_diary_never_adds_a_start(made: tuple[World, date, date], data: st.DataObject) -> None:
    world, from_on, to_on = made
    from_at, to_at = bounds(world.zone, from_on, to_on)
    taken = data.draw(spans(from_at // TICK, 3))
    fuller: dict[str, Any] = {name: sorted(getattr(world, name) + taken) for name in ("occupied", "elsewhere", "patient")}
    if world.places is not None:
        fuller["places"] = [sorted(place + taken) for place in world.places]
    free = set(slots.starts(facts_of(world, from_on, to_on), from_at, to_at))
    for name, value in fuller.items():
        left = slots.starts(facts_of(replace(world, **{name: value}), from_on, to_on), from_at, to_at)
        assert free.issuperset(left)


@quick
@given(worlds())
def test_a_reason_goes_with_its_cause(made: tuple[World, date, date]) -> None:
    world, from_on, to_on = made
    facts = facts_of(world, from_on, to_on)
    from_at, to_at = bounds(world.zone, from_on, to_on)
    without = {
        Code.BUSY: replace(facts, occupied=()),
        Code.TRAVEL: replace(facts, elsewhere=()),
        Code.PLACE_BUSY: replace(facts, pool=None),
        Code.PATIENT_BUSY: replace(facts, patient_occupied=()),
    }
    for start in range(from_at, to_at, 3600):
        given_codes = [reason.code for reason in slots.reasons(facts, start)]
        for code, less in without.items():
            left = [reason.code for reason in slots.reasons(less, start)]
            assert left == [other for other in given_codes if other is not code]


@pytest.mark.parametrize("zone", ZONES)
def test_wall_times_on_and_around_every_change(zone: str) -> None:
    for change_on in change_dates(zone):
        for on in (change_on - DAY, change_on, change_on + DAY):
            wrong = [minute for minute in range(0, 2881, 15) if zones.instant(zone, on, minute) != resolve(zone, on, minute)]
            assert not wrong, on
            first = zones.midnight(zone, on)
            assert (local_date(zone, first - 1), local_date(zone, first)) == (on - DAY, on)
            assert zones.local_date(zone, first) == on
