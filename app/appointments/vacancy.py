"""Time that appointments give up, and who gets it. A file of its own, because cancelling, moving, missing and giving back a hold all leave time."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import entries, history, queries
from app.appointments.booking import Arranged
from app.diary import claims, ledger
from app.identity.actor import Actor
from app.kit.batch import Batch
from app.kit.db import driver
from app.kit.pipeline import Answer


async def lock(session: AsyncSession, whom: queries.Concerned, fixed_now: datetime | None) -> datetime:
    """Practitioners and patients; the time by then."""
    async with Batch(await driver(session)) as batch:
        cursor = ledger.lock(batch, whom.people)
    locked = ledger.locked(cursor, whom.people)
    return fixed_now or locked.at


async def leave(
    session: AsyncSession,
    actor: Actor,
    appointment_ids: Collection[UUID],
    left: queries.Concerned,
    at: datetime,
    fixed_now: datetime | None,
) -> None:
    """Whatever these appointments occupy is free; those who wait for it get it."""
    async with Batch(await driver(session)) as batch:
        ledger.release(batch, appointment_ids)
        ledger.purge(batch, left.practitioners, fixed_now)
        ledger.touch(batch, left.places)
        waiting = claims.ask(batch, left.practitioners, fixed_now)
    await settle(session, actor, waiting, at)


async def settle(session: AsyncSession, actor: Actor, waiting: Answer, at: datetime) -> None:
    """An overbooked appointment that waits for nothing any more is none."""
    heard = await claims.settle(await driver(session), waiting)
    for appointment in await queries.by_ids(session, [one for one, waits in heard.items() if not waits]):
        before = history.told(appointment)
        appointment.overbooked = False
        history.record(session, actor, "settle", at, before, appointment)
    await session.flush()


async def take(session: AsyncSession, arranged: Arranged, fixed_now: datetime | None) -> bool:
    """What was decided is occupied. False: a place went meanwhile."""
    wanted = [one for decision in arranged.decisions for one in entries.taken(decision, arranged.patient_resource_id)]
    async with Batch(await driver(session)) as batch:
        ledger.purge(batch, entries.concerned(arranged.decisions, arranged.patient_resource_id), fixed_now)
        taken = ledger.occupy(batch, wanted)
        ledger.touch(batch, entries.places(arranged.decisions))
    return taken.rowcount == len(wanted)
