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

    def __init__(self, premises: Premises, staff: str, doors: Doors, size: Size) -> None:
        self.premises, self.staff, self.doors, self.size = premises, staff, doors, size
        self.record = Record()
        self.monotonic_zero = datetime.now(UTC) - timedelta(seconds=time.monotonic())
        self._register = Register(premises)
        self._ends_at: float | None = None

    @classmethod
    async def prepared(cls, database_url: str, bases: Sequence[str], size: Size) -> "Storm":
        """In an empty database, with servers that answer."""
        database = Database(database_url)
        staff = await make_user(database, role="admin")
        await database.close()
        async with Client(base_url=bases[0], timeout=60, headers={"Authorization": f"Bearer {staff}"}) as admin:
            premises = await Premises.made(admin)
        return cls(premises, staff, Doors(bases), size)

    async def blow(self, *, seconds: float | None = None, patience: float = TIMEOUT_SECONDS) -> None:
        """Until everything was asked; or for some seconds, in which the blocks go by once."""
        self._ends_at = None if seconds is None else time.monotonic() + seconds
        began_at = time.monotonic()
        async with AsyncExitStack() as stack:
            callers = [
                await stack.enter_async_context(Caller(number, self.doors, self.record, patience=patience))
                for number in range(self.size.clients)
            ]
            visitors = [Visitor(caller, self.premises, self._register, self.staff) for caller in callers]
            await asyncio.gather(*(self._keep_on(visitor, began_at) for visitor in visitors))

    async def _keep_on(self, visitor: Visitor, began_at: float) -> None:
        """In the foremost block everything is done, and in the one before it is only booked, so that it ends as full as it may be."""
        while (gone := self._gone(began_at)) < 1:
            block = int(gone * self.size.blocks)
            if block and visitor.turns_back():
                await visitor.act(visitor.booking, block - 1)
            else:
                await visitor.act(visitor.everything, block)

    def _gone(self, began_at: float) -> float:
        """How much of it is over, from 0 to 1."""
        if self._ends_at is None:
            return len(self.record.calls) / self.size.attempts
        return (time.monotonic() - began_at) / (self._ends_at - began_at)
