"""What the rounds found, and the medians of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Self


def percentile(ascending: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` of them do not exceed."""
    return ascending[max(ceil(len(ascending) * part), 1) - 1]


@dataclass(frozen=True, slots=True)
class Sample:
    """One case in one round. Latencies in milliseconds."""

    p50: float
    p99: float
    per_second: float
    count: int

    @classmethod
    def of(cls, latencies_seconds: Sequence[float], elapsed_seconds: float) -> Self:
        if not latencies_seconds:
            raise ValueError("nothing was measured: a slice was shorter than one request")
        ascending = sorted(latencies_seconds)
        count = len(ascending)
        return cls(percentile(ascending, 0.5) * 1000, percentile(ascending, 0.99) * 1000, count / elapsed_seconds, count)

    @property
    def spread(self) -> float:
        """How much longer the slowest hundredth takes than half of them."""
        return self.p99 / self.p50


@dataclass(frozen=True, slots=True)
class Range:
    """A median over the rounds, and what it lies between."""

    median: float
    min: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(median(values), min(values), max(values))

    def text(self, digits: int = 2) -> str:
        return f"{self.median:,.{digits}f} ({self.min:,.{digits}f}–{self.max:,.{digits}f})"
