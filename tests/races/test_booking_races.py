"""Forty clients at once, over real connections, for times that overlap without being equal: exactly one gets through.

Each attempt has a connection of its own, opened before the start signal. The oracle is SQL over the ledger and knows nothing of the application.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from tests.appointments.world import World
from tests.client import Client, Json
from tests.make import make_patient, make_place, make_practitioner, set_hours

CLIENTS = 40

OVERLAPS = """
SELECT count(*) FROM occupancies a JOIN occupancies b
ON a.resource_id = b.resource_id AND a.during && b.during
AND (a.appointment_id, a.during) < (b.appointment_id, b.during)
"""


@pytest.fixture
async def crowd(database_url: str, database: Database, clock: Clock) -> AsyncIterator[FastAPI]:
    """The application with a connection for everybody."""
    app = create_app(Settings(database_url=SecretStr(database_url), database_pool_size=CLIENTS), clock=clock)
    async with app.router.lifespan_context(app):
        yield app


async def at_once(app: FastAPI, bodies: list[Json], token: str | None = None) -> Counter[int]:
    """Send all bookings at the same moment; how often each status came back."""
    database: Database = app.state.database
    gate = asyncio.Event()

    async def send(body: Json) -> int:
        async with Client.of(app, token=token) as client:
            await gate.wait()
            response = await client.post("/v1/appointments", json=body, headers={"Idempotency-Key": str(uuid4())})
            return response.status_code

    warm = [database.writing() for _ in bodies]
    sessions = [await one.__aenter__() for one in warm]
    await asyncio.gather(*(session.execute(text("SELECT 1")) for session in sessions))
    await asyncio.gather(*(one.__aexit__(None, None, None) for one in warm))
    tasks = [asyncio.create_task(send(body)) for body in bodies]
    await asyncio.sleep(0)
    gate.set()
    return Counter(await asyncio.gather(*tasks))


async def deadlocks(database: Database) -> int:
    async with database.reading() as session:
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
        return int(await session.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")) or 0)


async def overlaps(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(text(OVERLAPS)) or 0)


def jittered(count: int) -> list[str]:
    """Starts from 10:00 to 10:25 in steps of five minutes: half an hour from each of them holds 10:25 to 10:30."""
    return [f"2026-12-02T10:{5 * (number % 6):02}:00Z" for number in range(count)]


async def test_one_practitioner_is_booked_once(crowd: FastAPI, database: Database, admin: Client) -> None:
    world = await World.made(admin, step_minutes=5)
    before = await deadlocks(database)
    statuses = await at_once(crowd, [world.booking(start) for start in jittered(CLIENTS)])
    assert statuses == {201: 1, 409: CLIENTS - 1}
    assert await overlaps(database) == 0
    assert await deadlocks(database) == before


async def test_one_place_is_booked_once_whoever_treats(crowd: FastAPI, database: Database, admin: Client) -> None:
    world = await World.made(admin, step_minutes=5, place_kind="room")
    await make_place(admin, world.location["id"])
    practitioners = [world.practitioner]
    for _ in range(7):
        practitioners.append(await make_practitioner(admin, treatments=[world.treatment["id"]]))
        await set_hours(admin, practitioners[-1], world.location["id"])
    before = await deadlocks(database)
    bodies = [
        world.booking(start, practitioner_id=practitioners[number % 8]["id"]) for number, start in enumerate(jittered(CLIENTS))
    ]
    assert await at_once(crowd, bodies) == {201: 1, 409: CLIENTS - 1}
    assert await overlaps(database) == 0
    assert await deadlocks(database) == before


async def test_one_patient_is_booked_once_with_whomever(
    crowd: FastAPI, database: Database, admin: Client, receptionist: Client
) -> None:
    world = await World.made(admin, step_minutes=5)
    patient = await make_patient(receptionist)
    practitioners = [world.practitioner]
    for _ in range(7):
        practitioners.append(await make_practitioner(admin, treatments=[world.treatment["id"]]))
        await set_hours(admin, practitioners[-1], world.location["id"])
    before = await deadlocks(database)
    bodies = [
        world.booking(start, practitioner_id=practitioners[number % 8]["id"], patient=None, patient_id=patient["id"])
        for number, start in enumerate(jittered(CLIENTS))
    ]
    token = receptionist.headers["authorization"].removeprefix("Bearer ")
    assert await at_once(crowd, bodies, token) == {201: 1, 409: CLIENTS - 1}
    assert await overlaps(database) == 0
    assert await deadlocks(database) == before


async def test_four_chairs_take_four(crowd: FastAPI, database: Database, admin: Client) -> None:
    """Capacity is the number of places; any practitioner will do, so the server also has to choose under contention."""
    world = await World.made(admin, step_minutes=5, place_kind="chair")
    for position in range(4):
        await make_place(admin, world.location["id"], kind="chair", position=position)
    for _ in range(7):
        await set_hours(admin, await make_practitioner(admin, treatments=[world.treatment["id"]]), world.location["id"])
    before = await deadlocks(database)
    bodies = [world.booking("2026-12-02T10:00:00Z", practitioner_id=None) for _ in range(CLIENTS)]
    assert await at_once(crowd, bodies) == {201: 4, 409: CLIENTS - 4}
    assert await overlaps(database) == 0
    assert await deadlocks(database) == before
