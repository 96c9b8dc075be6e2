"""Each guard of a booking by itself, with no luck involved: another connection stands in the way, and what happens then is looked at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from app.diary import ledger
from app.kit.batch import Batch
from app.kit.db import Connection, Database
from tests.appointments.world import World
from tests.client import Client, Json
from tests.kit.small_app import others, until
from tests.make import make_patient, make_place

AT_TEN = "2026-12-02T10:00:00Z"


@pytest.fixture
async def beside(database: Database) -> AsyncIterator[Connection]:
    """A connection that the application knows nothing of."""
    async with await psycopg.AsyncConnection.connect(database.conninfo) as connection:
        yield connection
        await connection.rollback()


async def resources(database: Database, table: str) -> list[int]:
    async with database.reading() as session:
        return list((await session.scalars(text(f"SELECT resource_id FROM {table} ORDER BY resource_id"))).all())


@pytest.mark.parametrize("table", ["practitioners", "patients"])
async def test_a_booking_waits_for_whoever_has_one_of_its_people(
    admin: Client, receptionist: Client, database: Database, beside: Connection, table: str
) -> None:
    world, patient = await World.made(admin), await make_patient(receptionist)
    [resource_id] = await resources(database, table)
    await beside.execute("SELECT FROM resources WHERE id = %s FOR NO KEY UPDATE", (resource_id,))
    body = world.booking(AT_TEN, patient=None, patient_id=patient["id"])
    booking = asyncio.create_task(receptionist.create("/v1/appointments", body))
    await until_waiting_or_done(database, booking)
    assert not booking.done(), "nobody waited"
    await beside.rollback()
    assert (await booking)["status"] == "booked"


async def until_waiting_or_done(database: Database, booking: asyncio.Task[Any]) -> None:
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as looking:

        async def somebody_waits() -> bool:
            return booking.done() or await others(looking, "wait_event_type = 'Lock'") > 0

        await until(somebody_waits)


async def test_people_are_locked_in_one_order_however_their_rows_lie(database: Database, beside: Connection) -> None:
    """Whoever waits for the last has all those before it, though the plan goes through the table as it lies on the disk, which one of a larger table
    may."""
    async with database.writing() as session:
        await session.execute(text("INSERT INTO resources (kind) SELECT 'patient' FROM generate_series(1, 5)"))
        await session.execute(text("UPDATE resources SET version = 1 WHERE id < (SELECT max(id) FROM resources)"))
        await session.commit()
    async with database.reading() as session:
        ids = list((await session.scalars(text("SELECT id FROM resources ORDER BY id"))).all())
    await beside.execute("SELECT FROM resources WHERE id = %s FOR NO KEY UPDATE", (ids[-1],))

    async def lock_all() -> None:
        plan = "-c enable_nestloop=off -c enable_mergejoin=off -c enable_indexscan=off -c enable_bitmapscan=off"
        async with (
            await psycopg.AsyncConnection.connect(database.conninfo, options=plan) as connection,
            Batch(connection) as batch,
        ):
            ledger.lock(batch, reversed(ids))

    locking = asyncio.create_task(lock_all())
    await until_waiting_or_done(database, locking)
    async with await psycopg.AsyncConnection.connect(database.conninfo) as looking:
        found = await looking.execute("SELECT id FROM resources ORDER BY id FOR NO KEY UPDATE SKIP LOCKED")
        assert await found.fetchall() == []
    await beside.rollback()
    await locking


@asynccontextmanager
async def forgetful(database: Database) -> AsyncIterator[None]:
    """No answer can be stored."""
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        await connection.execute("ALTER TABLE idempotency_records ADD CONSTRAINT never CHECK (false) NOT VALID")
        yield
        await connection.execute("ALTER TABLE idempotency_records DROP CONSTRAINT never")


async def test_what_cannot_be_remembered_is_not_done(admin: Client, public: Client, database: Database) -> None:
    """Or whoever asks again with the same key, as they are told to, would have it twice."""
    world = await World.made(admin)
    async with forgetful(database):
        assert (await public.send_json("POST", "/v1/appointments", world.booking(AT_TEN))).status_code == 500
    assert (await admin.read("/v1/appointments"))["items"] == []


async def test_what_is_written_has_its_buffers(admin: Client, public: Client, database: Database) -> None:
    """Of practitioner and place, and not of the patient."""
    world = await World.made(admin, buffer_before_minutes=5, buffer_after_minutes=10, place_kind="room")
    await make_place(admin, world.location["id"])
    made: Json = await public.create("/v1/appointments", world.booking(AT_TEN))
    statement = """
        SELECT kind, to_char(lower(during), 'HH24:MI'), to_char(upper(during), 'HH24:MI')
        FROM occupancies JOIN resources ON resources.id = resource_id WHERE appointment_id = :id ORDER BY kind
    """
    async with database.reading() as session:
        rows = [tuple(row) for row in await session.execute(text(statement), {"id": made["id"]})]
    assert rows == [("patient", "10:00", "10:30"), ("place", "09:55", "10:40"), ("practitioner", "09:55", "10:40")]
