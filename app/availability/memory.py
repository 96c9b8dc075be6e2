"""What this process has read and need not read again while versions say that nothing moved. Never stale: nothing kept here is used
before a statement of the same request has returned the versions that it was read at.

Filled only from readers on autocommit. A transaction that writes sees what may never be committed, so what it lacks is read beside it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import AbstractAsyncContextManager
from typing import Generic, Protocol, TypeVar

from psycopg.pq import TransactionStatus

from app.availability.directory import load_directory
from app.availability.rows import Directory
from app.kit.db import Connection

# Practitioner-days of all searches that are kept: about a megabyte for every 2,000, and what was answered to them.
MAX_WEIGHT = 12_000


class Weighed(Protocol):
    @property
    def weight(self) -> int: ...


Kept = TypeVar("Kept", bound=Weighed)
Reader = Callable[[], AbstractAsyncContextManager[Connection]]


class Memory(Generic[Kept]):
    """The clinic's directory, and the searches that were asked last. One for each process; `enabled` False keeps nothing."""

    def __init__(self, reader: Reader | None = None, *, directory: Directory | None = None, enabled: bool = True) -> None:
        """`reader` lends a connection on autocommit; without one, what a transaction lacks is read in it and not kept."""
        self._reader = reader
        self._enabled = enabled
        self._directory = directory
        self._searches: OrderedDict[Hashable, Kept] = OrderedDict()
        self._weight = 0
        self._filling = asyncio.Lock()

    async def directory(self, connection: Connection, *, older_than: int | None = None) -> Directory:
        """As it was last read; read anew when there is none, or none but that version."""
        kept = self._directory
        if kept is not None and kept.version != older_than:
            return kept
        if connection.info.transaction_status == TransactionStatus.IDLE:
            return self._kept(await load_directory(connection))
        if self._reader is None:
            return await load_directory(connection)
        async with self._filling:
            # Of many who lack it at once, one reads it.
            if self._directory is not kept and self._directory is not None and self._directory.version != older_than:
                return self._directory
            async with self._reader() as beside:
                return self._kept(await load_directory(beside))

    def _kept(self, read: Directory) -> Directory:
        if self._enabled:
            self._directory = read
        return read

    def search(self, key: Hashable) -> Kept | None:
        found = self._searches.get(key)
        if found is not None:
            self._searches.move_to_end(key)
        return found

    def keep(self, key: Hashable, search: Kept) -> None:
        """Not one that would leave hardly any room for others."""
        if self._enabled and search.weight <= MAX_WEIGHT // 2:
            replaced = self._searches.pop(key, None)
            self._weight += search.weight - (replaced.weight if replaced else 0)
            self._searches[key] = search
            while self._weight > MAX_WEIGHT:
                self._weight -= self._searches.popitem(last=False)[1].weight
