"""T15: all reasons at once, in one order, each with the instant at which it is gone where that is known."""

from typing import Any
from uuid import UUID

import pytest

from app.scheduling import slots
from app.scheduling.facts import Facts
from app.scheduling.obstacles import Code
from app.scheduling.places import Place, Pool
from tests.scheduling.cases.table import answers, case, clock, closure, make_hours, minutely, on, spans
from tests.scheduling.make import make_facts, make_footprint

EVERY = {
    "now": clock("10:05"),
    "staff": False,
    "notice_minutes": 120,
    "horizon_days": -1,
    "schedule": make_hours("Mon 09:00-10:10", closures=[closure("Mon", "10:00-10:30")]),
    "time_off": spans("10:00 - 10:30"),
    "occupied": spans("10:00 - 10:30"),
    "elsewhere": spans("10:00 - 10:30"),
    "pool": Pool(()),
    "patient_occupied": spans("10:00 - 10:30"),
    "offered": False,
    "registered_until": None,
    "admitted": False,
    "daily_limit": 1,
    "day_starts": [clock("10:00")],
    "upcoming": 1,
    "upcoming_limit": 1,
}


def test_every_reason_at_once_in_the_order_of_the_list() -> None:
    """But for `hold_limit`, which is about holds."""
    facts = make_facts(**EVERY)
    assert [reason.code for reason in slots.reasons(facts, clock("10:01"))] == [code for code in Code if code != "hold_limit"]


PAIRS = [
    case("two reasons", {"occupied": spans("10:00 - 11:00"), "time_off": spans("10:00 - 12:00")}, "10:00", "time_off busy"),
    case("nobody and nowhere", {"occupied": spans("10:00 - 11:00"), "pool": Pool(())}, "10:00", "busy place_busy"),
    case("too late in the day, and taken", {"occupied": spans("16:30 - 17:00")}, "16:31", "closed busy"),
    case(
        "full, and yet taken as well", {"daily_limit": 1, "day_starts": [clock("10:00")], "occupied": spans("10:00 - 10:30")},
        "10:00", "busy daily_limit",
    ),
    case(
        "a full day is refused where it was offered elsewhere", {"daily_limit": 1, "day_starts": [clock("10:00")]}, "12:00",
        "daily_limit", source="cal.com #14436",
    ),
    case(
        "short notice is refused when it is asked for by hand", {"now": clock("10:00"), "staff": False, "notice_minutes": 60},
        "10:59", "notice", source="cal.com #14465",
    ),
    case(
        "beyond the horizon is refused when asked for by hand",
        {"now": clock("2027-03-09 10:00"), "staff": False, "horizon_days": 2}, "10:00", "horizon", source="cal.com #29729",
    ),
    case(
        "a buffer is minded when asked for by hand",
        {"occupied": spans("10:00 - 10:30"), "footprint": make_footprint(30, before=10)}, "10:35", "busy",
        source="cal.com #14868",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("known", "start", "expected"), PAIRS)
def test_what_is_refused_is_not_offered(known: dict[str, Any], start: str, expected: str) -> None:
    assert answers(minutely(**known), [start]) == {start: expected}


UNTIL = [
    case("past until now", {"now": clock("12:00")}, "10:00", [("past", "12:00")]),
    case(
        "notice until it is kept", {"now": clock("10:00"), "staff": False, "notice_minutes": 90}, "11:00", [("notice", "11:30")],
    ),
    case(
        "busy until the end of what touches", {"occupied": spans("10:00 - 10:30", "10:30 - 11:00", "11:30 - 12:00")}, "10:15",
        [("busy", "11:00")],
    ),
    case("and past a gap that is too short", {"occupied": spans("10:00 - 10:30", "10:59 - 12:00")}, "10:15", [("busy", "12:00")]),
    case("but not past one that fits", {"occupied": spans("10:00 - 10:30", "11:00 - 12:00")}, "10:15", [("busy", "10:30")]),
    case("time off", {"time_off": spans("10:00 - Tue 09:30")}, "11:00", [("time_off", "Tue 09:30")]),
    case("closed until it opens", {}, "08:00", [("closed", "09:00")]),
    case(
        "closed for the night", {"schedule": make_hours("Mon 09:00-17:00; Tue 10:00-17:00")}, "16:45", [("closed", "Tue 10:00")],
    ),
    case(
        "a closure until it is over", {"schedule": make_hours("daily 09:00-17:00", closures=[closure("Mon to Tue")])}, "10:00",
        [("closure", "Wed 00:00")],
    ),
    case(
        "the first place",
        {"pool": Pool((Place(UUID(int=1), 1, spans("10:00 - 12:00")), Place(UUID(int=2), 2, spans("10:00 - 11:15"))))}, "10:15",
        [("place_busy", "11:15")],
    ),
    case("the patient", {"patient_occupied": spans("10:00 - 10:40")}, "10:15", [("patient_busy", "10:40")]),
    case("the way", {"elsewhere": spans("09:00 - 10:00"), "travel_minutes": 20}, "10:00", [("travel", "10:20")]),
    case(
        "a full day until midnight", {"daily_limit": 1, "day_starts": [clock("10:00")]}, "11:00", [("daily_limit", "Tue 00:00")],
    ),
    case("a horizon has no end that is known", {"staff": False, "horizon_days": 1}, "10:00", [("horizon", None)]),
    case("nor a registration", {"registered_until": on("2027-06-06")}, "10:00", [("registration", None)]),
    case("nor an audience", {"admitted": False}, "10:00", [("audience", None)]),
    case("nor a grid", {"step_minutes": 15}, "10:01", [("grid", None)]),
]  # fmt: skip


@pytest.mark.parametrize(("known", "start", "expected"), UNTIL)
def test_until_when(known: dict[str, Any], start: str, expected: list[tuple[str, str | None]]) -> None:
    found = slots.reasons(minutely(**known), clock(start))
    assert found == tuple(slots.Reason(Code(code), None if until is None else clock(until)) for code, until in expected)


WORLDS = [
    case("nothing", make_facts()),
    case("everything at ten", make_facts(**EVERY)),
    case(
        "staggered", make_facts(footprint=make_footprint(15, -20, 10, after=5), occupied=spans("10:00 - 10:15", "10:35 - 10:50")),
    ),
    case("a night", make_facts(schedule=make_hours("Mon 20:10-02:00; Tue 01:00-05:00"), step_minutes=25)),
    case(
        "the public at noon",
        make_facts(now=clock("12:00:30"), staff=False, notice_minutes=45, horizon_days=0,
            schedule=make_hours("daily 09:00-24:00")),
    ),
]  # fmt: skip


@pytest.mark.parametrize("facts", WORLDS)
def test_a_start_is_offered_or_has_a_reason(facts: Facts) -> None:
    """Every minute of three days, and the seconds beside it."""
    first, last = clock("2027-06-06 00:00"), clock("Tue 24:00")
    free = set(slots.starts(facts, first, last))
    for minute in range(first, last, 60):
        for at in (minute, minute + 1, minute + 59):
            assert (at in free) is (slots.reasons(facts, at) == ())
