"""Readers have connections of their own, as many as there are, and leave nothing of themselves behind."""

from contextlib import AsyncExitStack

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kit.batch import Batch
from app.kit.db import Database, driver


async def writes_in_a_transaction(database: Database) -> bool:
    async with database.writing() as session:
        return not (await driver(session)).autocommit


async def test_a_reader_is_on_autocommit_and_a_writer_is_not(database: Database) -> None:
    """Though all the others are in use."""
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(database.writing()) for _ in range(15)]
        assert not any([(await driver(session)).autocommit for session in sessions])
        for _ in range(5):
            assert (await stack.enter_async_context(database.reader())).autocommit
        with pytest.raises(PoolTimeout):
            await stack.enter_async_context(database.reader())
    async with database.reader() as connection:
        assert connection.autocommit


async def test_connections_that_a_crowd_needed_are_there_for_the_next(database: Database) -> None:
    async def pids() -> set[int]:
        async with AsyncExitStack() as stack:
            sessions = [await stack.enter_async_context(database.writing()) for _ in range(15)]
            return {(await driver(session)).info.backend_pid for session in sessions}

    before = await pids()
    assert len(before) == 15
    assert await pids() == before


@pytest.mark.parametrize("statement", ["SELECT 1 / 0", "BEGIN", "SELECT pg_terminate_backend(pg_backend_pid())"])
async def test_a_reader_that_fails_leaves_nothing_behind(database: Database, statement: str) -> None:
    """Neither autocommit, nor an open transaction, nor a broken connection reaches the next session."""

    async def fail() -> None:
        async with database.reader() as connection:
            await connection.execute(statement.encode())
            raise ZeroDivisionError

    with pytest.raises((ZeroDivisionError, psycopg.Error)):
        await fail()
    for _ in range(3):
        assert await writes_in_a_transaction(database)
        async with database.reading() as session:
            assert (await session.execute(text("SELECT 1"))).scalar_one() == 1


async def test_plans_are_kept_by_readers_and_by_whoever_says_so(database: Database) -> None:
    async with database.reader() as connection, Batch(connection) as batch:
        batch.keep_plans()
        of_reader = batch.execute("SHOW plan_cache_mode")
    async with database.writing() as session:
        connection, told = await driver(session), []
        for keeps in (False, True, False):
            async with Batch(connection) as batch:
                if keeps:
                    batch.keep_plans()
                told.append(batch.execute("SHOW plan_cache_mode"))
            if keeps:
                await connection.rollback()
    kept = "force_generic_plan"
    assert (of_reader.rows, [one.rows for one in told]) == ([(kept,)], [[("auto",)], [(kept,)], [("auto",)]])
