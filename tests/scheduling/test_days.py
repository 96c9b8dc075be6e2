"""The options of practitioners by day, against looking at each start by itself; around a change of the clocks, too."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.footprint import Footprint, Phase
from app.scheduling.planning.days import Source, When, choices, minute_of_day, rank
from app.scheduling.planning.values import Option
from app.scheduling.slots import Opening
from app.scheduling.zones import midnight

ZONES = ("Europe/London", "America/New_York")
FIRST = date(2026, 3, 27)  # the clocks of London change two days later
FOOTPRINT = Footprint.of([Phase(30, attended=True)], buffer_before_minutes=5)
STEP = 15 * 60


@st.composite
def sources(draw: st.DrawFn) -> list[Source]:
    """One for each of some practitioners and locations, whose openings may go on past midnight."""
    keys = draw(st.sets(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=3))
    found = []
    for who, where in sorted(keys):
        at = midnight(ZONES[where], FIRST)
        openings = []
        for wait, mask in draw(st.lists(st.tuples(st.integers(0, 80), st.integers(1, 1 << 60)), max_size=5)):
            openings.append(Opening(at + wait * STEP, STEP, mask))
            at = openings[-1].last + STEP
        found.append(Source(who, where, ZONES[where], FOOTPRINT, openings))
    return found


whens = st.builds(
    When,
    st.just(FIRST + timedelta(days=1)),
    st.integers(0, 4).map(lambda days: FIRST + timedelta(days=1 + days)),
    st.sampled_from([frozenset[int](), frozenset({1, 6, 7})]),
    st.sampled_from([(), ((0, 720),), ((60, 150), (540, 600), (1200, 1440))]),
    st.sampled_from([(), ((FIRST + timedelta(days=2), FIRST + timedelta(days=2)),)]),
    st.sampled_from([None, 0, 90, 600]),
)


def comes(when: When, on: date) -> bool:
    days = [when.earliest_on + timedelta(days=number) for number in range((when.latest_on - when.earliest_on).days + 1)]
    away = [first + timedelta(days=number) for first, last in when.away for number in range((last - first).days + 1)]
    return on in days and on not in away and (not when.weekdays or on.weekday() + 1 in when.weekdays)


def expected(some: list[Source], when: When) -> dict[int, dict[int, list[Option]]]:
    found: dict[int, dict[int, list[Option]]] = {}
    for source in some:
        for start in (start for opening in source.openings for start in opening.starts()):
            on = datetime.fromtimestamp(start, ZoneInfo(source.zone)).date()
            if not comes(when, on) or not any(
                begin <= start < end for begin, end in when.starts(source.zone, on, FOOTPRINT.duration)
            ):
                continue
            away = 0 if when.wished is None else abs(minute_of_day(source.zone, start) - when.wished)
            end, (before, after) = start + FOOTPRINT.duration, FOOTPRINT.place
            option = Option(on.toordinal(), source.who, source.where, start, end, start + before, start + after, away)
            found.setdefault(source.who, {}).setdefault(on.toordinal(), []).append(option)
    return {who: {day: sorted(options, key=rank) for day, options in days.items()} for who, days in found.items()}


@given(whens, st.integers(-1, 8))
def test_on_which_dates_somebody_comes(when: When, number: int) -> None:
    on = FIRST + timedelta(days=number)
    assert when.comes_on(on) == comes(when, on)


@settings(max_examples=300, deadline=None)
@given(sources(), whens, st.integers(0, 3))
def test_options_are_all_starts_the_best_first(some: list[Source], when: When, asked: int) -> None:
    """Some of them asked for one by one, before all are."""
    found, told = choices(some, when), expected(some, when)
    assert {who: set(days) for who, days in found.items()} == {who: set(days) for who, days in told.items()}
    for who, days in told.items():
        for day, options in days.items():
            there = found[who][day]
            assert [there[index] for index in range(min(asked, len(options)))] == options[:asked]
            assert len(there) == len(options)
            assert list(there) == options
            assert [there[index] for index in range(len(there))] == options
