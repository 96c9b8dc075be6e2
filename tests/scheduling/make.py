"""Facts, hours and instants for the tests of the core."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from app.scheduling import hours
from app.scheduling.facts import Facts
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.hours import Closure, Override, Schedule, WeeklyRule
from app.scheduling.obstacles import Code
from app.scheduling.slots import reasons

MONDAY = date(2027, 6, 7)
KATHMANDU = "Asia/Kathmandu"  # never changes its clocks
LONDON = "Europe/London"


def at(wall: str) -> int:
    """`"2027-06-07 09:00"` in UTC."""
    return int(datetime.fromisoformat(wall).replace(tzinfo=UTC).timestamp())


def minutes(wall: str) -> int:
    """`"09:30"` as minutes of the day."""
    hour, minute = wall.split(":")
    return int(hour) * 60 + int(minute)


def make_rule(wall: str, weekday: int = 1, **more: Any) -> WeeklyRule:
    """`"09:00-17:00"`, on Mondays unless told otherwise."""
    starts, ends = wall.split("-")
    return WeeklyRule(weekday, minutes(starts), minutes(ends), **more)


def make_override(on: date, *walls: str) -> Override:
    """`"09:00-17:00"`…; closed without one."""
    return Override(on, tuple((rule.starts, rule.ends) for rule in map(make_rule, walls)))


def make_schedule(
    *rules: WeeklyRule,
    zone: str = "UTC",
    on: date = MONDAY,
    to_on: date | None = None,
    overrides: tuple[Override, ...] = (),
    closures: tuple[Closure, ...] = (),
) -> Schedule:
    return hours.schedule(rules, zone, on, to_on or on, overrides, closures)


def make_footprint(*phases: int, before: int = 0, after: int = 0) -> Footprint:
    """Minutes of each phase; a negative number is a rest."""
    return Footprint.of(
        [Phase(abs(length), length > 0) for length in phases], buffer_before_minutes=before, buffer_after_minutes=after
    )


def make_facts(**known: Any) -> Facts:
    """A Monday from nine to five in UTC, half-hour visits, a 15-minute grid, asked by staff a week before."""
    usual: dict[str, Any] = {
        "now": at("2027-05-31 12:00"),
        "staff": True,
        "footprint": make_footprint(30),
        "step_minutes": 15,
        "notice_minutes": 0,
        "horizon_days": 60,
        "offered": True,
        "schedule": make_schedule(make_rule("09:00-17:00")),
        "occupied": (),
        "registered_until": date(2030, 12, 31),
    }
    return Facts(**usual | known)


def codes(facts: Facts, start: int) -> Sequence[Code]:
    return [reason.code for reason in reasons(facts, start)]
