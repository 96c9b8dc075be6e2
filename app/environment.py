"""What every command needs before it can begin: settings, and a database that is running. Refusals are one sentence and an exit code."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
import typer
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from app import settings as app_settings
from app.kit import logs, migrations
from app.kit.db import Database, commit
from app.kit.embedded import Cluster, EmbeddedError
from app.kit.errors import AppError
from app.settings import Settings, SettingsError

Result = TypeVar("Result")
WATCH_SECONDS = 2

log = structlog.get_logger(__name__)


def fail(sentence: str, exit_code: int = 1) -> typer.Exit:
    """To be raised."""
    typer.echo(sentence, err=True)
    return typer.Exit(exit_code)


def check_address(host: str, port: int) -> None:
    """Fail with a sentence before anything is started, where the server could not listen."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        raise fail(f"Cannot listen on {host} port {port}: {error.strerror or error}.") from None


@contextmanager
def configured() -> Iterator[Settings]:
    """The settings, with the address of a database: the one that is set, else the embedded one, running for as long as this lasts."""
    try:
        settings = app_settings.load()
    except SettingsError as error:
        raise fail(str(error)) from None
    logs.configure(settings.log_level)
    try:
        if settings.database_url is not None:
            yield settings
            return
        with _embedded(settings) as with_address:
            yield with_address
    except OperationalError:
        # The driver's own words may hold the address with its password.
        raise fail("The database does not answer, or refuses this user: check DATABASE_URL.") from None


@contextmanager
def _embedded(settings: Settings) -> Iterator[Settings]:
    cluster = Cluster(settings.state_dir)
    try:
        cluster.start()
    except EmbeddedError as error:
        raise fail(str(error), error.exit_code) from None
    try:
        with _watched(cluster):
            yield settings.model_copy(update={"database_url": SecretStr(cluster.url)})
    finally:
        cluster.stop()


@contextmanager
def _watched(cluster: Cluster) -> Iterator[None]:
    """Nobody else looks after the embedded server: should it die, it is started again, at the same address."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_SECONDS):
            try:
                if cluster.revive():
                    log.warning("embedded.revived")
            except EmbeddedError as error:
                log.error("embedded.lost", reason=str(error))  # noqa: TRY400 the sentence is what there is to say

    watcher = threading.Thread(target=watch, name="embedded-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


@contextmanager
def migrated() -> Iterator[Settings]:
    """As `configured`, with the database brought up to date."""
    with configured() as settings:
        migrations.upgrade(database_of(settings).url)
        yield settings


def database_of(settings: Settings) -> Database:
    if settings.database_url is None:
        raise AssertionError("the settings in use always name a database")
    return Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)


def with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Run `work` on an event loop of its own, with a database that is closed afterwards."""

    async def run() -> Result:
        database = database_of(settings)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def in_transaction(settings: Settings, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    """Run and commit; a refusal becomes one sentence and exit code 1."""

    async def run(database: Database) -> Result:
        async with database.writing() as session:
            found = await work(session)
            await commit(session)
            return found

    try:
        return with_database(settings, run)
    except AppError as error:
        raise fail(error.detail) from None
