"""Appointments: anybody may book, staff list, a patient's link opens its own."""

from typing import Annotated, Literal

from fastapi import Depends, Header, Query, Request, Response

from app.appointments import actions, queries
from app.appointments.holding import HoldMismatch
from app.appointments.models import Appointment
from app.appointments.refusal import SlotUnavailable
from app.appointments.schemas import (
    AppointmentCreate,
    AppointmentMade,
    AppointmentOut,
    AppointmentPreview,
    Status,
    shown,
)
from app.availability.free import Free
from app.availability.memory import Memory
from app.identity.actor import Actor, CurrentActor
from app.kit import etag
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import FixedNow, PageOf, Session
from app.kit.wire import LocalDate, Uuid
from app.patients.actions import PatientGone

router = Router("Appointments")

BOOKING_KEPT_HOURS = 7 * 24


HoldTokenHeader = Annotated[
    str | None,
    Header(
        alias="Hold-Token",
        description="The token of a hold: what it keeps is booked",
        examples=["mht_example-example-example"],
        max_length=100,
    ),
]


async def _for_change(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, appointment_id: Uuid, if_match: etag.IfMatch = None
) -> Appointment:
    """Found and matched before the body's rules are looked at. A patient's link may leave If-Match out."""
    appointment = await queries.get(session, actor, appointment_id, fixed_now)
    (etag.check_match if actor.is_public else etag.require_match)(if_match, appointment)
    return appointment


async def _memory(request: Request) -> Memory[Free]:
    found: Memory[Free] = request.app.state.memory
    return found


ForChange = Annotated[Appointment, Depends(_for_change)]
MemoryOf = Annotated[Memory[Free], Depends(_memory)]


def answer(response: Response, appointment: Appointment, actor: Actor) -> AppointmentOut:
    etag.tagged(response, appointment)
    return shown(appointment, actor)


@router.operation(
    "POST",
    "/v1/appointments",
    id="createAppointment",
    permission="appointments:book",
    summary="Book a sitting",
    status=201,
    response_model=AppointmentMade,
    raises=(SlotUnavailable, HoldMismatch, PatientGone),
    needs_key=True,
    keep_answer_hours=BOOKING_KEPT_HOURS,
    responses={200: {"model": AppointmentPreview, "description": "With `validate_only`: what would be made"}},
)
async def create_appointment(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    body: AppointmentCreate,
    hold_token: HoldTokenHeader = None,
) -> object:
    token = body.hold_token or hold_token
    if body.validate_only:
        found = AppointmentPreview.model_validate(await actions.preview(session, memory, actor, body, fixed_now, token))
        return Response(found.model_dump_json(), media_type="application/json")
    made = await actions.book(session, memory, actor, body, fixed_now, token)
    told = AppointmentMade.model_construct(**shown(made.appointment, actor).__dict__, manage_token=made.manage_token)
    return etag.created(f"/v1/appointments/{told.id}", made.appointment, told)


@router.operation(
    "GET",
    "/v1/appointments",
    id="listAppointments",
    permission="appointments:list",
    summary="The diary, latest start first",
    response_model=Page[AppointmentOut],
)
async def list_appointments(
    session: Session,
    actor: CurrentActor,
    page: PageOf,
    fixed_now: FixedNow,
    from_: Annotated[LocalDate | None, Query(alias="from", description="First local day")] = None,
    to: Annotated[LocalDate | None, Query(description="Last local day")] = None,
    practitioner_id: Annotated[Uuid | None, Query()] = None,
    patient_id: Annotated[Uuid | None, Query()] = None,
    location_id: Annotated[Uuid | None, Query()] = None,
    place_id: Annotated[Uuid | None, Query()] = None,
    course_id: Annotated[Uuid | None, Query()] = None,
    status: Annotated[
        Status | None, Query(description="Left out: any, but for holds that have expired", examples=["booked"])
    ] = None,
    affected: Annotated[
        bool | None, Query(description="Only those that can, or cannot, be kept as they are", examples=[False])
    ] = None,
    sort: Annotated[Literal["starts_at", "-starts_at"], Query(description="A leading minus is descending")] = "-starts_at",
) -> Page[AppointmentOut]:
    statement = queries.on_local_dates(queries.visible_to(actor, fixed_now), from_, to)
    wanted = {
        Appointment.practitioner_id: practitioner_id,
        Appointment.patient_id: patient_id,
        Appointment.location_id: location_id,
        Appointment.place_id: place_id,
        Appointment.course_id: course_id,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    statement = queries.in_state(statement, status, fixed_now)
    if affected is not None:
        statement = queries.affected(statement, affected)
    keys = [Appointment.starts_at, Appointment.id]
    found, cursor = await paginate(session, statement, page, keys, descending=sort.startswith("-"))
    return Page(items=[shown(one, actor) for one in found], next_cursor=cursor)


@router.operation(
    "GET",
    "/v1/appointments/{appointment_id:uuid}",
    id="getAppointment",
    permission="appointments:read",
    summary="One appointment",
    response_model=AppointmentOut,
)
async def get_appointment(
    request: Request, session: Session, actor: CurrentActor, fixed_now: FixedNow, appointment_id: Uuid, response: Response
) -> AppointmentOut | Response:
    found = await queries.get(session, actor, appointment_id, fixed_now)
    unchanged = etag.tagged_or_not_modified(request, response, found)
    return unchanged if isinstance(unchanged, Response) else shown(found, actor)
