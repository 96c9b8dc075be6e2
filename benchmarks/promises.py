"""What the ratios are held against: the promises, and what was claimed of them before.

A ratio is taken within one round, so whatever else the machine does weighs on both sides; what counts is the median over the rounds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.plan_sizes import DOZEN
from benchmarks.workload import CROWDED, HUNDRED, SIXTY, TEN, TWENTY, Size

CLAIMS = Path(__file__).with_name("claims.json")
# A claimed ratio that is worse by more than half fails the run. Less is noise.
WORSE = 1.5

Figure = Literal["p50", "per_second", "spread"]
"""Which figure the ratio is of: half of the answers, answers a second, or p99 / p50."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure of `case`, divided by the same of `against` at as many clients, is at most (or `at_least`) the `bound`; `beyond` comes next.

    `core`: the case that puts the same question to the core alone, and `core_against` what its p50 is divided by.
    """

    name: str
    case: str
    clients: int
    figure: Figure
    bound: float
    beyond: float
    at_least: bool = False
    against: str = "F"
    core: str | None = None
    core_against: str = "F"

    def text(self, bound: float) -> str:
        return f"{'≥' if self.at_least else '≤'} {bound:g} {self.unit}"

    @property
    def unit(self) -> str:
        if self.figure == "p50":
            return F if self.against == F else f"× {self.against}"
        return f"of {self.against}'s {'req/s' if self.figure == 'per_second' else 'p99/p50'}"

    def share(self, ratio: float, bound: float) -> float:
        """How much of a bound is used up: 1 is just kept, less is better."""
        return bound / ratio if self.at_least else ratio / bound


@dataclass(frozen=True, slots=True)
class Limit:
    """Megabytes that are no ratio to anything: the same on every machine. Less than `noise` is as good as nothing."""

    name: str
    what: str
    bound: float
    beyond: float
    noise: float = 0

    def text(self, bound: float) -> str:
        return f"≤ {bound:g} MB"

    def worsened(self, claimed: float, found: float) -> bool:
        return found > WORSE * max(claimed, self.noise)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cases that nothing is promised about: p50 of the one divided by that of the other, at 1 client, and the same of the core alone."""

    case: str
    against: str
    core: str
    core_against: str


def availability(size: str) -> str:
    """Every search is fresh: whatever diary it needs has changed since it was last read."""
    return f"availability {size}"


def repeated(size: str) -> str:
    """Nothing has changed since the same was asked before."""
    return f"availability {size}, repeated"


def core(size: str) -> str:
    return f"core alone, {size}"


def past(appointments: int) -> str:
    """10×30 again, fresh, and so many appointments that are over."""
    return f"{TEN_BY_THIRTY}, {appointments:,} past"


ONE = "1×1"
TEN_BY_THIRTY = availability(TEN.name)
ONE_BY_ONE = availability(ONE)
NOTHING_KEPT = f"{TEN_BY_THIRTY}, nothing kept"
FEW_PAST, SOME_PAST, MANY_PAST = 10_000, 100_000, 1_000_000
ARTICLE = "article"
NOT_MODIFIED = "article 304"
BOOKING = "booking"
BOOKING_MOVED = f"{BOOKING}, diaries moved"
REFUSAL = "booking refused"
STILL_REFUSAL = f"{REFUSAL}, nothing changed"
PGBENCH = "pgbench"
FURTHER_SESSION = "each further session of a course"
PLAN = "course plan, 12 sessions in 10×60"
PLAN_ANEW, SIXTY_ANEW = f"{PLAN}, nothing kept", f"{availability(SIXTY.name)}, nothing kept"
F = "F"


def _growth(name: str, size: Size, bound: float, beyond: float) -> Promise:
    """A larger question against 10×30."""
    case, against = availability(size.name), TEN_BY_THIRTY
    return Promise(name, case, 1, "p50", bound, beyond, against=against, core=core(size.name), core_against=core(TEN.name))


