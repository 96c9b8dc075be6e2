"""Courses: what a whole course of treatment might be."""

import asyncio

from fastapi import Request

from app.appointments.routes import MemoryOf
from app.courses.answer import told
from app.courses.plan_schemas import CoursePlan
from app.courses.planning import PlanOutdated, QuestionTooLarge, planning
from app.courses.schemas import CourseQuestion
from app.identity.actor import CurrentActor
from app.kit.db import driver, let_go
from app.kit.routing import Router
from app.kit.session import FixedNow, Session

router = Router("Courses")


@router.operation(
    "POST",
    "/v1/course-plans",
    id="planCourse",
    permission="plans:read",
    summary="The best plan for a course of sessions, and why some of them have no time",
    response_model=CoursePlan,
    raises=(PlanOutdated, QuestionTooLarge),
)
async def plan_course(
    request: Request, session: Session, actor: CurrentActor, memory: MemoryOf, fixed_now: FixedNow, body: CourseQuestion
) -> CoursePlan:
    secret: bytes = request.app.state.secret
    asked = await planning(await driver(session), memory, actor, body, fixed_now, secret)
    await let_go(session)
    return await asyncio.to_thread(lambda: told(asked.plan()))  # apart, so that others are served meanwhile
