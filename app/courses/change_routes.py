"""What becomes of a course: a route for each verb. Apart from `course_routes`, since there are many of them."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated

from fastapi import Depends, Response

from app.appointments.holding import HoldExpired
from app.appointments.refusal import SlotUnavailable
from app.appointments.routes import BOOKING_KEPT_HOURS, MemoryOf
from app.courses import changes, moves, queries
from app.courses.course_schemas import CourseCancel, CourseExtend, CourseOut, CoursePatch
from app.courses.moves import SessionSettled
from app.courses.planning import QuestionTooLarge
from app.courses.queries import Whole
from app.courses.refusals import CourseWithoutQuestion, WrongCourseState
from app.courses.replan_answer import told as told_replan
from app.courses.replan_schemas import ApplyBody, Replan, ReplanBody
from app.courses.replanning import replanning
from app.courses.view import told
from app.identity.actor import Actor, CurrentActor
from app.kit import etag
from app.kit.db import driver, let_go
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.routing import Router
from app.kit.session import FixedNow, Now, Session
from app.kit.wire import Uuid
from app.patients.actions import PatientGone

router = Router("Courses")

ANY_REASON = CourseCancel()
NOTHING_ELSE = ReplanBody()
CHANGES = (WrongCourseState, PreconditionFailed, PreconditionRequired)


async def _for_change(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, course_id: Uuid, if_match: etag.IfMatch = None
) -> Whole:
    """Found and matched before the body's rules are looked at."""
    whole = await queries.get(session, actor, course_id, fixed_now)
    etag.require_match(if_match, whole)
    return whole


ForChange = Annotated[Whole, Depends(_for_change)]


class Answer:
    """Does what is asked, reads the course again, and tells what it has become."""

    def __init__(self, session: Session, actor: CurrentActor, fixed_now: FixedNow, now: Now, response: Response) -> None:
        self._session, self._fixed_now, self._now, self._response = session, fixed_now, now, response
        self._actor: Actor = actor

    async def after(self, done: Awaitable[None], whole: Whole) -> CourseOut:
        await done
        found = await queries.read_again(self._session, whole, self._fixed_now)
        etag.tagged(self._response, found)
        return told(found, self._actor, self._now)


AnswerOf = Annotated[Answer, Depends(Answer)]


@router.operation(
    "PATCH",
    "/v1/courses/{course_id:uuid}",
    id="updateCourse",
    permission="courses:write",
    summary="Change what is noted of a course, its question, or which sessions are pinned",
    response_model=CourseOut,
    raises=CHANGES,
)
async def update_course(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    whole: ForChange,
    answer: AnswerOf,
    body: CoursePatch,
) -> CourseOut:
    return await answer.after(changes.update(session, memory, actor, whole, body, fixed_now), whole)


@router.operation(
    "POST",
    "/v1/courses/{course_id:uuid}/confirm",
    id="confirmCourse",
    permission="courses:write",
    summary="Book all that a held course keeps",
    response_model=CourseOut,
    raises=(*CHANGES, HoldExpired, PatientGone, SlotUnavailable),
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def confirm_course(
    session: Session, actor: CurrentActor, memory: MemoryOf, fixed_now: FixedNow, whole: ForChange, answer: AnswerOf
) -> CourseOut:
    return await answer.after(changes.confirm(session, memory, actor, whole, fixed_now), whole)


@router.operation(
    "POST",
    "/v1/courses/{course_id:uuid}/cancel",
    id="cancelCourse",
    permission="courses:write",
    summary="Cancel the rest of a course and free its time",
    response_model=CourseOut,
    raises=CHANGES,
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def cancel_course(
    session: Session,
    actor: CurrentActor,
    fixed_now: FixedNow,
    whole: ForChange,
    answer: AnswerOf,
    body: CourseCancel = ANY_REASON,
) -> CourseOut:
    return await answer.after(changes.cancel(session, actor, whole, body.reason, fixed_now), whole)


@router.operation(
    "POST",
    "/v1/courses/{course_id:uuid}/pause",
    id="pauseCourse",
    permission="courses:write",
    summary="Free what is yet to come of a course that will go on later",
    response_model=CourseOut,
    raises=CHANGES,
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def pause_course(
    session: Session,
    actor: CurrentActor,
    fixed_now: FixedNow,
    whole: ForChange,
    answer: AnswerOf,
    body: CourseCancel = ANY_REASON,
) -> CourseOut:
    return await answer.after(changes.pause(session, actor, whole, body.reason, fixed_now), whole)


@router.operation(
    "POST",
    "/v1/courses/{course_id:uuid}/resume",
    id="resumeCourse",
    permission="courses:write",
    summary="Go on with a paused course; a replan proposes times",
    response_model=CourseOut,
    raises=CHANGES,
)
async def resume_course(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, whole: ForChange, answer: AnswerOf
) -> CourseOut:
    return await answer.after(changes.resume(session, actor, whole, fixed_now), whole)


@router.operation(
    "POST",
    "/v1/courses/{course_id:uuid}/extend",
    id="extendCourse",
    permission="courses:write",
    summary="Plan some sessions more; a replan proposes their times",
    response_model=CourseOut,
    raises=(*CHANGES, CourseWithoutQuestion),
)
async def extend_course(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, whole: ForChange, answer: AnswerOf, body: CourseExtend
) -> CourseOut:
    return await answer.after(changes.extend(session, actor, whole, body.sessions, fixed_now), whole)


@router.operation(
    "POST",
    "/v1/courses/{course_id:uuid}/replan",
    id="replanCourse",
    permission="plans:read",
    summary="How the rest of a course can be put right with as few changes as possible",
    response_model=Replan,
    raises=(WrongCourseState, CourseWithoutQuestion, QuestionTooLarge),
)
async def replan_course(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    now: Now,
    course_id: Uuid,
    response: Response,
    body: ReplanBody = NOTHING_ELSE,
) -> Replan:
    whole = await queries.get(session, actor, course_id, fixed_now)
    etag.tagged(response, whole)
    asked = await replanning(await driver(session), memory, actor, whole, body, fixed_now, now)
    await let_go(session)
    return await asyncio.to_thread(lambda: told_replan(asked.propose()))  # apart, so that others are served meanwhile


@router.operation(
    "POST",
    "/v1/courses/{course_id:uuid}/apply",
    id="applyReplan",
    permission="courses:write",
    summary="Move sessions of a course, and book those that have no time; all of them or none",
    response_model=CourseOut,
    raises=(*CHANGES, SessionSettled, PatientGone, SlotUnavailable),
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def apply_replan(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    whole: ForChange,
    answer: AnswerOf,
    body: ApplyBody,
) -> CourseOut:
    return await answer.after(moves.apply(session, memory, actor, whole, body.moves, fixed_now), whole)
