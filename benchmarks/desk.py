"""What the public sends to be booked with one of the ten who are there for it: every request with a key of its own."""

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import Executor
from datetime import datetime

import httpx

from benchmarks import load, workload
from benchmarks.figures import Sample
from benchmarks.load import Moved, Slice
from benchmarks.seed import Seeded
from benchmarks.workload import Workload

PATH = "/v1/appointments"
# No slice sends more of these than so many for a second of its length: many times what was ever reached.
_PER_SECOND_MAX = 2000

Slot = tuple[int, datetime]
"""Which of the ten, and when."""


class Desk:
    """Gives out each time that can be had once; those that are contested only to be refused."""

    def __init__(self, seeded: Seeded, question: Workload) -> None:
        self._seeded = seeded
        self._contested = workload.contested(question)
        kept = set(self._contested)
        self._slots = (slot for slot in workload.slots(question) if slot not in kept)
        self._numbers = itertools.count()

    def free_slot(self) -> Slot:
        """Raises RuntimeError when there is none left."""
        slot = next(self._slots, None)
        if slot is None:
            raise RuntimeError("The seeded clinic has no free slots left: take fewer rounds, or shorter ones.")
        return slot

    def bookings(self) -> Iterator[bytes]:
        """Each of another free time."""
        while True:
            yield self.request(self.free_slot())

    def refusals(self) -> Iterator[bytes]:
        """Of the times that `take` has taken, one after the other and again."""
        return map(self.request, itertools.cycle(self._contested))

    def take(self, port: int) -> None:
        """Book the contested times. Raises ValueError unless each is refused from then on, with five others instead."""
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            for slot in self._contested:
                key, body = self._parts(slot)
                client.post(PATH, headers=key, json=body).raise_for_status()
            for slot in self._contested:
                key, body = self._parts(slot)
                answer = client.post(PATH, headers=key, json=body)
                facts = answer.json()
                if (answer.status_code, facts["code"], len(facts.get("alternatives", ()))) != (409, "slot_unavailable", 5):
                    raise ValueError(f"The product does not refuse a time that is taken as it should: {answer.text[:1000]}")

    def request(self, slot: Slot) -> bytes:
        key, body = self._parts(slot)
        return load.request("POST", PATH, key, json.dumps(body).encode())

    def course(self, sittings: list[tuple[datetime, int]]) -> tuple[dict[str, str], dict[str, object]]:
        """The key and the body of a course of these sittings, for somebody new."""
        number = next(self._numbers)
        each = [self._seeded.booking(number, practitioner, starts_at) for starts_at, practitioner in sittings]
        names = ("starts_at", "practitioner_id", "location_id")
        body = {
            "patient": each[0]["patient"],
            "treatment_id": each[0]["treatment_id"],
            "sessions": [{name: one[name] for name in names} for one in each],
        }
        return {"Idempotency-Key": f"benchmark-{number:010d}"}, body

    def _parts(self, slot: Slot) -> tuple[dict[str, str], dict[str, object]]:
        number = next(self._numbers)
        return {"Idempotency-Key": f"benchmark-{number:010d}"}, self._seeded.booking(number, *slot)


class Once:
    """Requests that are sent once each, and are all answered with the same status."""

    def __init__(
        self,
        loader: Executor,
        port: int,
        requests: Iterator[bytes],
        status: int,
        moved: Moved | None = None,
        per_second_max: int = _PER_SECOND_MAX,
    ) -> None:
        self._loader = loader
        self._port = port
        self._requests = requests
        self._status = status
        self._moved = moved
        self._per_second_max = per_second_max
        self._ready: list[bytes] = []

    def measure(self, clients: int, seconds: float) -> Sample:
        self._prepare(max(int(self._per_second_max * seconds), 1))
        return self._send(self._ready, clients, seconds)

    def send(self, number: int, clients: int) -> Sample:
        """Just so many, however long it takes."""
        self._prepare(number)
        return self._send(self._ready[:number], clients, float("inf"))

    def _prepare(self, number: int) -> None:
        self._ready += itertools.islice(self._requests, max(number - len(self._ready), 0))

    def _send(self, requests: list[bytes], clients: int, seconds: float) -> Sample:
        wanted = Slice(self._port, requests, self._status, clients, seconds, repeat=False, moved=self._moved)
        sample, sent = self._loader.submit(load.run, wanted).result()
        del self._ready[:sent]
        return sample
