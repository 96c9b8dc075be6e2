"""A patient's link need not say which version it means: whoever moved the appointment while it waited is not in its way, unless that does not end."""

import asyncio
import itertools
from contextlib import AsyncExitStack

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.appointments.steps import MAX_ATTEMPTS
from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.kit.small_app import waiting_for_locks
from tests.make import make_practitioner, set_hours

AT_TEN = "2026-12-02T10:00:00Z"
BODIES: dict[str, Json] = {"cancel": {"reason": "other"}, "reschedule": {"starts_at": "2026-12-03T11:00:00Z"}}


async def with_another(admin: Client) -> tuple[World, Json]:
    """A clinic, and a second practitioner who does the same."""
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    return world, other


@pytest.mark.parametrize("verb", BODIES)
async def test_a_link_follows_what_was_moved_to_somebody_else(
    app: FastAPI, database: Database, admin: Client, public: Client, verb: str
) -> None:
    """It waits for the one practitioner's lock, finds the appointment with the other, and gives the lock back to take the other's."""
    world, other = await with_another(admin)
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    path = f"/v1/appointments/{made['id']}"
    body = BODIES[verb]
    async with Client.of(app, token=made["manage_token"]) as link, database.writing() as session:
        # Somebody is at it: the practitioner is locked, and the appointment is the other's from the next commit on.
        await session.execute(
            text("UPDATE resources SET version = version + 1 WHERE id = (SELECT resource_id FROM practitioners WHERE id = :id)"),
            {"id": world.practitioner["id"]},
        )
        waiting = asyncio.create_task(link.send_json("POST", f"{path}/{verb}", body))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        moved = "UPDATE appointments SET practitioner_id = :other, version = version + 1 WHERE id = :id"
        await session.execute(text(moved), {"other": other["id"], "id": made["id"]})
        await session.commit()
        answer = await waiting
    assert answer.status_code == 200, answer.text
    assert answer.json()["practitioner_id"] == other["id"]
    assert answer.json()["version"] == 3


@pytest.mark.parametrize("verb", BODIES)
async def test_a_link_gives_up_on_what_moves_each_time(
    app: FastAPI, database: Database, admin: Client, public: Client, verb: str
) -> None:
    """Whenever it has the lock of one practitioner the appointment has gone to the other: nothing is changed, and it may come again."""
    world, other = await with_another(admin)
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    body = BODIES[verb]
    lock = "SELECT FROM resources WHERE id = (SELECT resource_id FROM practitioners WHERE id = %s) FOR NO KEY UPDATE"
    move = "UPDATE appointments SET practitioner_id = %s, version = version + 1 WHERE id = %s"
    whose = itertools.cycle([world.practitioner["id"], other["id"]])
    async with Client.of(app, token=made["manage_token"]) as link, AsyncExitStack() as stack:
        at_it, next_at_it, looking = [
            await stack.enter_async_context(await psycopg.AsyncConnection.connect(database.conninfo)) for _ in range(3)
        ]
        await looking.set_autocommit(True)
        await at_it.execute(lock, (next(whose),))
        asked = asyncio.create_task(link.send_json("POST", f"/v1/appointments/{made['id']}/{verb}", body))
        for _ in range(MAX_ATTEMPTS):
            await waiting_for_locks(looking, 1)
            elsewhere = next(whose)
            await next_at_it.execute(lock, (elsewhere,))
            await at_it.execute(move, (elsewhere, made["id"]))
            await at_it.commit()
            at_it, next_at_it = next_at_it, at_it
        problem(await asked, 503, "unavailable")
    found = await admin.read(f"/v1/appointments/{made['id']}")
    assert (found["status"], found["starts_at"]) == ("booked", AT_TEN)
