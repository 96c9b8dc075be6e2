"""PostgreSQL's own tool, doing the SQL of a booking: what the database alone could do, without any of our Python.

It works in a copy of the database, so that the two do not find each other's rows, with one connection for each client.
"""

import math
import os
import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from app.kit.embedded import find_binaries
from benchmarks import servers
from benchmarks.figures import Sample
from benchmarks.seed import Seeded
from benchmarks.workload import Workload

SCRIPT = Path(__file__).with_name("booking.sql")
DATABASE = "meridian_pgbench"
# What one slice may book in: two years of scattered starts, which the next slice begins after.
_SLICE = timedelta(days=800)
# Of one client; a guess.
_BOOKINGS_PER_SECOND = 500

_DESK = """
CREATE TABLE bench_desk AS
SELECT (row_number() OVER (ORDER BY r.id) - 1)::int AS number, p.id AS practitioner_id, p.resource_id, l.id AS place_id,
       l.resource_id AS place_resource_id, l.location_id, %s::uuid AS treatment_id
FROM practitioners p JOIN resources r ON r.id = p.resource_id
JOIN places l ON l.position = array_position(%s::uuid[], p.id) - 1
"""


class Pgbench:
    """Bookings in a copy of the seeded database at `url`, which nobody may be connected to while it is copied."""

    def __init__(self, url: str, seeded: Seeded, question: Workload) -> None:
        program = find_binaries().bin_dir / "pgbench"
        if not program.exists():
            raise FileNotFoundError(f"pgbench is not beside the other programs of PostgreSQL in {program.parent}.")
        self._program = program
        self._from_at = datetime.combine(question.monday, datetime.min.time(), UTC)
        self._base = 0
        self._url = servers.copied(url, DATABASE)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_DESK, (seeded.sitting_id, seeded.desk_ids))
            connection.execute("VACUUM ANALYZE")

    def measure(self, clients: int, seconds: float) -> Sample:
        """pgbench counts in whole seconds; less than one becomes a number of bookings. Raises RuntimeError when it fails."""
        variables = {"i": 0, "clients": clients, "base": self._base, "from_at": int(self._from_at.timestamp())}
        self._base += 1_000_000
        self._from_at += _SLICE
        length = f"--time={round(seconds)}" if seconds >= 1 else f"--transactions={math.ceil(seconds * _BOOKINGS_PER_SECOND)}"
        with tempfile.TemporaryDirectory() as folder:
            command = [
                str(self._program),
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={clients}",
                length,
                f"--file={SCRIPT}",
                *(f"--define={name}={value}" for name, value in variables.items()),
                "--log",
                f"--log-prefix={folder}/log",
                self._url,
            ]
            environment = {**os.environ, "PGOPTIONS": "-c TimeZone=UTC"}
            finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if finished.returncode != 0:
                raise RuntimeError(f"pgbench failed: {finished.stderr.strip()[-1000:]}")
            lines = [line.split() for log in Path(folder).iterdir() for line in log.read_text(encoding="ascii").splitlines()]
        # client, transaction, microseconds, script, and when it ended: seconds and microseconds
        ended = [int(line[4]) + int(line[5]) / 1e6 for line in lines]
        latencies = [int(line[2]) / 1e6 for line in lines]
        return Sample.of(latencies, max(ended) - min(end - latency for end, latency in zip(ended, latencies, strict=True)))
