"""A practitioner at a location, and a client that is signed in as her."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.kit.db import Database
from tests.client import Client, Json
from tests.make import make_location, make_practitioner, make_user


@pytest.fixture
async def location(admin: Client) -> Json:
    return await make_location(admin)


@pytest.fixture
async def mira(admin: Client) -> Json:
    return await make_practitioner(admin)


@pytest.fixture
async def as_mira(app: FastAPI, database: Database, mira: Json) -> AsyncIterator[Client]:
    async with Client.of(app, token=await make_user(database, role="practitioner", practitioner_id=mira["id"])) as client:
        yield client


@pytest.fixture
async def as_nobody(app: FastAPI, database: Database) -> AsyncIterator[Client]:
    """Has the role, and is nobody's practitioner."""
    async with Client.of(app, token=await make_user(database, role="practitioner")) as client:
        yield client
