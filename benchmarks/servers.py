"""What is measured, started and stopped: PostgreSQL as in production, and server processes on ports of 127.0.0.1 that nobody else has.

What a server process is stands in `worker`. Product and floors are served alike, one worker each.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from app.kit import migrations
from app.kit.db import Database
from app.kit.embedded import Cluster

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
# At INFO each request writes a line, which costs as much as a bare route and measures the terminal.
LOG_LEVEL = "WARNING"


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a migrated database on a server of its own, as durable as production's."""
    state_dir = Path(tempfile.gettempdir()) / f"meridian-benchmarks-{os.getpid()}"
    cluster = Cluster(state_dir)
    cluster.start()
    folder = cluster.folder
    try:
        migrations.upgrade(Database(cluster.url).url)
        yield cluster.url
    finally:
        cluster.stop()
        for leftover in {folder, state_dir}:
            shutil.rmtree(leftover, ignore_errors=True)


def settle(url: str) -> None:
    """Do now what PostgreSQL would otherwise do in the middle of a measurement."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def copied(url: str, name: str) -> str:
    """The address of a copy of a database that nobody is connected to."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{connection.info.dbname}"')
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class Worker:
    """A server process, and where it listens."""

    port: int
    pid: int


@contextmanager
def serving(what: str, database_url: str, ready_path: str, *, reuse: bool = True) -> Iterator[int]:
    """The port of a server process that answers; without `reuse` the product keeps nothing of what it has read."""
    with working(what, database_url, ready_path, reuse=reuse) as worker:
        yield worker.port


@contextmanager
def working(what: str, database_url: str, ready_path: str, *, reuse: bool = True) -> Iterator[Worker]:
    """As `serving`, for those who want to look at the process."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MERIDIAN_")},
        "DATABASE_URL": database_url,
        "MERIDIAN_LOG_LEVEL": LOG_LEVEL,
        "MERIDIAN_REUSE_ANSWERS": "on" if reuse else "off",
    }
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        port: int = listening.getsockname()[1]
        descriptor = listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", what, str(descriptor)], env=environment, pass_fds=[descriptor]
        )
    try:
        _wait_until_ready(process, port, ready_path)
        yield Worker(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < deadline:
        connection = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS_MAX)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise RuntimeError(f"The server process did not answer {path} within {START_SECONDS_MAX} seconds; see what it printed above.")
