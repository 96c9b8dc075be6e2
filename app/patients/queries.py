"""Every SELECT of patients."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Select, String, Uuid, column, delete, exists, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.actor import Actor
from app.identity.models import PatientLink
from app.kit.errors import NotFound
from app.patients.models import Patient
from app.patients.search import having_any, matching

# Appointments stand above patients, whose code may not import theirs; who may see whom is a question for the database.
_appointments = table(
    "appointments",
    column("id", Uuid),
    column("notes", String),
    column("patient_id", Uuid),
    column("practitioner_id", Uuid),
    column("status", String),
    column("ends_at", DateTime(timezone=True)),
)


def visible_to(actor: Actor) -> Select[Patient]:
    """The front desk sees everybody; a practitioner sees those who have, or had, an appointment with them."""
    statement = select(Patient)
    if actor.at_front_desk:
        return statement
    # For a user who is nobody's practitioner this compares with null, and so finds nothing.
    theirs = (_appointments.c.patient_id == Patient.id) & (_appointments.c.practitioner_id == actor.practitioner_id)
    return statement.where(exists().where(theirs))


async def get(session: AsyncSession, actor: Actor, patient_id: UUID) -> Patient:
    """Raises NotFound."""
    found = await find(session, actor, patient_id)
    if found is None:
        raise NotFound
    return found


async def find(session: AsyncSession, actor: Actor, patient_id: UUID) -> Patient | None:
    return (await session.scalars(visible_to(actor).where(Patient.id == patient_id))).one_or_none()


def listed(actor: Actor) -> Select[Patient]:
    """Those who are somebody: not what was merged into another, nor what was erased."""
    return visible_to(actor).where(Patient.merged_into_id.is_(None), Patient.erased_at.is_(None))


async def alike(session: AsyncSession, actor: Actor, patient: Patient, limit: int) -> list[Patient]:
    """Who has a name, an address or a number of theirs; by age of the record."""
    statement = listed(actor).where(Patient.id != patient.id, having_any(Patient.search_text, patient.search_text.splitlines()))
    return list((await session.scalars(statement.order_by(Patient.id).limit(limit))).all())


async def has_upcoming(session: AsyncSession, patient_id: UUID, now: datetime) -> bool:
    """Whether there is an appointment for which they are expected."""
    upcoming = exists().where(
        _appointments.c.patient_id == patient_id,
        _appointments.c.status.in_(("pending", "booked", "arrived")),
        _appointments.c.ends_at > now,
    )
    return bool(await session.scalar(select(upcoming)))


async def search(session: AsyncSession, actor: Actor, asked: str, limit: int) -> tuple[list[Patient], bool]:
    """Up to `limit` by name, and whether there are more."""
    statement = listed(actor).where(matching(Patient.search_text, asked))
    found = list((await session.scalars(statement.order_by(Patient.name, Patient.id).limit(limit + 1))).all())
    return found[:limit], len(found) > limit


async def forget(session: AsyncSession, patient_id: UUID) -> None:
    """What was written about them on appointments, and the links that open those."""
    theirs = select(_appointments.c.id).where(_appointments.c.patient_id == patient_id)
    await session.execute(delete(PatientLink).where(PatientLink.appointment_id.in_(theirs)))
    await session.execute(update(_appointments).where(_appointments.c.patient_id == patient_id).values(notes=None))


async def point_to(session: AsyncSession, patient_id: UUID, into_id: UUID) -> None:
    """What was merged into the one before is the other's too."""
    await session.execute(update(Patient).where(Patient.merged_into_id == patient_id).values(merged_into_id=into_id))
