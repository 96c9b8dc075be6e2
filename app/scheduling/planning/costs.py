"""A plan's cost as one whole number: what counts first (K1) stands in the highest bits, and costs add up."""

from collections.abc import Sequence
from typing import Final

from app.scheduling.planning.values import Cost, Option, Task

SMALL_BITS: Final = 16
# For an instant: 30,000 years of seconds.
LARGE_BITS: Final = 40
# What counts most of a cost, in days of deviation.
CHANGE: Final = 1 << 2 * SMALL_BITS
PREFERENCE: Final = CHANGE << SMALL_BITS
MOVED: Final = PREFERENCE << 2 * SMALL_BITS


class Costs:
    """Where in the number each part of a cost stands."""

    def __init__(self, task: Task) -> None:
        self._task = task
        count_ = len(task.gaps)
        self._id = 2 * SMALL_BITS
        self._start = count_ * self._id
        self.end = self._start + count_ * LARGE_BITS
        self.away = self.end + LARGE_BITS
        self.deviation = self.away + 2 * SMALL_BITS
        self.change = CHANGE << self.deviation
        self._preference = PREFERENCE << self.deviation
        self.moved = MOVED << self.deviation
        self.left_out = self.moved << SMALL_BITS
        self.never = self.left_out << SMALL_BITS

    def session(self, number: int, option: Option, *, is_last: bool = False) -> int:
        """What a session costs by itself. It is late starts and ends that cost, so that among equals the earliest wins."""
        present = self._task.present[number] if self._task.present else None
        end = option.ends_at << self.end if is_last else 0
        shared, starts_at, ids = self.parts(option)
        moved = self.moved if present not in {None, option} else 0
        start_bits, id_bits = self.places(number)
        return shared + (starts_at << start_bits) + (ids << id_bits) + end + moved

    def parts(self, option: Option) -> tuple[int, int, int]:
        """What an option costs whichever session it is, and its start and ids, which stand where the session's do."""
        shared = self._task.preference[option.who] * self._preference + (option.minutes_away << self.away)
        return shared, option.starts_at, (option.who << SMALL_BITS) + option.where

    def places(self, number: int) -> tuple[int, int]:
        """Where the start and the ids of that session stand."""
        rank = len(self._task.gaps) - 1 - number
        return self._start + rank * LARGE_BITS, rank * self._id

    def first(self, number: int, option_day: int) -> int:
        """What the first session costs besides, others before it being left out."""
        wished = self._task.earliest_day + sum(gap.target_days for gap in self._task.gaps[1 : number + 1])
        return (abs(option_day - wished) << self.deviation) + number * self.left_out

    def of(self, total: int, sessions: Sequence[Option | None]) -> Cost:
        small, large = (1 << SMALL_BITS) - 1, (1 << 2 * SMALL_BITS) - 1
        return Cost(
            left_out=sessions.count(None),
            moved=total // self.moved & small,
            preference=total // self._preference & large,
            changes=total // self.change & small,
            deviation_days=total >> self.deviation & large,
            minutes_away=total >> self.away & large,
            ends_at=max((one.ends_at for one in sessions if one is not None), default=0),
        )
