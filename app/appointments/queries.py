"""Every SELECT of appointments."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    and_,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, with_expression

from app.appointments.models import Appointment
from app.appointments.states import EXPIRED, HELD, OCCUPYING, YET_TO_COME
from app.clinic.models import Clinic, Place
from app.identity.actor import Actor
from app.identity.policy import PATIENT
from app.kit.batch import Batch
from app.kit.errors import NotFound
from app.kit.pipeline import Answer
from app.patients.models import Patient
from app.practitioners.models import Practitioner
from app.treatments.models import Treatment


def moment(fixed_now: datetime | None) -> ColumnElement[datetime]:
    return func.statement_timestamp() if fixed_now is None else literal(fixed_now, DateTime(timezone=True))


def _is_over(fixed_now: datetime | None) -> ColumnElement[bool]:
    """That it was held and the hold has ended. Expiry is a comparison with the time and nothing else."""
    return and_(Appointment.status == HELD, Appointment.held_until <= moment(fixed_now))


def loaded(fixed_now: datetime | None) -> Select[Appointment]:
    """Appointments that know whether their hold is over."""
    return select(Appointment).options(with_expression(Appointment.expired, _is_over(fixed_now)))


def visible_to(actor: Actor, fixed_now: datetime | None = None) -> Select[Appointment]:
    """The front desk sees all, a practitioner their own, a patient's link the one that it opens and those of its course."""
    statement = loaded(fixed_now)
    if actor.at_front_desk:
        return statement
    if actor.role == PATIENT:
        opened = aliased(Appointment)
        course_id = select(opened.course_id).where(opened.id == actor.appointment_id).scalar_subquery()
        return statement.where(or_(Appointment.id == actor.appointment_id, Appointment.course_id == course_id))
    return statement.where(Appointment.practitioner_id == actor.practitioner_id)


async def get(session: AsyncSession, actor: Actor, appointment_id: UUID, fixed_now: datetime | None = None) -> Appointment:
    """Raises NotFound, for what is not there and for what is not this actor's to see."""
    found = (await session.scalars(visible_to(actor, fixed_now).where(Appointment.id == appointment_id))).one_or_none()
    if found is None:
        raise NotFound
    return found


def in_state(statement: Select[Appointment], status: str | None, fixed_now: datetime | None) -> Select[Appointment]:
    """None: in any, but for what a hold has left behind."""
    if status == EXPIRED:
        return statement.where(_is_over(fixed_now))
    if status is not None:
        statement = statement.where(Appointment.status == status)
    return statement.where(not_(_is_over(fixed_now))) if status in {None, HELD} else statement


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
    """Those that can no longer be kept, and that nobody has dealt with; or the others."""
    hit = and_(text("appointments.affected_by <> '[]'"), Appointment.status.in_(OCCUPYING))
    return statement.where(hit if wanted else not_(hit))


async def upcoming_of(session: AsyncSession, resource_ids: Collection[int], now: datetime) -> list[Appointment]:
    """What these practitioners have yet to do, by start; locked against whoever changes an appointment without its practitioner's lock."""
    statement = (
        select(Appointment)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .where(Practitioner.resource_id.in_(resource_ids), Appointment.status.in_(YET_TO_COME), Appointment.ends_at > now)
        .order_by(Appointment.starts_at, Appointment.id)
        .with_for_update(of=Appointment)
    )
    return list((await session.scalars(statement)).all())


async def off_their_wall_time(session: AsyncSession) -> list[tuple[str, datetime, str, datetime]]:
    """Appointments to come whose instant no longer shows the wall time that was promised, as after an update of the time-zone database: reference,
    wall time promised, zone, wall time shown; by start (T1)."""
    to_come = (
        select(Appointment.reference, Appointment.wall_start, Appointment.time_zone, Appointment.starts_at)
        .where(Appointment.status.in_(YET_TO_COME), Appointment.starts_at > func.clock_timestamp())
        .order_by(Appointment.starts_at, Appointment.id)
    )
    rows = [
        (reference, promised, zone, starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        for reference, promised, zone, starts_at in (await session.execute(to_come)).all()
    ]
    return [row for row in rows if row[1] != row[3]]


@dataclass(frozen=True, slots=True)
class Concerned:
    """The resources of some appointments."""

    practitioners: frozenset[int]
    patients: frozenset[int]
    places: frozenset[int]

    @property
    def people(self) -> frozenset[int]:
        """Who has to be locked before the appointments change."""
        return self.practitioners | self.patients


async def concerned(session: AsyncSession, appointment_ids: Collection[UUID]) -> Concerned:
    statement = (
        select(Practitioner.resource_id, Patient.resource_id, Place.resource_id)
        .select_from(Appointment)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .outerjoin(Patient, Patient.id == Appointment.patient_id)
        .outerjoin(Place, Place.id == Appointment.place_id)
        .where(Appointment.id.in_(appointment_ids))
    )
    rows = (await session.execute(statement)).all()
    kinds = [frozenset(one for one in of_kind if one is not None) for of_kind in zip(*rows, strict=True)] or [frozenset()] * 3
    return Concerned(*kinds)


async def by_ids(session: AsyncSession, appointment_ids: Collection[UUID]) -> list[Appointment]:
    if not appointment_ids:
        return []
    statement = select(Appointment).where(Appointment.id.in_(appointment_ids)).order_by(Appointment.id)
    return list((await session.scalars(statement, execution_options={"populate_existing": True})).all())


async def of_patient(session: AsyncSession, patient_id: UUID) -> list[Appointment]:
    statement = select(Appointment).where(Appointment.patient_id == patient_id).order_by(Appointment.id)
    return list((await session.scalars(statement, execution_options={"populate_existing": True})).all())


async def is_booked_again(session: AsyncSession, missed: Appointment) -> bool:
    """Whether there is another appointment for the same session of its course."""
    if missed.course_id is None:
        return False
    same = (Appointment.course_id == missed.course_id, Appointment.session_number == missed.session_number)
    return bool(await session.scalar(select(exists().where(*same, Appointment.status.in_(OCCUPYING)))))


async def change_notice(
    session: AsyncSession, appointment: Appointment, fixed_now: datetime | None
) -> tuple[timedelta, datetime]:
    """How long before the start a patient may still change it (the treatment's own notice, else the clinic's), and what time it is."""
    own = select(Treatment.change_notice_minutes).where(Treatment.id == appointment.treatment_id).scalar_subquery()
    minutes, now = (await session.execute(select(func.coalesce(own, Clinic.change_notice_minutes), moment(fixed_now)))).one()
    return timedelta(minutes=minutes), now


async def change_notices(session: AsyncSession, treatment_ids: Collection[UUID]) -> dict[UUID, timedelta]:
    """The same of several treatments at once."""
    minutes = func.coalesce(Treatment.change_notice_minutes, Clinic.change_notice_minutes)
    statement = select(Treatment.id, minutes).join(Clinic, true()).where(Treatment.id.in_(treatment_ids))
    rows = await session.execute(statement)
    return {one: timedelta(minutes=found) for one, found in rows.all()}


SOMEBODY = "SELECT id FROM patients WHERE resource_id = %s AND merged_into_id IS NULL AND erased_at IS NULL"


def ask_somebody(batch: Batch, resource_id: int) -> Answer:
    """Send for whether a patient who is locked by now is still somebody: no row if not."""
    return batch.execute(SOMEBODY, (resource_id,))


async def now(session: AsyncSession, fixed_now: datetime | None) -> datetime:
    """By the database's clock, unless it is fixed."""
    found: datetime = fixed_now or (await session.execute(select(func.statement_timestamp()))).scalar_one()
    return found
