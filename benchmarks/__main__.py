"""`python -m benchmarks`: see docs/benchmarks.md. Exit codes: 0 done, 1 a claim does not hold any more or cannot be made, 2 wrong usage."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import plot, promises, report, servers, target
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


def main() -> int:
    asked = _arguments()
    rounds, seconds = (3, 0.25) if asked.quick else (asked.rounds, asked.seconds)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    began = time.monotonic()
    started_at = datetime.now(UTC)
    found = Rounds()
    with _cases(asked, Workload.after(started_at.date())) as (cases, crowds):
        runs = time.monotonic()
        _tell(f"Everything runs after {runs - began:.0f} s")
        until = (runs if asked.growth else began) + (QUICK_SECONDS_MAX if asked.quick else SECONDS_MAX) - STOP_SECONDS
        rounds = found.measure(cases, crowds, rounds, seconds, until, _tell)
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
        _show_example("growth example" if asked.growth else "example", text)
        return 0
    failures = promises.worsened(promises.read_claims(), found.ratios())
    for failure in failures:
        _tell(failure)
    return 1 if failures else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures what promises.md promises about speed.")
    parser.add_argument("--quick", action="store_true", help="a look, in about a minute; too short to claim anything")
    parser.add_argument("--growth", action="store_true", help="availability with a million past appointments, and nothing else")
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


def _keep(found: Rounds, started_at: datetime, about: str, text: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{started_at:%Y-%m-%dT%H%M%S}.md"
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".svg").write_text(plot.svg(found), encoding="utf-8")
    data = json.dumps(report.as_data(found, started_at, about), indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(data + "\n", encoding="utf-8")
    _tell(f"Kept as benchmarks/results/{path.name}, .json and .svg")


def _show_example(name: str, text: str) -> None:
    begins, ends = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(begins)
    _, _, after = rest.partition(ends)
    DOCUMENT.write_text(f"{before}{begins}\n\n{text}\n{ends}{after}", encoding="utf-8")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
