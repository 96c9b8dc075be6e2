"""What a planner is asked, and what it answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class TooLargeError(Exception):
    """There is more to compare than is sensible while somebody waits."""


class Gap(NamedTuple):
    """Local days from the session before to this one."""

    target_days: int
    min_days: int
    max_days: int


def added(gaps: Iterable[Gap]) -> Gap:
    """From one session to another of which those between are left out: the bounds add up (K2)."""
    return Gap(*map(sum, zip(*gaps, strict=True)))


class Option(NamedTuple):
    """A session as it might be. `who` and `where` count practitioners and locations in the order of their ids; `day` counts local dates; instants in
    seconds. From `busy_from` to `busy_until` nothing else of the course may be: with buffers, and the way to another location."""

    day: int
    who: int
    where: int
    starts_at: int
    ends_at: int
    busy_from: int
    busy_until: int
    minutes_away: int


class Options(Protocol):
    """Of one practitioner on one day; never none, the best first: by minutes away, start, location. Of most only the first is looked at."""

    def __getitem__(self, index: int, /) -> Option: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Option]: ...


Choices = Mapping[int, Mapping[int, Options]]
"""By practitioner and day; only those where there is an option."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be planned.

    gaps         one for each session; that of the first is not looked at
    choices      one for each session, often the same object
    earliest_day the day from which the first session's deviation counts
    preference   of each practitioner, by number: the position in the list of those who are wished for, 0 where nobody is
    max_changes  how often the practitioner may change; None: as often as it takes
    present      where each session is now, None if it is new; as few as possible of them move
    required     the sessions that no plan leaves out, unless they cannot be had at all
    """

    gaps: Sequence[Gap]
    choices: Sequence[Choices]
    earliest_day: int
    preference: Sequence[int]
    max_changes: int | None = None
    present: Sequence[Option | None] = ()
    required: frozenset[int] = frozenset()

    def between(self, earlier: int, later: int) -> Gap:
        """The gap between two sessions by index."""
        return added(self.gaps[earlier + 1 : later + 1])


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a plan, in the order in which it counts (K1), but for the starts and ids that decide between equals."""

    left_out: int
    moved: int
    preference: int
    changes: int
    deviation_days: int
    minutes_away: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Plan:
    """An option for each session; None where a session is left out."""

    sessions: tuple[Option | None, ...]
    cost: Cost

    @property
    def is_complete(self) -> bool:
        return None not in self.sessions
