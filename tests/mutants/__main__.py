"""Mutation testing of the booking core: a small piece of it is changed, and some test has to fail; the survivors are printed, and the score.

`make mutants`, or `python -m tests.mutants --sample 200 --seed 7 --only app/scheduling`. Each mutant is tried with the quick tests of its part, in a
copy of the sources, all on one PostgreSQL; a sample is of all files alike.
"""

import argparse
import os
import queue
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg

from app.kit.embedded import Cluster
from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.targets import TARGETS, Target
from tests.races.planted import ROOT, copied

AT_ONCE = 2
SECONDS_MAX = 180
PROMISED = 80


class Copy:
    """A copy of the sources in which one mutant after the other lives, with a database of its own."""

    def __init__(self, tree: Path, name: str, state: Path, server_url: str) -> None:
        self._tree, self._name, self._state, self._server_url = tree, name, state, server_url

    def survives(self, mutant: Mutant, tests: tuple[str, ...]) -> bool:
        """Whether no test notices. What hangs is noticed."""
        file = self._tree / mutant.path
        source = file.read_text()
        file.write_text(mutant.of(source))
        try:
            return self.passes(tests)
        finally:
            file.write_text(source)

    def passes(self, tests: tuple[str, ...]) -> bool:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS worker_{self._name} WITH (FORCE)".encode())
        own = {
            "PYTHONPATH": str(self._tree),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MERIDIAN_TESTS_STATE_DIR": str(self._state),
            "MERIDIAN_TESTS_MUTANT": self._name,
        }
        options = ["-q", "-x", "--tb=no", "-p", "no:cacheprovider", "-p", "tests.mutants.lone"]
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "pytest", *options, *tests],
                cwd=self._tree,
                env=os.environ | own,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return ended.returncode == 0


@contextmanager
def copies(count: int) -> Iterator["queue.Queue[Copy]"]:
    """To be taken, and put back."""
    found: queue.Queue[Copy] = queue.Queue()
    with tempfile.TemporaryDirectory(prefix="meridian-mutants-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with Cluster(home / "state", durable=False) as cluster:
            for number in range(count):
                tree = home / f"copy-{number}"
                tree.mkdir()
                copied(tree)
                found.put(Copy(tree, f"mutant{number}", home / "state", cluster.url))
            yield found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--sample", type=int, help="how many, drawn by chance; all of them if it is left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a part of the path of a file")
    options = parser.parse_args(arguments)
    files = [(path, target) for target in TARGETS for path in target.files() if options.only in str(path)]
    chosen = [(mutant, target) for path, target in files for mutant in mutants_of(ROOT, path)]
    if options.sample is not None and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)  # noqa: S311 a sample
    survivors: list[Mutant] = []
    with copies(AT_ONCE) as free:

        def tried(one: tuple[Mutant, Target]) -> None:
            copy = free.get()
            try:
                if copy.survives(one[0], one[1].tests):
                    survivors.append(one[0])
                    sys.stdout.write(f"survived  {one[0]}\n")
                    sys.stdout.flush()
            finally:
                free.put(copy)

        first = free.get()
        for target in {target for _, target in chosen}:
            if not first.passes(target.tests):
                sys.exit(f"without any mutant: {' '.join(target.tests)} fails")
        free.put(first)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(tried, chosen))
    score = 100 * (len(chosen) - len(survivors)) // max(len(chosen), 1)
    sys.stdout.write(f"{len(chosen)} mutants, {len(survivors)} survived: {score} in 100 were noticed\n")
    return 0 if score >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
