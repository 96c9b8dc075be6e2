"""Where a run takes place: a PostgreSQL of its own, as durable as production's, and server processes on it."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from app.kit import migrations
from app.kit.db import Database
from app.kit.embedded import Cluster
from tests.races.fleet import SERVED, Server, running

LOGS = "MERIDIAN_TESTS_RACE_LOGS"


@contextmanager
def postgres() -> Iterator[Cluster]:
    """Started and migrated; removed afterwards."""
    state_dir = Path(tempfile.mkdtemp(prefix="meridian-races-"))
    state_dir.chmod(0o755)
    cluster = Cluster(state_dir / "state")
    cluster.start()
    folder = cluster.folder
    try:
        migrations.upgrade(Database(cluster.url).url)
        yield cluster
    finally:
        cluster.stop()
        for leftover in {folder, state_dir}:
            shutil.rmtree(leftover, ignore_errors=True)


def keep_evidence(cluster: Cluster) -> None:
    """The database's files as they are, beside the servers' logs, if these are kept."""
    folder, home = os.environ.get(LOGS), cluster._home
    if folder is not None and home is not None:
        shutil.copytree(home.data, Path(folder) / "data", ignore=shutil.ignore_patterns("postmaster.pid"), dirs_exist_ok=True)
        shutil.copy(home.log, folder)


def servers(database_url: str, *, factories: tuple[str, ...] = (SERVED,) * 3, jobs: int | None = None) -> list[Server]:
    """Not started yet. `jobs`: the number of the one that runs the background jobs too."""
    folder = os.environ.get(LOGS)
    return [
        Server(
            database_url,
            factory=factory,
            log=Path(folder) / f"server-{number}.log" if folder else None,
            MERIDIAN_JOBS_INSIDE="1" if number == jobs else "0",
        )
        for number, factory in enumerate(factories)
    ]


@contextmanager
def grounds() -> Iterator[tuple[str, list[Server]]]:
    """A database's address and three processes on it."""
    with postgres() as cluster, running(servers(cluster.url)) as fleet:
        yield cluster.url, fleet


def deadlocks(database_url: str) -> int:
    """How many PostgreSQL has counted in this database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        found = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    return int(found[0]) if found else 0


async def ready(server: Server) -> None:
    await asyncio.to_thread(server.await_ready)
