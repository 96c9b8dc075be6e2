"""What the ratios are held against: the promises, and what was claimed of them before.

A ratio is taken within one round, so whatever else the machine does weighs on both sides; what counts is the median over the rounds.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CLAIMS = Path(__file__).with_name("claims.json")
# A claimed ratio that is worse by more than half fails the run. Less is noise.
WORSE = 1.5

Figure = Literal["p50", "per_second", "spread"]
"""Which figure the ratio is of: half of the answers, answers a second, or p99 / p50."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A figure of `case`, divided by the same of `against` at as many clients, is at most (or `at_least`) the `bound`; `beyond` comes next."""

    name: str
    case: str
    clients: int
    figure: Figure
    bound: float
    beyond: float
    at_least: bool = False
    against: str = "F"

    def text(self, bound: float) -> str:
        return f"{'≥' if self.at_least else '≤'} {bound:g} {self.unit}"

    @property
    def unit(self) -> str:
        if self.figure == "p50":
            return self.against
        return f"of {self.against}'s {'req/s' if self.figure == 'per_second' else 'p99/p50'}"

    def share(self, ratio: float, bound: float) -> float:
        """How much of a bound is used up: 1 is just kept, less is better."""
        return bound / ratio if self.at_least else ratio / bound


TEN_BY_THIRTY = "availability 10×30"
ONE_BY_ONE = "availability 1×1"
ARTICLE = "article"
NOT_MODIFIED = "article 304"
BOOKING = "booking"
PGBENCH = "pgbench"
F = "F"

PROMISES = (
    Promise("P1", TEN_BY_THIRTY, 1, "p50", 18, 10),
    Promise("P2", TEN_BY_THIRTY, 8, "per_second", 0.07, 0.11, at_least=True),
    Promise("P4", ONE_BY_ONE, 1, "p50", 7, 4),
    Promise("P7", BOOKING, 1, "p50", 25, 14),
    Promise("P8", BOOKING, 8, "per_second", 0.20, 0.35, at_least=True, against=PGBENCH),
    Promise("P11 warm", ARTICLE, 1, "p50", 1.8, 1.4),
    Promise("P11 304", NOT_MODIFIED, 1, "p50", 1.7, 1.3),
    Promise("P12 availability", TEN_BY_THIRTY, 8, "spread", 2, 1),
    Promise("P12 booking", BOOKING, 8, "spread", 5, 2),
)


def read_claims() -> dict[str, float]:
    """Ratios by the name of the promise; none before the first claim."""
    if not CLAIMS.exists():
        return {}
    found: dict[str, float] = json.loads(CLAIMS.read_text(encoding="utf-8"))
    return found


def write_claims(ratios: Mapping[str, float]) -> None:
    rounded = {name: float(f"{ratio:.3g}") for name, ratio in ratios.items()}
    CLAIMS.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")


def worsened(claims: Mapping[str, float], ratios: Mapping[str, float]) -> list[str]:
    """A sentence for each claim that does not hold any more."""
    return [
        f"{promise.name} ({promise.case}, {_clients(promise.clients)}) was claimed at {claims[promise.name]:.3g} {promise.unit} and is now "
        f"{ratios[promise.name]:.3g}: worse by more than half."
        for promise in PROMISES
        if promise.name in claims and promise.name in ratios and promise.share(ratios[promise.name], claims[promise.name]) > WORSE
    ]


def _clients(number: int) -> str:
    return "1 client" if number == 1 else f"{number} clients"
