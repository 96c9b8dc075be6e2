"""What is refused of a course that is there: to whom, and in which state. Apart from `changes` and `moves`, which both ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from app.appointments.models import Appointment
from app.appointments.whose import check_whose_diary
from app.courses.progress import Status
from app.courses.queries import Whole
from app.courses.view import progress_of
from app.identity.actor import Actor
from app.kit.errors import Conflict


class WrongCourseState(Conflict):
    code = "wrong_course_state"
    title = "The course is not in a state that allows this"
    meaning = (
        "`status_now` is the state it is in. A paused course is resumed first; what is cancelled, completed or expired stays so."
    )
    example: ClassVar[dict[str, Any]] = {"status_now": "cancelled"}


class CourseWithoutQuestion(Conflict):
    code = "course_without_question"
    title = "The course keeps no question to plan with"
    meaning = "It was booked without one. PATCH the course with a `question`, which has its cadence."


def check_status(whole: Whole, now: datetime, *allowed: Status) -> None:
    """Raises WrongCourseState."""
    status = progress_of(whole, now).status
    if status not in allowed:
        raise WrongCourseState(status_now=status)


def check_whose(actor: Actor, appointments: Sequence[Appointment]) -> None:
    """Raises Forbidden."""
    for one in appointments:
        check_whose_diary(actor, one.practitioner_id)
