"""What one appointment occupies, relative to its start (T7, T8), and which starts that rules out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from app.scheduling.intervals import Interval, union

DURATION_MAX_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a treatment. `attended`: the practitioner is needed; else the patient rests."""

    minutes: int
    attended: bool


@dataclass(frozen=True, slots=True)
class Footprint:
    """Stretches of seconds, counted from the start of the appointment; those before it are negative.

    duration      length of the appointment, buffers excluded
    attended      attended phases; sorted, disjoint
    practitioner  attended phases and buffers; sorted, disjoint
    place         everything, buffers included
    patient       everything, buffers excluded
    presence      from the first to the last stretch of the practitioner, who stays at the location during rests
    """

    duration: int
    attended: tuple[Interval, ...]
    practitioner: tuple[Interval, ...]
    place: Interval
    patient: Interval
    presence: Interval

    @classmethod
    def of(cls, phases: Iterable[Phase], *, buffer_before_minutes: int = 0, buffer_after_minutes: int = 0) -> Self:
        """Lay the phases end to end.

        ValueError: no attended phase, a phase shorter than a minute, a negative buffer, or more than 24 hours in all
        without buffers or in one buffer.
        """
        stretches: list[Interval] = []
        duration = 0
        for phase in phases:
            if phase.minutes < 1:
                raise ValueError("a phase lasts at least a minute")
            end = duration + phase.minutes * 60
            if phase.attended:
                stretches.append((duration, end))
            duration = end
        if not stretches:
            raise ValueError("a practitioner attends at least one phase")
        if duration > DURATION_MAX_MINUTES * 60:
            raise ValueError("an appointment lasts at most 24 hours")
        if not (0 <= buffer_before_minutes <= DURATION_MAX_MINUTES and 0 <= buffer_after_minutes <= DURATION_MAX_MINUTES):
            raise ValueError("a buffer lasts from 0 to 24 hours")
        place = (-buffer_before_minutes * 60, duration + buffer_after_minutes * 60)
        practitioner = union([(place[0], 0), *stretches, (duration, place[1])])
        return cls(
            duration=duration,
            attended=tuple(union(stretches)),
            practitioner=tuple(practitioner),
            place=place,
            patient=(0, duration),
            presence=(practitioner[0][0], practitioner[-1][1]),
        )


def forbidden_starts(stretches: Sequence[Interval], occupied: Sequence[Interval]) -> list[Interval]:
    """The starts at which one of the stretches would overlap one of the occupied times.

    Stretch `(a, b)` begun at `s` overlaps `(x, y)` when `s + a < y` and `s + b > x`, thus for `x - b < s < y - a`.
    Sorted in; sorted and disjoint out.
    """
    found = [(x - b + 1, y - a) for a, b in stretches for x, y in occupied]
    if len(stretches) > 1:
        found.sort()
    return union(found)
