"""The words in which the model and the real clinic speak of what is there, what is asked and what is answered. Values only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from tests.appointments.small_clinic import ROOMS, Treatment


class Minutes(NamedTuple):
    """That a sitting takes of somebody or something."""

    attended: frozenset[int]
    practitioner: frozenset[int]
    room: frozenset[int]
    patient: frozenset[int]


@cache
def minutes_of(what: Treatment, start: int) -> Minutes:
    each = [attended for minutes, attended in what.phases for _ in range(minutes)]
    attended = frozenset(start + minute for minute, is_attended in enumerate(each) if is_attended)
    patient, room = range(start, start + len(each)), range(start - what.before, start + len(each) + what.after)
    return Minutes(attended, attended | (frozenset(room) - set(patient)), frozenset(room), frozenset(patient))


@dataclass(eq=False)
class Hold:
    public: bool
    until: int
    extended: bool = False
    released: bool = False


@dataclass(eq=False)
class Visit:
    """An appointment. Of the practitioner's minutes it `has` some and `waits` for those that others have; `at` is when what was marked."""

    what: Treatment
    practitioner: str
    room: str
    start: int
    has: frozenset[int]
    waits: frozenset[int]
    state: str = ""
    patient: str | None = None
    hold: Hold | None = None
    until: int | None = None
    rules: tuple[str, ...] = ()
    overbooked: bool = False
    late: bool = False
    marks: tuple[str, ...] = ()
    at: dict[str, int] = field(default_factory=dict)
    version: int = 1

    @property
    def takes(self) -> Minutes:
        return minutes_of(self.what, self.start)

    def become(self, **changes: Any) -> None:
        """Nothing is written if nothing changes."""
        self.version += any(getattr(self, name) != value for name, value in changes.items())
        vars(self).update(changes)


@dataclass(frozen=True)
class Who:
    """Who asks, and for which patient, if the clinic knows them."""

    staff: bool
    patient: str | None = None


@dataclass(frozen=True)
class Wish:
    """No practitioner: the clinic chooses. `rooms` that would do, and the one that is preferred; `rules` that staff set aside, and `also` others that
    do not count."""

    what: Treatment
    start: int
    practitioner: str | None = None
    rooms: tuple[str, ...] = ROOMS
    room: str | None = None
    rules: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """An answer: its status and, of a refusal, code, the state that forbids it, the reasons by index, and what is free instead."""

    status: int
    code: str = ""
    state: str = ""
    reasons: tuple[tuple[int, frozenset[str]], ...] = ()
    instead: tuple[tuple[int, int, str], ...] = ()


def runs(minutes: Iterable[int]) -> Iterator[frozenset[int]]:
    """Minutes that follow upon each other."""
    run: list[int] = []
    for minute in sorted(minutes):
        if run and run[-1] != minute - 1:
            yield frozenset(run)
            run = []
        run.append(minute)
    if run:
        yield frozenset(run)
