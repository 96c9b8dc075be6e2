"""Every SELECT of holds, and what is deleted of them. Apart from `queries`, which is long."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import Appointment, HistoryEntry, Hold
from app.appointments.queries import loaded, moment
from app.appointments.schemas import AppointmentCreate
from app.appointments.states import HELD
from app.clinic.models import Clinic
from app.diary import ledger
from app.diary.models import PLACE, Claim, Occupancy, Resource
from app.kit.batch import Batch
from app.kit.db import Connection

HELD_BY = f"""
SELECT (SELECT count(*) FROM holds h JOIN appointments a ON a.hold_id = h.id
        WHERE h.client = %(client)s AND h.expires_at > {ledger.NOW} AND a.status = 'held'), holds_per_client
FROM clinic
"""


async def held_by(connection: Connection, client: str, lock: int, fixed_now: datetime | None) -> tuple[int, int]:
    """How many appointments a client keeps on hold, and may keep. Others of the same client wait until this transaction ends."""
    async with Batch(connection) as batch:
        batch.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
        asked = batch.execute(HELD_BY, {"client": client, "now": fixed_now})
    [(held, limit)] = asked.rows
    return held, limit


async def hold_of(session: AsyncSession, token_hash: bytes) -> Hold | None:
    return (await session.scalars(select(Hold).where(Hold.hash == token_hash))).one_or_none()


async def held_in(session: AsyncSession, hold_id: UUID) -> list[Appointment]:
    """What it still keeps, or kept until it ended."""
    statement = select(Appointment).where(Appointment.hold_id == hold_id, Appointment.status == HELD).order_by(Appointment.id)
    return list((await session.scalars(statement, execution_options={"populate_existing": True})).all())


async def all_of_hold(session: AsyncSession, hold_id: UUID, fixed_now: datetime | None) -> list[Appointment]:
    """As they are by now, in the order in which they were asked for."""
    statement = loaded(fixed_now).where(Appointment.hold_id == hold_id).order_by(Appointment.id)
    return list((await session.scalars(statement)).all())


async def held_appointment(
    session: AsyncSession, token_hash: bytes, wanted: AppointmentCreate, fixed_now: datetime | None
) -> Appointment | None:
    """What a hold that has not ended keeps of what is wanted."""
    statement = (
        select(Appointment)
        .join(Hold, Hold.id == Appointment.hold_id)
        .where(
            Hold.hash == token_hash,
            Appointment.status == HELD,
            Appointment.held_until > moment(fixed_now),
            Appointment.treatment_id == wanted.treatment_id,
            Appointment.location_id == wanted.location_id,
            Appointment.starts_at == wanted.starts_at,
        )
        .order_by(Appointment.id)
        .limit(1)
    )
    if wanted.practitioner_id is not None:
        statement = statement.where(Appointment.practitioner_id == wanted.practitioner_id)
    return (await session.scalars(statement)).one_or_none()


async def hold_minutes(session: AsyncSession) -> int:
    return (await session.scalars(select(Clinic.hold_minutes))).one()


async def whose_holds_are_over(session: AsyncSession, fixed_now: datetime | None) -> tuple[list[int], list[int]]:
    """The people, and the places, whose time is still taken by holds that are over, or waited for."""
    over = select(Occupancy.resource_id).where(Occupancy.expires_at <= moment(fixed_now))
    waited_for = select(Claim.resource_id).where(func.upper(Claim.during) > moment(fixed_now))
    rows = await session.execute(select(Resource.kind, Resource.id).where(Resource.id.in_(over.union(waited_for))))
    found = rows.all()
    return [one for kind, one in found if kind != PLACE], [one for kind, one in found if kind == PLACE]


async def delete_old_holds(session: AsyncSession, kept: timedelta, fixed_now: datetime | None) -> int:
    """With what they kept, unless it was booked; how many."""
    old = select(Hold.id).where(Hold.expires_at <= moment(fixed_now) - kept)
    left = select(Appointment.id).where(Appointment.hold_id.in_(old), Appointment.patient_id.is_(None))
    for table, column in (
        (HistoryEntry, HistoryEntry.appointment_id),
        (Occupancy, Occupancy.appointment_id),
        (Appointment, Appointment.id),
    ):
        await session.execute(delete(table).where(column.in_(left)), execution_options={"synchronize_session": False})
    unused = ~exists().where(Appointment.hold_id == Hold.id)
    gone = await session.execute(delete(Hold).where(Hold.id.in_(old), unused).returning(Hold.id))
    return len(gone.all())
