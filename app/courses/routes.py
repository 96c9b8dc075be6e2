"""Courses: what a whole course of treatment might be."""

import asyncio

from fastapi import Request, Response

from app.appointments.routes import MemoryOf
from app.courses.answer import told
from app.courses.plan_schemas import CoursePlan
from app.courses.planning import Planned, Planning, PlanOutdated, QuestionTooLarge, planning
from app.courses.schemas import CourseQuestion
from app.identity.actor import CurrentActor
from app.kit.db import Database, let_go
from app.kit.routing import Router
from app.kit.session import FixedNow

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
    request: Request, actor: CurrentActor, memory: MemoryOf, fixed_now: FixedNow, body: CourseQuestion
) -> Response:
    secret: bytes = request.app.state.secret
    database: Database = request.app.state.database
    if request.state.session.is_made:
        await let_go(request.state.session())  # of a request with a key: it need not stay in a transaction meanwhile
    async with database.reader() as connection:
        asked = await planning(connection, memory, actor, body, fixed_now, secret)
    kept = asked.told()
    if kept is not None:
        return Response(kept, media_type="application/json")
    planned, answer = await asyncio.to_thread(_answered, asked)  # apart, so that others are served meanwhile
    asked.tell(planned, answer)
    return Response(answer, media_type="application/json")


def _answered(asked: Planning) -> tuple[Planned, bytes]:
    planned = asked.plan()
    return planned, told(planned).model_dump_json().encode()
