"""Bookings that go through, that are refused, and many at once. No time is asserted here."""

import asyncio
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg
import pytest

from benchmarks import bulk, courses, memory, rush, servers, target, workload
from benchmarks.desk import Desk, Once
from benchmarks.load import Moved, UnexpectedAnswerError
from benchmarks.plan_sizes import Planned
from benchmarks.seed import Group, Seeded
from benchmarks.target import Single
from benchmarks.workload import Size, Workload
from tests.conftest import database_named

QUESTION = Workload.after(date(2026, 12, 1))
_COUNT = "SELECT (SELECT count(*) FROM appointments), (SELECT count(*) FROM idempotency_records WHERE status = 409)"


@pytest.fixture
def single(server_url: str, template: str, worker_id: str) -> Iterator[Single]:
    name = f"bench_desk_{worker_id}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
    url = servers.copied(database_named(server_url, template), name)
    seeded = target.fill(url, QUESTION, [])
    with servers.working("product", url, target.READY) as worker, ThreadPoolExecutor(1) as loader:
        yield Single(worker, url, QUESTION, seeded, loader)


def test_contested_times_are_given_out_only_to_be_refused() -> None:
    contested = workload.contested(QUESTION)
    until = QUESTION.instant(workload.CONTESTED_DAYS, 0)
    assert len(set(contested)) == len(contested) == workload.CONTESTED
    assert {practitioner for practitioner, _ in contested} == set(range(10))
    assert all(starts_at < until for _, starts_at in contested)
    desk = Desk(_seeded(), QUESTION)
    free = [desk.free_slot() for _ in range(70_000 - workload.CONTESTED)]
    assert set(free).isdisjoint(contested)
    with pytest.raises(RuntimeError, match="no free slots"):
        desk.free_slot()
    requests = list(itertools.islice(Desk(_seeded(), QUESTION).refusals(), 2 * workload.CONTESTED))
    assert len(set(requests)) == len(requests)


def test_bookings_refusals_and_crowds(single: Single) -> None:
    desk, port = Desk(single.seeded, QUESTION), single.worker.port
    desk.take(port)
    moved = Moved(single.url, bulk.resource_ids(single.url, single.seeded.desk_ids))
    assert Once(single.loader, port, desk.bookings(), 201).send(7, 2).count == 7
    assert Once(single.loader, port, desk.refusals(), 409, moved).send(9, 2).count == 9
    assert Once(single.loader, port, desk.refusals(), 409).measure(1, 0.2).count > 0
    before = _counted(single.url)
    slot = desk.free_slot()
    found = rush.run(port, [desk.request(slot) for _ in range(16)])
    assert 0 < found.winner <= found.total
    assert found.losers is not None
    assert 0 < found.losers <= found.total
    assert rush.run(port, [desk.request(desk.free_slot())]).losers is None
    assert _counted(single.url) == (before[0] + 2, before[1] + 15)
    with pytest.raises(UnexpectedAnswerError, match="Of 2 who wanted one time 2 got it"):
        rush.run(port, [desk.request(desk.free_slot()) for _ in range(2)])
    with pytest.raises(UnexpectedAnswerError, match="Of 2 who wanted one time 0 got it"):
        rush.run(port, [desk.request(slot) for _ in range(2)])


async def test_memory_is_that_of_the_worker(single: Single) -> None:
    found = await asyncio.to_thread(memory.measure, single, 2, 40, lambda _: None)
    assert [number for number, _ in found.readings] == [0, 40, 80]
    assert (found.warm_up, found.requests) == (160, 80)
    assert 30 < found.started <= found.idle < 1000


def _counted(url: str) -> tuple[int, ...]:
    with psycopg.connect(url) as connection:
        row = connection.execute(_COUNT).fetchone()
    assert row is not None
    return tuple(row)


def test_courses_of_two_and_of_twelve(single: Single) -> None:
    desk, port = Desk(single.seeded, QUESTION), single.worker.port
    found = courses.Courses(single.loader, port, desk, target.token_of(port)).measure(1, 0.2)
    assert found.count > 1
    with psycopg.connect(single.url) as connection:
        sizes = connection.execute("SELECT DISTINCT count(*) FROM appointments GROUP BY course_id ORDER BY 1").fetchall()
    assert sizes == [(courses.FEW,), (courses.MANY,)]


def test_plans_in_the_core_and_over_http(single: Single) -> None:
    small = Planned(2, Size("10×20", 10, 20, 50))
    assert courses.plan_in_core(QUESTION, small, 0.01).count > 0
    with pytest.raises(ValueError, match="There is no plan 9 × 10 × 20"):
        courses.plan_in_core(QUESTION, Planned(9, small.size), 0.01)
    port, size = single.worker.port, Size("10×60", 10, 60, 0)
    request = courses.plan_request(QUESTION, Group(size, single.seeded.visit_ids[0], []), target.token_of(port))
    courses.check_plan(port, request)


def _seeded() -> Seeded:
    return Seeded("location", ["visit"], "sitting", [], [f"practitioner {number}" for number in range(10)], "article")
