"""T6: the whole appointment lies in one window. T7: buffers may spill past it, occupy practitioner and place, and add up."""

from typing import Any
from uuid import UUID

import pytest

from app.scheduling import slots
from app.scheduling.places import Place, Pool
from tests.scheduling.cases.table import Expected, answers, case, clock, make_hours, minutely, spans
from tests.scheduling.make import make_footprint

FIT = [
    case(
        "35 minutes until five", "Mon 09:00-17:00", [35], {"09:00": "", "16:25": "", "16:26": "closed", "16:35": "closed"},
        source="cal.com #6897",
    ),
    case(
        "50 minutes until six", "Mon 09:00-18:00", [50], {"17:10": "", "17:11": "closed", "17:20": "closed"},
        source="cal.com #7167",
    ),
    case(
        "20 minutes until a quarter to five", "Mon 09:00-16:45", [20], {"16:25": "", "16:26": "closed", "16:40": "closed"},
        source="cal.com #7804",
    ),
    case(
        "as long as the window", "Mon 09:00-17:00", [480], {"08:59": "closed", "09:00": "", "09:01": "closed"},
        source="Easy!Appointments #337",
    ),
    case("a minute longer than the window", "Mon 09:00-17:00", [481], {"09:00": "closed"}),
    case(
        "a break in it", "Mon 09:00-12:00, 13:00-17:00", [60], {"11:00": "", "11:01": "closed", "12:59": "closed", "13:00": ""},
        source="Easy!Appointments #337",
    ),
    case("a break of a minute", "Mon 09:00-12:00, 12:01-17:00", [60], {"11:30": "closed", "12:01": ""}),
    case("a rest lies in the window too", "Mon 09:00-12:00", [15, -30], {"11:15": "", "11:16": "closed"}),
    case("a rest first", "Mon 09:00-12:00", [-30, 15], {"08:59": "closed", "09:00": ""}),
    case(
        "a buffer spills past both ends", "Mon 09:00-12:00", [30, "before 60", "after 60"],
        {"08:59": "closed", "09:00": "", "11:30": "", "11:31": "closed"}, source="cal.com #13751",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "phases", "expected"), FIT)
def test_the_whole_appointment_lies_in_one_window(text: str, phases: list[int | str], expected: Expected) -> None:
    buffers = {name: int(length) for name, length in (phase.split() for phase in phases if isinstance(phase, str))}
    footprint = make_footprint(*(phase for phase in phases if isinstance(phase, int)), **buffers)
    assert answers(minutely(schedule=make_hours(text), footprint=footprint), expected) == expected


def test_it_lies_in_it_to_the_second() -> None:
    """Which only shows off the grid, where staff may book."""
    facts = minutely(schedule=make_hours("Mon 09:00-12:00"), footprint=make_footprint(30))
    last = clock("11:30", facts.schedule.zone)
    found = {after: [str(reason.code) for reason in slots.reasons(facts, last + after)] for after in (0, 1, 60)}
    assert found == {0: [], 1: ["grid", "closed"], 60: ["closed"]}


# `occupied` is as the diary has it: with the buffers of what is booked.
BUFFERS = [
    case(
        "an hour before and after, both times", {"occupied": spans("09:00 - 12:00"), "footprint": make_footprint(60, before=60, after=60)},
        {"07:00": "", "07:01": "busy", "12:59": "busy", "13:00": ""}, source="cal.com #3662",
    ),
    case(
        "a quarter before, and hours that end", {"occupied": spans("12:50 - 13:50"), "footprint": make_footprint(60, before=15)},
        {"11:50": "", "11:51": "busy", "14:04": "busy", "14:05": "", "15:00": "", "15:01": "closed"}, source="cal.com #2078",
    ),
    case(
        "five minutes after", {"occupied": spans("10:00 - 10:25"), "footprint": make_footprint(20, after=5)},
        {"09:35": "", "09:36": "busy", "10:20": "busy", "10:24": "busy", "10:25": ""}, source="cal.com #24253",
    ),
    case(
        "before and after differ", {"occupied": spans("01:45 - 03:00"), "footprint": make_footprint(30, before=15, after=30)},
        {"00:45": "", "00:46": "busy", "03:14": "busy", "03:15": ""},
    ),
    case(
        "only the new one has a buffer", {"occupied": spans("10:00 - 10:30"), "footprint": make_footprint(30, after=10)},
        {"09:20": "", "09:21": "busy", "10:29": "busy", "10:30": ""}, source="cal.com #14868",
    ),
    case(
        "only the booked one has", {"occupied": spans("10:00 - 10:40")},
        {"09:30": "", "10:30": "busy", "10:39": "busy", "10:40": ""}, source="cal.com #14868",
    ),
    case("none has", {"occupied": spans("10:00 - 10:30")}, {"09:30": "", "10:30": ""}),
    case(
        "a patient has no buffer",
        {"patient_occupied": spans("10:00 - 10:30"), "footprint": make_footprint(30, before=15, after=10)},
        {"09:30": "", "09:31": "patient_busy", "10:30": ""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("known", "expected"), BUFFERS)
def test_buffers_keep_their_distance(known: dict[str, Any], expected: Expected) -> None:
    assert answers(minutely(schedule=make_hours("Mon 00:00-16:00"), **known), expected) == expected


def test_a_place_is_occupied_during_buffers() -> None:
    pool = Pool((Place(UUID(int=1), 1, spans("10:00 - 10:40")),))
    facts = minutely(pool=pool, footprint=make_footprint(30, before=5, after=10))
    expected = {"09:20": "", "09:21": "place_busy", "10:44": "place_busy", "10:45": ""}
    assert answers(facts, expected) == expected


FROM_OUTSIDE = [
    case("yesterday's buffer reaches into the day", spans("2027-06-06 23:00 - Mon 00:20"), {"00:19": "busy", "00:20": ""}),
    case("tomorrow's buffer reaches back", spans("Mon 23:40 - Tue 01:00"), {"23:10": "", "23:11": "busy"}),
    case("a buffer from before opening", spans("08:00 - 09:10"), {"09:09": "busy", "09:10": ""}),
    case(
        "a whole day before and after",
        spans("2027-06-06 00:00 - Mon 02:00", "Mon 02:30 - Wed 00:00"),
        {"01:59": "busy", "02:00": "", "02:01": "busy"},
    ),
]


@pytest.mark.parametrize(("taken", "expected"), FROM_OUTSIDE)
def test_a_buffer_enters_the_range_from_outside(taken: tuple[tuple[int, int], ...], expected: Expected) -> None:
    facts = minutely(schedule=make_hours("Mon 00:00-24:00"), occupied=taken)
    assert answers(facts, expected) == expected
    within = slots.starts(facts, clock("00:00"), clock("24:00"))
    assert all((clock(start) in within) is (expected[start] == "") for start in expected)
