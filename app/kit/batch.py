"""Several rows in one trip: a psycopg pipeline on the request's own connection, inside its transaction.

For the paths where every trip counts; ordinary features use the session.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

from psycopg import AsyncCursor, AsyncPipeline, AsyncRawCursor, sql
from psycopg.abc import PQGen
from psycopg.generators import send
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter
from typing_extensions import override

from app.kit.db import Base, Connection

Cursor = AsyncCursor[tuple[Any, ...]]
_ANYTHING: Final = TypeAdapter[Any](Any)


Rows = Sequence[tuple[type[Base], Mapping[str, Any]]]
"""What is to be inserted: tables, and for each the values of a row by column."""


@lru_cache(maxsize=256)
def _insert(tables: tuple[tuple[str, tuple[str, ...]], ...]) -> bytes:
    """One statement for a row of each table, all but the last inside WITH. What they refer to of each other is looked at when all are there. In
    PostgreSQL's own form: what has so many parameters psycopg would convert anew each time."""
    numbers = count(1)
    statements = [
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.SQL(f"${next(numbers)}") for _ in columns]),
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


@lru_cache(maxsize=256)
def _update_many(table: str, columns: tuple[str, ...]) -> bytes:
    changes = [sql.SQL("{0} = new.{0}").format(sql.Identifier(column)) for column in columns]
    statement = sql.SQL(
        "UPDATE {table} SET {changes}, version = {table}.version + 1, updated_at = clock_timestamp()"
        " FROM jsonb_populate_recordset(NULL::{table}, {rows}::jsonb) AS new WHERE {table}.id = new.id"
    )
    return statement.format(table=sql.Identifier(table), changes=sql.SQL(", ").join(changes), rows=sql.Placeholder()).as_bytes()


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """As PostgreSQL reads it. Not with `json`, which asks back for each time and each id."""
    told = [{name: _hex(value) if isinstance(value, bytes) else value for name, value in row.items()} for row in rows]
    return _ANYTHING.dump_json(told).decode()


def _hex(value: bytes) -> str:
    return f"\\x{value.hex()}"


class _Straight(AsyncPipeline):
    """A pipeline that sends each statement as it comes, waits for nothing before the end, and whose last word is the Sync.

    psycopg's turns to the event loop for each statement, to see whether an answer is there already, which costs more than the statement. And it sends
    a Flush behind the Sync, which PostgreSQL answers with nothing, and so believes from then on that it is not idle: a process that froze after that
    would keep its locks for ever, whatever `idle_in_transaction_session_timeout` says.
    """

    @override
    def _communicate_gen(self) -> PQGen[None]:
        self._send()
        yield from ()

    @override
    def _exit_gen(self) -> PQGen[None]:
        self._enqueue_sync()
        self._send()
        yield from send(self.pgconn)
        yield from self._fetch_gen(flush=False)

    def _send(self) -> None:
        while self.command_queue:
            self.command_queue.popleft()()
        self.pgconn.flush()  # as much as can go; the rest goes at the end


class Batch:
    """`async with Batch(connection) as batch:` sends statements as they come and waits once, when it is left. Only then may rows be
    fetched."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection._pipeline = _Straight(connection)  # noqa: SLF001 there is no other way to say which; the next line takes what is there
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
        statement = _insert(tuple((model.__tablename__, tuple(row)) for model, row in rows))
        await AsyncRawCursor(self._connection).execute(statement, values)

    async def insert_many(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """However many rows, as one statement; all with the same columns."""
        if rows:
            await self.execute(_insert_many(model.__tablename__, tuple(rows[0])), (_as_json(rows),))

    async def update_many(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Records that are locked, however many, as one statement: each row has the `id` and the new values of the same columns."""
        if rows:
            columns = tuple(name for name in rows[0] if name != "id")
            await self.execute(_update_many(model.__tablename__, columns), (_as_json(rows),))
