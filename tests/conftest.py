"""A real PostgreSQL, built by the migrations; a database of its own for each worker, emptied before each test."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url

from app.kit import migrations
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.embedded import Cluster
from app.main import create_app
from app.settings import Settings
from app.tables import metadata
from tests.client import Client
from tests.make import make_user

# A Tuesday in winter; tests that need another time set `clock.fixed_at`.
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
TEMPLATE = "meridian_template"
STATE = "MERIDIAN_TESTS_STATE_DIR"

# The machine may be busy: how long an example takes says nothing.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_configure() -> None:
    """Name this run's state folder, for the workers to inherit; the server makes it."""
    os.environ.setdefault(STATE, str(Path(tempfile.gettempdir()) / f"meridian-tests-{uuid4().hex[:12]}"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it when all workers are done: one that begins late still needs it, though another may have been the server's last user."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(STATE), ignore_errors=True)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of this run's server; the workers share one and the last of them stops it."""
    with Cluster(Path(os.environ[STATE]), durable=False) as cluster:
        yield cluster.url


def database_named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The name of a migrated database that others are copied from."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone() is None:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
            migrations.upgrade(Database(database_named(server_url, TEMPLATE)).url)
    return TEMPLATE


@pytest.fixture(scope="session")
def database_url(server_url: str, template: str, worker_id: str) -> str:
    name = f"worker_{worker_id}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return database_named(server_url, name)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
async def app(database_url: str, clock: Clock) -> AsyncIterator[FastAPI]:
    wired = create_app(Settings(database_url=database_url), clock=clock)
    async with wired.router.lifespan_context(wired):
        yield wired


@pytest.fixture
async def database(app: FastAPI, clock: Clock) -> Database:
    """The worker's database, empty but for the clinic's one row and the catalogue's."""
    clock.fixed_at = NOW
    found: Database = app.state.database
    async with found.writing() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in metadata.sorted_tables:
            if table.name not in {"secrets", "clinic", "catalogue"}:
                await connection.exec_driver_sql(f"DELETE FROM {table.name}")
        await connection.exec_driver_sql(
            "UPDATE clinic SET name = 'Clinic', time_zone = 'Europe/London', currency = 'GBP', step_minutes = 15, notice_minutes = 120,"
            " horizon_days = 90, hold_minutes = 10, change_notice_minutes = 1440, travel_minutes = 0, holds_per_client = 3,"
            ' upcoming_per_patient = 10, cancel_reasons = \'[{"code": "other", "label": "Other"}]\', version = 1'
        )
        await connection.exec_driver_sql("UPDATE catalogue SET version = version + 1")  # what somebody kept of the world before
        await session.commit()
    return found


@pytest.fixture
async def public(app: FastAPI, database: Database) -> AsyncIterator[Client]:
    """A client without a credential."""
    async with Client.of(app) as client:
        yield client


@pytest.fixture
async def admin(app: FastAPI, database: Database) -> AsyncIterator[Client]:
    async with Client.of(app, token=await make_user(database, role="admin")) as client:
        yield client


@pytest.fixture
async def receptionist(app: FastAPI, database: Database) -> AsyncIterator[Client]:
    async with Client.of(app, token=await make_user(database, role="receptionist")) as client:
        yield client


@pytest.fixture
async def editor(app: FastAPI, database: Database) -> AsyncIterator[Client]:
    async with Client.of(app, token=await make_user(database, role="editor")) as client:
        yield client
