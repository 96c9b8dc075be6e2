"""What a server worker occupies at rest, and how much more with every request: the resident memory of its process, as the kernel counts it.

A block is the same mixture of requests each time, and after every block the worker is looked at while it rests. Growth is the median of the slopes
between any two readings, so that one that is high by chance is not taken for growth. The blocks are far fewer than the 100,000 requests that the
promise speaks of, and what they grow is multiplied up; whether it slows down is told by the two halves of the run.
"""

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import psutil

from benchmarks import bulk, load, target
from benchmarks.desk import Desk, Once
from benchmarks.load import Moved

CLIENTS = 8
PER = 100_000
_MEGABYTE = 1_000_000
_REST_SECONDS = 0.5
# Caches and pools are full after so many blocks.
WARM_UP_BLOCKS = 4

Reading = tuple[int, float]
"""After so many requests since the warm-up, so many megabytes at rest."""


@dataclass(frozen=True, slots=True)
class Resident:
    """`started` are the megabytes before the first request; `readings` begin after the warm-up."""

    started: float
    warm_up: int
    readings: Sequence[Reading]

    @property
    def idle(self) -> float:
        """After the warm-up."""
        return self.readings[0][1]

    @property
    def requests(self) -> int:
        return self.readings[-1][0]

    @property
    def growth(self) -> float:
        return growth(self.readings)

    @property
    def halves(self) -> tuple[float, float]:
        middle = len(self.readings) // 2
        return growth(self.readings[: middle + 1]), growth(self.readings[middle:])


def growth(readings: Sequence[Reading]) -> float:
    """Megabytes in 100,000 requests."""
    return PER * median((more - some) / (later - at) for (at, some), (later, more) in itertools.combinations(readings, 2))


@dataclass(frozen=True, slots=True)
class Part:
    """So many of each block are these requests."""

    requests: Once
    share: int


def mixture(single: target.Single, size: int) -> list[Part]:
    """What a day has, in a block of `size`: mostly reading, a search in five fresh, every fifth request one for a booking, some of them refused."""
    seeded, loader, port = single.seeded, single.loader, single.worker.port
    searches = [load.request("GET", path, {}) for path in seeded.availability_paths(single.question)]
    article = load.request("GET", seeded.article_path, {})
    moved = Moved(single.url, bulk.resource_ids(single.url, seeded.practitioner_ids))
    desk = Desk(seeded, single.question)
    desk.take(port)
    parts = (
        (Once(loader, port, itertools.repeat(article), 200), 0.3),
        (Once(loader, port, itertools.cycle(searches), 200), 0.3),
        (Once(loader, port, itertools.cycle(searches), 200, moved), 0.2),
        (Once(loader, port, desk.bookings(), 201), 0.15),
        (Once(loader, port, desk.refusals(), 409), 0.05),
    )
    return [Part(requests, round(share * size)) for requests, share in parts]


def measure(single: target.Single, blocks: int, size: int, tell: Callable[[str], None]) -> Resident:
    """Send so many blocks after the warm-up, each of `size` requests."""
    process = psutil.Process(single.worker.pid)
    started = _megabytes(process)
    parts = mixture(single, size)
    for _ in range(WARM_UP_BLOCKS):
        _send(parts)
    readings = [(0, _megabytes(process))]
    in_block = sum(part.share for part in parts)
    for number in range(1, blocks + 1):
        _send(parts)
        readings.append((number * in_block, _megabytes(process)))
        tell(f"Block {number} of {blocks}: {readings[-1][1]:.1f} MB")
    return Resident(started, WARM_UP_BLOCKS * in_block, readings)


def _send(parts: Sequence[Part]) -> None:
    for part in parts:
        part.requests.send(part.share, CLIENTS)


def _megabytes(process: psutil.Process) -> float:
    time.sleep(_REST_SECONDS)
    occupied: int = process.memory_info().rss
    return occupied / _MEGABYTE
