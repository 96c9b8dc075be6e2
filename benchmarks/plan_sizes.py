"""The plans that are asked of the core alone."""

from dataclasses import dataclass

from benchmarks.workload import Size


@dataclass(frozen=True, slots=True)
class Planned:
    """So many weekly sessions, with so many practitioners in so many days."""

    sessions: int
    size: Size

    @property
    def name(self) -> str:
        return f"plan {self.sessions} × {self.size.practitioners} × {self.size.days}"


def _planned(sessions: int, practitioners: int, days: int) -> Planned:
    bookings = 1600 * practitioners * days // (10 * 120)
    return Planned(sessions, Size(f"{practitioners}×{days}", practitioners, days, bookings))


DOZEN = _planned(12, 10, 120)
# Half the sessions; twice as many in twice the days; twice the days; twice the practitioners.
OTHERS = (_planned(6, 10, 120), _planned(24, 10, 240), _planned(12, 10, 240), _planned(12, 20, 120))
