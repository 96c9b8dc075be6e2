"""Every SELECT of what the front desk reads: a day, a search, a history. Apart from `queries`: nothing that changes an appointment needs them."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, String, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import Appointment, HistoryEntry
from app.appointments.queries import in_state, moment, on_local_dates, visible_to
from app.appointments.states import HELD
from app.clinic.models import Place
from app.identity.actor import Actor
from app.identity.models import User
from app.kit.ids import read_reference
from app.patients.models import Patient
from app.patients.search import matching
from app.practitioners.models import Practitioner


def history_of(appointment_id: UUID) -> Select[HistoryEntry, str | None]:
    """Each step, the first first, and the name of the member of staff who took it."""
    name = User.name.label("name")
    by_staff = HistoryEntry.actor_key == func.concat("user:", cast(User.id, String))
    statement = select(HistoryEntry, name).outerjoin(User, by_staff)
    return statement.where(HistoryEntry.appointment_id == appointment_id).order_by(HistoryEntry.at, HistoryEntry.id)


class Named(NamedTuple):
    """A practitioner or a place, with the name that people know it by. `kind` is a place's."""

    id: UUID
    resource_id: int
    name: str
    kind: str


async def practitioners_of(session: AsyncSession, actor: Actor) -> list[Named]:
    """Whose diaries the actor may see, by name."""
    statement = select(Practitioner.id, Practitioner.resource_id, Practitioner.name, literal("practitioner"))
    if not actor.at_front_desk:
        statement = statement.where(Practitioner.id == actor.practitioner_id)
    rows = await session.execute(statement.order_by(Practitioner.name, Practitioner.id))
    return [Named(*row) for row in rows.all()]


async def places_of(session: AsyncSession, location_id: UUID) -> list[Named]:
    """By position."""
    statement = select(Place.id, Place.resource_id, Place.name, Place.kind).where(Place.location_id == location_id, Place.active)
    rows = await session.execute(statement.order_by(Place.position, Place.id))
    return [Named(*row) for row in rows.all()]


Known = tuple[Appointment, str | None, str | None]
"""An appointment, and the name and telephone of who comes."""


async def of_day(session: AsyncSession, actor: Actor, location_id: UUID, on: date, fixed_now: datetime | None) -> list[Known]:
    """That start there on that local date, by start; but for holds that are over."""
    statement = in_state(on_local_dates(visible_to(actor, fixed_now), on, on), None, fixed_now)
    statement = statement.where(
        Appointment.location_id == location_id, or_(Appointment.patient_id.is_not(None), Appointment.status == HELD)
    )
    rows = await session.execute(_with_who_comes(statement).order_by(Appointment.starts_at, Appointment.id))
    return [(row[0], row[1], row[2]) for row in rows.all()]


async def search(
    session: AsyncSession, actor: Actor, asked: str, limit: int, fixed_now: datetime | None
) -> tuple[list[Known], bool]:
    """Up to `limit`, the nearest to now first, and whether there are more. By a reference, if that is what was asked for, else by who comes."""
    reference = read_reference(asked, "AP")
    statement = _with_who_comes(visible_to(actor, fixed_now).where(Appointment.patient_id.is_not(None)))
    by_who = matching(Patient.search_text, asked)
    statement = statement.where(by_who if reference is None else or_(Appointment.reference == reference, by_who))
    distance = func.abs(func.extract("epoch", Appointment.starts_at - moment(fixed_now)))
    rows = (await session.execute(statement.order_by(distance, Appointment.id).limit(limit + 1))).all()
    return [(row[0], row[1], row[2]) for row in rows[:limit]], len(rows) > limit


def _with_who_comes(statement: Select[Appointment]) -> Select[Appointment, str, str]:
    """The same appointments, with name and telephone of the patient."""
    return statement.outerjoin(Patient, Patient.id == Appointment.patient_id).add_columns(Patient.name, Patient.phone)
