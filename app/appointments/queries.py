"""Every SELECT of appointments."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import with_expression

from app.appointments.models import Appointment, HistoryEntry, Hold
from app.appointments.schemas import AppointmentCreate
from app.appointments.states import EXPIRED, HELD, OCCUPYING, YET_TO_COME
from app.clinic.models import Clinic, Place
from app.diary import ledger
from app.diary.models import Claim, Occupancy
from app.identity.actor import Actor
from app.identity.models import User
from app.identity.policy import PATIENT
from app.kit.batch import Batch, Cursor
from app.kit.db import Connection
from app.kit.errors import NotFound
from app.kit.ids import read_reference
from app.patients.models import Patient
from app.patients.search import matching
from app.practitioners.models import Practitioner
from app.treatments.models import Treatment


def _now(fixed_now: datetime | None) -> ColumnElement[datetime]:
    return func.statement_timestamp() if fixed_now is None else literal(fixed_now, DateTime(timezone=True))


def _is_over(fixed_now: datetime | None) -> ColumnElement[bool]:
    """That it was held and the hold has ended. Expiry is a comparison with the time and nothing else."""
    return and_(Appointment.status == HELD, Appointment.held_until <= _now(fixed_now))


def _loaded(fixed_now: datetime | None) -> Select[Appointment]:
    """Appointments that know whether their hold is over."""
    return select(Appointment).options(with_expression(Appointment.expired, _is_over(fixed_now)))


def visible_to(actor: Actor, fixed_now: datetime | None = None) -> Select[Appointment]:
    """The front desk sees all, a practitioner their own, a patient's link the one that it opens."""
    statement = _loaded(fixed_now)
    if actor.at_front_desk:
        return statement
    if actor.role == PATIENT:
        return statement.where(Appointment.id == actor.appointment_id)
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


async def change_notice(session: AsyncSession, appointment: Appointment) -> timedelta:
    """How long before the start a patient may still change it: the treatment's own notice, else the clinic's."""
    own = select(Treatment.change_notice_minutes).where(Treatment.id == appointment.treatment_id).scalar_subquery()
    minutes = await session.scalar(select(func.coalesce(own, Clinic.change_notice_minutes)))
    return timedelta(minutes=minutes or 0)


HELD_BY = f"""
SELECT (SELECT count(*) FROM holds h JOIN appointments a ON a.hold_id = h.id
        WHERE h.client = %(client)s AND h.expires_at > {ledger.NOW} AND a.status = 'held'), holds_per_client
FROM clinic
"""


async def held_by(connection: Connection, client: str, lock: int, fixed_now: datetime | None) -> tuple[int, int]:
    """How many appointments a client keeps on hold, and may keep. Others of the same client wait until this transaction ends."""
    async with Batch(connection) as batch:
        await batch.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
        asked = await batch.execute(HELD_BY, {"client": client, "now": fixed_now})
    [(held, limit)] = await asked.fetchall()
    return held, limit


SOMEBODY = "SELECT id FROM patients WHERE resource_id = %s AND merged_into_id IS NULL AND erased_at IS NULL"


async def ask_somebody(batch: Batch, resource_id: int) -> Cursor:
    """Send for whether a patient who is locked by now is still somebody: no row if not."""
    return await batch.execute(SOMEBODY, (resource_id,))


async def hold_of(session: AsyncSession, token_hash: bytes) -> Hold | None:
    return (await session.scalars(select(Hold).where(Hold.hash == token_hash))).one_or_none()


async def held_in(session: AsyncSession, hold_id: UUID) -> list[Appointment]:
    """What it still keeps, or kept until it ended."""
    statement = select(Appointment).where(Appointment.hold_id == hold_id, Appointment.status == HELD).order_by(Appointment.id)
    return list((await session.scalars(statement, execution_options={"populate_existing": True})).all())


async def all_of_hold(session: AsyncSession, hold_id: UUID, fixed_now: datetime | None) -> list[Appointment]:
    """As they are by now, in the order in which they were asked for."""
    statement = _loaded(fixed_now).where(Appointment.hold_id == hold_id).order_by(Appointment.id)
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
            Appointment.held_until > _now(fixed_now),
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
    distance = func.abs(func.extract("epoch", Appointment.starts_at - _now(fixed_now)))
    rows = (await session.execute(statement.order_by(distance, Appointment.id).limit(limit + 1))).all()
    return [(row[0], row[1], row[2]) for row in rows[:limit]], len(rows) > limit


def _with_who_comes(statement: Select[Appointment]) -> Select[Appointment, str, str]:
    """The same appointments, with name and telephone of the patient."""
    return statement.outerjoin(Patient, Patient.id == Appointment.patient_id).add_columns(Patient.name, Patient.phone)


async def now(session: AsyncSession) -> datetime:
    """By the database's clock."""
    found: datetime = (await session.execute(select(func.statement_timestamp()))).scalar_one()
    return found


async def whose_holds_are_over(session: AsyncSession, fixed_now: datetime | None) -> list[int]:
    """The resources whose time is still taken by holds that are over, or waited for."""
    over = select(Occupancy.resource_id).where(Occupancy.expires_at <= _now(fixed_now))
    waited_for = select(Claim.resource_id).where(func.upper(Claim.during) > _now(fixed_now))
    return sorted((await session.scalars(over.union(waited_for))).all())


async def delete_old_holds(session: AsyncSession, kept: timedelta, fixed_now: datetime | None) -> int:
    """With what they kept, unless it was booked; how many."""
    old = select(Hold.id).where(Hold.expires_at <= _now(fixed_now) - kept)
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
