"""Several statements in one trip, on a real connection."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import DivisionByZero
from psycopg.types.json import Jsonb

from app.kit.db import Connection, Database, driver
from app.kit.pipeline import Answer, OutdatedStatementError, Pipeline

SOMEBODY = UUID("0190b3a2-0000-7000-8000-000000000001")
AT = datetime(2026, 12, 2, 10, tzinfo=UTC)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.reader() as found:
        yield found


async def prepared(connection: Connection) -> list[str]:
    rows = await (await connection.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")).fetchall()
    return [statement for (statement,) in rows]


async def send(connection: Connection, statements: Iterable[str], answers: list[Answer] | None = None) -> None:
    async with Pipeline(connection) as pipeline:
        for statement in statements:
            answer = pipeline.execute(statement)
            if answers is not None:
                answers.append(answer)


async def test_values_arrive_as_they_were_sent(connection: Connection) -> None:
    """Whatever is put in comes out, by name or by place, as text and in binary form."""
    statement = (
        "SELECT %(one)s::int, %(text)s::text, %(ids)s::uuid[], %(at)s::timestamptz, %(none)s::int, %(one)s::bigint + 1, %(bytes)s::bytea,"
        " %(json)s::jsonb, '50 %%', %(flags)s::boolean[]"
    )
    values = {
        "one": -1,
        "text": 'it\'s {"a", \\b}',
        "ids": [SOMEBODY],
        "at": AT,
        "none": None,
        "bytes": b"\x00\xff'",
        "json": Jsonb({"a": [1, None]}),
        "flags": [True, False],
    }
    async with Pipeline(connection) as pipeline:
        answers = [pipeline.execute(statement, values, binary=binary) for binary in (False, True)]
        placed = pipeline.execute("SELECT %s::int, %s::text, %s::int[]", (1, "%s", []))
    expected = (-1, values["text"], [SOMEBODY], AT, None, 0, b"\x00\xff'", {"a": [1, None]}, "50 %", [True, False])
    assert [answer.rows for answer in answers] == [[expected], [expected]]
    assert placed.rows == [(1, "%s", [])]
    assert placed.rowcount == 1


async def test_each_statement_is_prepared_once(connection: Connection) -> None:
    for number in range(3):
        async with Pipeline(connection) as pipeline:
            found = [pipeline.execute("SELECT %s::int + 1", (number + more,)) for more in range(2)]
        assert [answer.rows for answer in found] == [[(number + 1,)], [(number + 2,)]]
    assert (await prepared(connection)).count("SELECT $1::int + 1") == 1


async def test_what_is_prepared_outlives_a_rollback(database: Database) -> None:
    async with database.writing() as session:
        connection = await driver(session)
        for _ in range(7):  # psycopg prepares what it meets often
            await connection.execute("SELECT 2")
        async with Pipeline(connection) as pipeline:
            pipeline.execute("SELECT 3")
        await connection.rollback()
        assert {"SELECT 2", "SELECT 3"} <= set(await prepared(connection))


async def test_the_first_error_is_raised_and_nothing_after_it_is_done(database: Database) -> None:
    async with database.writing() as session:
        connection = await driver(session)
        answers: list[Answer] = []
        with pytest.raises(DivisionByZero):
            await send(connection, ["SELECT 4", "SELECT 1 / 0", "SELECT 5"], answers)
        assert [answer.rows for answer in answers] == [[(4,)], [], []]
        await connection.rollback()
        # What PostgreSQL passed over is not taken for prepared.
        async with Pipeline(connection) as pipeline:
            again = [pipeline.execute("SELECT 4"), pipeline.execute("SELECT 5")]
        assert [answer.rows for answer in again] == [[(4,)], [(5,)]]


async def test_an_error_in_the_block_is_the_one_that_is_raised(connection: Connection) -> None:
    def statements() -> Iterator[str]:
        yield "SELECT 1 / 0"
        raise KeyError

    with pytest.raises(KeyError):
        await send(connection, statements())
    async with Pipeline(connection) as pipeline:
        found = pipeline.execute("SELECT 6")
    assert found.rows == [(6,)]


async def test_on_autocommit_no_transaction_is_begun_and_elsewhere_one(connection: Connection, database: Database) -> None:
    async with Pipeline(connection) as pipeline:
        pipeline.execute("SELECT 7")
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    async with database.writing() as session:
        writing = await driver(session)
        for _ in range(2):
            async with Pipeline(writing) as pipeline:
                pipeline.execute("SELECT 7")
            assert writing.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


async def test_a_table_that_has_changed_is_no_lasting_matter(connection: Connection) -> None:
    """Whoever runs the request again finds everything prepared anew."""

    async def read() -> list[tuple[object, ...]]:
        async with Pipeline(connection) as pipeline:
            found = pipeline.execute("SELECT * FROM changing")
        return found.rows

    await connection.execute("CREATE TEMPORARY TABLE changing AS SELECT 1 AS one")
    assert await read() == [(1,)]
    await connection.execute("ALTER TABLE changing ADD COLUMN two int")
    with pytest.raises(OutdatedStatementError):
        await read()
    assert await read() == [(1, None)]


async def test_who_gives_up_waiting_leaves_a_connection_that_can_be_used(connection: Connection) -> None:
    waiting = asyncio.create_task(send(connection, ["SELECT pg_sleep(60)"]))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with Pipeline(connection) as pipeline:
        found = pipeline.execute("SELECT 8")
    assert found.rows == [(8,)]


async def test_a_connection_that_is_cut_is_closed_and_says_so(connection: Connection, database: Database) -> None:
    async with database.reader() as other:
        waiting = asyncio.create_task(send(connection, ["SELECT pg_sleep(60)"]))
        await asyncio.sleep(0.1)
        await other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            await waiting
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        await send(connection, [])


async def test_much_is_sent_and_much_comes_back(connection: Connection) -> None:
    """More than the buffers of both sides hold."""
    long = "x" * 1_000_000
    async with Pipeline(connection) as pipeline:
        found = [pipeline.execute("SELECT %s::text", (long,)) for _ in range(8)]
    assert [answer.rows for answer in found] == [[(long,)]] * 8
