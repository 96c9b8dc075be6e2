"""Everything that is measured, and how."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import httpx

from benchmarks import core, load, workload
from benchmarks.figures import Sample
from benchmarks.load import Slice
from benchmarks.pgbench import Pgbench
from benchmarks.promises import ARTICLE, BOOKING, NOT_MODIFIED, ONE_BY_ONE, PGBENCH, TEN_BY_THIRTY, F
from benchmarks.seed import Seeded
from benchmarks.workload import Workload

# No slice sends more bookings than this in a second of its length: many times what was ever reached.
_BOOKINGS_PER_SECOND_MAX = 2000

Measure = Callable[[int, float], Sample]


@dataclass(frozen=True, slots=True)
class Case:
    """`measure` takes the number of clients and of seconds."""

    name: str
    measure: Measure
    clients: tuple[int, ...] = (1, 8)


@dataclass(frozen=True, slots=True)
class Target:
    """What is running: the two servers' ports, what was put in, and the process that makes the load."""

    product: int
    floors: int
    question: Workload
    seeded: Seeded
    loader: Executor
    pgbench: Pgbench


def all_cases(target: Target) -> list[Case]:
    seeded, question = target.seeded, target.question
    tag = _checked(target)

    def get(port: int, path: str, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Measure:
        request = load.request("GET", path, headers)
        return lambda clients, seconds: _load(target, Slice(port, [request], status, clients, seconds))[0]

    return [
        Case("bare ASGI", get(target.floors, "/bare")),
        Case(F, get(target.floors, "/f")),
        Case("FastAPI and one row", get(target.floors, "/row")),
        Case(TEN_BY_THIRTY, get(target.product, seeded.availability_path(question))),
        Case(ONE_BY_ONE, get(target.product, seeded.day_path(question))),
        Case(ARTICLE, get(target.product, seeded.article_path)),
        Case(NOT_MODIFIED, get(target.product, seeded.article_path, 304, {"If-None-Match": tag})),
        Case(BOOKING, Bookings(target).measure),
        Case(PGBENCH, target.pgbench.measure),
        Case(
            "core alone, 10×30",
            lambda _, seconds: target.loader.submit(core.measure, question, seconds / 4).result(),
            clients=(1,),
        ),
    ]


def _load(target: Target, wanted: Slice) -> tuple[Sample, int]:
    return target.loader.submit(load.run, wanted).result()


class Bookings:
    """Public bookings, each of another free slot and with a key of its own."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._slots: Iterator[tuple[int, tuple[int, datetime]]] = enumerate(workload.slots(target.question))
        self._ready: list[bytes] = []

    def measure(self, clients: int, seconds: float) -> Sample:
        """Raises RuntimeError when the slots run out."""
        wanted = int(_BOOKINGS_PER_SECOND_MAX * seconds)
        self._ready += [self._request(*one) for one in itertools.islice(self._slots, max(wanted - len(self._ready), 0))]
        sample, sent = _load(self._target, Slice(self._target.product, self._ready, 201, clients, seconds, repeat=False))
        del self._ready[:sent]
        if not self._ready:
            raise RuntimeError("The seeded clinic has no free slots left: take fewer rounds, or shorter ones.")
        return sample

    def _request(self, number: int, slot: tuple[int, datetime]) -> bytes:
        body = json.dumps(self._target.seeded.booking(number, *slot)).encode()
        return load.request("POST", "/v1/appointments", {"Idempotency-Key": f"benchmark-{number:010d}"}, body)


def _checked(target: Target) -> str:
    """Ask everything once and look at the answers; the article's tag. Raises ValueError when one is not what the workload implies."""
    seeded = target.seeded
    with httpx.Client(base_url=f"http://127.0.0.1:{target.product}", timeout=30) as client:
        found = count_starts(client.get(seeded.availability_path(target.question)))
        if found != (expected := workload.free_starts(workload.bookings())):
            raise ValueError(f"The product offers {found} starts where the workload leaves {expected} free.")
        if not count_starts(client.get(seeded.day_path(target.question))):
            raise ValueError("The product offers no start on the first day.")
        article = client.get(seeded.article_path).raise_for_status()
        if not article.json()["html"]:
            raise ValueError("The article is empty.")
        return article.headers["ETag"]


def count_starts(answer: httpx.Response) -> int:
    """In an answer of GET /v1/availability."""
    days = answer.raise_for_status().json()["days"]
    return sum(len(opening["starts"]) for day in days for opening in day["openings"])
