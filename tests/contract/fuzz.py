"""Schemathesis against the app in a process of its own: all phases, all checks. `make contract` is the long form.

What is right for reasons that a schema cannot say stands in `schemathesis.toml`, each with its reason.
"""

import argparse
import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from app.kit import migrations
from app.kit.db import Database
from app.kit.embedded import Cluster
from tests.conftest import database_named
from tests.contract import example_world
from tests.serving import await_ready, free_port

ROOT = Path(__file__).parents[2]
ACTORS = {"anonymous": (), "admin": ("--header", f"Authorization: Bearer {example_world.ADMIN_TOKEN}")}


@contextmanager
def _served(database_url: str) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.contract.served:app", "--port", str(port), "--no-access-log"]
    environment = {**os.environ, "DATABASE_URL": database_url}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            await_ready(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def fuzz(database_url: str, actor: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it on a database that holds the example world."""
    with _served(database_url) as base:
        command = [str(Path(sys.executable).parent / "st"), "run", f"{base}/openapi.json", "--mode=all", "--continue-on-failure"]
        return subprocess.run(
            [*command, *ACTORS[actor], *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


async def fill(database_url: str) -> None:
    database = Database(database_url)
    await example_world.build(database)
    await database.close()


def main() -> int:
    """Every actor with one fixed seed and some that are drawn. The exit code is that of the worst run."""
    parser = argparse.ArgumentParser(description="Schemathesis against the running app")
    parser.add_argument("--examples", type=int, default=500, help="test cases for each operation at most")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds are drawn beside the fixed one")
    chosen = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory(prefix="meridian-contract-") as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "state", durable=False)
        cluster.start()
        try:
            for number, seed in enumerate([1, *(secrets.randbelow(2**31) for _ in range(chosen.seeds))]):
                for actor in ACTORS:
                    url = _new_database(cluster.url, f"{actor}_{number}")
                    print(f"{actor}, seed {seed}", flush=True)  # noqa: T201 a command
                    done = fuzz(url, actor, f"--max-examples={chosen.examples}", f"--seed={seed}", "--max-response-time=5")
                    print(done.stdout if done.returncode else done.stdout[-600:], flush=True)  # noqa: T201
                    worst = max(worst, done.returncode)
        finally:
            cluster.stop()
    return worst


def _new_database(server_url: str, name: str) -> str:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = database_named(server_url, name)
    migrations.upgrade(Database(url).url)
    asyncio.run(fill(url))
    return url


if __name__ == "__main__":
    sys.exit(main())
