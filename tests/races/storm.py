"""Everybody at once: clients, each with a connection of its own, act in the same few windows, which move on through the clinic's days (B1)."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.kit.db import Database
from tests.client import Client
from tests.make import make_user
from tests.races.caller import TIMEOUT_SECONDS, Caller, Doors
from tests.races.grounds import deadlocks
from tests.races.premises import Premises
from tests.races.record import Record
from tests.races.register import Register
from tests.races.visitor import Visitor


@dataclass(frozen=True)
class Size:
    """How many clients, how many times they ask in all, and over how many blocks of windows."""

    clients: int
    attempts: int
    blocks: int


class Storm:
    """One run of it. `premises` and `staff` are made by `Storm.prepared`."""

    def __init__(self, premises: Premises, staff: str, doors: Doors, size: Size, deadlocks_before: int) -> None:
        self.premises, self.staff, self.doors, self.size = premises, staff, doors, size
        self.deadlocks_before = deadlocks_before
        self.record = Record()
        self.monotonic_zero = datetime.now(UTC) - timedelta(seconds=time.monotonic())
        self._register = Register(premises)
        self.over = asyncio.Event()
        self._began_at = 0.0
        self._pace: float | None = None
        self._pause = 0.0

    @classmethod
    async def prepared(cls, database_url: str, bases: Sequence[str], size: Size) -> "Storm":
        """In an empty database, with servers that answer."""
        database = Database(database_url)
        staff = await make_user(database, role="admin")
        await database.close()
        async with Client(base_url=bases[0], timeout=60, headers={"Authorization": f"Bearer {staff}"}) as admin:
            premises = await Premises.made(admin)
        return cls(premises, staff, Doors(bases), size, await asyncio.to_thread(deadlocks, database_url))

    async def blow(self, *, pace: float | None = None, pause: float = 0, patience: float = TIMEOUT_SECONDS) -> None:
        """Until everything was asked; or, with so many seconds for each block, until it is `over`. `pause`: how long a client thinks, on average."""
        self._began_at, self._pace, self._pause = time.monotonic(), pace, pause
        async with AsyncExitStack() as stack:
            callers = [
                await stack.enter_async_context(Caller(number, self.doors, self.record, patience=patience))
                for number in range(self.size.clients)
            ]
            visitors = [Visitor(caller, self.premises, self._register, self.staff) for caller in callers]
            await asyncio.gather(*(self._keep_on(visitor) for visitor in visitors))

    async def _keep_on(self, visitor: Visitor) -> None:
        """In the foremost block everything is done, and in the one before it is only booked, so that it ends as full as it may be."""
        while (block := self._block()) is not None:
            if block and visitor.turns_back():
                await visitor.act(visitor.booking, block - 1)
            else:
                await visitor.act(visitor.everything, block)
            await visitor.think(self._pause)

    def _block(self) -> int | None:
        """The foremost; None when it is over."""
        if self._pace is not None:
            return None if self.over.is_set() else int((time.monotonic() - self._began_at) / self._pace)
        asked = self.record.attempts
        return None if asked >= self.size.attempts else asked * self.size.blocks // self.size.attempts
