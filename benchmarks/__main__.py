"""`python -m benchmarks`: see docs/benchmarks.md. Exit codes: 0 done, 1 a claim does not hold any more or cannot be made, 2 wrong usage."""

import argparse
import asyncio
import json
import multiprocessing
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from app.identity import actions as identity
from app.identity.actor import system_actor
from app.kit.db import Database, commit
from benchmarks import plot, promises, report, servers, workload
from benchmarks.cases import Target, all_cases
from benchmarks.pgbench import Pgbench
from benchmarks.rounds import Rounds
from benchmarks.seed import Seeded, seed
from benchmarks.workload import Workload

RESULTS = Path(__file__).with_name("results")
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
EXAMPLE_BEGINS, EXAMPLE_ENDS = "<!-- example begins -->", "<!-- example ends -->"
READY = "/healthz/ready"
# However slow the machine is, a run is over by then, with fewer rounds if need be; stopping everything is allowed for.
SECONDS_MAX, QUICK_SECONDS_MAX, STOP_SECONDS = 360, 60, 6
ROUNDS_MIN = 5


def main() -> int:
    asked = _arguments()
    rounds, seconds = (3, 0.25) if asked.quick else (asked.rounds, asked.seconds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    began = time.monotonic()
    started_at = datetime.now(UTC)
    found = Rounds()
    with _target(Workload.after(started_at.date())) as target:
        _tell(f"Everything runs after {time.monotonic() - began:.0f} s")
        until = began + (QUICK_SECONDS_MAX if asked.quick else SECONDS_MAX) - STOP_SECONDS
        rounds = found.measure(all_cases(target), rounds, seconds, until, _tell)
    about = f"{rounds} rounds of {seconds:g} s a case, everything on 127.0.0.1, one worker, logs from {servers.LOG_LEVEL} up."
    text = report.markdown(found, started_at, about)
    sys.stdout.write(f"\n{text}\n")
    _keep(found, started_at, about, text)
    _tell(f"Done in {time.monotonic() - began:.0f} s")
    if asked.claim and rounds < ROUNDS_MIN:
        _tell(f"A claim needs at least {ROUNDS_MIN} rounds, and there was time for {rounds}.")
        return 1
    if asked.claim:
        promises.write_claims(found.ratios())
        _show_example(text)
        return 0
    failures = promises.worsened(promises.read_claims(), found.ratios())
    for failure in failures:
        _tell(failure)
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures what promises.md promises about speed.")
    parser.add_argument("--quick", action="store_true", help="a look in under a minute; too short to claim anything")
    parser.add_argument("--rounds", type=int, choices=range(1, 51), metavar="1–50", default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long a case is measured in each round")
    parser.add_argument(
        "--claim", action="store_true", help="write the ratios to claims.json and the tables into docs/benchmarks.md"
    )
    asked = parser.parse_args()
    if not 0.1 <= asked.seconds <= 10:
        parser.error("--seconds is from 0.1 to 10")
    if asked.claim and (asked.quick or asked.rounds < ROUNDS_MIN):
        parser.error(f"a claim needs at least {ROUNDS_MIN} rounds, and not --quick")
    return asked


@contextmanager
def _target(question: Workload) -> Iterator[Target]:
    """Everything started and filled. The product is started anew once it has been filled, so that it is measured without what filling left in it."""
    with servers.postgres() as url:
        with servers.serving("product", url, READY) as port:
            seeded = asyncio.run(_fill(url, port, question))
        servers.settle(url)
        pgbench = Pgbench(url, seeded, question)
        with (
            servers.serving("floors", url, "/row") as floors,
            servers.serving("product", url, READY) as product,
            ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as loader,
        ):
            yield Target(product, floors, question, seeded, loader, pgbench)


async def _fill(url: str, port: int, question: Workload) -> Seeded:
    email, password = "admin@clinic.example", secrets.token_urlsafe(16)
    database = Database(url)
    try:
        async with database.writing() as session:
            actor = system_actor("benchmarks")
            await identity.add_user(session, actor, email=email, name="Admin", role="admin", password=password)
            await commit(session)
    finally:
        await database.close()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        answer = await client.post("/v1/auth/token", data={"username": email, "password": password})
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        return await seed(client, question, workload.bookings())


def _keep(found: Rounds, started_at: datetime, about: str, text: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{started_at:%Y-%m-%dT%H%M%S}.md"
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".svg").write_text(plot.svg(found), encoding="utf-8")
    data = json.dumps(report.as_data(found, started_at, about), indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(data + "\n", encoding="utf-8")
    _tell(f"Kept as benchmarks/results/{path.name}, .json and .svg")


def _show_example(text: str) -> None:
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(EXAMPLE_BEGINS)
    _, _, after = rest.partition(EXAMPLE_ENDS)
    DOCUMENT.write_text(f"{before}{EXAMPLE_BEGINS}\n\n{text}\n{EXAMPLE_ENDS}{after}", encoding="utf-8")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
