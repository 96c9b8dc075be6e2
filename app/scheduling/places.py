"""The places of one kind at one location: are they all taken, and which one to take (T9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.scheduling.footprint import Footprint, forbidden_starts
from app.scheduling.intervals import ALWAYS, Interval, intersect

GAP_MAX = 24 * 60 * 60
"""A free stretch on one side of an appointment counts up to this length, so that occupied times further off than a day
need not be known."""


@dataclass(frozen=True, slots=True)
class Place:
    """One room, bed or chair. `occupied` is sorted by start, buffers included."""

    id: UUID
    position: int
    occupied: Sequence[Interval]


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Places that serve equally well. Practitioners who share it share what it works out: make one per search.

    Their occupied times must be known for a day before and after what is asked.
    """

    places: tuple[Place, ...]
    _forbidden: dict[Interval, Sequence[Interval]] = field(default_factory=dict, init=False, repr=False)

    def forbidden(self, footprint: Footprint) -> Sequence[Interval]:
        """The starts for which no single place is free throughout, buffers included. Sorted, disjoint."""
        stretch = footprint.place
        if stretch not in self._forbidden:
            taken = ALWAYS
            for place in sorted(self.places, key=lambda place: len(place.occupied)):
                taken = intersect(taken, forbidden_starts((stretch,), place.occupied))
                if not taken:
                    break
            self._forbidden[stretch] = taken
        return self._forbidden[stretch]

    def free(self, start: int, footprint: Footprint) -> list[UUID]:
        """The places that can serve the appointment, the best first: where it leaves the least time free around it.

        Ties go to the lower position, then to the lower id.
        """
        begin, end = start + footprint.place[0], start + footprint.place[1]
        ranked: list[tuple[int, int, UUID]] = []
        for place in self.places:
            gap = _gap_around(place.occupied, begin, end)
            if gap is not None:
                ranked.append((gap, place.position, place.id))
        return [place_id for _, _, place_id in sorted(ranked)]


def _gap_around(occupied: Iterable[Interval], begin: int, end: int) -> int | None:
    """Seconds that stay free between `(begin, end)` and its neighbours. None: it overlaps one."""
    before = after = GAP_MAX
    for start, stop in occupied:
        if start < end and begin < stop:
            return None
        if stop <= begin:
            before = min(before, begin - stop)
        else:
            after = min(after, start - end)
            break
    return before + after
