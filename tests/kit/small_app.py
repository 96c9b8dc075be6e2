"""A small application behind the real edge, for what no feature does on purpose: routes that fail, swallow, wait."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from app.identity.gate import Gate
from app.kit import problems
from app.kit.clock import Clock
from app.kit.db import Connection, Database
from app.kit.envelope import Envelope
from app.kit.routing import Router

OPEN = "health:read"  # a permission that everybody has
MAX_BODY_BYTES = 4096


def small_app(database: Database, router: Router, clock: Clock | None = None) -> FastAPI:
    made = FastAPI(
        redirect_slashes=False,
        openapi_url=None,
        middleware=[
            Middleware(Envelope, max_body_bytes=MAX_BODY_BYTES),
            Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
        ],
    )
    made.state.database = database
    made.state.clock = clock or Clock()
    made.state.gate = Gate(made.state.clock)
    made.state.secret = b"small" * 8
    problems.install(made)
    made.include_router(router)
    return made


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Wait for something that must come; the limit only ends a broken run."""
    async with asyncio.timeout(90):
        while not await condition():  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.01)


async def others(observer: Connection, condition: str) -> int:
    """How many other connections to this database are in a state, as `pg_stat_activity` shows it this moment."""
    await observer.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the same picture again otherwise
    found = await observer.execute(
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}".encode()
    )
    row = await found.fetchone()
    assert row is not None
    return int(row[0])


async def waiting_for_locks(observer: Connection, number: int) -> None:
    async def reached() -> bool:
        return await others(observer, "wait_event_type = 'Lock'") >= number

    await until(reached)
