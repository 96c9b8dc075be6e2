"""The clinic of the model: two practitioners, two rooms, two treatments, two days. Values, from which both the model and the real clinic are made.

Minutes count from the midnight that begins the first of December 2026, a Tuesday; in London, where it is winter, so that there is one clock.
"""

from dataclasses import dataclass, field
from typing import Final

DAY: Final = 24 * 60
EVENING: Final = 20 * 60
WEDNESDAY, THURSDAY = DAY, 2 * DAY

NOTICE: Final = 120
HORIZON_DAYS: Final = 1
HOLD_MINUTES: Final = 10
HOLDS_PER_CLIENT: Final = 3
UPCOMING_PER_PATIENT: Final = 2
CHANGE_NOTICE: Final = 720

PRACTITIONERS: Final = ("mira", "jon")  # in order of their ids
ROOMS: Final = ("blue", "green")  # in order of their positions
PATIENTS: Final = ("ada", "ben")
NAMES: Final = (*PRACTITIONERS, *ROOMS, *PATIENTS)
DAILY_LIMITS: Final = {"jon": 3}
HOURS: Final = {
    ("mira", 1): (WEDNESDAY + 9 * 60, WEDNESDAY + 12 * 60),
    ("mira", 2): (THURSDAY + 9 * 60, THURSDAY + 11 * 60),
    ("jon", 1): (WEDNESDAY + 10 * 60, WEDNESDAY + 12 * 60 + 30),
    ("jon", 2): (THURSDAY + 9 * 60, THURSDAY + 10 * 60),
}


@dataclass(frozen=True)
class Treatment:
    """`phases`: minutes, and whether the practitioner is needed."""

    name: str
    phases: tuple[tuple[int, bool], ...] = field(repr=False)
    before: int = field(default=0, repr=False)
    after: int = field(default=0, repr=False)
    step: int = field(default=15, repr=False)
    needs_approval: bool = field(default=False, repr=False)
    for_newcomers: bool = field(default=False, repr=False)
    change_notice: int = field(default=CHANGE_NOTICE, repr=False)

    @property
    def length(self) -> int:
        return sum(minutes for minutes, _ in self.phases)


SHORT: Final = Treatment("short", phases=((30, True),))
LONG: Final = Treatment(
    "long",
    phases=((15, True), (15, False), (10, True)),
    before=5,
    after=10,
    step=5,
    needs_approval=True,
    for_newcomers=True,
    change_notice=840,
)
TREATMENTS: Final = (SHORT, LONG)
