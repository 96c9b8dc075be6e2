"""Clinics that Hypothesis makes up around a day on which clocks change, and questions to them. What is drawn is what is sent, except that a
location and a treatment are told by their number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from app.kit.wire import format_instant, format_minute
from tests.client import Json
from tests.scheduling import worlds
from tests.scheduling.oracle import DAY, Span, resolve
from tests.scheduling.worlds import NUMBERS, change_dates, changing_zones, closure, phases, spans, weekly

Made = TypeVar("Made")

FIRST_ON, LAST_ON = date(2026, 12, 12), date(2027, 12, 20)
DAY_MINUTES = 1440
LOCATIONS = range(2)
USUAL = [
    [(30, True)],
    [(45, True), (5, False)],
    [(10, False), (20, True)],
    [(15, True), (20, False), (10, True)],
]


@dataclass(frozen=True)
class Colleague:
    """Somebody who treats."""

    hours: list[Json]
    overrides: list[Json]
    time_off: list[Json]
    registrations: list[Json]
    daily_limit: int | None
    phases: list[Json] | None


@dataclass(frozen=True)
class Pick:
    """An appointment to make: the start of that number among those that are listed. `is_cancelled`: and to cancel."""

    treatment: int
    number: int
    is_known: bool
    is_cancelled: bool


@dataclass(frozen=True)
class Plan:
    """All that makes a clinic, and what is asked. The first treatment is asked for; the second one is there to be in its way."""

    zones: list[str]
    from_on: date
    to_on: date
    asked_zone: str
    now: datetime
    settings: Json
    treatments: list[Json]
    colleagues: list[Colleague]
    places: list[int]
    closures: list[Json]
    picks: list[Pick]
    was_here: bool

    def dates(self, before: int = 0, after: int = 0) -> Json:
        """The range, or a wider one, as parameters."""
        return {"from": str(self.from_on - DAY * before), "to": str(self.to_on + DAY * after), "time_zone": self.asked_zone}


def made_by(make: Callable[..., Made], *arguments: object) -> st.SearchStrategy[Made]:
    """What one of the makers of `worlds` makes."""
    return st.integers(0, NUMBERS).map(lambda number: make(Random(number), *arguments))  # noqa: S311 it is to be repeatable


def multiples(of: int, least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least // of, most // of).map(lambda times: times * of)


def days(least: int, most: int, around: date) -> st.SearchStrategy[date]:
    return st.integers(least, most).map(lambda many: around + DAY * many)


@cache
def changing_in_reach() -> list[tuple[str, date]]:
    return [(zone, on) for zone in changing_zones() for on in change_dates(zone) if FIRST_ON <= on <= LAST_ON]


def window(span: Span) -> Json:
    return {"starts": format_minute(span[0] % DAY_MINUTES), "ends": format_minute(span[1])}


def laid(stretches: list[tuple[int, bool]]) -> list[Json]:
    return [{"minutes": minutes, "attended": attended} for minutes, attended in stretches]


@st.composite
def lines(draw: st.DrawFn, from_on: date) -> list[Json]:
    """Long hours on every day and others that touch them, often across midnight; and now and then any others."""
    opens, lasts, touching = draw(multiples(15, 0, 1425)), draw(multiples(30, 300, 840)), draw(multiples(15, 60, 240))
    home, away = draw(st.permutations(LOCATIONS))
    closes, later = (opens + lasts) % DAY_MINUTES, (opens + lasts + touching) % DAY_MINUTES
    found: list[Json] = [{"location_id": home, "weekday": day, **window((opens, closes))} for day in range(1, 8)]
    found += [{"location_id": home, "weekday": day, **window((closes, later))} for day in draw(st.sets(st.integers(1, 7)))]
    # In the evening, or at the same time: which of the two it is, is decided by whoever books first.
    for span in draw(st.sampled_from([[], [(opens, closes)], [(later, opens)]])):
        found += [{"location_id": away, "weekday": day, **window(span)} for day in range(1, 8) if span[0] != span[1]]
    for rule in draw(st.lists(made_by(weekly, from_on), max_size=2)):
        until = None if rule.valid_until is None else max(rule.valid_until, rule.valid_from or rule.valid_until)
        bounds = {"valid_from": rule.valid_from and str(rule.valid_from), "valid_until": until and str(until)}
        more = {"weekday": rule.weekday, "every_weeks": rule.every_weeks, **bounds, **window((rule.starts, rule.ends))}
        found.append({"location_id": draw(st.sampled_from(LOCATIONS)), **more})
    return found


@st.composite
def colleagues(draw: st.DrawFn, zone: str, from_on: date) -> Colleague:
    seldom = st.tuples(st.sampled_from(LOCATIONS), days(-1, 2, from_on))
    others = draw(st.dictionaries(seldom, st.lists(made_by(worlds.window), max_size=2), max_size=2))
    leave = draw(st.just([]) | made_by(spans, resolve(zone, from_on, 0), 2))
    until = draw(st.sampled_from([date(2099, 12, 31)] * 12 + [from_on, from_on - DAY, None]))
    return Colleague(
        hours=draw(lines(from_on)),
        overrides=[
            {"location_id": at, "date": str(on), "windows": [window(one) for one in spans]} for (at, on), spans in others.items()
        ],
        time_off=[{"starts_at": instant(start), "ends_at": instant(end)} for start, end in leave],
        registrations=[] if until is None else [{"body": "Example Council", "number": "EX-1", "valid_until": str(until)}],
        daily_limit=draw(st.sampled_from([None, None, 1, 1, 2])),
        phases=draw(st.none() | st.none() | st.sampled_from(USUAL).map(laid)),
    )


def instant(minute: int) -> str:
    return format_instant(datetime.fromtimestamp(minute * 60, UTC))


@st.composite
def treatments(draw: st.DrawFn, audiences: list[str]) -> Json:
    return {
        "phases": laid(draw(st.sampled_from(USUAL) | st.sampled_from(USUAL) | made_by(phases))),
        "buffer_before_minutes": draw(st.sampled_from([0, 0, 5, 60])),
        "buffer_after_minutes": draw(st.sampled_from([0, 0, 7, 15])),
        "step_minutes": draw(st.sampled_from([None, 7, 20, 25, 60])),
        "place_kind": draw(st.sampled_from([None, "room", "room"])),
        "audience": draw(st.sampled_from(audiences)),
    }


@st.composite
def shut(draw: st.DrawFn, from_on: date) -> Json:
    found = draw(made_by(closure, from_on))
    part: Any = {} if (found.starts, found.ends) == (0, DAY_MINUTES) else window((found.starts, found.ends))
    return {
        "location_id": draw(st.sampled_from([None, *LOCATIONS])),
        "from_on": str(found.from_on),
        "to_on": str(found.to_on),
        **part,
    }


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    zone, changing_on = draw(st.sampled_from(changing_in_reach()))
    zones = [zone, draw(st.sampled_from([zone, "Europe/London", "Asia/Kathmandu", "Pacific/Apia"]))]
    from_on = draw(days(-1, 1, changing_on))
    asked_zone = draw(st.sampled_from([*zones, "America/St_Johns"]))
    is_near = draw(st.booleans())
    # The range begins that much later than now, or earlier.
    lead = draw(st.integers(-86_400, 3 * 86_400) | multiples(900, -86_400, 3 * 86_400)) if is_near else 10 * 86_400
    pick = st.builds(Pick, st.integers(0, 1), st.integers(0, 400), st.booleans(), st.sampled_from([False, False, True]))
    return Plan(
        zones=zones,
        from_on=from_on,
        to_on=draw(days(0, 1, from_on)),
        asked_zone=asked_zone,
        now=datetime.fromtimestamp(resolve(asked_zone, from_on, 0) * 60 - lead, UTC),
        settings={
            "step_minutes": draw(st.sampled_from([10, 15, 30])),
            "notice_minutes": draw(st.sampled_from([0, 5, 120, 1440])),
            "horizon_days": draw(st.integers(1, 2)) if is_near else 60,
            "travel_minutes": draw(st.sampled_from([0, 20, 90, 90])),
            "upcoming_per_patient": draw(st.sampled_from([1, 2, 10])),
        },
        treatments=[draw(treatments(["all", "all", "new", "returning"])), draw(treatments(["all"]))],
        colleagues=draw(st.lists(colleagues(zone, from_on), min_size=2, max_size=3)),
        places=[draw(st.integers(1, 3)), draw(st.integers(0, 2))],
        closures=draw(st.just([]) | st.lists(shut(from_on), max_size=1)),
        picks=draw(st.lists(pick, min_size=2, max_size=6)),
        was_here=draw(st.booleans()),
    )
