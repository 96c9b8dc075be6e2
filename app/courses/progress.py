"""What can be told of a course from its sessions and its cadence: how far it is, and whether somebody should look after it (K5).

Pure; nothing of it is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Literal, NamedTuple

from app.appointments.states import ARRIVED, BOOKED, EXPIRED, FULFILLED, HELD, NO_SHOW, OCCUPYING, PENDING, YET_TO_COME
from app.scheduling.planning.values import Gap, added

Status = Literal["held", "expired", "active", "paused", "completed", "cancelled"]
Attention = Literal["gap_overdue", "affected", "unbooked"]


class Sitting(NamedTuple):
    """An appointment as a session of its course; `number` counts from 1, `on` is its local date."""

    number: int
    state: str
    starts_at: datetime
    on: date
    affected: bool

    def is_done(self, now: datetime) -> bool:
        """Somebody came, or should have: it does not move any more. Who did not come is another matter."""
        return self.state in {ARRIVED, FULFILLED} or (self.state in {PENDING, BOOKED} and self.starts_at <= now)


class OffCadence(NamedTuple):
    """The days between a session and the one before it that is booked are not what the cadence says."""

    session_number: int
    gap_days: int
    min_days: int
    max_days: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`planned` is the sum of the counts. Sessions without a time are `left_out` when a later one took place, else `unbooked`."""

    status: Status
    planned: int
    held: int
    booked: int
    fulfilled: int
    missed: int
    left_out: int
    unbooked: int
    off_cadence: Sequence[OffCadence]
    attention: Sequence[Attention]
    next_at: datetime | None


def current(sittings: Sequence[Sitting]) -> dict[int, Sitting]:
    """The one that counts of each number: what is booked, before what was missed. What was cancelled, or was only held, does not."""
    found: dict[int, Sitting] = {}
    for one in sorted(sittings, key=lambda one: one.state in OCCUPYING):
        if one.state in OCCUPYING or one.state == NO_SHOW:
            found[one.number] = one
    return dict(sorted(found.items()))


def off_cadence(gaps: Sequence[Gap], found: Mapping[int, Sitting]) -> list[OffCadence]:
    """`gaps` by session; none, if no cadence was asked for."""
    kept = [one for one in found.values() if one.state in OCCUPYING and one.number <= len(gaps)]
    off = []
    for one, other in pairwise(kept):
        days, bounds = (other.on - one.on).days, added(gaps[one.number : other.number])
        if not bounds.min_days <= days <= bounds.max_days:
            off.append(OffCadence(other.number, days, bounds.min_days, bounds.max_days))
    return off


def progress(
    sittings: Sequence[Sitting],
    gaps: Sequence[Gap],
    *,
    paused: bool,
    cancelled: bool,
    now: datetime,
    today: date,
) -> Progress:
    found = current(sittings)
    planned = len(gaps) or max((one.number for one in sittings), default=0)
    counted = list(found.values())
    done = [one for one in counted if one.is_done(now)]
    without = [number for number in range(1, planned + 1) if number not in found]
    left_out = without if cancelled else [number for number in without if done and number < done[-1].number]
    unbooked = len(without) - len(left_out)
    status = _status(sittings, counted, unbooked, paused=paused, cancelled=cancelled)
    attention: list[Attention] = []
    if status == "active":
        if done and gaps and _is_overdue(done[-1], found, gaps, planned, today):
            attention.append("gap_overdue")
        if any(one.affected and one.state in YET_TO_COME for one in counted):
            attention.append("affected")
        if unbooked:
            attention.append("unbooked")
    return Progress(
        status=status,
        planned=planned,
        held=sum(one.state == HELD for one in counted),
        booked=sum(one.state in YET_TO_COME for one in counted),
        fulfilled=sum(one.state == FULFILLED for one in counted),
        missed=sum(one.state == NO_SHOW for one in counted),
        left_out=len(left_out),
        unbooked=unbooked,
        off_cadence=off_cadence(gaps, found),
        attention=attention,
        next_at=min((one.starts_at for one in counted if one.state in {PENDING, BOOKED} and one.starts_at > now), default=None),
    )


def _status(sittings: Sequence[Sitting], counted: Sequence[Sitting], unbooked: int, *, paused: bool, cancelled: bool) -> Status:
    if cancelled:
        return "cancelled"
    if any(one.state == HELD for one in counted):
        return "held"
    if not counted and any(one.state == EXPIRED for one in sittings):
        return "expired"
    if paused:
        return "paused"
    return "active" if unbooked or any(one.state in YET_TO_COME for one in counted) else "completed"


def _is_overdue(last: Sitting, found: Mapping[int, Sitting], gaps: Sequence[Gap], planned: int, today: date) -> bool:
    """The next session should have been by now: the longest gap since the last one that took place is over. Across those that were missed the gaps
    add up."""
    following = [
        number for number in range(last.number + 1, planned + 1) if number not in found or found[number].state != NO_SHOW
    ]
    return bool(following) and (today - last.on).days > added(gaps[last.number : following[0]]).max_days
