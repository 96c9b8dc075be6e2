"""What is offered and what is refused, against the oracle, in clinics that Hypothesis makes up."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.scheduling import slots
from app.scheduling.facts import Facts
from app.scheduling.obstacles import Code
from tests.scheduling.oracle import DAY, Oracle, Shut, Span, Weekly, World
from tests.scheduling.worlds import LONG_AFTER, Asked, bookable, closure, facts_of, schedule_of, spans, worlds

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=250)
short = settings(quick, max_examples=150)


def codes(facts: Facts, minute: int) -> list[str]:
    return [reason.code for reason in slots.reasons(facts, minute * 60)]


def random_for(asked: Asked) -> Random:
    """For whatever else a test makes up: the same for the same world."""
    return Random(repr(asked))  # noqa: S311


def offered(asked: Asked) -> list[int]:
    """The minutes that the core offers."""
    bounds = asked.bounds()
    starts = slots.starts(facts_of(asked), bounds.start * 60, bounds.stop * 60)
    assert not [start for start in starts if start % 60]
    return [start // 60 for start in starts]


def sample(asked: Asked, oracle: Oracle) -> Iterable[int]:
    """Every start on the grid, and a few of the rest."""
    bounds = asked.bounds()
    grid = {minute for minute in bounds if oracle.is_on_grid(minute)}
    return sorted(grid | set(bounds[::23]))


@quick
@given(bookable())
def test_offered_is_what_the_oracle_offers(asked: Asked) -> None:
    oracle = Oracle(*asked)
    assert offered(asked) == [minute for minute in asked.bounds() if oracle.offers(minute)]


@quick
@given(worlds())
def test_a_start_is_refused_for_every_true_reason_and_no_other(asked: Asked) -> None:
    facts, oracle = facts_of(asked), Oracle(*asked)
    for minute in sample(asked, oracle):
        assert codes(facts, minute) == oracle.codes(minute), minute


@quick
@given(worlds())
def test_a_reason_ends_where_it_says(asked: Asked) -> None:
    """And not before. Without an end it lasts at least as long as the dates asked about."""
    facts, oracle = facts_of(asked), Oracle(*asked)
    for minute in asked.bounds()[::131]:
        for code, until in slots.reasons(facts, minute * 60):
            if code is Code.GRID:
                continue
            end = asked.bounds().stop if until is None else -(-until // 60)
            assert end > minute
            assert all(oracle.refuses(code, at) for at in {*range(minute, end, 37), end - 1}), code
            assert until is None or not oracle.refuses(code, end), code


@quick
@given(bookable())
def test_a_week_is_the_union_of_its_days(asked: Asked) -> None:
    first_on = asked.from_on - 3 * DAY
    week = asked._replace(from_on=first_on, to_on=first_on + 6 * DAY)
    days = [asked._replace(from_on=first_on + DAY * day, to_on=first_on + DAY * day) for day in range(7)]
    assert offered(week) == [start for day in days for start in offered(day)]
    of_week = facts_of(week)
    for day in days:
        of_day = facts_of(day)
        for minute in day.bounds()[::97]:
            assert codes(of_day, minute) == codes(of_week, minute)


def fuller(world: World, taken: list[Span], closure: Shut) -> dict[str, Any]:
    """Each field of a world that takes time, with more in it."""
    more: dict[str, Any] = {
        name: sorted(getattr(world, name) + taken) for name in ("occupied", "elsewhere", "patient", "time_off")
    }
    more["closures"] = [*world.closures, closure]
    more["day_starts"] = [*world.day_starts, *(start for start, _ in taken)]
    if world.places is not None:
        more["places"] = [sorted(place + taken) for place in world.places]
    return more


@quick
@given(bookable())
def test_what_takes_time_never_adds_a_start(asked: Asked) -> None:
    """Nor, read the other way, does taking it away remove one."""
    rnd = random_for(asked)
    first, second = ((spans(rnd, asked.bounds().start, 3), closure(rnd, asked.from_on)) for _ in range(2))
    free = set(offered(asked))
    for name, value in fuller(asked.world, *first).items():
        more = asked.differing(**{name: value})
        most = asked.differing(**{name: fuller(more.world, *second)[name]})
        left = set(offered(more))
        assert left <= free, name
        assert left.issuperset(offered(most)), name


@short
@given(bookable())
def test_a_place_more_never_removes_a_start(asked: Asked) -> None:
    places = asked.world.places or []
    more = [*places, spans(random_for(asked), asked.bounds().start, 6)]
    assert set(offered(asked.differing(places=more))).issuperset(offered(asked.differing(places=places)))


@quick
@given(bookable())
def test_what_stands_is_true_at_any_moment(asked: Asked) -> None:
    """Only the stretch that is bookable moves with `now`."""
    bounds, rnd = asked.bounds(), random_for(asked)
    from_at, to_at = bounds.start * 60, bounds.stop * 60
    now, later = (rnd.choice([rnd.randrange(from_at - 86_400, to_at), rnd.randrange(from_at, to_at, 300)]) for _ in range(2))
    facts = facts_of(asked.differing(now=now, horizon=rnd.randint(0, 2)))
    then = replace(facts, now=later)
    standing = slots.standing_openings(facts, from_at, to_at)
    begin, end = slots.bookable_between(then)
    assert list(slots.openings(then, from_at, to_at)) == list(slots.within(standing, begin, end))
    kept = [start for opening in standing for start in opening.starts() if begin <= start < end]
    assert slots.starts(then, from_at, to_at) == kept
    assert kept == [start for start in kept if not slots.reasons(then, start)]


@quick
@given(bookable())
def test_within_cuts_between_any_two_starts(asked: Asked) -> None:
    bounds, rnd = asked.bounds(), random_for(asked)
    standing = slots.standing_openings(facts_of(asked), bounds.start * 60, bounds.stop * 60)
    starts = [start for opening in standing for start in opening.starts()]
    for _ in range(10 if starts else 0):
        begin, end = (rnd.choice(starts) + rnd.choice([-1, 0, 1]) for _ in range(2))
        cut = [start for opening in slots.within(standing, begin, end) for start in opening.starts()]
        assert cut == [start for start in starts if begin <= start < end]


def always_open(world: World) -> dict[str, Any]:
    return {"rules": [Weekly(weekday, 0, 1440) for weekday in range(1, 8)], "overrides": {}}


CAUSES: dict[Code, tuple[Callable[[World], dict[str, Any]], set[Code]]] = {
    Code.PAST: (lambda world: {"now": world.now - 30 * 86_400, "horizon": world.horizon + 40}, {Code.NOTICE, Code.HORIZON}),
    Code.NOTICE: (lambda world: {"notice": -30 * 1440}, set()),
    Code.HORIZON: (lambda world: {"horizon": 99}, set()),
    Code.GRID: (lambda world: {"step": 1}, set()),
    Code.CLOSED: (always_open, {Code.GRID, Code.CLOSURE}),
    Code.CLOSURE: (lambda world: {"closures": []}, set()),
    Code.TIME_OFF: (lambda world: {"time_off": []}, set()),
    Code.BUSY: (lambda world: {"occupied": []}, set()),
    Code.TRAVEL: (lambda world: {"elsewhere": []}, set()),
    Code.PLACE_BUSY: (lambda world: {"places": [*(world.places or []), []]}, set()),
    Code.PATIENT_BUSY: (lambda world: {"patient": []}, set()),
    Code.NOT_OFFERED: (lambda world: {"offered": True}, set()),
    Code.REGISTRATION: (lambda world: {"registered_until": LONG_AFTER}, set()),
    Code.AUDIENCE: (lambda world: {"admitted": True}, set()),
    Code.DAILY_LIMIT: (lambda world: {"day_starts": []}, set()),
    Code.PATIENT_LIMIT: (lambda world: {"upcoming": 0}, set()),
}
"""What takes the cause of a reason away, and the other reasons that depend on the same: none, but for now and the hours."""


def test_every_reason_of_the_core_has_a_cause() -> None:
    assert set(CAUSES) == set(Code) - {Code.HOLD_LIMIT}


@pytest.mark.parametrize("code", CAUSES)
@settings(quick, max_examples=60)
@given(asked=worlds())
def test_a_reason_goes_with_its_cause(code: Code, asked: Asked) -> None:
    without, dependent = CAUSES[code]
    facts, less = facts_of(asked), facts_of(asked.differing(**without(asked.world)))
    for minute in asked.bounds()[::41]:
        before, left = codes(facts, minute), codes(less, minute)
        assert code not in left
        assert [other for other in left if other not in dependent] == [
            other for other in before if other != code and other not in dependent
        ]


@short
@given(worlds())
def test_closures_leave_the_windows_alone(asked: Asked) -> None:
    """So that the grid stays, and what is shut is not `closed` for that."""
    assert schedule_of(*asked).windows == schedule_of(*asked.differing(closures=[])).windows


@short
@given(worlds())
def test_the_same_hours_said_otherwise_are_the_same(asked: Asked) -> None:
    """An override that says what the week says, for each date, changes nothing; nor does the order of what is given."""
    world = asked.world
    said = Oracle(*asked).windows
    otherwise = replace(world, overrides=dict(reversed(said.items())), rules=world.rules[::-1], closures=world.closures[::-1])
    assert schedule_of(otherwise, asked.from_on, asked.to_on).windows == schedule_of(*asked).windows
