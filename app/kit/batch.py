"""Several statements and rows in one trip, on the request's own connection and inside its transaction.

For the paths where every trip counts; ordinary features use the session.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from psycopg import sql
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from app.kit.db import KEPT_PLAN, Base, Connection
from app.kit.pipeline import Answer, Parameters, Pipeline

_ANYTHING: Final = TypeAdapter[Any](Any)


Rows = Sequence[tuple[type[Base], Mapping[str, Any]]]
"""What is to be inserted: tables, and for each the values of a row by column."""


@lru_cache(maxsize=256)
def _insert(tables: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
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
    return (sql.SQL("WITH {} {}").format(sql.SQL(", ").join(named), last) if named else last).as_string()


@lru_cache(maxsize=256)
def _insert_many(table: str, columns: tuple[str, ...]) -> str:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, {rows}::jsonb)"
    )
    return statement.format(table=sql.Identifier(table), names=names, rows=sql.Placeholder()).as_string()


@lru_cache(maxsize=256)
def _update_many(table: str, columns: tuple[str, ...]) -> str:
    changes = [sql.SQL("{0} = new.{0}").format(sql.Identifier(column)) for column in columns]
    statement = sql.SQL(
        "UPDATE {table} SET {changes}, version = {table}.version + 1, updated_at = clock_timestamp()"
        " FROM jsonb_populate_recordset(NULL::{table}, {rows}::jsonb) AS new WHERE {table}.id = new.id"
    )
    return statement.format(table=sql.Identifier(table), changes=sql.SQL(", ").join(changes), rows=sql.Placeholder()).as_string()


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """As PostgreSQL reads it. Not with `json`, which asks back for each time and each id."""
    told = [{name: _hex(value) if isinstance(value, bytes) else value for name, value in row.items()} for row in rows]
    return _ANYTHING.dump_json(told).decode()


def _hex(value: bytes) -> str:
    return f"\\x{value.hex()}"


class Batch(Pipeline):
    """A pipeline that knows tables."""

    def keep_plans(self) -> None:
        """For the rest of the transaction; `Database.reader` does so always. On a session's autocommit there is nothing that could be set."""
        if not self._connection.autocommit:
            self.execute(f"SET LOCAL {KEPT_PLAN}")

    def insert(self, rows: Rows) -> None:
        """One row of each of some tables, as one statement, which costs less than several. Every column without a default of the database must be
        there; lists and objects become jsonb."""
        values = [Jsonb(value) if isinstance(value, list | dict) else value for _, row in rows for value in row.values()]
        statement = _insert(tuple((model.__tablename__, tuple(row)) for model, row in rows))
        self.execute(statement, values)

    def insert_many(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """However many rows, as one statement; all with the same columns."""
        if rows:
            self.execute(_insert_many(model.__tablename__, tuple(rows[0])), (_as_json(rows),))

    def update_many(self, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Records that are locked, however many, as one statement: each row has the `id` and the new values of the same columns."""
        if rows:
            columns = tuple(name for name in rows[0] if name != "id")
            self.execute(_update_many(model.__tablename__, columns), (_as_json(rows),))


async def ask(connection: Connection, statement: str, parameters: Parameters = ()) -> Answer:
    """One statement alone."""
    async with Batch(connection) as batch:
        return batch.execute(statement, parameters)
