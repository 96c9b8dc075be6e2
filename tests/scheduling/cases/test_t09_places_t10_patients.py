"""T9: one place serves the whole appointment, and capacity is their number. T10: a patient is in one place at a time."""

from uuid import UUID

import pytest

from app.scheduling.places import Place, Pool
from tests.scheduling.cases.table import Expected, answers, case, clock, make_hours, minutely, spans
from tests.scheduling.make import make_footprint

A, B, C, D = (UUID(int=number) for number in range(1, 5))


def pool(*taken: list[str], positions: tuple[int, ...] = (1, 2, 3, 4)) -> Pool:
    """Places A, B, C and so on, with what each is taken for."""
    return Pool(tuple(Place(UUID(int=n + 1), positions[n], spans(*texts)) for n, texts in enumerate(taken)))


TAKEN = [
    case("no place at all", pool(), {"10:00": "place_busy"}),
    case("one", pool(["10:00 - 10:30"]), {"09:30": "", "09:31": "place_busy", "10:29": "place_busy", "10:30": ""}),
    case("four chairs, three taken", pool(*[["10:00 - 10:30"]] * 3, []), {"10:00": ""}, source="LibreBooking #432"),
    case(
        "four chairs, all taken", pool(*[["10:00 - 10:30"]] * 4), {"09:30": "", "09:31": "place_busy", "10:30": ""},
        source="LibreBooking #432",
    ),
    case("one of two taken", pool(["10:00 - 10:30"], []), {"10:00": ""}, source="cal.com #14704"),
    case(
        "each free for a part of it", pool(["10:00 - 10:15"], ["10:15 - 10:30"]),
        {"09:44": "", "09:45": "", "09:46": "place_busy", "10:00": "place_busy", "10:14": "place_busy", "10:15": ""},
    ),
    case(
        "one after the other, three in an hour", pool(["09:00 - 10:00", "10:00 - 11:00"], ["09:30 - 10:30"]),
        {"09:00": "", "09:01": "place_busy", "10:29": "place_busy", "10:30": ""}, source="Easy!Appointments #492",
    ),
    case(
        "seven bookings, three at once",
        pool(["09:00 - 09:30", "10:00 - 10:30", "11:00 - 11:30"], ["10:00 - 10:30", "11:00 - 11:30"], ["10:00 - 10:30",
            "12:00 - 12:30"], []),
        {"10:00": ""}, source="Easy!Appointments #792",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("places", "expected"), TAKEN)
def test_capacity_is_the_number_of_places(places: Pool, expected: Expected) -> None:
    assert answers(minutely(pool=places), expected) == expected


# For 10:00 to 10:30, ten minutes after included where there is a buffer.
CHOSEN = [
    case("of equals the first position", pool([], [], positions=(2, 1)), 0, [B, A]),
    case("of the same position the lowest id", pool([], [], positions=(1, 1)), 0, [A, B]),
    case("the tighter gap", pool([], ["09:30 - 10:00"]), 0, [B, A]),
    case("a minute tighter", pool(["09:00 - 09:44"], ["10:45 - 11:00"]), 0, [B, A]),
    case("as tight, so the first", pool(["09:00 - 09:45"], ["10:45 - 11:00"]), 0, [A, B]),
    case("both sides count", pool(["09:00 - 10:00"], ["09:00 - 09:50", "10:40 - 11:00"]), 0, [B, A]),
    case("filled exactly", pool(["09:00 - 10:00"], ["09:00 - 10:00", "10:30 - 11:00"]), 0, [B, A]),
    case("taken by a minute", pool(["09:00 - 10:01"], []), 0, [B]),
    case("the buffer fits to the minute", pool(["10:40 - 11:00"], []), 10, [A, B]),
    case("the buffer lacks a minute", pool(["10:39 - 11:00"], []), 10, [B]),
    case("none", pool(["10:29 - 10:31"], ["09:00 - 12:00"]), 0, []),
    case("a day off and more is all the same", pool([], ["2027-06-06 09:00 - 10:00"]), 0, [A, B]),
    case("a minute less than a day off", pool([], ["2027-06-06 09:00 - 10:01"]), 0, [B, A]),
]  # fmt: skip


@pytest.mark.parametrize(("places", "after", "expected"), CHOSEN)
def test_which_place_is_taken(places: Pool, after: int, expected: list[UUID]) -> None:
    footprint = make_footprint(30, after=after)
    assert places.free(clock("10:00"), footprint) == expected
    assert answers(minutely(pool=places, footprint=footprint), ["10:00"]) == {"10:00": "" if expected else "place_busy"}


PATIENTS = [
    case(
        "with somebody else at the same time", spans("10:00 - 10:30"),
        {"09:30": "", "09:31": "patient_busy", "10:00": "patient_busy", "10:29": "patient_busy", "10:30": ""}, source="Easy!Appointments #160",
    ),
    case("the same time to the minute", spans("10:00 - 10:30"), {"10:00": "patient_busy"}, source="OpenEMR #2632"),
    case("cancelled ones are left out by whoever asks", (), {"10:00": ""}, source="Bahmni apps #86"),
    case("over midnight", spans("2027-06-06 23:30 - Mon 00:10"), {"00:09": "patient_busy", "00:10": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("taken", "expected"), PATIENTS)
def test_nobody_is_booked_twice_at_once(taken: tuple[tuple[int, int], ...], expected: Expected) -> None:
    facts = minutely(schedule=make_hours("Mon 00:00-17:00"), patient_occupied=taken)
    assert answers(facts, expected) == expected
