"""The job that clears what has expired. Correctness never waits for it: everything that expires is compared with the time when it is read."""

from typing import TYPE_CHECKING

import procrastinate
import structlog
from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.models import AccessToken, PatientLink
from app.kit.idempotency import IdempotencyRecord
from app.kit.jobs import tasks

if TYPE_CHECKING:
    from app.kit.db import Database

log = structlog.get_logger(__name__)


async def clear_expired(session: AsyncSession) -> dict[str, int]:
    """Delete expired tokens, links and stored answers; how many of each. The caller commits."""
    cleared: dict[str, int] = {}
    for table in (AccessToken, PatientLink, IdempotencyRecord):
        gone = await session.execute(delete(table).where(table.expires_at <= func.clock_timestamp()).returning(table.expires_at))
        cleared[table.__tablename__] = len(gone.all())
    return cleared


@tasks.periodic(cron="*/10 * * * *")
@tasks.task(name="clear_expired", queueing_lock="clear_expired", pass_context=True)
async def clear_expired_job(context: procrastinate.JobContext, timestamp: int) -> None:
    database: Database = context.additional_context["database"]
    async with database.writing() as session:
        cleared = await clear_expired(session)
        await session.commit()
    log.info("expired.cleared", scheduled_at=timestamp, **cleared)
