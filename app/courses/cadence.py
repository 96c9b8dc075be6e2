"""The cadence of a course that is there, and what a session that was moved makes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments.models import Appointment
from app.appointments.series import OffCadenceWarning
from app.courses import queries
from app.courses.models import Course
from app.courses.progress import Sitting, current, off_cadence
from app.courses.schemas import CourseWishes
from app.scheduling.planning.values import Gap


def question_of(course: Course) -> CourseWishes | None:
    return None if course.question is None else CourseWishes.model_validate(course.question)


def stored(question: CourseWishes) -> dict[str, Any]:
    """As a course keeps it. Whose it is stands with the sessions, and may become somebody else's."""
    return question.model_dump(mode="json", exclude={"cursor", "patient_id"})


def gaps_of(question: CourseWishes | None) -> list[Gap]:
    """Before each session, the first among them; none without a question."""
    if question is None:
        return []
    return [Gap(one.target_days, one.min_days, one.max_days) for one in question.cadence for _ in range(one.sessions)]


def sittings_of(appointments: Sequence[Appointment]) -> list[Sitting]:
    return [
        Sitting(one.session_number, one.state, one.starts_at, one.wall_start.date(), one.affected)
        for one in appointments
        if one.session_number is not None
    ]


async def warnings(session: AsyncSession, appointment: Appointment, fixed_now: datetime | None) -> list[OffCadenceWarning]:
    """See `app.appointments.series.Cadence`: the gaps on either side of the appointment that are not what its course's cadence says."""
    course = await session.get(Course, appointment.course_id)
    if course is None or appointment.course_id is None or appointment.session_number is None:
        return []
    appointments = (await queries.sessions_of(session, [course.id], fixed_now))[course.id]
    found = current(sittings_of(appointments))
    following = min((number for number in found if number > appointment.session_number), default=None)
    return [
        OffCadenceWarning(course_id=course.id, replan=f"/v1/courses/{course.id}/replan", **off._asdict())
        for off in off_cadence(gaps_of(question_of(course)), found)
        if off.session_number in {appointment.session_number, following}
    ]
