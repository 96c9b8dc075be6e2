"""Every SELECT of appointments."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Select, and_, cast, func, not_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import CANCELLED, Appointment
from app.identity.actor import Actor
from app.identity.policy import PATIENT
from app.kit.errors import NotFound
from app.patients.models import Patient
from app.practitioners.models import Practitioner
from app.treatments.models import Treatment


def visible_to(actor: Actor) -> Select[Appointment]:
    """The front desk sees all, a practitioner their own, a patient's link the one that it opens."""
    statement = select(Appointment)
    if actor.at_front_desk:
        return statement
    if actor.role == PATIENT:
        return statement.where(Appointment.id == actor.appointment_id)
    return statement.where(Appointment.practitioner_id == actor.practitioner_id)


async def get(session: AsyncSession, actor: Actor, appointment_id: UUID) -> Appointment:
    """Raises NotFound, for what is not there and for what is not this actor's to see."""
    found = (await session.scalars(visible_to(actor).where(Appointment.id == appointment_id))).one_or_none()
    if found is None:
        raise NotFound
    return found


def on_local_dates(statement: Select[Appointment], from_on: date | None, to_on: date | None) -> Select[Appointment]:
    """Those that start on these dates of their location, both included."""
    local_date = cast(Appointment.wall_start, Date)
    if from_on is not None:
        # The first condition is for the index; no zone is more than 14 hours from UTC.
        earliest = datetime.combine(from_on - timedelta(days=1), time(), UTC)
        statement = statement.where(Appointment.starts_at >= earliest, local_date >= from_on)
    if to_on is not None:
        latest = datetime.combine(to_on + timedelta(days=2), time(), UTC)
        statement = statement.where(Appointment.starts_at < latest, local_date <= to_on)
    return statement


def affected(statement: Select[Appointment], wanted: bool) -> Select[Appointment]:
    """Those that can no longer be kept, and that nobody has dealt with by cancelling; or the others."""
    hit = and_(text("appointments.affected_by <> '[]'"), Appointment.status != CANCELLED)
    return statement.where(hit if wanted else not_(hit))


async def upcoming_of(session: AsyncSession, resource_ids: Collection[int], now: datetime) -> list[Appointment]:
    """What these practitioners have yet to do, by start; locked against whoever changes an appointment without its practitioner's lock."""
    statement = (
        select(Appointment)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .where(Practitioner.resource_id.in_(resource_ids), Appointment.status != CANCELLED, Appointment.ends_at > now)
        .order_by(Appointment.starts_at, Appointment.id)
        .with_for_update(of=Appointment)
    )
    return list((await session.scalars(statement)).all())


async def off_their_wall_time(session: AsyncSession) -> list[tuple[str, datetime, str, datetime]]:
    """Appointments to come whose instant no longer shows the wall time that was promised, as after an update of the time-zone database: reference,
    wall time promised, zone, wall time shown; by start (T1)."""
    to_come = (
        select(Appointment.reference, Appointment.wall_start, Appointment.time_zone, Appointment.starts_at)
        .where(Appointment.status != CANCELLED, Appointment.starts_at > func.clock_timestamp())
        .order_by(Appointment.starts_at, Appointment.id)
    )
    rows = [
        (reference, promised, zone, starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        for reference, promised, zone, starts_at in (await session.execute(to_come)).all()
    ]
    return [row for row in rows if row[1] != row[3]]


async def resource_ids(session: AsyncSession, appointment: Appointment) -> list[int]:
    """The practitioner's and the patient's, which have to be locked before the appointment changes."""
    statement = (
        select(Practitioner.resource_id, Patient.resource_id)
        .select_from(Appointment)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(Appointment.id == appointment.id)
    )
    return list((await session.execute(statement)).one())


async def change_notice_minutes(session: AsyncSession, appointment: Appointment, of_clinic: int) -> int:
    """How long before the start a patient may still change it: the treatment's own, else the clinic's."""
    own = await session.scalar(select(Treatment.change_notice_minutes).where(Treatment.id == appointment.treatment_id))
    return of_clinic if own is None else own
