"""How a case is written: wall times, hours and answers as short texts."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from _pytest.mark import ParameterSet

from app.scheduling import hours, slots
from app.scheduling.facts import Facts
from app.scheduling.hours import Closure, Override, Schedule, WeeklyRule
from tests.scheduling.make import MONDAY, codes, make_facts, minutes

DAY = timedelta(days=1)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PROJECTS = (
    "cal.com", "Easy!Appointments", "LibreBooking", "Medplum", "Bahmni appointments", "Bahmni apps", "Cliniko API", "MRBS",
    "OpenEMR", "Nextcloud Appointments", "Seatsurfing", "be-BOP",
)  # fmt: skip
SOURCE = re.compile(rf"({'|'.join(map(re.escape, PROJECTS))}) #\d+")


def case(name: str, *given_and_expected: Any, source: str | None = None) -> ParameterSet:
    """A line of a table. `source`: where the situation was reported in public."""
    if source is None:
        return pytest.param(*given_and_expected, id=name)
    assert SOURCE.fullmatch(source), source
    return pytest.param(*given_and_expected, id=f"{name} ({source})")


def on(text: str) -> date:
    """`"Tue"` of the week of the cases, or `"2027-03-28"`."""
    return MONDAY + WEEKDAYS.index(text) * DAY if text in WEEKDAYS else date.fromisoformat(text)


def clock(text: str, zone: str = "UTC") -> int:
    """`"09:30"` on the Monday, `"Tue 09:30:01"`, `"2027-03-28 01:30"`; an offset says which of two is meant: `"2027-10-31 01:30+00:00"`.

    `24:00` ends the day. Does without the core, and takes only wall times that exist once.
    """
    day, _, wall = text.rpartition(" ")
    days = 1 if wall == "24:00" else 0
    found = datetime.fromisoformat(f"{on(day or 'Mon') + days * DAY} {'00:00' if days else wall}")
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone))
        assert found.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == found.replace(tzinfo=None), text
        assert found.utcoffset() == found.replace(fold=1).utcoffset(), text
    return int(found.timestamp())


def shown(at: int, zone: str = "UTC") -> str:
    """The instant as clocks there show it: `"09:30"`."""
    return f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%H:%M}"


def span(text: str, zone: str = "UTC") -> tuple[int, int]:
    """`"Mon 23:00 - Tue 01:00"` or `"10:00 - 10:30"`."""
    starts, _, ends = text.partition(" - ")
    if " " not in ends and " " in starts:
        ends = f"{starts.rpartition(' ')[0]} {ends}"
    found = clock(starts, zone), clock(ends, zone)
    assert found[0] < found[1], text
    return found


def spans(*texts: str, zone: str = "UTC") -> tuple[tuple[int, int], ...]:
    return tuple(sorted(span(text, zone) for text in texts))


def windows(text: str) -> tuple[tuple[int, int], ...]:
    """`"09:00-12:00, 13:00-17:00"` in minutes; nothing for `""`."""
    return tuple((minutes(starts), minutes(ends)) for starts, ends in (one.split("-") for one in text.split(", ") if one))


def weekly(text: str) -> tuple[WeeklyRule, ...]:
    """`"Mon 09:00-12:00, 13:00-17:00; Tue 22:00-06:00"`, or `"daily …"`."""
    rules: list[WeeklyRule] = []
    for part in text.split("; ") if text else []:
        day, _, walls = part.partition(" ")
        for number in range(1, 8) if day == "daily" else [WEEKDAYS.index(day) + 1]:
            rules += [WeeklyRule(number, starts, ends) for starts, ends in windows(walls)]
    return tuple(rules)


def override(day: str, walls: str) -> Override:
    return Override(on(day), windows(walls))


def closure(days: str, walls: str = "00:00-24:00") -> Closure:
    """`"Tue"` or `"Tue to Thu"`."""
    first, _, last = days.partition(" to ")
    return Closure(on(first), on(last or first), *windows(walls)[0])


def make_hours(
    text: str,
    zone: str = "UTC",
    *,
    from_on: date = MONDAY - DAY,
    to_on: date = MONDAY + 7 * DAY,
    overrides: Iterable[Override] = (),
    closures: Iterable[Closure] = (),
) -> Schedule:
    return hours.schedule(weekly(text), zone, from_on, to_on, tuple(overrides), tuple(closures))


def minutely(**known: Any) -> Facts:
    """As `make_facts`, with a start every minute, so that nothing is off the grid."""
    return make_facts(**{"step_minutes": 1} | known)


def answers(facts: Facts, starts: Iterable[str]) -> dict[str, str]:
    """The reasons against each start, `""` where it can be booked. Asserts that the list of slots says the same."""
    zone = facts.schedule.zone
    found = {}
    for start in starts:
        at = clock(start, zone)
        found[start] = " ".join(codes(facts, at))
        assert slots.starts(facts, at, at + 1) == ([] if found[start] else [at]), start
    return found


def offered(facts: Facts, day: str) -> list[str]:
    """What is offered on the local date, as clocks there show it."""
    zone = facts.schedule.zone
    first = datetime(*on(day).timetuple()[:3], tzinfo=UTC)
    reach = (int((first + side * DAY).timestamp()) for side in (-1, 2))
    free = slots.starts(facts, *reach)
    return [shown(at, zone) for at in free if datetime.fromtimestamp(at, ZoneInfo(zone)).date() == on(day)]


Expected = Mapping[str, str]
"""Reasons, separated by spaces, by start."""
