"""Every SELECT of patients."""

from uuid import UUID

from sqlalchemy import Select, Uuid, column, exists, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.actor import Actor
from app.kit.errors import NotFound
from app.patients.models import Patient
from app.patients.search import matching

# Appointments stand above patients, whose code may not import theirs; who may see whom is a question for the database.
_appointments = table("appointments", column("patient_id", Uuid), column("practitioner_id", Uuid))


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
    found = (await session.scalars(visible_to(actor).where(Patient.id == patient_id))).one_or_none()
    if found is None:
        raise NotFound
    return found


async def search(session: AsyncSession, actor: Actor, asked: str, limit: int) -> tuple[list[Patient], bool]:
    """Up to `limit` by name, and whether there are more."""
    statement = visible_to(actor).where(matching(Patient.search_text, asked))
    found = list((await session.scalars(statement.order_by(Patient.name, Patient.id).limit(limit + 1))).all())
    return found[:limit], len(found) > limit
