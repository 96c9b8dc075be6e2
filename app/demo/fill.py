"""Fills an empty database with the demo clinic, all of it or nothing."""

from collections.abc import Callable
from datetime import datetime
from random import Random

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.clinic.models import Location
from app.demo import absences, articles, enquiries, patients, practitioners, premises, treatments
from app.demo.credentials import Credentials, add_users
from app.demo.month import Month
from app.enquiries.models import Enquiry
from app.identity.actor import system_actor
from app.identity.models import User
from app.identity.policy import RECEPTIONIST
from app.kit.db import Database, commit
from app.patients.models import Patient
from app.practitioners.models import Practitioner
from app.scheduling.zones import local_date
from app.treatments.models import Treatment

_LOCK = 7_106_554  # any number that nothing else takes as an advisory lock
_WAIT_SECONDS = 60
_SEED = 361
_CONTENT = (Location, Treatment, Practitioner, Patient, Article, Enquiry, User)


def _keep_nothing(_: Credentials) -> None:
    """For whoever has the credentials from `fill` itself."""


async def fill(
    database: Database, *, keep: Callable[[Credentials], object] = _keep_nothing, fixed_now: datetime | None = None
) -> Credentials | None:
    """How to sign in; None, and nothing is done, when the database has content.

    One transaction, so that a fill that is killed leaves nothing behind. `keep` is called just before COMMIT: passwords that were not kept would be
    lost for ever, and those that were kept for nothing are replaced by the next fill.
    """
    async with database.writing() as session:
        await _wait_for_others(session)
        if await _has_content(session):
            return None
        credentials = await _make(session, fixed_now or await _now(session))
        keep(credentials)
        await commit(session)
        return credentials


async def _wait_for_others(session: AsyncSession) -> None:
    """Of two processes that start at once, the second finds what the first has made."""
    for setting in ("lock_timeout", "statement_timeout"):
        await session.execute(select(func.set_config(setting, f"{_WAIT_SECONDS}s", True)))
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def _has_content(session: AsyncSession) -> bool:
    return bool(await session.scalar(select(or_(*(select(table.id).exists() for table in _CONTENT)))))


async def _now(session: AsyncSession) -> datetime:
    """By the database's clock, in whole seconds as everywhere."""
    now: datetime = (await session.execute(select(func.date_trunc("second", func.clock_timestamp())))).scalar_one()
    return now


async def _make(session: AsyncSession, now: datetime) -> Credentials:
    actor, random = system_actor("demo"), Random(_SEED)  # noqa: S311 the same clinic every time; passwords come from elsewhere
    today = local_date(premises.TIME_ZONE, int(now.timestamp()))
    locations = await premises.furnish(session, actor)
    offered = await treatments.offer(session, actor)
    employed = await practitioners.employ(session, actor, locations, offered, today)
    await absences.close(session, actor, locations, today)
    await absences.work_otherwise(session, actor, employed, locations, today)
    known = await patients.enrol(session, actor, random, now)
    await Month(session, actor, random, now).fill(offered, employed, known)
    await absences.take_leave(session, actor, employed, now)
    users, credentials = await add_users(session, actor, employed[practitioners.MAREN].id)
    published = await articles.publish(session, actor, employed, offered, now)
    await enquiries.receive(session, actor, published, offered, users[RECEPTIONIST].id, now)
    return credentials
