"""Private links: with one a patient sees, moves and cancels an appointment, or those of its course, without an account.

A file of its own beside the verbs, since a link changes nothing of the appointment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import Appointment
from app.appointments.states import CANCELLED, WrongState
from app.identity import audit
from app.identity.actions import new_link
from app.identity.actor import Actor
from app.identity.models import PatientLink

# A link is good for so long after the appointment.
OUTLIVES: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Link:
    """A token, shown this once, and until when it opens the appointment."""

    manage_token: str
    expires_at: datetime


def row(appointment: dict[str, Any]) -> tuple[str, dict[str, object]]:
    """A token and the columns of its row, for what is written in one trip; of the appointment's columns `id` and `ends_at` are looked at."""
    return new_link(appointment["id"], appointment["ends_at"] + OUTLIVES)


async def renew(session: AsyncSession, actor: Actor, appointment: Appointment, now: datetime) -> Link:
    """A new link; the older ones are dead. Raises WrongState for what nobody has booked."""
    if appointment.patient_id is None:
        raise WrongState(status_now=appointment.state)
    await session.execute(delete(PatientLink).where(PatientLink.appointment_id == appointment.id))
    expires_at = max(await _last_end(session, appointment), now.replace(microsecond=0)) + OUTLIVES
    token, columns = new_link(appointment.id, expires_at)
    await session.execute(insert(PatientLink).values(**columns))
    audit.record(session, actor, "appointment.link", "appointment", appointment.id)
    return Link(token, expires_at)


async def revoke(session: AsyncSession, actor: Actor, appointment: Appointment) -> None:
    """All of them are dead."""
    await session.execute(delete(PatientLink).where(PatientLink.appointment_id == appointment.id))
    audit.record(session, actor, "appointment.unlink", "appointment", appointment.id)


async def follow(session: AsyncSession, appointment: Appointment) -> None:
    """After a move: they open it for as long after its new time; all of a course, as long after the last of its sessions."""
    ids = select(Appointment.id).where(_same_course(appointment))
    moved = update(PatientLink).where(PatientLink.appointment_id.in_(ids))
    await session.execute(moved.values(expires_at=await _last_end(session, appointment) + OUTLIVES))


def _same_course(appointment: Appointment) -> ColumnElement[bool]:
    if appointment.course_id is None:
        return Appointment.id == appointment.id
    return Appointment.course_id == appointment.course_id


async def _last_end(session: AsyncSession, appointment: Appointment) -> datetime:
    if appointment.course_id is None:
        return appointment.ends_at
    last = select(func.max(Appointment.ends_at)).where(_same_course(appointment), Appointment.status != CANCELLED)
    found: datetime | None = await session.scalar(last)
    return found or appointment.ends_at
