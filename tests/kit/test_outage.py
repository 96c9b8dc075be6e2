"""The database goes away and comes back, under an application that stays."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import mkdtemp

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.kit import jobs, migrations
from app.kit.db import Database
from app.kit.embedded import Cluster
from app.main import create_app
from app.settings import Settings
from tests.client import Client, problem
from tests.kit.small_app import until
from tests.make import make_treatment, make_user

ENQUIRY = {"name": "I", "email": "i@example.org", "message": "M", "consent": {"version": "1"}}
CALLS = 8


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server of its own, which may be stopped."""
    folder = Path(mkdtemp(prefix="meridian-outage-"))
    with Cluster(folder, durable=False) as found:
        migrations.upgrade(Database(found.url).url)
        yield found
    shutil.rmtree(folder)


@pytest.fixture
async def served(cluster: Cluster) -> AsyncIterator[FastAPI]:
    app = create_app(Settings(database_url=SecretStr(cluster.url)), with_worker=True)
    async with app.router.lifespan_context(app):
        yield app


async def a_search(app: FastAPI) -> str:
    """For free times, which is read through the driver and no session."""
    async with Client.of(app, token=await make_user(app.state.database, role="admin")) as admin:
        treatment = await make_treatment(admin)
    return f"/v1/availability?treatment_id={treatment['id']}&from=2026-12-01&to=2026-12-31"


async def at_once(client: Client, method: str, path: str) -> list[httpx.Response]:
    body = ENQUIRY if method == "POST" else None
    keys = ({"Idempotency-Key": f"{path}-{number}-".ljust(16, "k")} if body else {} for number in range(CALLS))
    return await asyncio.gather(*(client.request(method, path, json=body, headers=key) for key in keys))


async def test_it_goes_away_and_comes_back(cluster: Cluster, served: FastAPI) -> None:
    everything = [
        ("GET", "/v1/treatments"),
        ("POST", "/v1/enquiries"),
        ("GET", "/healthz/ready"),
        ("GET", await a_search(served)),
    ]
    async with Client.of(served) as client:
        # The pool is full of connections when the server goes.
        for method, path in everything:
            assert {answer.status_code for answer in await at_once(client, method, path)} <= {200, 201}
        cluster.stop()
        for _ in range(2):
            for method, path in everything:
                for answer in await at_once(client, method, path):
                    problem(answer, 503, "not_ready" if "ready" in path else "unavailable")
                    assert answer.headers["retry-after"].isdecimal()
            assert (await client.get("/healthz/live")).status_code == 200
        cluster.start()
        # From the first request on: nobody hears of the dead connections.
        for method, path in everything:
            assert {answer.status_code for answer in await at_once(client, method, path)} <= {200, 201}

        # And with a restart in between, of which nobody has heard.
        cluster.stop()
        cluster.start()
        for method, path in reversed(everything):
            assert {answer.status_code for answer in await at_once(client, method, path)} <= {200, 201}

    # The worker is at work again too.
    queue = jobs.connect(served.state.database.conninfo)
    async with queue.open_async():
        job_id = await queue.tasks["meridian:clear_expired"].configure(queueing_lock="of this test").defer_async(timestamp=0)
    async with await psycopg.AsyncConnection.connect(cluster.url, autocommit=True) as own:

        async def is_done() -> bool:
            found = await own.execute("SELECT 1 FROM jobs.procrastinate_jobs WHERE id = %s", (job_id,))
            return await found.fetchone() is None

        await until(is_done)


async def test_a_database_that_is_not_migrated_is_not_ready(cluster: Cluster, served: FastAPI) -> None:
    async with Client.of(served) as client, await psycopg.AsyncConnection.connect(cluster.url, autocommit=True) as own:
        for change in ("UPDATE alembic_version SET version_num = '20001231_01'", "DROP TABLE alembic_version"):
            await own.execute(change)
            problem(await client.get("/healthz/ready"), 503, "not_ready")
            assert (await client.get("/healthz/live")).status_code == 200
