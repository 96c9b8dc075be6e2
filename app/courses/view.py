"""A course as it is told, from what was read."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.appointments.schemas import shown
from app.appointments.states import HELD
from app.courses.cadence import gaps_of, question_of, sittings_of
from app.courses.course_schemas import CourseOut, CourseProgress, CourseSummary, OffCadenceOut
from app.courses.progress import Progress, progress
from app.courses.queries import Whole
from app.identity.actor import Actor


def progress_of(whole: Whole, now: datetime) -> Progress:
    course, appointments = whole.course, whole.appointments
    zone = ZoneInfo(appointments[-1].time_zone)
    return progress(
        sittings_of(appointments),
        gaps_of(question_of(course)),
        paused=course.paused_at is not None,
        cancelled=course.cancelled_at is not None,
        now=now,
        today=now.astimezone(zone).date(),
    )


def summary(whole: Whole, actor: Actor, now: datetime) -> CourseSummary:
    return CourseSummary.model_validate(_values(whole, actor, now))


def told(whole: Whole, actor: Actor, now: datetime) -> CourseOut:
    return CourseOut.model_validate(_values(whole, actor, now))


def _values(whole: Whole, actor: Actor, now: datetime) -> dict[str, Any]:
    """What a patient's link is not told is what staff think and what they were asked."""
    course, found, public = whole.course, progress_of(whole, now), actor.is_public
    held = [one.held_until for one in whole.appointments if one.state == HELD]
    return {
        **{name: getattr(course, name) for name in _OWN},
        "version": whole.version,
        "updated_at": max([course.updated_at, *(one.updated_at for one in whole.appointments)]),
        "status": found.status,
        "notes": None if public else course.notes,
        "patient_id": whole.patient_id,
        "progress": CourseProgress(**{name: getattr(found, name) for name in CourseProgress.model_fields}),
        "attention": [] if public else list(found.attention),
        "next_at": found.next_at,
        "held_until": held[0] if held else None,
        "question": None if public else question_of(course),
        "off_cadence": [] if public else [OffCadenceOut(**one._asdict()) for one in found.off_cadence],
        "appointments": [shown(one, actor) for one in whole.appointments],
    }


_OWN = ("id", "reference", "title", "treatment_id", "paused_at", "cancelled_at", "created_at")
