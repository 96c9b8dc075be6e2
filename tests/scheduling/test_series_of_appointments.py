"""CSPLib problem 091, medical appointments in a sequence (https://www.csplib.org/Problems/prob091/): its constraints and instances, for our planner.

A quarter of an hour is a slot, a day has 24 of them from eight o'clock on, and days are counted from Monday, 7 July 2025. The instances have one
sequence: half an hour with a cardiologist, half an hour with a neurologist at most five days later, an hour with the first cardiologist again at most
four days after that, and not on the first Monday and the first Friday, when the patient is away. What the problem counts in slots from an end to a
start is counted in calendar days here, as in a course; its objective is the doctors' load, ours is K1, so only its constraints are taken.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scheduling.planning.search import plans
from app.scheduling.planning.values import Gap, Option, Plan, Task
from tests.scheduling.plan_worlds import grouped

SLOTS, SLOT_SECONDS = 24, 15 * 60
LENGTHS = (2, 2, 4)
AWAY = {0, 4}


@dataclass(frozen=True)
class Instance:
    """`closed`: days on which nobody works. `taken`: slots of doctors, by (doctor, slot)."""

    name: str
    cardiologists: range
    neurologists: range
    days: int
    closed: frozenset[int]
    gaps: tuple[Gap, Gap] = (Gap(1, 0, 5), Gap(1, 0, 4))
    taken: frozenset[tuple[int, int]] = frozenset()

    def doctors(self, session: int) -> range:
        return self.neurologists if session == 1 else self.cardiologists

    def starts(self, session: int, doctor: int) -> Iterator[int]:
        """Constraints 1, 3 and 7: enough slots in a row that are free, on a day on which the patient can come."""
        for day in sorted(set(range(self.days)) - self.closed - AWAY):
            for slot in range(day * SLOTS, (day + 1) * SLOTS - LENGTHS[session] + 1):
                if not any((doctor, one) in self.taken for one in range(slot, slot + LENGTHS[session])):
                    yield slot


WEEKENDS = frozenset({5, 6, 12, 13})
SMALL = Instance("small", range(4), range(4, 8), 9, WEEKENDS)
MEDIUM = Instance("medium", range(10), range(10, 20), 9, WEEKENDS)
LARGE = Instance("large", range(10), range(10, 20), 19, frozenset({5, 6, 13}))


def option(session: int, doctor: int, slot: int) -> Option:
    start, end = slot * SLOT_SECONDS, (slot + LENGTHS[session]) * SLOT_SECONDS
    return Option(slot // SLOTS, doctor, 0, start, end, start, end, 0)


def task(instance: Instance, cardiologist: int) -> Task:
    """With one cardiologist, so that the first and the third session are theirs (constraint 2)."""
    doctors: Sequence[Sequence[int]] = ([cardiologist], instance.neurologists, [cardiologist])
    each = [
        grouped([option(session, doctor, slot) for doctor in of_session for slot in instance.starts(session, doctor)])
        for session, of_session in enumerate(doctors)
    ]
    return Task([Gap(0, 0, 0), *instance.gaps], each, 0, [0] * 20)


def fits(instance: Instance, slots: Sequence[int]) -> bool:
    """Constraints 4, 5, 6 and 8: one after the other, neither too near nor too far."""
    in_order = all(one + LENGTHS[at] <= other for at, (one, other) in enumerate(pairwise(slots)))
    days = [slot // SLOTS for slot in slots]
    return in_order and all(
        gap.min_days <= other - one <= gap.max_days for (one, other), gap in zip(pairwise(days), instance.gaps, strict=True)
    )


def solutions(instance: Instance, cardiologist: int) -> Iterator[tuple[int, int, int]]:
    """Every one, by trying all."""
    second = sorted({slot for doctor in instance.neurologists for slot in instance.starts(1, doctor)})
    for slots in product(list(instance.starts(0, cardiologist)), second, list(instance.starts(2, cardiologist))):
        if fits(instance, slots):
            yield slots


def check(instance: Instance, cardiologist: int, plan: Plan) -> None:
    placed = [one for one in plan.sessions if one is not None]
    slots = [one.starts_at // SLOT_SECONDS for one in placed]
    assert [one.who for one in placed[::2]] == [cardiologist] * 2
    assert placed[1].who in instance.neurologists
    assert fits(instance, slots)
    for session, (one, slot) in enumerate(zip(placed, slots, strict=True)):
        assert slot in instance.starts(session, one.who)


@pytest.mark.parametrize("instance", [SMALL, MEDIUM, LARGE], ids=lambda instance: instance.name)
def test_the_instances_as_they_are(instance: Instance) -> None:
    for cardiologist in instance.cardiologists:
        plan = next(plans(task(instance, cardiologist)))
        assert plan.is_complete
        check(instance, cardiologist, plan)


def test_at_least_five_days_between_the_first_two_and_at_most_three_to_the_third() -> None:
    """The examples 3 and 4 of the problem."""
    for gaps in ((Gap(5, 5, 8), Gap(1, 0, 3)), (Gap(7, 7, 8), Gap(1, 1, 1))):
        instance = Instance("examples", range(1), range(4, 5), 9, WEEKENDS, gaps)
        plan = next(plans(task(instance, 0)))
        assert plan.is_complete == any(True for _ in solutions(instance, 0))
        if plan.is_complete:
            check(instance, 0, plan)


@st.composite
def crowded(draw: st.DrawFn) -> Instance:
    """One cardiologist and two neurologists, who have little left, over two weeks."""
    free = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 8), st.integers(0, SLOTS - 5)), max_size=7))
    left = {(doctor, day * SLOTS + slot + more) for doctor, day, slot in free for more in range(5)}
    every = {(doctor, slot) for doctor in range(3) for slot in range(9 * SLOTS)}
    gaps = st.sampled_from([Gap(1, 0, 5), Gap(1, 0, 4), Gap(1, 1, 1), Gap(5, 5, 8), Gap(2, 1, 3)])
    return Instance("crowded", range(1), range(1, 3), 9, WEEKENDS, (draw(gaps), draw(gaps)), frozenset(every - left))


@settings(max_examples=200, deadline=None)
@given(crowded())
def test_there_is_a_plan_just_when_there_is_a_solution(instance: Instance) -> None:
    plan = next(plans(task(instance, 0)))
    found = next(solutions(instance, 0), None)
    assert plan.is_complete == (found is not None)
    if plan.is_complete:
        check(instance, 0, plan)
