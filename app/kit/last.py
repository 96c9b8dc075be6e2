"""The last trip of a request: what it writes, the answer that is stored under its key, and COMMIT.

The first attempt of a request with a key is optimistic: PostgreSQL writes while the answer is put together, and is asked afterwards how that went. So
nothing may be asked of the connection in between, and a statement that could find something in its way has to fail of itself (`must`). The request is
then run again and asks at once, to see what is in the way. There is a Sync after the writing too, so that a process that freezes before the end loses
its locks.
"""

from contextlib import suppress
from types import TracebackType
from typing import Self

import psycopg
from psycopg.errors import DivisionByZero
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from app.kit.batch import Batch
from app.kit.db import Connection, driver
from app.kit.pipeline import Answer, OutdatedStatementError

_MAY = "meridian.last.may"
_OPEN = "meridian.last"


class SpoiledError(RuntimeError):
    """Something was in the way of what was written last. The transaction is lost."""


def must(condition: str) -> str:
    """An SQL expression that fails unless this is true; PostgreSQL has no assertion of its own."""
    return f"1 / ({condition})::int"


def allow(session: AsyncSession) -> None:
    """Whoever asks will finish what is written last (`finishing`)."""
    session.info[_MAY] = True


class Last(Batch):
    """What a request writes. When it is left, the answers are there, unless it is `unasked`: then they are when all is committed."""

    def __init__(self, session: AsyncSession, connection: Connection) -> None:
        super().__init__(connection)
        self.unasked: bool = session.info.get(_MAY, False)
        self._session = session
        self._is_left = False

    def wrote(self, answer: Answer, count: int) -> bool:
        """Whether a statement wrote so many rows, as far as that was asked; unasked, it fails of itself."""
        return self.unasked or answer.rowcount == count

    @override
    async def __aenter__(self) -> Self:
        return self if self._is_left else await super().__aenter__()

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None and self.unasked and not self._is_left:
            self._is_left = True
            self._session.info[_OPEN] = self
            self.sync()
            return
        try:
            await super().__aexit__(kind, error, traceback)
        except DivisionByZero as error:
            if not self.unasked:
                raise
            raise SpoiledError from error


async def finishing(session: AsyncSession) -> Batch:
    """What was written last, to go on with; or a new batch."""
    found: Batch | None = session.info.pop(_OPEN, None)
    return found or Batch(await driver(session))


async def settle(session: AsyncSession) -> None:
    """Ask at once how it went, since the session is needed for something else. Raises what PostgreSQL raises."""
    if (found := session.info.pop(_OPEN, None)) is not None:
        async with found:
            pass


async def give_up(session: AsyncSession) -> None:
    """The same when something else has failed already."""
    with suppress(psycopg.Error, SpoiledError, OutdatedStatementError):
        await settle(session)
