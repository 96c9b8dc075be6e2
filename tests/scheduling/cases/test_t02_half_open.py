"""T2: an interval has its start and not its end, so that back to back is no conflict."""

from typing import Any

import pytest

from app.scheduling import intervals
from tests.scheduling.cases.table import Expected, answers, case, clock, make_hours, minutely, spans
from tests.scheduling.make import make_footprint

BESIDE = [
    case(
        "a booking and what may stand beside it",
        {"occupied": spans("10:00 - 10:30")},
        {"09:30": "", "09:31": "busy", "10:00": "busy", "10:29": "busy", "10:30": ""},
        source="Easy!Appointments #1428",
    ),
    case(
        "ends within what is taken",
        {"occupied": spans("18:00 - 18:45"), "footprint": make_footprint(45)},
        {"17:15": "", "17:16": "busy", "17:45": "busy"},
        source="cal.com #180",
    ),
    case(
        "encloses what is taken",
        {"occupied": spans("10:40 - 10:50")},
        {"10:10": "", "10:11": "busy", "10:30": "busy", "10:49": "busy", "10:50": ""},
        source="cal.com #180",
    ),
    case(
        "begins within what is taken",
        {"occupied": spans("09:30 - 10:30")},
        {"09:15": "busy", "10:29": "busy", "10:30": ""},
        source="Easy!Appointments #1428",
    ),
    case(
        "the very same time",
        {"occupied": spans("10:00 - 10:30")},
        {"10:00": "busy"},
        source="Easy!Appointments #1783",
    ),
    case(
        "the same time is taken twice, as after an import",
        {"occupied": spans("10:00 - 10:30", "10:00 - 11:00")},
        {"09:30": "", "10:30": "busy", "11:00": ""},
        source="Cliniko API #108",
    ),
    case(
        "half a slot beside the grid of others",
        {"occupied": spans("12:40 - 13:00"), "footprint": make_footprint(20)},
        {"12:20": "", "12:50": "busy", "13:00": ""},
        source="cal.com #13269",
    ),
    case(
        "what has begun goes on being taken",
        {"now": clock("10:15"), "occupied": spans("10:00 - 11:45")},
        {"11:00": "busy", "11:44": "busy", "11:45": ""},
        source="Nextcloud Appointments #183",
    ),
    case(
        "exactly between two",
        {"occupied": spans("09:30 - 10:00", "10:30 - 11:00")},
        {"09:59": "busy", "10:00": "", "10:01": "busy"},
    ),
    case(
        "a minute too little between two",
        {"occupied": spans("09:30 - 10:00", "10:29 - 11:00")},
        {"09:59": "busy", "10:00": "busy", "10:01": "busy"},
    ),
]


@pytest.mark.parametrize(("known", "expected"), BESIDE)
def test_back_to_back_is_no_conflict(known: dict[str, Any], expected: Expected) -> None:
    facts = minutely(schedule=make_hours("Mon 09:00-20:00"), **known)
    assert answers(facts, expected) == expected


@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [
        case("apart", (0, 10), (11, 20), []),
        case("touching", (0, 10), (10, 20), []),
        case("a second shared", (0, 11), (10, 20), [(10, 11)]),
        case("inside", (0, 20), (5, 6), [(5, 6)]),
        case("the same", (0, 20), (0, 20), [(0, 20)]),
    ],
)
def test_what_two_intervals_share(left: tuple[int, int], right: tuple[int, int], shared: list[tuple[int, int]]) -> None:
    assert intervals.intersect([left], [right]) == intervals.intersect([right], [left]) == shared


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        case("a second apart", [(0, 10), (11, 20)], [(0, 10), (11, 20)]),
        case("touching", [(0, 10), (10, 20)], [(0, 20)], source="cal.com #26685"),
        case("overlapping", [(0, 11), (10, 20)], [(0, 20)]),
        case("the first encloses the others", [(0, 20), (1, 5), (6, 9)], [(0, 20)], source="cal.com #12195"),
        case("the same end", [(0, 20), (10, 20)], [(0, 20)], source="cal.com #21912"),
        case("the same start", [(0, 10), (0, 20)], [(0, 20)]),
        case("an empty one between", [(0, 10), (10, 10), (11, 20)], [(0, 10), (11, 20)]),
    ],
)
def test_what_touches_is_one(given: list[tuple[int, int]], joined: list[tuple[int, int]]) -> None:
    assert intervals.union(given) == joined


@pytest.mark.parametrize(
    ("point", "inside"),
    [case("before", -1, False), case("the start", 0, True), case("the last second", 9, True), case("the end", 10, False)],
)
def test_the_end_is_not_part_of_it(point: int, inside: bool) -> None:
    assert (intervals.containing([(0, 10)], point) is not None) is inside
