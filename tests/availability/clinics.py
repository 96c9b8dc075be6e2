"""Clinics that Hypothesis makes up around a day on which clocks change, and questions to them. What is drawn is what is sent, except that a
location and a treatment are told by their number.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from app.kit.wire import format_instant, format_minute
from app.scheduling.zones import midnight
from tests.client import Json
from tests.scheduling.worlds import change_dates, changing_zones

FIRST_ON, LAST_ON = date(2026, 12, 12), date(2027, 12, 20)
DAY, DAY_MINUTES = timedelta(days=1), 1440
LOCATIONS = range(2)
Span = tuple[int, int]
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


def multiples(of: int, least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least // of, most // of).map(lambda times: times * of)


def days(least: int, most: int, around: date) -> st.SearchStrategy[date]:
    return st.integers(least, most).map(lambda many: around + DAY * many)


@cache
def changing_in_reach() -> list[tuple[str, date]]:
    return [(zone, on) for zone in changing_zones() for on in change_dates(zone) if FIRST_ON <= on <= LAST_ON]


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """Hours: often near midnight or across it, often on the quarter."""
    starts = draw(st.just(0) | multiples(15, 0, 240) | multiples(15, 1200, 1425) | st.integers(0, DAY_MINUTES - 1))
    ends = draw(st.just(DAY_MINUTES) | multiples(15, 0, 300) | st.integers(0, DAY_MINUTES))
    return starts, ends if starts != ends else DAY_MINUTES


def window(span: Span) -> Json:
    return {"starts": format_minute(span[0]), "ends": format_minute(span[1])}


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
    for span in draw(st.lists(spans(), max_size=2)):
        valid_from, until = draw(st.none() | days(-20, 2, from_on)), draw(days(2, 4, from_on))
        every_weeks = 1 if valid_from is None else draw(st.integers(1, 2))
        more = {
            "valid_from": valid_from and str(valid_from),
            "valid_until": str(until),
            "every_weeks": every_weeks,
            **window(span),
        }
        found.append({"location_id": draw(st.sampled_from(LOCATIONS)), "weekday": draw(st.integers(1, 7)), **more})
    return found


@st.composite
def colleagues(draw: st.DrawFn, zone: str, from_on: date) -> Colleague:
    seldom = st.tuples(st.sampled_from(LOCATIONS), days(-1, 2, from_on))
    others = draw(st.dictionaries(seldom, st.lists(spans(), max_size=2), max_size=2))
    first = midnight(zone, from_on)
    leave = draw(st.lists(st.tuples(multiples(900, -7200, 172_800), multiples(60, 60, 7200)), max_size=2))
    until = draw(st.sampled_from([date(2099, 12, 31)] * 12 + [from_on, from_on - DAY, None]))
    return Colleague(
        hours=draw(lines(from_on)),
        overrides=[
            {"location_id": at, "date": str(on), "windows": [window(one) for one in hours]} for (at, on), hours in others.items()
        ],
        time_off=[{"starts_at": instant(first + at), "ends_at": instant(first + at + lasts)} for at, lasts in leave],
        registrations=[] if until is None else [{"body": "Example Council", "number": "EX-1", "valid_until": str(until)}],
        daily_limit=draw(st.sampled_from([None, None, 1, 1, 2])),
        phases=draw(st.none() | st.none() | st.sampled_from(USUAL).map(laid)),
    )


def instant(at: int) -> str:
    return format_instant(datetime.fromtimestamp(at, UTC))


@st.composite
def unusual(draw: st.DrawFn) -> list[tuple[int, bool]]:
    """Phases of any length, up to some hours."""
    length = multiples(5, 5, 30) | st.integers(1, 40) | multiples(60, 60, 180)
    return [*draw(st.lists(st.tuples(length, st.booleans()), max_size=2)), (draw(multiples(5, 5, 30)), True)]


@st.composite
def treatments(draw: st.DrawFn, audiences: list[str]) -> Json:
    return {
        "phases": laid(draw(st.sampled_from(USUAL) | st.sampled_from(USUAL) | unusual())),
        "buffer_before_minutes": draw(st.sampled_from([0, 0, 5, 60])),
        "buffer_after_minutes": draw(st.sampled_from([0, 0, 7, 15])),
        "step_minutes": draw(st.sampled_from([None, 7, 20, 25, 60])),
        "place_kind": draw(st.sampled_from([None, "room", "room"])),
        "audience": draw(st.sampled_from(audiences)),
    }


@st.composite
def closures(draw: st.DrawFn, from_on: date) -> Json:
    """For a day or some, whole or in part."""
    on = draw(days(-3, 3, from_on))
    starts, ends = sorted(draw(spans()))
    dates = {"from_on": str(on), "to_on": str(draw(st.just(on) | days(0, 5, on)))}
    return {
        "location_id": draw(st.sampled_from([None, *LOCATIONS])),
        **dates,
        **draw(st.sampled_from([{}, window((starts, ends))])),
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
        now=datetime.fromtimestamp(midnight(asked_zone, from_on) - lead, UTC),
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
        closures=draw(st.just([]) | st.lists(closures(from_on), max_size=1)),
        picks=draw(st.lists(pick, min_size=2, max_size=6)),
        was_here=draw(st.booleans()),
    )
