"""Background jobs: what is deferred is done, once the work that it belongs to is, and by somebody else when a worker dies."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from app import worker
from app.kit import jobs
from app.kit.db import Connection, Database, driver
from tests.kit.small_app import until

TABLES = ("access_tokens", "patient_links", "idempotency_records")


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Connection]:
    """A connection beside those of the application, on autocommit; the queue is empty."""
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        await connection.execute("SET search_path = public, jobs")
        await connection.execute("SET session_replication_role = replica")  # what expires may belong to nobody here
        for table in ("events", "periodic_defers", "jobs", "workers"):
            await connection.execute(f"DELETE FROM procrastinate_{table}".encode())
        yield connection


async def numbers(own: Connection, query: str) -> list[int]:
    return [row[0] for row in await (await own.execute(query.encode())).fetchall()]


async def plant_expiring(own: Connection) -> None:
    """In each table a row that has expired and a row that has not."""
    for key, age in ((b"dead", "-1 second"), (b"live", "1 hour")):
        expires_at = f"clock_timestamp() + interval '{age}'"
        await own.execute(
            f"INSERT INTO access_tokens (hash, user_id, expires_at) VALUES (%s, gen_random_uuid(), {expires_at})", (key,)
        )
        await own.execute(
            f"INSERT INTO patient_links (hash, appointment_id, expires_at) VALUES (%s, gen_random_uuid(), {expires_at})", (key,)
        )
        await own.execute(
            f"INSERT INTO idempotency_records (id, fingerprint, status, headers, body, expires_at) VALUES (%s, '', 200, '{{}}', '', {expires_at})",
            (key,),
        )


async def only_the_living_are_left(own: Connection) -> bool:
    left = [
        bytes(key)
        for table in TABLES
        for key in await numbers(own, f"SELECT {'id' if table == TABLES[2] else 'hash'} FROM {table}")
    ]
    assert left.count(b"live") == 3
    return b"dead" not in left


async def defer(database: Database, task: str) -> int:
    queue = jobs.connect(database.conninfo)
    async with queue.open_async():
        return await queue.tasks[f"meridian:{task}"].defer_async(timestamp=0)


async def is_done(own: Connection, job_id: int) -> bool:
    return not await numbers(own, f"SELECT id FROM procrastinate_jobs WHERE id = {job_id}")


async def test_the_queue_has_a_schema_of_its_own(own: Connection) -> None:
    found = await own.execute("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'procrastinate%'")
    assert await found.fetchall() == [(jobs.SCHEMA,)]


async def test_a_worker_inside_the_server_does_what_is_deferred(database: Database, own: Connection) -> None:
    await plant_expiring(own)
    job_id = await defer(database, "clear_expired")
    async with worker.running(database.conninfo):
        await until(lambda: is_done(own, job_id))
        assert await only_the_living_are_left(own)
    assert await numbers(own, "SELECT id FROM procrastinate_workers") == []  # it has taken its leave


async def test_a_worker_of_its_own_does_too_and_stops_when_told(database: Database, own: Connection) -> None:
    await plant_expiring(own)
    job_id = await defer(database, "clear_expired")
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("meridian"),
        "worker",
        env={**os.environ, "DATABASE_URL": database.conninfo},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await until(lambda: is_done(own, job_id))
        assert await only_the_living_are_left(own)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 90)
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, b"Traceback" in said) == (0, False)


@pytest.mark.parametrize("is_kept", [True, False])
async def test_a_job_exists_if_and_only_if_its_work_does(database: Database, own: Connection, is_kept: bool) -> None:
    queue = jobs.connect(database.conninfo)
    async with queue.open_async(), database.writing() as session:
        await queue.tasks["meridian:clear_expired"].configure(connection=await driver(session)).defer_async(timestamp=0)
        await (session.commit() if is_kept else session.rollback())
    assert len(await numbers(own, "SELECT id FROM procrastinate_jobs")) == is_kept


async def _begun(own: Connection, last_heartbeat: str) -> int:
    """The id of a job that a worker has begun and not ended; the worker gave its last sign of life so long ago."""
    made = await own.execute(
        "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id)"
        " INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, queueing_lock, worker_id)"
        """ SELECT 'default', 'meridian:clear_expired', '{"timestamp": 0}', 'doing', 'clear_expired', id FROM worker RETURNING id""",
        (last_heartbeat,),
    )
    (row,) = await made.fetchall()
    return int(row[0])


@pytest.mark.parametrize("is_another_waiting", [False, True])
async def test_what_a_dead_worker_had_begun_is_done(database: Database, own: Connection, is_another_waiting: bool) -> None:
    await plant_expiring(own)
    begun = await _begun(own, "1 hour")
    if is_another_waiting:
        # Not before tomorrow: it is not this one that clears.
        await own.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock, scheduled_at)"
            """ VALUES ('default', 'meridian:clear_expired', '{"timestamp": 0}', 'clear_expired', now() + interval '1 day')"""
        )
    await defer(database, "retry_stalled_jobs")
    async with worker.running(database.conninfo):
        await until(lambda: is_done(own, begun))
        if is_another_waiting:
            assert not await only_the_living_are_left(own)
        else:
            await until(lambda: only_the_living_are_left(own))


async def test_what_a_living_worker_does_is_left_to_it(database: Database, own: Connection) -> None:
    begun = await _begun(own, "1 second")
    looking = await defer(database, "retry_stalled_jobs")
    async with worker.running(database.conninfo):
        await until(lambda: is_done(own, looking))
    assert await numbers(own, f"SELECT attempts FROM procrastinate_jobs WHERE id = {begun} AND status = 'doing'") == [0]
