"""T19: whose turn it is. Least occupied in the local week, then on the day, then the lowest id; only those who are free."""

from uuid import UUID

import pytest

from app.scheduling.turns import by_turn, week_and_day
from tests.scheduling.cases.table import case, clock, spans

A, B, C = (UUID(int=number) for number in range(1, 4))
NAMES = {"A": A, "B": B, "C": C}

# What A, B and C are occupied with; asked for Wednesday at 10:00.
TURNS = [
    case("nobody has anything", [], [], [], "ABC", source="cal.com #10339"),
    case(
        "the least time, not the fewest appointments", ["Mon 09:00 - 12:00"], ["Mon 09:00 - 09:30", "Mon 10:00 - 10:30"],
        ["Mon 09:00 - 11:00"], "BCA",
    ),
    case("a minute less", ["Mon 09:00 - 10:00"], ["Mon 09:00 - 09:59"], ["Mon 09:00 - 10:01"], "BAC"),
    case("the same week, so the day", ["Wed 14:00 - 15:00"], ["Mon 09:00 - 10:00"], ["Mon 09:00 - 10:00"], "BCA"),
    case(
        "the same day too, so the id", ["Wed 15:00 - 16:00"], ["Wed 14:00 - 15:00"], ["Wed 16:00 - 17:00"], "ABC",
        source="cal.com #10339",
    ),
    case("the week comes before the day", ["Wed 14:00 - 15:00"], ["Mon 09:00 - 10:01"], ["Tue 09:00 - 10:02"], "ABC"),
    case("last week does not count", ["2027-06-06 09:00 - 24:00"], ["Mon 09:00 - 09:01"], [], "ACB", source="cal.com #13606"),
    case("the last second of last week", ["2027-06-06 23:59:59 - Mon 00:00"], ["Mon 00:00 - Mon 00:00:01"], [], "ACB"),
    case("next week does not count", ["2027-06-14 00:00 - 09:00"], ["Sun 23:59:59 - 24:00"], [], "ACB"),
    case(
        "of a night only the part in the week", ["2027-06-06 20:00 - Mon 01:00"], ["Mon 09:00 - 10:30"], ["Mon 09:00 - 10:00:01"],
        "ACB",
    ),
    case(
        "of a night only the part in the day", ["Tue 20:00 - Wed 02:00"], ["Wed 13:00 - 16:00", "Thu 09:00 - 12:00"],
        ["Wed 14:00 - 20:00"], "ABC",
    ),
    case(
        "somebody new has not to catch up with the year", ["2027-05-03 09:00 - 17:00"], ["2027-05-04 09:00 - 17:00"], [], "ABC",
        source="cal.com #13606",
    ),
    case(
        "buffers count as they are occupied", ["Mon 08:50 - 10:10"], ["Mon 09:00 - 10:00", "Tue 09:00 - 09:19"],
        ["Mon 09:00 - 11:00"], "BAC",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("of_a", "of_b", "of_c", "expected"), TURNS)
def test_whose_turn(of_a: list[str], of_b: list[str], of_c: list[str], expected: str) -> None:
    occupied = {A: spans(*of_a), B: spans(*of_b), C: spans(*of_c)}
    turns = [NAMES[name] for name in expected]
    assert by_turn([A, B, C], occupied, "UTC", clock("Wed 10:00")) == turns
    assert by_turn([C, B, A], occupied, "UTC", clock("Wed 10:00")) == turns


@pytest.mark.parametrize(
    ("free", "expected"),
    [case("all", "ABC", "BCA"), case("not whose turn it was", "AC", "CA", source="cal.com #3813"), case("one", "A", "A"), case("none", "", "")],
)  # fmt: skip
def test_only_who_is_free_has_a_turn(free: str, expected: str) -> None:
    occupied = {A: spans("Mon 09:00 - 12:00"), C: spans("Mon 09:00 - 10:00")}
    found = by_turn([NAMES[name] for name in free], occupied, "UTC", clock("Wed 10:00"))
    assert found == [NAMES[name] for name in expected]


def test_turns_even_out() -> None:
    """Ten hours for three: nobody is two ahead (cal.com #6536)."""
    occupied: dict[UUID, list[tuple[int, int]]] = {A: [], B: [], C: []}
    chosen = []
    for hour in range(8, 18):
        at = clock(f"Wed {hour:02}:00")
        first = by_turn(occupied, occupied, "UTC", at)[0]
        occupied[first].append((at, at + 3600))
        chosen.append(first)
    assert chosen == [A, B, C, A, B, C, A, B, C, A]


WEEKS = [
    case("Monday's first second", "UTC", "Mon 00:00", "Mon 00:00", "2027-06-14 00:00"),
    case("Sunday's last", "UTC", "Sun 23:59:59", "Mon 00:00", "2027-06-14 00:00"),
    case("the second before", "UTC", "2027-06-06 23:59:59", "2027-05-31 00:00", "Mon 00:00"),
    case("Monday already, there", "Australia/Sydney", "Mon 08:00", "Mon 00:00", "2027-06-14 00:00"),
    case("Sunday still, there", "America/Los_Angeles", "2027-06-06 20:00", "2027-05-31 00:00", "Mon 00:00"),
    case("a week of 167 hours", "Europe/London", "2027-03-24 12:00", "2027-03-22 00:00", "2027-03-29 00:00"),
    case("a week of 169 hours", "Europe/London", "2027-10-27 12:00", "2027-10-25 00:00", "2027-11-01 00:00"),
    case("over the end of a year", "UTC", "2027-12-31 12:00", "2027-12-27 00:00", "2028-01-03 00:00"),
]


@pytest.mark.parametrize(("zone", "start", "first", "last"), WEEKS)
def test_the_week_is_that_of_the_location(zone: str, start: str, first: str, last: str) -> None:
    """Starts and ends are local times."""
    week, day = week_and_day(zone, clock(start, zone))
    assert week == (clock(first, zone), clock(last, zone))
    assert week[0] <= day[0] <= clock(start, zone) < day[1] <= week[1]
