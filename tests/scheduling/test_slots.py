from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.scheduling.places import Place, Pool
from app.scheduling.slots import Opening, bits, openings, starts
from tests.scheduling.make import LONDON, MONDAY, at, codes, make_facts, make_footprint, make_rule, make_schedule

DAY = (at("2027-06-07 00:00"), at("2027-06-08 00:00"))


@pytest.mark.parametrize(("mask", "positions"), [(0, ()), (1, (0,)), (0b1101, (0, 2, 3)), (1 << 70, (70,))])
def test_bits(mask: int, positions: tuple[int, ...]) -> None:
    assert bits(mask) == positions


def test_an_opening_for_each_window_that_has_a_start() -> None:
    schedule = make_schedule(make_rule("09:00-10:00"), make_rule("11:00-11:20"), make_rule("12:10-13:00"))
    occupied = ((at("2027-06-07 09:30"), at("2027-06-07 09:35")),)
    assert openings(make_facts(schedule=schedule, occupied=occupied), *DAY) == [
        Opening(first=at("2027-06-07 09:00"), step=900, mask=0b0001),
        Opening(first=at("2027-06-07 12:10"), step=900, mask=0b0011),
    ]


@pytest.mark.parametrize(
    ("from_wall", "to_wall", "found"),
    [
        pytest.param("09:00", "09:30", ["09:00", "09:15"], id="from is in, to is not"),
        pytest.param("09:01", "09:31", ["09:15", "09:30"], id="between"),
        pytest.param("09:01", "09:15", [], id="none"),
        pytest.param("00:00", "09:01", ["09:00"], id="from before opening"),
        pytest.param("16:15", "23:00", ["16:15", "16:30"], id="to after closing"),
    ],
)
def test_the_range_asked_for(from_wall: str, to_wall: str, found: list[str]) -> None:
    free = starts(make_facts(), at(f"{MONDAY} {from_wall}"), at(f"{MONDAY} {to_wall}"))
    assert free == [at(f"{MONDAY} {wall}") for wall in found]


def test_the_grid_is_counted_before_anything_is_subtracted() -> None:
    occupied = ((at("2027-06-07 09:00"), at("2027-06-07 09:20")),)
    facts = make_facts(schedule=make_schedule(make_rule("09:10-12:00")), occupied=occupied, step_minutes=30)
    assert starts(facts, *DAY)[:2] == [at("2027-06-07 09:40"), at("2027-06-07 10:10")]


def test_each_date_counts_from_its_own_opening() -> None:
    """The night from 20:10 keeps its grid to 02:00; what is left of the morning counts from 01:00."""
    schedule = make_schedule(make_rule("20:10-02:00", 1), make_rule("01:00-05:00", 2), to_on=MONDAY + timedelta(days=1))
    facts = make_facts(schedule=schedule, step_minutes=25)
    free = starts(facts, at("2027-06-08 01:00"), at("2027-06-08 03:00"))
    assert free == [at(f"2027-06-08 {wall}") for wall in ("01:10", "01:35", "02:15", "02:40")]
    assert [codes(facts, at(f"2027-06-08 {wall}")) for wall in ("01:25", "02:00", "02:15")] == [["grid"], ["grid"], []]


@pytest.mark.parametrize(
    ("zone", "on", "count"),
    [
        pytest.param(LONDON, date(2027, 3, 28), 23 * 2, id="23 hours"),
        pytest.param(LONDON, date(2027, 10, 31), 25 * 2, id="25 hours"),
        pytest.param("Australia/Lord_Howe", date(2027, 4, 4), 49, id="24 and a half hours"),
        pytest.param("Australia/Lord_Howe", date(2027, 10, 3), 47, id="23 and a half hours"),
        pytest.param("America/Santiago", date(2027, 9, 5), 23 * 2, id="a day without 00:00"),
        pytest.param("Asia/Kathmandu", date(2027, 3, 28), 24 * 2, id="24 hours"),
    ],
)
def test_a_day_has_as_many_half_hours_as_it_lasts(zone: str, on: date, count: int) -> None:
    schedule = make_schedule(make_rule("00:00-24:00", on.isoweekday()), zone=zone, on=on)
    facts = make_facts(schedule=schedule, step_minutes=30, now=0, registered_until=date(2099, 1, 1))
    noon = at(f"{on} 12:00")
    free = starts(facts, noon - 2 * 86_400, noon + 2 * 86_400)
    assert len(free) == count
    assert free == list(range(free[0], free[0] + count * 1800, 1800))


def test_a_day_long_treatment_fits_a_chain_of_days() -> None:
    schedule = make_schedule(*(make_rule("00:00-24:00", weekday) for weekday in range(1, 8)))
    facts = make_facts(schedule=schedule, footprint=make_footprint(1440), step_minutes=60)
    assert len(starts(facts, *DAY)) == 24


def test_a_day_long_treatment_passes_the_end_of_a_shorter_day() -> None:
    """London's 28 March lasts 23 hours: 23:30 and a day is half an hour into the 29th."""
    rules = [make_rule("00:00-24:00", 6), make_rule("00:00-24:00", 7), make_rule("00:00-00:30", 1)]
    facts = make_facts(schedule=make_schedule(*rules, zone=LONDON, on=date(2027, 3, 27)), now=0)
    day_long = replace(facts, footprint=make_footprint(1440))
    assert [codes(day_long, at(f"2027-03-27 {wall}")) for wall in ("23:30", "23:45")] == [[], ["closed"]]


TEN_TO_NOON = ((at("2027-06-07 10:00"), at("2027-06-07 12:00")),)


@pytest.mark.parametrize(
    ("known", "free"),
    [
        pytest.param({}, 31, id="nothing"),
        pytest.param({"now": at("2027-06-07 12:01")}, 18, id="past"),
        pytest.param({"now": at("2027-06-07 12:01"), "staff": False, "notice_minutes": 60}, 14, id="notice"),
        pytest.param({"staff": False, "horizon_days": 6}, 0, id="horizon"),
        pytest.param({"occupied": TEN_TO_NOON}, 22, id="busy"),
        pytest.param({"elsewhere": TEN_TO_NOON, "travel_minutes": 15}, 20, id="travel"),
        pytest.param({"pool": Pool((Place(UUID(int=1), 1, TEN_TO_NOON),))}, 22, id="place_busy"),
        pytest.param({"patient_occupied": TEN_TO_NOON}, 22, id="patient_busy"),
        pytest.param({"offered": False}, 0, id="not_offered"),
        pytest.param({"registered_until": date(2027, 6, 6)}, 0, id="registration"),
        pytest.param({"admitted": False}, 0, id="audience"),
        pytest.param({"daily_limit": 1, "day_starts": (at("2027-06-07 09:00"),)}, 0, id="daily_limit"),
        pytest.param({"staff": False, "upcoming": 1, "upcoming_limit": 1}, 0, id="patient_limit"),
    ],
)
def test_every_rule_takes_starts_from_the_list(known: dict[str, Any], free: int) -> None:
    """And takes just those that have a reason."""
    facts = make_facts(**known)
    listed = starts(facts, *DAY)
    assert len(listed) == free
    assert listed == [start for start in range(*DAY, 900) if not codes(facts, start)]
