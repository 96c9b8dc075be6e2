"""A patient's link need not say which version it means: whoever moved the appointment while it waited is not in its way."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client
from tests.make import make_practitioner, set_hours

AT_TEN = "2026-12-02T10:00:00Z"


@pytest.mark.parametrize("verb", ["cancel", "reschedule"])
async def test_a_link_follows_what_was_moved_to_somebody_else(
    app: FastAPI, database: Database, admin: Client, public: Client, verb: str
) -> None:
    """It waits for the one practitioner's lock, finds the appointment with the other, and gives the lock back to take the other's."""
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    path = f"/v1/appointments/{made['id']}"
    body = {"reason": "other"} if verb == "cancel" else {"starts_at": "2026-12-03T11:00:00Z"}
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
