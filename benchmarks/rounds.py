"""Measures every case in every round, in an order that moves on with each: what disturbs the machine disturbs another case the next time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from benchmarks import rush
from benchmarks.cases import Case, Crowd
from benchmarks.figures import Range, Sample
from benchmarks.promises import COMPARISONS, PROMISES, Comparison, F, Figure, Promise
from benchmarks.rush import Rush

WARM_UP_SECONDS = 0.3

Key = tuple[str, int]
"""A case and a number of clients."""


@dataclass
class Rounds:
    """What the rounds found, for each case and number of clients, and of each round for each size of a crowd."""

    samples: dict[Key, list[Sample]] = field(default_factory=dict)
    rushes: dict[int, list[list[Rush]]] = field(default_factory=dict)

    def measure(
        self,
        cases: Sequence[Case],
        crowds: Sequence[Crowd],
        rounds: int,
        seconds: float,
        until: float,
        tell: Callable[[str], None],
    ) -> int:
        """Warm every case up, then measure; how many rounds there were: no further one is begun that may end after `until` (monotonic)."""
        keys = [(case, clients) for case in cases for clients in case.clients]
        for case, clients in keys:
            case.measure(clients, min(WARM_UP_SECONDS, seconds / 2))
            self.samples[case.name, clients] = []
        for crowd in crowds:
            crowd.measure()
            self.rushes[crowd.size] = []
        longest = 0.0
        for number in range(rounds):
            began = time.monotonic()
            if number > 0 and began + longest > until:
                tell("The time is up")
                return number
            tell(f"Round {number + 1} of {rounds}")
            first = number * len(keys) // rounds
            for case, clients in keys[first:] + keys[:first]:
                self.samples[case.name, clients].append(case.measure(clients, seconds))
            for size, found in _in_turns(crowds).items():
                self.rushes[size].append(found)
            longest = max(longest, time.monotonic() - began)
        return rounds

    def ratio(self, case: str, clients: int, figure: Figure, against: str = F) -> Range:
        """Of each round's figures; never of figures from different rounds."""
        pairs = zip(self.samples[case, clients], self.samples[against, clients], strict=True)
        return Range.of([_figure(sample, figure) / _figure(floor, figure) for sample, floor in pairs])

    def rush(self, size: int, time: Literal["total", "winner", "losers"]) -> Range | None:
        """Over all repetitions, in milliseconds; None where there was nobody."""
        found = [getattr(one, time) for of_round in self.rushes[size] for one in of_round]
        return None if None in found else Range.of(found)

    def rush_share(self, size: int) -> Range:
        """How much each one of a crowd takes of what one who comes alone waits, by the median of the same round."""
        pairs = zip(self.rushes[size], self.rushes[rush.ALONE], strict=True)
        return Range.of(
            [one.total / size / median(each.total for each in alone) for of_round, alone in pairs for one in of_round]
        )

    def measured(self, promise: Promise) -> Range:
        """The ratio that the promise is about."""
        return self.ratio(promise.case, promise.clients, promise.figure, promise.against)

    def promised(self) -> list[Promise]:
        """The promises whose cases were measured at all."""
        return [one for one in PROMISES if self.has(one.case, one.clients) and self.has(one.against, one.clients)]

    def comparisons(self) -> list[Comparison]:
        """Those whose cases were measured."""
        return [one for one in COMPARISONS if self.has(one.case, 1) and self.has(one.against, 1)]

    def has(self, case: str, clients: int) -> bool:
        return (case, clients) in self.samples

    def ratios(self) -> dict[str, float]:
        """The median ratio of every promise that was measured, by its name."""
        return {promise.name: self.measured(promise).median for promise in self.promised()}


def _in_turns(crowds: Sequence[Crowd]) -> dict[int, list[Rush]]:
    """By size. One of each size and then the next, so that what one leaves behind, for better or worse, all of them find."""
    left = {crowd: rush.repetitions(crowd.size) for crowd in crowds}
    found: dict[int, list[Rush]] = {crowd.size: [] for crowd in crowds}
    while any(left.values()):
        for crowd in [crowd for crowd, more in left.items() if more]:
            found[crowd.size].append(crowd.measure())
            left[crowd] -= 1
    return found


def _figure(sample: Sample, figure: Figure) -> float:
    found: float = getattr(sample, figure)
    return found
