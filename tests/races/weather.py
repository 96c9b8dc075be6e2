"""What goes wrong around the servers while they work: processes killed and frozen, connections cut, PostgreSQL restarted and gone (B2, O5)."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import AsyncConnection

from app.kit.embedded import Cluster
from tests.races.fleet import Server
from tests.races.grounds import ready
from tests.races.record import Call
from tests.races.storm import Storm

# A frozen process is looked at so often for something that it has committed and not answered yet.
LOOKS = 25
SETTLE_SECONDS = 0.03
LOCKED_SECONDS = 8.0

COMMITTED = "SELECT notes FROM appointments WHERE notes = ANY(%s)"
CUT_ONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name LIKE 'meridian%' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
"""


def pg_ctl(cluster: Cluster, *arguments: str) -> None:
    """Of that cluster, as the account which runs it."""
    home, binaries = cluster._home, cluster._binaries
    if home is None or binaries is None:
        raise AssertionError("the cluster has not been started")
    command: list[str | Path] = [
        binaries.bin_dir / "pg_ctl",
        *arguments,
        "-D",
        home.data.name,
        "-l",
        home.log.name,
        "-w",
        "-t",
        "60",
    ]
    done = home.account.run(command, cwd=home.folder)
    if done.returncode != 0:
        raise RuntimeError(f"pg_ctl {arguments}: {done.stderr}")


class Weather:
    """Strikes what the storm blows over. `calm` is held by whatever must not be disturbed by the rest."""

    def __init__(self, cluster: Cluster, fleet: list[Server], storm: Storm) -> None:
        self.cluster, self.fleet, self.storm = cluster, fleet, storm
        self.struck: Counter[str] = Counter()
        self.between: list[Call] = []
        self.frozen: list[tuple[float, float]] = []
        self._busy: set[int] = set()
        self.calm = asyncio.Lock()
        self._dice = random.Random(1)  # noqa: S311

    async def look_after_servers(self) -> None:
        """Whoever is found dead is started again."""
        while True:
            for server in self.fleet:
                if server.process.poll() is not None:
                    server.start()
                    self.struck["processes started again"] += 1
            await asyncio.sleep(0.2)

    async def all_ready(self) -> None:
        """Every process is up, whoever has been struck before."""
        for server in self.fleet:
            while not await self._is_ready(server):  # noqa: ASYNC110 a process has no event
                await asyncio.sleep(0.1)

    @staticmethod
    async def _is_ready(server: Server) -> bool:
        with suppress(AssertionError):  # it has ended, and will be started again
            await ready(server)
            return True
        return False

    async def kill(self) -> None:
        """One process, if possible between a COMMIT and its answer: stopped, looked at, and killed only if something was committed unheard."""
        async with self.calm:
            number = self._pick()
            server = self.fleet[number]
            for _ in range(LOOKS):
                server.freeze()
                caught = await self._committed_unheard(number)
                if caught:
                    self.between += caught
                    self.struck["kills after seeing what was committed and not answered"] += 1
                    break
                server.thaw()
                await asyncio.sleep(self._dice.uniform(0.01, 0.05))
            server.kill()
            self.struck["kill -9 of a process"] += 1

    async def _committed_unheard(self, number: int) -> list[Call]:
        """Bookings whose first sending went to this frozen process: in the tables, and without an answer though there was time to read one."""
        await asyncio.sleep(SETTLE_SECONDS)
        waiting = {call.tag: call for call in self.storm.record.pending[number] if call.tag and not call.sendings}
        with suppress(psycopg.OperationalError):
            async with self._watching() as connection:
                found = await (await connection.execute(COMMITTED, (list(waiting),))).fetchall()
            await asyncio.sleep(SETTLE_SECONDS)
            return [waiting[tag] for (tag,) in found if waiting[tag] in self.storm.record.pending[number]]
        return []

    async def freeze(self, seconds: float) -> None:
        """One process, while the others go on."""
        async with self.calm:
            number = self._pick()
            self._busy.add(number)
        since = time.monotonic()
        self.fleet[number].freeze()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.fleet[number].thaw()
            self._busy.discard(number)
        self.frozen.append((since, time.monotonic()))
        self.struck["processes frozen"] += 1

    def _pick(self) -> int:
        """One that lives and is not frozen already; if there is none, any."""
        free = [number for number in range(len(self.fleet)) if number not in self._busy]
        return self._dice.choice([number for number in free if self.fleet[number].process.poll() is None] or free)

    async def cut(self) -> None:
        """One connection of a server, as a firewall or an administrator would."""
        with suppress(psycopg.OperationalError):
            async with self._watching() as connection:
                await connection.execute(CUT_ONE)
            self.struck["connections cut"] += 1

    async def restart_database(self) -> None:
        """As after a crash: nobody is asked, and the log is read again."""
        async with self.calm:
            await asyncio.to_thread(pg_ctl, self.cluster, "restart", "-m", "immediate")
            self.struck["immediate restarts of PostgreSQL"] += 1

    async def exhaust_pools(self) -> None:
        """Whoever has a connection waits for a lock, and whoever has none waits for a connection."""
        async with self.calm:
            await self.hold_writes(LOCKED_SECONDS)
            self.struck["pools exhausted"] += 1

    async def hold_writes(self, seconds: float) -> None:
        """Nothing that locks a diary gets on."""
        with suppress(psycopg.OperationalError):
            async with self._watching() as connection, connection.transaction():
                await connection.execute("LOCK TABLE resources IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(seconds)

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[AsyncConnection]:
        async with await AsyncConnection.connect(self.cluster.url, autocommit=True, connect_timeout=5) as connection:
            yield connection
