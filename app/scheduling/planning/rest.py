"""The rest of a course that is under way, as a task for the planner (K4).

What took place, and what somebody has pinned, stays; the cadence goes on from the last session that took place. Three things are not as in a course
that begins:

- The gap after the last session that took place may be too long already. Then the next one is due from the first day on which it can be, and the
  longest gap counts from that day.
- Settled sessions may be further apart than the cadence allows, or nearer. Then the gaps between them are stretched evenly, as far as need be.
- There may be more changes of practitioner already than were wished for. Then there may be as many as there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from app.scheduling.planning.values import Choices, Gap, Option, Task, added


class Standing(NamedTuple):
    """A session of the course by its number, from 1. `is_done`: it took place, or it would have; `is_pinned`: it stays where it is. Of the others
    `choices` is where they may be, where they are among it if they can stay there."""

    number: int
    present: Option | None
    choices: Choices
    is_done: bool = False
    is_pinned: bool = False

    @property
    def is_settled(self) -> bool:
        return self.is_done or self.is_pinned

    @property
    def settled(self) -> Option | None:
        """Where it stays, if it does."""
        return self.present if self.is_settled else None


@dataclass(frozen=True, slots=True)
class Rest:
    """A task, and the session that each of its own is. The first of them may be one that took place."""

    task: Task
    sessions: Sequence[Standing]


def rest_of(
    sessions: Sequence[Standing],
    gaps: Sequence[Gap],
    *,
    first_day: int,
    preference: Sequence[int],
    max_changes: int | None,
) -> Rest:
    """`sessions` in the order of their numbers, without those that are left out for good; `gaps` of the whole course. Nothing new is on a day before
    `first_day`."""
    kept = _in_order(sessions)
    anchor = max((place for place, one in enumerate(kept) if one.is_done), default=None)
    some = kept if anchor is None else kept[anchor:]
    between = [*(Gap(0, 0, 0) for _ in some[:1]), *(added(gaps[one.number : other.number]) for one, other in pairwise(some))]
    earliest_day = first_day
    if anchor is not None and some[0].present is not None:
        earliest_day = some[0].present.day
        if len(some) > 1 and not some[1].is_settled:
            between[1] = _not_overdue(between[1], first_day - earliest_day)
    settled = [(place, at.day) for place, one in enumerate(some) if (at := one.settled) is not None]
    if settled and settled[0][0] and settled[0][1] - earliest_day < sum(gap.min_days for gap in between[1 : settled[0][0] + 1]):
        settled_after = [(0, earliest_day), *settled]  # there is not even room for those before it
    else:
        settled_after = settled
    for (place, day), (later, later_day) in pairwise(settled_after):
        between[place + 1 : later + 1] = _stretched(between[place + 1 : later + 1], later_day - day)
    task = Task(
        between,
        [one.choices if one.settled is None else _only(one.settled) for one in some],
        earliest_day,
        preference,
        None if max_changes is None else max(max_changes - _changes(kept[: anchor or 0] + some[:1]), _changes(some)),
        [one.present if one.settled is None else _alone(one.settled) for one in some],
        frozenset(place for place, _ in settled),
    )
    return Rest(task, some)


def _in_order(sessions: Sequence[Standing]) -> list[Standing]:
    """Without settled ones that take place before one of a lower number: they say nothing of the cadence."""
    found: list[Standing] = []
    last = None
    for one in sessions:
        if one.settled is not None:
            if last is not None and one.settled.starts_at < last.ends_at:
                continue
            last = one.settled
        found.append(one)
    return found


def _not_overdue(gap: Gap, days: int) -> Gap:
    """`days` from the last one to the first on which the next can be."""
    return gap if days <= gap.max_days else Gap(max(gap.target_days, days), gap.min_days, days + gap.max_days)


def _stretched(gaps: Sequence[Gap], days: int) -> list[Gap]:
    """So that they add up to just so many days, if need be."""
    if not gaps:
        return []
    shortest, longest, count = sum(gap.min_days for gap in gaps), sum(gap.max_days for gap in gaps), len(gaps)
    if shortest <= days <= longest:
        return list(gaps)
    found = []
    for gap in gaps:
        low = min(gap.min_days, days // count)
        high = max(gap.max_days + max(-((longest - days) // count), 0), low)
        found.append(Gap(min(max(gap.target_days, low), high), low, high))
    return found


def _only(option: Option) -> Choices:
    return {option.who: {option.day: (_alone(option),)}}


def _alone(option: Option) -> Option:
    """Its buffers are in everybody's diary already, where those who have to look for room have seen them."""
    return option._replace(busy_from=option.starts_at, busy_until=option.ends_at)


def _changes(sessions: Sequence[Standing]) -> int:
    """Of the practitioner, as it is now, among those that can stay."""
    there = [one.present for one in sessions if one.present is not None and _can_stay(one)]
    return sum(one.who != other.who for one, other in pairwise(there))


def _can_stay(one: Standing) -> bool:
    if one.is_settled or one.present is None:
        return one.is_settled
    return one.present in one.choices.get(one.present.who, {}).get(one.present.day, ())
