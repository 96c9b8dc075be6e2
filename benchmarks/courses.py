"""Courses: what each further session costs when one is booked, and what the best plan costs, over HTTP and in the core alone."""

import json
from collections.abc import Iterator
from concurrent.futures import Executor
from datetime import datetime, timedelta
from time import perf_counter

import httpx

from app.scheduling import slots
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.planning.days import Source, When, choices
from app.scheduling.planning.search import plans
from app.scheduling.planning.values import Gap, Task
from app.scheduling.zones import midnight
from benchmarks import core, load, workload
from benchmarks.desk import Desk, Once
from benchmarks.figures import Sample
from benchmarks.plan_sizes import Planned
from benchmarks.seed import Group
from benchmarks.workload import Workload

PATH, PLANS_PATH = "/v1/courses", "/v1/course-plans"
FEW, MANY = 2, 12
# Many times what was ever reached; each takes up to twelve of the free times there are.
_PER_SECOND_MAX = 150
WISHED_MINUTE = 10 * 60
WEEKLY = Gap(7, 5, 9)
# So that a dozen of them fit into what a search for free times may ask for at once.
TWICE_A_WEEK = Gap(4, 3, 6)


def plan_in_core(question: Workload, planned: Planned, seconds: float) -> Sample:
    """From the free starts on, again and again. Raises ValueError when there is no complete plan."""
    size = planned.size
    facts = core.facts(question, size.booked(), size.practitioners, size.days)
    from_at = midnight(workload.ZONE, question.monday)
    to_at = midnight(workload.ZONE, question.last_day(size.days) + timedelta(days=1))
    footprint = Footprint.of([Phase(workload.VISIT_MINUTES, attended=True)])
    sources = [
        Source(number, 0, workload.ZONE, footprint, slots.openings(one, from_at, to_at)) for number, one in enumerate(facts)
    ]
    when = When(question.monday, question.last_day(size.days), wished=WISHED_MINUTE)
    latencies: list[float] = []
    started = perf_counter()
    while (now := perf_counter()) < started + seconds or not latencies:
        found = choices(sources, when)
        task = Task(
            [WEEKLY] * planned.sessions, [found] * planned.sessions, question.monday.toordinal(), [0] * size.practitioners
        )
        if not next(plans(task)).is_complete:
            raise ValueError(f"There is no {planned.name}.")
        latencies.append(perf_counter() - now)
    return Sample.of(latencies, perf_counter() - started)


def plan_request(question: Workload, group: Group, token: str) -> bytes:
    """Twelve sessions with anybody of a group, in all of its days."""
    body = {
        "treatment_id": group.treatment_id,
        "sessions": MANY,
        "cadence": [{"sessions": MANY, "target_days": TWICE_A_WEEK[0], "min_days": TWICE_A_WEEK[1], "max_days": TWICE_A_WEEK[2]}],
        "earliest_on": str(question.monday),
        "latest_on": str(question.last_day(group.size.days)),
        "preferred_time": "10:00",
    }
    return load.request("POST", PLANS_PATH, {"Authorization": f"Bearer {token}"}, json.dumps(body).encode())


def check_plan(port: int, request: bytes) -> None:
    """Raises ValueError unless there is one, complete."""
    head, _, body = request.partition(b"\r\n\r\n")
    token = next(line.partition(b": ")[2] for line in head.split(b"\r\n") if line.startswith(b"Authorization"))
    headers = {"Authorization": token.decode(), "Content-Type": "application/json"}
    answer = httpx.post(f"http://127.0.0.1:{port}{PLANS_PATH}", content=body, headers=headers, timeout=30)
    if not answer.raise_for_status().json()["complete"]:
        raise ValueError("There is no complete plan.")


class Courses:
    """Books courses of two and of twelve sessions, and tells what each of the ten more costs."""

    def __init__(self, loader: Executor, port: int, desk: Desk, token: str) -> None:
        self._few, self._many = (
            Once(loader, port, _requests(desk, size, token), 201, per_second_max=_PER_SECOND_MAX) for size in (FEW, MANY)
        )

    def measure(self, clients: int, seconds: float) -> Sample:
        few, many = (one.measure(clients, seconds / 2) for one in (self._few, self._many))
        p50, p99 = ((getattr(many, name) - getattr(few, name)) / (MANY - FEW) for name in ("p50", "p99"))
        return Sample(p50, max(p99, p50), many.per_second * MANY, few.count + many.count)


def _requests(desk: Desk, size: int, token: str) -> Iterator[bytes]:
    """Each for somebody new, who is in one place at a time."""
    while True:
        chosen: dict[datetime, int] = {}
        while len(chosen) < size:
            practitioner, starts_at = desk.free_slot()
            chosen.setdefault(starts_at, practitioner)
        key, body = desk.course(sorted((starts_at, who) for starts_at, who in chosen.items()))
        yield load.request("POST", PATH, {**key, "Authorization": f"Bearer {token}"}, json.dumps(body).encode())
