"""Several rows in one trip: a psycopg pipeline on the request's own connection, inside its transaction.

For the paths where every trip counts; ordinary features use the session.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from psycopg import AsyncCursor, AsyncPipeline, sql
from psycopg.abc import PQGen
from psycopg.types.json import Jsonb
from typing_extensions import override

from app.kit.db import Base, Connection

Cursor = AsyncCursor[tuple[Any, ...]]


Rows = Sequence[tuple[type[Base], Mapping[str, Any]]]
"""What is to be inserted: tables, and for each the values of a row by column."""


@lru_cache(maxsize=256)
def _insert(tables: tuple[tuple[str, tuple[str, ...]], ...]) -> bytes:
    """One statement for a row of each table, all but the last inside WITH. What they refer to of each other is looked at when all are there."""
    statements = [
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        )
        for table, columns in tables
    ]
    *others, last = statements
    named = [sql.SQL("{} AS ({})").format(sql.Identifier(f"row_{number}"), one) for number, one in enumerate(others)]
    return (sql.SQL("WITH {} {}").format(sql.SQL(", ").join(named), last) if named else last).as_bytes()


@lru_cache(maxsize=256)
def _insert_many(table: str, columns: tuple[str, ...]) -> bytes:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, {rows}::jsonb)"
    )
    return statement.format(table=sql.Identifier(table), names=names, rows=sql.Placeholder()).as_bytes()


def _as_json(value: object) -> str:
    """As PostgreSQL reads it."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


class _Quiet(AsyncPipeline):
    """A pipeline whose last word is the Sync that ends it.

    psycopg's sends a Flush behind that, which PostgreSQL answers with nothing, and so believes from then on that it is not idle: a process that froze
    after a batch would keep its locks for ever, whatever `idle_in_transaction_session_timeout` says.
    """

    @override
    def _fetch_gen(self, *, flush: bool) -> PQGen[None]:
        yield from super()._fetch_gen(flush=False)


class Batch:
    """`async with Batch(connection) as batch:` sends statements as they come and waits once, at the end. Rows are fetched when it is left."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection._pipeline = _Quiet(connection)  # noqa: SLF001 there is no other way to say which; the next line takes what is there
        self._pipeline = connection.pipeline()

    async def __aenter__(self) -> Self:
        await self._pipeline.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._pipeline.__aexit__(kind, error, traceback)

    async def execute(
        self, statement: str | bytes, parameters: Sequence[Any] | Mapping[str, Any] = (), *, binary: bool = False
    ) -> Cursor:
        """A cursor whose rows may be fetched once the block is left. `binary`: long arrays of numbers arrive faster."""
        cursor = self._connection.cursor(binary=binary)
        await cursor.execute(statement.encode() if isinstance(statement, str) else statement, parameters)
        return cursor

    async def insert(self, rows: Rows) -> None:
        """One row of each of some tables, as one statement, which costs less than several. Every column without a default of the database must be
        there; lists and objects become jsonb."""
        values = [Jsonb(value) if isinstance(value, list | dict) else value for _, row in rows for value in row.values()]
        await self.execute(_insert(tuple((model.__tablename__, tuple(row)) for model, row in rows)), values)

    async def insert_many(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """However many rows, as one statement; all with the same columns."""
        if rows:
            await self.execute(_insert_many(model.__tablename__, tuple(rows[0])), (json.dumps(rows, default=_as_json),))
