"""The demo clinic, made once: filling it takes seconds, and nothing here changes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import pytest
from fastapi import FastAPI

from app import demo
from app.demo import Credentials
from app.kit.clock import Clock
from app.kit.db import Connection, Database, driver
from app.main import create_app
from app.settings import Settings
from tests.client import Client
from tests.conftest import NOW, database_named


@dataclass(frozen=True)
class DemoClinic:
    app: FastAPI
    database: Database
    credentials: Credentials

    @asynccontextmanager
    async def client(self, role: str) -> AsyncIterator[Client]:
        """Signed in by password."""
        async with Client.of(self.app) as client:
            form = {"username": self.credentials[role]["email"], "password": self.credentials[role]["password"]}
            response = await client.post("/v1/auth/token", data=form)
            assert response.is_success, response.text
            client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
            yield client


@pytest.fixture(scope="session")
async def clinic(server_url: str, template: str, worker_id: str) -> AsyncIterator[DemoClinic]:
    name = f"demo_{worker_id}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    app = create_app(Settings(database_url=database_named(server_url, name)), clock=Clock(NOW))
    async with app.router.lifespan_context(app):
        credentials = await demo.fill(app.state.database, fixed_now=NOW)
        assert credentials is not None
        yield DemoClinic(app, app.state.database, credentials)


@pytest.fixture
async def rows(clinic: DemoClinic) -> AsyncIterator[Connection]:
    """For SQL."""
    async with clinic.database.reading() as session:
        yield await driver(session)


@pytest.fixture
async def visitor(clinic: DemoClinic) -> AsyncIterator[Client]:
    """Without a credential."""
    async with Client.of(clinic.app) as client:
        yield client
