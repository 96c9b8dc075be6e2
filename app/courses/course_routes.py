"""Courses: staff book or hold one, read and list them; a patient's link reads its own."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.appointments.refusal import SlotUnavailable
from app.appointments.routes import BOOKING_KEPT_HOURS, MemoryOf
from app.appointments.schemas import AppointmentPreview
from app.courses import actions, queries
from app.courses.course_schemas import CourseCreate, CourseOut, CoursePreview, CourseSummary
from app.courses.models import Course
from app.courses.view import summary, told
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.ids import read_reference
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import FixedNow, Now, PageOf, Session
from app.kit.wire import Uuid
from app.patients.actions import PatientGone

router = Router("Courses")


@router.operation(
    "POST",
    "/v1/courses",
    id="createCourse",
    permission="courses:write",
    summary="Book all sessions of a course, or hold them",
    status=201,
    response_model=CourseOut,
    raises=(SlotUnavailable, PatientGone),
    keep_answer_hours=BOOKING_KEPT_HOURS,
    responses={200: {"model": CoursePreview, "description": "With `validate_only`: what would be made"}},
)
async def create_course(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    now: Now,
    body: CourseCreate,
) -> Response:
    if body.validate_only:
        appointments = await actions.preview(session, memory, actor, body, fixed_now)
        found = CoursePreview(appointments=[AppointmentPreview.model_validate(one) for one in appointments])
        return Response(found.model_dump_json(), media_type="application/json")
    whole = await actions.make(session, memory, actor, body, fixed_now)
    return etag.created(f"/v1/courses/{whole.course.id}", whole, told(whole, actor, now))


@router.operation(
    "GET",
    "/v1/courses",
    id="listCourses",
    permission="courses:list",
    summary="Courses, the newest first",
    response_model=Page[CourseSummary],
)
async def list_courses(
    session: Session,
    actor: CurrentActor,
    page: PageOf,
    fixed_now: FixedNow,
    now: Now,
    patient_id: Annotated[Uuid | None, Query()] = None,
    treatment_id: Annotated[Uuid | None, Query()] = None,
    reference: Annotated[
        str | None, Query(min_length=1, max_length=40, description="As somebody has read it out", examples=["co 7f3k 9q2t"])
    ] = None,
    needs_attention: Annotated[
        bool | None, Query(description="Only those that somebody should look after, or the others", examples=[False])
    ] = None,
) -> Page[CourseSummary]:
    statement = queries.visible_to(actor)
    if patient_id is not None:
        statement = queries.of_patient(statement, patient_id)
    if treatment_id is not None:
        statement = statement.where(Course.treatment_id == treatment_id)
    if reference is not None:
        statement = statement.where(Course.reference == read_reference(reference, "CO"))
    if needs_attention is not None:
        statement = queries.needing_attention(statement, now, needs_attention)
    found, cursor = await paginate(session, statement, page, [Course.created_at, Course.id])
    sessions = await queries.sessions_of(session, [one.id for one in found], fixed_now)
    return Page(items=[summary(queries.Whole(one, sessions[one.id]), actor, now) for one in found], next_cursor=cursor)


@router.operation(
    "GET",
    "/v1/courses/{course_id:uuid}",
    id="getCourse",
    permission="courses:read",
    summary="One course and its sessions",
    response_model=CourseOut,
    tagged=True,
)
async def get_course(
    request: Request, session: Session, actor: CurrentActor, fixed_now: FixedNow, now: Now, course_id: Uuid, response: Response
) -> CourseOut | Response:
    whole = await queries.get(session, actor, course_id, fixed_now)
    unchanged = etag.tagged_or_not_modified(request, response, whole)
    return unchanged if isinstance(unchanged, Response) else told(whole, actor, now)
