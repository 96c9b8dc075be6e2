"""Background jobs: procrastinate, its tables in a schema of their own.

A job row is written in the transaction of the work it belongs to (`task.configure(connection=…).defer_async`), so it exists if and only if the work
does. Delivery is at least once. A job whose worker died is put back by the worker that notices.
"""

import copy

import procrastinate
import structlog
from procrastinate import PsycopgConnector
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from app.kit.db import SEARCH_PATH

SCHEMA = "jobs"

log = structlog.get_logger(__name__)

# Tasks register here when their modules are imported; the connector is put in by `connect`.
tasks = procrastinate.Blueprint()


def connect(conninfo: str, *, pool_size: int = 3) -> procrastinate.App:
    """A queue on the database at `conninfo`, with every registered task. Open it with `async with app.open_async()`."""
    connector = PsycopgConnector(
        conninfo=conninfo,
        min_size=1,
        max_size=pool_size,
        kwargs={"options": f"-c search_path={SEARCH_PATH}", "application_name": "meridian-jobs"},
    )
    app = procrastinate.App(connector=connector)
    # A copy, since procrastinate renames what it is given, and a process connects more than once.
    app.add_tasks_from(copy.deepcopy(tasks), namespace="meridian")
    return app


@tasks.periodic(cron="*/1 * * * *")
@tasks.task(name="retry_stalled_jobs", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: procrastinate.JobContext, timestamp: int) -> None:
    """Put back what a dead worker had begun."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # One like it is waiting already, and of these there is one at a time.
            await manager.finish_job(job, Status.FAILED, delete_job=True)
        log.warning("job.retried", job_id=job.id, task=job.task_name)
