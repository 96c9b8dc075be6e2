"""Every SELECT of courses, and what is deleted of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import Appointment, HistoryEntry
from app.appointments.queries import loaded, moment
from app.appointments.states import CANCELLED, HELD, OCCUPYING
from app.courses.models import Course
from app.diary.models import Occupancy
from app.identity.actor import Actor
from app.identity.models import PatientLink
from app.identity.policy import PATIENT
from app.kit.errors import NotFound

_LIVE = f"({', '.join(map(repr, OCCUPYING))})"
_OF_NUMBER = "SELECT FROM appointments WHERE course_id = courses.id AND session_number = number AND status"

# What `progress` says of one course, asked of all of them; a test compares the two. A course that is only held needs nothing but to be confirmed.
_ATTENTION = f"""
courses.cancelled_at IS NULL AND courses.paused_at IS NULL
AND NOT EXISTS (SELECT FROM appointments WHERE course_id = courses.id AND status = 'held')
AND EXISTS (
    SELECT FROM (
        SELECT coalesce((courses.question->>'sessions')::int, max(session_number)) AS planned,
               bool_or(affected_by <> '[]' AND status IN ('pending', 'booked', 'arrived')) AS affected
        FROM appointments WHERE course_id = courses.id
    ) AS of_all
    LEFT JOIN LATERAL (
        SELECT session_number, (:now AT TIME ZONE time_zone)::date - wall_start::date AS days_ago FROM appointments
        WHERE course_id = courses.id AND (status IN ('arrived', 'fulfilled') OR status IN ('pending', 'booked') AND starts_at <= :now)
        ORDER BY session_number DESC LIMIT 1
    ) AS done ON true
    WHERE affected
       OR EXISTS (
           SELECT FROM generate_series(coalesce(done.session_number, 0) + 1, planned) AS number
           WHERE NOT EXISTS ({_OF_NUMBER} IN {_LIVE}) AND NOT EXISTS ({_OF_NUMBER} = 'no_show')
       )
       OR done.days_ago > (
           SELECT sum(max_days) FROM (
               SELECT (phase->>'max_days')::int AS max_days, row_number() OVER (ORDER BY place, copy) AS number
               FROM jsonb_array_elements(courses.question->'cadence') WITH ORDINALITY AS phases (phase, place),
                    generate_series(1, (phase->>'sessions')::int) AS copy
           ) AS gaps
           WHERE gaps.number > done.session_number AND gaps.number <= (
               SELECT min(number) FROM generate_series(done.session_number + 1, planned) AS number
               WHERE EXISTS ({_OF_NUMBER} IN {_LIVE}) OR NOT EXISTS ({_OF_NUMBER} = 'no_show')
           )
       )
)
"""


@dataclass(frozen=True, slots=True)
class Whole:
    """A course and its sessions, by number, those of one number by age; what was cancelled among them."""

    course: Course
    appointments: Sequence[Appointment]

    @property
    def patient_id(self) -> UUID | None:
        """Whose it is stands with its sessions, of which there is always one."""
        return self.appointments[0].patient_id

    @property
    def version(self) -> int:
        """Moves whenever the course or one of its sessions changes: versions only grow, and no session is ever taken away."""
        return self.course.version + sum(one.version for one in self.appointments)


def visible_to(actor: Actor) -> Select[Course]:
    """The front desk sees all, a practitioner those in which they treat, a patient's link the one that its appointment belongs to."""
    statement = select(Course)
    if actor.at_front_desk:
        return statement
    if actor.role == PATIENT:
        return statement.where(_has(Appointment.id == actor.appointment_id))
    return statement.where(_has(Appointment.practitioner_id == actor.practitioner_id, Appointment.status != CANCELLED))


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Appointment.course_id == Course.id, *conditions)


def of_patient(statement: Select[Course], patient_id: UUID) -> Select[Course]:
    return statement.where(_has(Appointment.patient_id == patient_id))


def needing_attention(statement: Select[Course], now: datetime, wanted: bool) -> Select[Course]:
    """`now` by the clock of the request: it is a list to work through, not a promise."""
    needs = f"({_ATTENTION})" if wanted else f"NOT ({_ATTENTION})"
    return statement.where(text(needs).bindparams(bindparam("now", now, unique=False)))


async def get(session: AsyncSession, actor: Actor, course_id: UUID, fixed_now: datetime | None) -> Whole:
    """Raises NotFound, for what is not there and for what is not this actor's to see."""
    course = (await session.scalars(visible_to(actor).where(Course.id == course_id))).one_or_none()
    if course is None:
        raise NotFound
    appointments = (await sessions_of(session, [course_id], fixed_now))[course_id]
    if not appointments:
        raise NotFound  # it was held, and has been cleared away since
    return Whole(course, appointments)


async def sessions_of(
    session: AsyncSession, course_ids: Collection[UUID], fixed_now: datetime | None
) -> defaultdict[UUID, list[Appointment]]:
    statement = loaded(fixed_now).where(Appointment.course_id.in_(course_ids))
    statement = statement.order_by(Appointment.session_number, Appointment.id)
    found: defaultdict[UUID, list[Appointment]] = defaultdict(list)
    for one in (await session.scalars(statement, execution_options={"populate_existing": True})).all():
        if one.course_id is not None:
            found[one.course_id].append(one)
    return found


async def read_again(session: AsyncSession, whole: Whole, fixed_now: datetime | None, *, lock: bool = False) -> Whole:
    """As it is by now. `lock`: nobody changes the course itself meanwhile."""
    await session.refresh(whole.course, with_for_update={"key_share": True} if lock else None)
    return Whole(whole.course, (await sessions_of(session, [whole.course.id], fixed_now))[whole.course.id])


async def delete_expired(session: AsyncSession, kept: timedelta, fixed_now: datetime | None) -> int:
    """Courses that were held and never confirmed, with all of their sessions, those among them that were cancelled; how many."""
    over = and_(Appointment.status == HELD, Appointment.held_until <= moment(fixed_now) - kept)
    held = select(Appointment.course_id).where(Appointment.course_id.is_not(None), over)
    courses = list((await session.scalars(held.distinct())).all())
    if not courses:
        return 0
    left = select(Appointment.id).where(Appointment.course_id.in_(courses))
    for table, column in (
        (HistoryEntry, HistoryEntry.appointment_id),
        (Occupancy, Occupancy.appointment_id),
        (PatientLink, PatientLink.appointment_id),
        (Appointment, Appointment.id),
    ):
        await session.execute(delete(table).where(column.in_(left)), execution_options={"synchronize_session": False})
    await session.execute(delete(Course).where(Course.id.in_(courses)), execution_options={"synchronize_session": False})
    return len(courses)
