"""More requests at once than there are connections, when the process has read nothing yet: everybody is served."""

import asyncio
from collections import Counter

from fastapi import FastAPI
from pydantic import SecretStr

from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from tests.appointments.world import World
from tests.client import Client


async def test_nobody_waits_for_a_connection_with_a_connection_in_hand(
    database_url: str, database: Database, clock: Clock, admin: Client
) -> None:
    """What a booking lacks of the clinic's directory is read beside its transaction, for which there must be a connection left."""
    world = await World.made(admin)
    starts = [f"2026-12-{day:02}T{hour:02}:00:00Z" for day in (2, 3) for hour in range(9, 15)]
    crowded: FastAPI = create_app(Settings(database_url=SecretStr(database_url), database_pool_size=1), clock=clock)
    async with crowded.router.lifespan_context(crowded), Client.of(crowded) as public:
        searches = [asyncio.create_task(world.starts(public)) for _ in range(4)]
        bookings = (public.send_json("POST", "/v1/appointments", world.booking(start)) for start in starts)
        answers = await asyncio.gather(*bookings)
        await asyncio.gather(*searches)
        assert Counter(answer.status_code for answer in answers) == {201: len(starts)}
