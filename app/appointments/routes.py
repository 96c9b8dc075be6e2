"""Appointments: anybody may book, staff list, a patient's link opens its own."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from app.appointments import actions, queries
from app.appointments.actions import TooLateToChange, WrongState
from app.appointments.models import Appointment
from app.appointments.refusal import SlotUnavailable
from app.appointments.schemas import AppointmentCreate, AppointmentMade, AppointmentOut, AppointmentPreview, CancelBody, Status
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import PageOf, Session
from app.kit.wire import LocalDate, Uuid

router = Router("Appointments")

BOOKING_KEPT_HOURS = 7 * 24


async def _for_change(session: Session, actor: CurrentActor, appointment_id: Uuid, if_match: etag.IfMatch = None) -> Appointment:
    """Found and matched before the body's rules are looked at. A patient's link may leave If-Match out."""
    appointment = await queries.get(session, actor, appointment_id)
    (etag.check_match if actor.is_public else etag.require_match)(if_match, appointment)
    return appointment


ForChange = Annotated[Appointment, Depends(_for_change)]


@router.operation(
    "POST",
    "/v1/appointments",
    id="createAppointment",
    permission="appointments:book",
    summary="Book a sitting",
    status=201,
    response_model=AppointmentMade,
    raises=(SlotUnavailable,),
    needs_key=True,
    keep_answer_hours=BOOKING_KEPT_HOURS,
    responses={200: {"model": AppointmentPreview, "description": "With `validate_only`: what would be made"}},
)
async def create_appointment(
    request: Request, session: Session, actor: CurrentActor, body: AppointmentCreate, response: Response
) -> object:
    fixed_now, memory = request.app.state.clock.fixed_at, request.app.state.memory
    if body.validate_only:
        found = AppointmentPreview.model_validate(await actions.preview(session, memory, actor, body, fixed_now))
        return Response(found.model_dump_json(), media_type="application/json")
    made = await actions.book(session, memory, actor, body, fixed_now)
    response.headers["Location"] = f"/v1/appointments/{made.appointment.id}"
    etag.tagged(response, made.appointment)
    return AppointmentMade.model_validate(
        {**AppointmentOut.model_validate(made.appointment).__dict__, "manage_token": made.manage_token}
    )


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
    from_: Annotated[LocalDate | None, Query(alias="from", description="First local day")] = None,
    to: Annotated[LocalDate | None, Query(description="Last local day")] = None,
    practitioner_id: Annotated[Uuid | None, Query()] = None,
    patient_id: Annotated[Uuid | None, Query()] = None,
    location_id: Annotated[Uuid | None, Query()] = None,
    place_id: Annotated[Uuid | None, Query()] = None,
    status: Annotated[Status | None, Query(examples=["booked"])] = None,
    affected: Annotated[
        bool | None, Query(description="Only those that can, or cannot, be kept as they are", examples=[False])
    ] = None,
    sort: Annotated[Literal["starts_at", "-starts_at"], Query(description="A leading minus is descending")] = "-starts_at",
) -> Page[AppointmentOut]:
    statement = queries.on_local_dates(queries.visible_to(actor), from_, to)
    wanted = {
        Appointment.practitioner_id: practitioner_id,
        Appointment.patient_id: patient_id,
        Appointment.location_id: location_id,
        Appointment.place_id: place_id,
        Appointment.status: status,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    if affected is not None:
        statement = queries.affected(statement, affected)
    keys = [Appointment.starts_at, Appointment.id]
    found, cursor = await paginate(session, statement, page, keys, descending=sort.startswith("-"))
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "GET",
    "/v1/appointments/{appointment_id}",
    id="getAppointment",
    permission="appointments:read",
    summary="One appointment",
    response_model=AppointmentOut,
)
async def get_appointment(
    request: Request, session: Session, actor: CurrentActor, appointment_id: Uuid, response: Response
) -> Appointment | Response:
    return etag.tagged_or_not_modified(request, response, await queries.get(session, actor, appointment_id))


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id}/confirm",
    id="confirmAppointment",
    permission="appointments:confirm",
    summary="Approve a pending appointment",
    response_model=AppointmentOut,
    raises=(WrongState, PreconditionFailed, PreconditionRequired),
)
async def confirm_appointment(session: Session, actor: CurrentActor, appointment: ForChange, response: Response) -> Appointment:
    await actions.confirm(session, actor, appointment)
    etag.tagged(response, appointment)
    return appointment


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id}/cancel",
    id="cancelAppointment",
    permission="appointments:cancel",
    summary="Cancel an appointment and free its time",
    response_model=AppointmentOut,
    raises=(WrongState, TooLateToChange, PreconditionFailed, PreconditionRequired),
)
async def cancel_appointment(
    request: Request, session: Session, actor: CurrentActor, appointment: ForChange, body: CancelBody, response: Response
) -> Appointment:
    await actions.cancel(session, actor, appointment, body.reason, request.app.state.clock.fixed_at)
    etag.tagged(response, appointment)
    return appointment
