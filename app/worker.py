"""Runs the jobs, inside the server or as a process of its own."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import structlog
from procrastinate.exceptions import ProcrastinateException

# Importing a module registers its jobs.
from app import housekeeping
from app.kit import jobs
from app.kit.db import Database

TASK_MODULES = (housekeeping,)
RESTART_SECONDS = 1

log = structlog.get_logger(__name__)


async def run(conninfo: str) -> None:
    """Work until cancelled. A worker ends when its database goes away; the next one waits for it to come back."""
    this = asyncio.current_task()
    while this is not None and not this.cancelling():
        try:
            await _work(conninfo)
        except (ProcrastinateException, psycopg.Error) as error:
            log.warning("worker.failed", error=type(error).__name__)
        await asyncio.sleep(RESTART_SECONDS)


async def run_until_told(conninfo: str) -> None:
    """Work until SIGTERM or SIGINT. An exception out of a signal's handler could come in the middle of anything; a cancellation cannot."""
    task = asyncio.create_task(run(conninfo), name="worker")
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()  # what it died of, if it died


async def _work(conninfo: str) -> None:
    queue = jobs.connect(conninfo)
    database = Database(conninfo, pool_size=3, application_name="meridian-worker")
    try:
        async with queue.open_async():
            await queue.run_worker_async(
                install_signal_handlers=False,
                delete_jobs="successful",
                shutdown_graceful_timeout=10,
                additional_context={"database": database},
            )
    finally:
        await database.close()


@asynccontextmanager
async def running(conninfo: str) -> AsyncIterator[None]:
    """The worker as a task beside the server."""
    task = asyncio.create_task(run(conninfo), name="worker")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
