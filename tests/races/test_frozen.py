"""A process that freezes in the middle of a booking does not hold the clinic up: the database takes its locks away."""

import asyncio

import psycopg
import pytest
from fastapi import FastAPI
from psycopg.errors import IdleInTransactionSessionTimeout
from sqlalchemy import text

from app.diary import ledger
from app.kit.batch import Batch
from app.kit.db import Database, driver
from tests.appointments.world import World
from tests.client import Client, problem

AT_TEN = "2026-12-02T10:00:00Z"


async def resource_of(database: Database, world: World) -> int:
    async with database.reading() as session:
        statement = text("SELECT resource_id FROM practitioners WHERE id = :id")
        return int((await session.execute(statement, {"id": world.practitioner["id"]})).scalar_one())


async def test_who_waits_for_a_frozen_process_is_served(admin: Client, public: Client, database: Database) -> None:
    """It has locked the practitioner and says nothing more; whoever waits gets the lock, and has not given up by then."""
    world = await World.made(admin)
    resource_id = await resource_of(database, world)
    async with await psycopg.AsyncConnection.connect(
        database.conninfo, options="-c idle_in_transaction_session_timeout=4s"
    ) as frozen:
        async with Batch(frozen) as batch:
            ledger.lock(batch, [resource_id])
        answers = await asyncio.gather(
            *(public.send_json("POST", "/v1/appointments", world.booking(start)) for start in (AT_TEN, "2026-12-02T11:00:00Z"))
        )
        assert [answer.status_code for answer in answers] == [201, 201]
        with pytest.raises(IdleInTransactionSessionTimeout):
            await frozen.execute("SELECT 1")


async def test_who_waits_for_a_busy_one_is_told_to_come_again(
    app: FastAPI, admin: Client, public: Client, database: Database
) -> None:
    """A statement that goes on and on; nothing was changed, and the same key does it afterwards."""
    world = await World.made(admin)
    resource_id = await resource_of(database, world)
    key = {"Idempotency-Key": "while-somebody-else-was-at-it"}
    async with database.writing() as session:
        busy = await driver(session)
        async with Batch(busy) as batch:
            ledger.lock(batch, [resource_id])
        working = asyncio.create_task(busy.execute("SELECT pg_sleep(30)"))
        refused = await public.post("/v1/appointments", json=world.booking(AT_TEN), headers=key)
        problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"] == "2"
        busy.cancel()
        await asyncio.gather(working, return_exceptions=True)
    made = await public.post("/v1/appointments", json=world.booking(AT_TEN), headers=key)
    assert made.status_code == 201


async def test_every_connection_has_its_limits(database: Database) -> None:
    async with database.reading() as session:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        assert [await session.scalar(text(f"SHOW {name}")) for name in names] == ["15s", "5s", "4s"]
