"""Whoever needs several locks waits for them in one order."""

import asyncio

import psycopg

from app.diary import actions
from app.kit.db import Database
from tests.kit.small_app import waiting_for_locks

TOUCH = "UPDATE resources SET version = version + 1 WHERE id = %s"


async def test_who_waits_for_the_first_has_not_taken_the_second(database: Database) -> None:
    async with database.writing() as session:
        first, second = [await actions.new_resource(session, "practitioner") for _ in range(2)]
        await session.commit()

    async def bump() -> None:
        async with database.writing() as session:
            await actions.bump(session, [second, first])
            await session.commit()

    async with await psycopg.AsyncConnection.connect(database.conninfo) as other:
        # What was written last lies last in the table, and a small one is read as it lies: an UPDATE of both would begin with the second.
        await other.execute(TOUCH, (first,))
        await other.execute("ANALYZE resources")
        await other.commit()
        await other.execute(TOUCH, (first,))
        bumping = asyncio.create_task(bump())
        async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as looking:
            await waiting_for_locks(looking, 1)
            await looking.execute("SELECT FROM resources WHERE id = %s FOR UPDATE NOWAIT", (second,))
        await other.commit()
        await bumping
