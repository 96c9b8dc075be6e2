"""Everything that a run needs, started and filled. The product is started anew once a database has been filled, so that it is measured without what
filling left in it.
"""

import asyncio
import multiprocessing
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx

from app.identity import actions as identity
from app.identity.actor import system_actor
from app.kit.db import Database, commit
from benchmarks import bulk, servers
from benchmarks.bulk import Wanted
from benchmarks.pgbench import Pgbench
from benchmarks.seed import Group, Seeded, seed, seed_groups
from benchmarks.servers import Worker
from benchmarks.workload import LARGER, TEN, Booking, Workload

_EMAIL, _PASSWORD = "admin@clinic.example", secrets.token_urlsafe(16)
READY = "/healthz/ready"


@dataclass(frozen=True, slots=True)
class Site:
    """A server's port, and the address of the database behind it."""

    port: int
    url: str


@dataclass(frozen=True, slots=True)
class Target:
    """What is running: the servers, what was put in, and the process that makes the load. Behind `larger` there are the groups
    as well, and behind `forgetful`, which keeps nothing of what it has read."""

    product: Site
    forgetful: Site
    larger: Site
    floors: int
    question: Workload
    seeded: Seeded
    groups: list[Group]
    loader: Executor
    pgbench: Pgbench


@dataclass(frozen=True, slots=True)
class Grown:
    """The same clinic with different numbers of past appointments."""

    past: dict[int, Site]
    floors: int
    question: Workload
    seeded: Seeded
    loader: Executor


@dataclass(frozen=True, slots=True)
class Single:
    """The product alone, and the address of its database."""

    worker: Worker
    url: str
    question: Workload
    seeded: Seeded
    loader: Executor


@contextmanager
def ordinary(question: Workload) -> Iterator[Target]:
    with servers.postgres() as url, ExitStack() as stack:
        seeded = fill(url, question, TEN.booked())
        larger_url = servers.copied(url, "meridian_larger")
        groups = _grouped(larger_url, seeded, question)
        servers.settle(larger_url)
        servers.settle(url)
        pgbench = Pgbench(url, seeded, question)
        floors = stack.enter_context(servers.serving("floors", url, "/row"))
        product = stack.enter_context(_site(url))
        forgetful = stack.enter_context(_site(larger_url, reuse=False))
        larger = stack.enter_context(_site(larger_url))
        loader = stack.enter_context(_loader())
        yield Target(product, forgetful, larger, floors, question, seeded, groups, loader, pgbench)


@contextmanager
def grown(question: Workload, past: Sequence[int]) -> Iterator[Grown]:
    with servers.postgres() as url, ExitStack() as stack:
        seeded = fill(url, question, TEN.booked())
        urls = {number: servers.copied(url, f"meridian_{number}") for number in past}
        for number, copy in urls.items():
            bulk.book_past(copy, seeded.location_id, seeded.practitioner_ids, question, number)
            servers.settle(copy)
        floors = stack.enter_context(servers.serving("floors", url, "/row"))
        sites = {number: stack.enter_context(_site(copy)) for number, copy in urls.items()}
        yield Grown(sites, floors, question, seeded, stack.enter_context(_loader()))


@contextmanager
def single(question: Workload) -> Iterator[Single]:
    with servers.postgres() as url, ExitStack() as stack:
        seeded = fill(url, question, TEN.booked())
        servers.settle(url)
        worker = stack.enter_context(servers.working("product", url, READY))
        yield Single(worker, url, question, seeded, stack.enter_context(_loader()))


@contextmanager
def _site(url: str, *, reuse: bool = True) -> Iterator[Site]:
    with servers.serving("product", url, READY, reuse=reuse) as port:
        yield Site(port, url)


def _loader() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def fill(url: str, question: Workload, booked: Iterable[Booking]) -> Seeded:
    """Put the clinic of the workload into an empty database."""

    async def send(port: int) -> Seeded:
        await _add_admin(url)
        async with _admin(port) as client:
            return await seed(client, question, booked)

    with servers.serving("product", url, READY) as port:
        return asyncio.run(send(port))


def _grouped(url: str, seeded: Seeded, question: Workload) -> list[Group]:
    async def send(port: int) -> list[Group]:
        async with _admin(port) as client:
            return await seed_groups(client, seeded.location_id, LARGER)

    with servers.serving("product", url, READY) as port:
        groups = asyncio.run(send(port))
    wanted = (
        Wanted(group.practitioner_ids[one.practitioner], question.instant(one.day, one.starts), one.ends - one.starts)
        for group in groups
        for one in group.size.booked()
    )
    bulk.book(url, seeded.location_id, wanted)
    return groups


async def _add_admin(url: str) -> None:
    database = Database(url)
    try:
        async with database.writing() as session:
            actor = system_actor("benchmarks")
            await identity.add_user(session, actor, email=_EMAIL, name="Admin", role="admin", password=_PASSWORD)
            await commit(session)
    finally:
        await database.close()


def token_of(port: int) -> str:
    """The admin's, for what is for staff."""
    answer = httpx.post(f"http://127.0.0.1:{port}/v1/auth/token", data={"username": _EMAIL, "password": _PASSWORD}, timeout=30)
    token: str = answer.raise_for_status().json()["access_token"]
    return token


@asynccontextmanager
async def _admin(port: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client that carries an admin's token."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        client.headers["Authorization"] = f"Bearer {await asyncio.to_thread(token_of, port)}"
        yield client