PROMISES = (
    Promise("P1", TEN_BY_THIRTY, 1, "p50", 18, 10, core=core(TEN.name)),
    Promise("P2", TEN_BY_THIRTY, 8, "per_second", 0.07, 0.11, at_least=True),
    Promise("P3", repeated(TEN.name), 1, "p50", 6, 3.5),
    Promise("P4", ONE_BY_ONE, 1, "p50", 7, 4, core=core(ONE)),
    _growth("P5 practitioners", TWENTY, 2, 1.8),
    _growth("P5 days", SIXTY, 2, 1.8),
    Promise("P6 past", past(MANY_PAST), 1, "p50", 1.5, 1.2, against=past(FEW_PAST)),
    _growth("P6 range", CROWDED, 1.9, 1.5),
    Promise("P7", BOOKING, 1, "p50", 25, 14),
    Promise("P7 refusal", REFUSAL, 1, "p50", 1.2, 1, against=BOOKING_MOVED),
    Promise("P8", BOOKING, 8, "per_second", 0.20, 0.35, at_least=True, against=PGBENCH),
    Promise("P9", FURTHER_SESSION, 1, "p50", 4, 2),
    Promise("P10", core(DOZEN.name), 1, "p50", 200, 60),
    Promise("plan over HTTP", PLAN, 1, "p50", 3, 2, against=availability(SIXTY.name)),
    Promise("plan anew over HTTP", PLAN_ANEW, 1, "p50", 3, 2, against=SIXTY_ANEW),
    Promise("P11 warm", ARTICLE, 1, "p50", 1.8, 1.4),
    Promise("P11 304", NOT_MODIFIED, 1, "p50", 1.7, 1.3),
    Promise("P12 availability", TEN_BY_THIRTY, 8, "spread", 2, 1),
    Promise("P12 booking", BOOKING, 8, "spread", 5, 2),
)

IDLE = Limit("P13 idle", "worker at rest", 130, 90)
GROWTH = Limit("P13 growth", "growth in 100,000 requests", 5, 0, noise=2)
LIMITS = (IDLE, GROWTH)

COMPARISONS = (Comparison(availability(HUNDRED.name), TEN_BY_THIRTY, core(HUNDRED.name), core(TEN.name)),)


def read_claims() -> dict[str, float]:
    """Ratios and megabytes by the name of the promise; none before the first claim."""
    if not CLAIMS.exists():
        return {}
    found: dict[str, float] = json.loads(CLAIMS.read_text(encoding="utf-8"))
    return found


def write_claims(ratios: Mapping[str, float]) -> None:
    """Claims that this run did not measure stay as they are."""
    claimed = {**read_claims(), **ratios}
    rounded = {promise.name: float(f"{claimed[promise.name]:.3g}") for promise in (*PROMISES, *LIMITS) if promise.name in claimed}
    CLAIMS.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")


def worsened(claims: Mapping[str, float], ratios: Mapping[str, float]) -> list[str]:
    """A sentence for each claim that does not hold any more."""
    both = claims.keys() & ratios.keys()
    slower = [
        f"{promise.name} ({promise.case}, {_clients(promise.clients)}) was claimed at {claims[promise.name]:.3g} {promise.unit} and is now "
        f"{ratios[promise.name]:.3g}: worse by more than half."
        for promise in PROMISES
        if promise.name in both and promise.share(ratios[promise.name], claims[promise.name]) > WORSE
    ]
    larger = [
        f"{limit.name} ({limit.what}) was claimed at {claims[limit.name]:.3g} MB and is now {ratios[limit.name]:.3g}: worse by more than half."
        for limit in LIMITS
        if limit.name in both and limit.worsened(claims[limit.name], ratios[limit.name])
    ]
    return slower + larger


def _clients(number: int) -> str:
    return "1 client" if number == 1 else f"{number} clients"
