"""Yes or no, and if yes with whom and where: the pure part of a booking. Values in, values out; `booking` has locked and read, and writes.

Several sittings are decided one after the other, each as if those before it were there already; those for which somebody is named come first, so that
the clinic does not choose just that one for another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.appointments.wishes import Wish
from app.availability.candidates import Caller, Candidate
from app.availability.rows import Catalogue, PlaceRow
from app.availability.view import Sight
from app.kit.ids import uuid7
from app.scheduling import slots
from app.scheduling.intervals import Interval, intersect, subtract, union
from app.scheduling.obstacles import Code
from app.scheduling.turns import by_turn


@dataclass(frozen=True, slots=True)
class Decision:
    """It can be had: with this candidate, in this place. Of the practitioner's time it takes what is `free` and waits for what others have (T16)."""

    appointment_id: UUID
    wish: Wish
    catalogue: Catalogue
    candidate: Candidate
    place: PlaceRow | None
    at: datetime
    free: Sequence[Interval]
    waits_for: Sequence[Interval]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` are those against the wishes that cannot be had, by their number; without any, there is a decision for each wish. `at`: by the clock
    of the reading."""

    at: datetime
    decisions: list[Decision]
    reasons: dict[int, list[slots.Reason]]


# Somebody who comes for the first time has no diary yet; what is decided for them stands under this.
NEWCOMER: Final = 0


def decide(wishes: Sequence[Wish], sights: Sequence[Sight], caller: Caller, *, newcomer: bool = False) -> Verdict:
    """`sights` are what was seen for each wish; what is decided is entered into their diaries. `newcomer`: all are for one who is new, and cannot be
    in two places either."""
    patient = NEWCOMER if newcomer else caller.patient_resource_id
    decisions: dict[int, Decision] = {}
    reasons: dict[int, list[slots.Reason]] = {}
    ids = [uuid7() for _ in wishes]  # which sort in the order of the wishes, in whatever order these are decided
    for index in sorted(range(len(wishes)), key=lambda index: wishes[index].practitioner_id is None):
        wish, sight = wishes[index], sights[index]
        found = _decide(wish, sight, replace(caller, held=caller.held + index), ids[index])
        if isinstance(found, Decision):
            decisions[index] = found
            if len(wishes) > 1:
                _enter(found, sight, patient)
        else:
            reasons[index] = found
    return Verdict(sights[0].at, [decisions[index] for index in sorted(decisions)], dict(sorted(reasons.items())))


def _decide(wish: Wish, sight: Sight, caller: Caller, new_id: UUID) -> Decision | list[slots.Reason]:
    situation = sight.situation(caller)
    free: dict[UUID, Candidate] = {}
    taken: dict[UUID, Sequence[Interval]] = {}
    against: list[slots.Reason] = []
    for candidate in sight.who:
        facts = situation.facts(candidate)
        found = [one for one in slots.reasons(facts, wish.starts_at) if one.code not in wish.waived]
        against += found
        if not found:
            free[candidate.practitioner.id], taken[candidate.practitioner.id] = candidate, facts.occupied
    if not free:
        return against or [slots.Reason(Code.NOT_OFFERED)]
    candidate = _first_in_turn(free, taken, wish, sight.catalogue)
    pool = situation.pool(wish.location_id)
    place = None if pool is None else _place(pool.free(wish.starts_at, candidate.footprint), wish, sight.catalogue)
    # What stays where it is has its time already.
    stays = wish.kept is not None and wish.kept.stays
    others = [] if stays else union(taken[candidate.practitioner.id])
    stretches = [_moved(stretch, wish.starts_at) for stretch in candidate.footprint.practitioner]
    return Decision(
        wish.kept.id if wish.kept is not None else new_id,
        wish,
        sight.catalogue,
        candidate,
        place,
        sight.at,
        [part for stretch in stretches for part in subtract(stretch, others)],
        [part for stretch in stretches for part in intersect([stretch], others)],
    )


def _first_in_turn(
    free: Mapping[UUID, Candidate], taken: Mapping[UUID, Sequence[Interval]], wish: Wish, catalogue: Catalogue
) -> Candidate:
    """Whose turn it is (T19)."""
    if len(free) == 1:
        return next(iter(free.values()))
    zone = catalogue.locations[wish.location_id].time_zone
    return free[by_turn(free, taken, zone, wish.starts_at)[0]]


def _place(free: Sequence[UUID], wish: Wish, catalogue: Catalogue) -> PlaceRow:
    """Where it is already, if that is free; else the best."""
    own = None if wish.kept is None else wish.kept.place_id
    chosen = own if own in free else free[0]
    return next(row for row in catalogue.places if row.id == chosen)


def _enter(decision: Decision, sight: Sight, patient_resource_id: int | None) -> None:
    """What was decided counts for whatever is decided next."""
    footprint, practitioner, start = decision.candidate.footprint, decision.candidate.practitioner, decision.wish.starts_at
    sight.diaries.enter(practitioner.resource_id, [_moved(stretch, start) for stretch in footprint.practitioner])
    sight.diaries.enter_presence(practitioner.resource_id, decision.wish.location_id, start, _moved(footprint.presence, start))
    if decision.place is not None:
        sight.diaries.enter(decision.place.resource_id, [_moved(footprint.place, start)])
    if patient_resource_id is not None:
        sight.diaries.enter(patient_resource_id, [_moved(footprint.patient, start)])


def _moved(stretch: Interval, start: int) -> Interval:
    return start + stretch[0], start + stretch[1]
