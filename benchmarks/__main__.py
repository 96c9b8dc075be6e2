"""`python -m benchmarks`: see docs/benchmarks.md. Exit codes: 0 done, 1 a claim does not hold any more or cannot be made, 2 wrong usage."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import memory, plot, promises, report, servers, target
from benchmarks.cases import Case, Crowd, all_cases, all_crowds, growth_cases
from benchmarks.desk import Desk
from benchmarks.promises import FEW_PAST, MANY_PAST, SOME_PAST
from benchmarks.rounds import Rounds
from benchmarks.workload import Workload

RESULTS = Path(__file__).with_name("results")
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
# However slow the machine is, no further round is begun that would end later; stopping everything is allowed for. What --growth fills in before
# it measures takes as long as it takes.
SECONDS_MAX, QUICK_SECONDS_MAX, STOP_SECONDS = 360, 60, 6
ROUNDS_MIN = 5
# Of --memory: how many blocks, of how many requests each.
BLOCKS, QUICK_BLOCKS = (30, 1000), (8, 200)


def main() -> int:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    began = time.monotonic()
    found = (_memory if asked.memory else _speed)(asked, datetime.now(UTC))
    sys.stdout.write(f"\n{found.text}\n")
    _tell(f"Done in {time.monotonic() - began:.0f} s")
    if not asked.claim:
        failures = promises.worsened(promises.read_claims(), found.measured)
        for failure in failures:
            _tell(failure)
        return 1 if failures else 0
    if found.too_little:
        _tell(found.too_little)
        return 1
    promises.write_claims(found.measured)
    _show_example(found.example, found.text)
    return 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a run has to say: its report, the figures that can be claimed, the example in the document that it would replace, and why it may not, if
    it has too little to say."""

    text: str
    measured: dict[str, float]
    example: str
    too_little: str = ""


def _speed(asked: argparse.Namespace, started_at: datetime) -> Found:
    rounds, seconds = (3, 0.25) if asked.quick else (asked.rounds, asked.seconds)
    began = time.monotonic()
    found = Rounds()
    with _cases(asked, Workload.after(started_at.date())) as (cases, crowds):
        runs = time.monotonic()
        _tell(f"Everything runs after {runs - began:.0f} s")
        until = (runs if asked.growth else began) + (QUICK_SECONDS_MAX if asked.quick else SECONDS_MAX) - STOP_SECONDS
        rounds = found.measure(cases, crowds, rounds, seconds, until, _tell)
    about = f"{rounds} rounds of {seconds:g} s a case, everything on 127.0.0.1, one worker, logs from {servers.LOG_LEVEL} up."
    text = report.markdown(found, started_at, about)
    _keep(started_at, text, report.as_data(found, started_at, about), plot.svg(found))
    too_little = f"A claim needs at least {ROUNDS_MIN} rounds, and there was time for {rounds}." if rounds < ROUNDS_MIN else ""
    return Found(text, found.ratios(), "growth example" if asked.growth else "example", too_little)


def _memory(asked: argparse.Namespace, started_at: datetime) -> Found:
    blocks, size = QUICK_BLOCKS if asked.quick else BLOCKS
    with target.single(Workload.after(started_at.date())) as single:
        found = memory.measure(single, blocks, size, _tell)
    about = (
        f"{found.requests:,} requests of {memory.CLIENTS} clients in {blocks} blocks, after {found.warm_up:,} to warm up; growth is what they "
        f"grew the worker by, multiplied up. One MB is 1,000,000 bytes."
    )
    text = report.memory(found, started_at, about)
    _keep(started_at, text, report.memory_as_data(found, started_at, about))
    return Found(text, {promises.IDLE.name: found.idle, promises.GROWTH.name: found.growth}, "memory example")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures what promises.md promises about speed.")
    parser.add_argument("--quick", action="store_true", help="a look, in about a minute; too short to claim anything")
    parser.add_argument("--growth", action="store_true", help="availability with a million past appointments, and nothing else")
    parser.add_argument("--memory", action="store_true", help="what a worker occupies, and how it grows, and nothing else")
    parser.add_argument("--rounds", type=int, choices=range(1, 51), metavar="1–50", default=7)
    parser.add_argument("--seconds", type=float, default=1.3, help="how long a case is measured in each round")
    parser.add_argument(
        "--claim", action="store_true", help="write the ratios to claims.json and the tables into docs/benchmarks.md"
    )
    asked = parser.parse_args()
    if not 0.1 <= asked.seconds <= 10:
        parser.error("--seconds is from 0.1 to 10")
    if asked.claim and (asked.quick or asked.rounds < ROUNDS_MIN):
        parser.error(f"a claim needs at least {ROUNDS_MIN} rounds, and not --quick")
    if asked.growth and asked.memory:
        parser.error("--growth and --memory are two runs")
    return asked


@contextmanager
def _cases(asked: argparse.Namespace, question: Workload) -> Iterator[tuple[Sequence[Case], Sequence[Crowd]]]:
    """What is asked for, and everything that it needs started."""
    if asked.growth:
        with target.grown(question, (FEW_PAST, SOME_PAST if asked.quick else MANY_PAST)) as grown:
            yield growth_cases(grown), ()
    else:
        with target.ordinary(question) as running:
            desk = Desk(running.seeded, running.question)
            yield all_cases(running, desk), all_crowds(running, desk)


def _keep(started_at: datetime, text: str, data: dict[str, Any], picture: str = "") -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{started_at:%Y-%m-%dT%H%M%S}.md"
    path.write_text(text, encoding="utf-8")
    if picture:
        path.with_suffix(".svg").write_text(picture, encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _tell(f"Kept as benchmarks/results/{path.name}{', .json and .svg' if picture else ' and .json'}")


def _show_example(name: str, text: str) -> None:
    begins, ends = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(begins)
    _, _, after = rest.partition(ends)
    DOCUMENT.write_text(f"{before}{begins}\n\n{text}\n{ends}{after}", encoding="utf-8")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
