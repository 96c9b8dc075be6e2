"""T8: patient and place throughout, the practitioner while attended; between two locations the way must fit."""

from typing import Any
from uuid import UUID

import pytest

from app.scheduling.footprint import Footprint, Phase
from app.scheduling.places import Place, Pool
from tests.scheduling.cases.table import Expected, answers, case, minutely, spans
from tests.scheduling.make import make_footprint

NEEDLES = make_footprint(15, -20, 10)  # in, rest, out: 10:00 to 10:15, 10:35 to 10:45

STAGGERED = [
    case(
        "the same treatment in another room", {"occupied": spans("10:00 - 10:15", "10:35 - 10:45")},
        {"09:15": "", "09:16": "busy", "09:39": "busy", "09:40": "", "09:45": "", "09:46": "busy", "10:00": "busy", "10:14": "busy"}
        | {"10:15": "", "10:20": "", "10:21": "busy", "10:44": "busy", "10:45": ""},
    ),
    case("a whole visit in the rest", {"occupied": spans("10:15 - 10:35")}, {"10:00": "", "09:59": "busy", "10:01": "busy"}),
    case(
        "a minute more than the rest", {"occupied": spans("10:15 - 10:36")}, {"09:59": "busy", "10:00": "busy", "10:01": "busy"},
    ),
    case("the patient rests here, so not elsewhere", {"patient_occupied": spans("10:15 - 10:35")}, {
        "09:30": "", "09:31": "patient_busy", "10:00": "patient_busy", "10:34": "patient_busy", "10:35": "",
    }),
    case("the room is taken during the rest", {"pool": Pool((Place(UUID(int=1), 1, spans("10:15 - 10:35")),))}, {
        "09:30": "", "09:31": "place_busy", "10:00": "place_busy", "10:35": "",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("known", "expected"), STAGGERED)
def test_who_is_occupied_while_somebody_rests(known: dict[str, Any], expected: Expected) -> None:
    assert answers(minutely(footprint=NEEDLES, **known), expected) == expected


def test_a_buffer_belongs_to_the_practitioner_even_after_a_rest() -> None:
    """Fifteen minutes in, a rest to the end, ten to clear up: free from 10:15 to 10:45, not until 10:55."""
    footprint = make_footprint(15, -30, after=10)
    resting = minutely(footprint=footprint, occupied=spans("10:15 - 10:45"))
    clearing = minutely(footprint=footprint, occupied=spans("10:15 - 10:46"))
    assert [answers(one, ["10:00"]) for one in (resting, clearing)] == [{"10:00": ""}, {"10:00": "busy"}]


# Twenty minutes between the two locations.
TRAVEL = [
    case("from there", make_footprint(30), spans("09:00 - 09:40"), {"09:59": "travel", "10:00": ""}),
    case("to there", make_footprint(30), spans("10:50 - 11:30"), {"10:00": "", "10:01": "travel"}),
    case(
        "exactly between", make_footprint(30), spans("09:00 - 09:40", "10:50 - 11:30"),
        {"09:59": "travel", "10:00": "", "10:01": "travel"},
    ),
    case(
        "counted from buffer to buffer", make_footprint(30, before=5, after=10), spans("09:00 - 09:35", "11:00 - 11:30"),
        {"09:59": "travel", "10:00": "", "10:01": "travel"},
    ),
    case("not there and back during a rest", make_footprint(10, -120, 10), spans("11:00 - 11:10"), {"10:00": "travel"}),
    case("away before a first rest is over", make_footprint(-30, 15), spans("09:00 - 10:10"), {"09:59": "travel", "10:00": ""}),
    case("gone during a last rest", make_footprint(15, -60), spans("10:35 - 11:00"), {"10:00": "", "10:01": "travel"}),
]  # fmt: skip


@pytest.mark.parametrize(("footprint", "elsewhere", "expected"), TRAVEL)
def test_the_way_between_locations(footprint: Footprint, elsewhere: tuple[tuple[int, int], ...], expected: Expected) -> None:
    assert answers(minutely(footprint=footprint, elsewhere=elsewhere, travel_minutes=20), expected) == expected


@pytest.mark.parametrize(
    ("travel_minutes", "expected"),
    [
        case("no way at all", 0, {"09:59": "travel", "10:00": ""}),
        case("a minute", 1, {"10:00": "travel", "10:01": ""}),
        case("an hour", 60, {"10:59": "travel", "11:00": ""}),
    ],
)
def test_how_long_the_way_is(travel_minutes: int, expected: Expected) -> None:
    facts = minutely(elsewhere=spans("09:30 - 10:00"), travel_minutes=travel_minutes)
    assert answers(facts, expected) == expected


@pytest.mark.parametrize(
    ("phases", "buffers", "good"),
    [
        case("a minute", [(1, True)], (0, 0), True),
        case("no time at all", [(0, True)], (0, 0), False),
        case("only a rest", [(30, False)], (0, 0), False),
        case("no phase", [], (0, 0), False),
        case("24 hours", [(1440, True)], (1440, 1440), True),
        case("a minute more", [(1440, True), (1, False)], (0, 0), False),
        case("a buffer of a minute too much", [(30, True)], (1441, 0), False),
        case("a buffer that is negative", [(30, True)], (0, -1), False),
    ],
)
def test_which_phases_make_a_treatment(phases: list[tuple[int, bool]], buffers: tuple[int, int], good: bool) -> None:
    def make() -> Footprint:
        before, after = buffers
        return Footprint.of((Phase(*phase) for phase in phases), buffer_before_minutes=before, buffer_after_minutes=after)

    if good:
        assert make().duration == sum(length for length, _ in phases) * 60
        return
    with pytest.raises(ValueError, match=r"phase|hours"):
        make()
