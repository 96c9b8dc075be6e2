"""What this process has read and need not read again while versions say that nothing moved. Never stale: nothing kept here is used
before a statement of the same request has returned the versions that it was read at.

Filled only by readers on autocommit. A transaction that writes sees what may never be committed.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

from psycopg.pq import TransactionStatus

from app.availability.directory import load_directory
from app.availability.rows import Directory
from app.kit.db import Connection

# Practitioner-days of all searches that are kept: about a megabyte for every 600.
MAX_WEIGHT = 20_000


class Weighed(Protocol):
    @property
    def weight(self) -> int: ...


Kept = TypeVar("Kept", bound=Weighed)


class Memory(Generic[Kept]):
    """The clinic's directory, and the searches that were asked last. One for each process; `enabled` False keeps nothing."""

    def __init__(self, directory: Directory | None = None, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._directory = directory
        self._searches: OrderedDict[Hashable, Kept] = OrderedDict()
        self._weight = 0

    async def directory(self, connection: Connection, *, older_than: int | None = None) -> Directory:
        """As it was last read; read anew when there is none, or none but that version."""
        kept = self._directory
        if kept is not None and kept.version != older_than:
            return kept
        read = await load_directory(connection)
        if self._enabled and connection.info.transaction_status == TransactionStatus.IDLE:
            self._directory = read
        return read

    def search(self, key: Hashable) -> Kept | None:
        found = self._searches.get(key)
        if found is not None:
            self._searches.move_to_end(key)
        return found

    def keep(self, key: Hashable, search: Kept) -> None:
        if self._enabled:
            replaced = self._searches.pop(key, None)
            self._weight += search.weight - (replaced.weight if replaced else 0)
            self._searches[key] = search
            while self._weight > MAX_WEIGHT:
                self._weight -= self._searches.popitem(last=False)[1].weight
