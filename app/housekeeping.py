"""The job that clears what has expired. Correctness never waits for it: everything that expires is compared with the time when it is read.

What a hold leaves behind (appointments that nobody has booked, courses that nobody has confirmed) is kept for a day, for whoever wonders, and then
is gone.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import procrastinate
import structlog
from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import hold_queries, queries, vacancy
from app.courses import queries as course_queries
from app.diary import claims, ledger
from app.identity.actor import system_actor
from app.identity.models import AccessToken, PatientLink
from app.kit.batch import Batch
from app.kit.db import driver
from app.kit.idempotency import IdempotencyRecord
from app.kit.jobs import tasks

if TYPE_CHECKING:
    from app.kit.db import Database

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(days=1)


async def clear_expired(session: AsyncSession) -> dict[str, int]:
    """Delete expired tokens, links and stored answers; how many of each. The caller commits."""
    cleared: dict[str, int] = {}
    for table in (AccessToken, PatientLink, IdempotencyRecord):
        gone = await session.execute(delete(table).where(table.expires_at <= func.clock_timestamp()).returning(table.expires_at))
        cleared[table.__tablename__] = len(gone.all())
    return cleared


async def clear_holds(session: AsyncSession, fixed_now: datetime | None = None) -> int:
    """Free the time of holds that are over, for those who wait for it, and delete those of yesterday; how many. The caller commits."""
    connection = await driver(session)
    people, places = await hold_queries.whose_holds_are_over(session, fixed_now)
    async with Batch(connection) as batch:
        ledger.lock(batch, people)  # and no place: whoever books holds a practitioner when it comes to the place
        ledger.purge(batch, [*people, *places], fixed_now)
        waiting = claims.ask(batch, people, fixed_now)
    await vacancy.settle(session, system_actor("housekeeping"), waiting, await queries.now(session, fixed_now))
    courses = await course_queries.delete_expired(session, KEPT, fixed_now)
    return courses + await hold_queries.delete_old_holds(session, KEPT, fixed_now)


@tasks.periodic(cron="*/10 * * * *")
@tasks.task(name="clear_expired", queueing_lock="clear_expired", pass_context=True)
async def clear_expired_job(context: procrastinate.JobContext, timestamp: int) -> None:
    database: Database = context.additional_context["database"]
    async with database.writing() as session:
        cleared = await clear_expired(session)
        cleared["holds"] = await clear_holds(session)
        await session.commit()
    log.info("expired.cleared", scheduled_at=timestamp, **cleared)
