"""Faults that the tests must notice: each is planted into a copy of the sources, where a test that passes on an unchanged copy has to fail.

`make planted`, or `python -m tests.races.planted` with some of the names for only those. A check that nobody has seen fail is none.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.races.faults import FAULTS, Fault

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("app", "migrations", "tests", "alembic.ini", "pyproject.toml", "docs", "Makefile", "README.md")
AT_ONCE = 2
SECONDS_MAX = 300
TESTS_FAILED = 1


@dataclass(frozen=True)
class Outcome:
    """What came of a fault. `noticed`: its tests failed; `by` is what pytest says of the first of them."""

    fault: Fault
    noticed: bool
    by: str


def copied(into: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, into / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
        else:
            shutil.copy(source, into / name)


def plant(fault: Fault, tree: Path) -> None:
    """Raises SystemExit when the sources are no longer what the fault was written for."""
    for path, before, after in fault.changes:
        source = (tree / path).read_text()
        if source.count(before) != 1:
            sys.exit(f"{fault.name}: what it changes is in {path} {source.count(before)} times, and not once")
        (tree / path).write_text(source.replace(before, after))


def tested(tree: Path, node_ids: Iterable[str]) -> tuple[int, str]:
    """How pytest ends there, and what it says last."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MERIDIAN", "PYTEST"))}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider", *node_ids]
    ended = subprocess.run(
        command,
        cwd=tree,
        env=environment | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    said = [line for line in ended.stdout.splitlines() if line.startswith("FAILED")] or ended.stdout.splitlines()[-1:]
    return ended.returncode, said[0] if said else ended.stderr[-200:]


def tried(fault: Fault) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="meridian-planted-") as folder:
        tree = Path(folder)
        tree.chmod(0o755)
        copied(tree)
        plant(fault, tree)
        code, said = tested(tree, fault.noticed_by)
    return Outcome(fault, code == TESTS_FAILED and said.startswith("FAILED"), said.removeprefix("FAILED ").partition(" - ")[0])


def healthy(faults: Iterable[Fault]) -> None:
    """Raises SystemExit when one of the tests fails without any fault."""
    node_ids = sorted({node_id for fault in faults for node_id in fault.noticed_by})
    with tempfile.TemporaryDirectory(prefix="meridian-planted-") as folder:
        tree = Path(folder)
        tree.chmod(0o755)
        copied(tree)
        code, said = tested(tree, node_ids)
    if code != 0:
        sys.exit(f"without any fault: {said}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="planted", description=__doc__)
    parser.add_argument("names", nargs="*", help="which of the faults; all of them if none is named")
    wanted = parser.parse_args(arguments).names
    if unknown := set(wanted) - {fault.name for fault in FAULTS}:
        parser.error(f"there is no such fault: {', '.join(sorted(unknown))}")
    faults = [fault for fault in FAULTS if not wanted or fault.name in wanted]
    healthy(faults)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(tried, faults))
    width = max(len(fault.name) for fault in faults)
    for outcome in outcomes:
        verdict = "noticed  " if outcome.noticed else "UNNOTICED"
        sys.stdout.write(f"{verdict}  {outcome.fault.name:{width}}  {outcome.by}\n")
    return 0 if all(outcome.noticed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
