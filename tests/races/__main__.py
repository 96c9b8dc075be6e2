"""Races on real server processes: `python -m tests.races`, or `make race` and `make chaos`. Exits with 1 when anything was found that must not be."""

import argparse
import asyncio
import sys
from collections.abc import Callable

from tests.races import chaos
from tests.races.crosswise import crosswise
from tests.races.everything import storm
from tests.races.grounds import grounds
from tests.races.keys import keys
from tests.races.one_practitioner import queue
from tests.races.report import Report
from tests.races.storm import Size


def b1(chosen: argparse.Namespace) -> Report:
    with grounds() as (url, fleet):
        return asyncio.run(storm(url, [one.base for one in fleet], Size(chosen.clients, chosen.attempts, chosen.blocks)))


def b2(chosen: argparse.Namespace) -> Report:
    return chaos.run(chaos.Plan(chosen.chaos, chosen.clients))


def b5(chosen: argparse.Namespace) -> Report:
    with grounds() as (url, fleet):
        return asyncio.run(queue(url, [one.base for one in fleet], clients=40, each=chosen.each))


def b8(chosen: argparse.Namespace) -> Report:
    with grounds() as (url, fleet):
        return asyncio.run(crosswise(url, [one.base for one in fleet], clients=chosen.clients, seconds=chosen.seconds))


def b9(chosen: argparse.Namespace) -> Report:
    with grounds() as (url, fleet):
        return asyncio.run(keys(url, fleet, count=chosen.keys))


RUNS: dict[str, Callable[[argparse.Namespace], Report]] = {"b1": b1, "b2": b2, "b5": b5, "b8": b8, "b9": b9}
USUAL = [name for name in RUNS if name != "b2"]


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.races", description="Races on real server processes.")
    parser.add_argument("runs", nargs="*", metavar="run", help=f"of {', '.join(RUNS)}; left out: all but b2, which is chaos")
    parser.add_argument("--clients", type=int, default=64, help="of b1, b2 and b8 (default %(default)s)")
    parser.add_argument("--attempts", type=int, default=20_000, help="of b1 (default %(default)s)")
    parser.add_argument("--blocks", type=int, default=128, help="of b1, four windows each (default %(default)s)")
    parser.add_argument("--chaos", type=float, default=600, metavar="SECONDS", help="of b2 (default %(default)s)")
    parser.add_argument("--each", type=int, default=50, help="bookings of each client of b5 (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=300, help="of b8 (default %(default)s)")
    parser.add_argument("--keys", type=int, default=10_000, help="of b9 (default %(default)s)")
    return parser


def main() -> int:
    parser = arguments()
    chosen = parser.parse_args()
    if unknown := set(chosen.runs) - set(RUNS):
        parser.error(f"there is no run {', '.join(sorted(unknown))}")
    found = []
    for name in chosen.runs or USUAL:
        found.append(RUNS[name](chosen))
        sys.stdout.write(f"{found[-1]}\n")
        sys.stdout.flush()
    return 1 if any(one.violations for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
