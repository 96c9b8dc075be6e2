"""What becomes of an appointment: a route for each verb. Apart from `routes`, since there are seven of them."""

from fastapi import Response
from pydantic import Field

from app.appointments import changes
from app.appointments.changes import SessionBookedAgain, TooLateToUndo
from app.appointments.refusal import SlotUnavailable
from app.appointments.routes import BOOKING_KEPT_HOURS, ForChange, MemoryOf, answer
from app.appointments.schemas import APPOINTMENT, AppointmentOut, CancelBody, ConfirmBody, RescheduleBody
from app.appointments.series import CadenceOf, OffCadenceWarning
from app.appointments.states import WrongState
from app.appointments.steps import TooLateToChange
from app.identity.actor import CurrentActor
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.routing import Router
from app.kit.session import FixedNow, Session
from app.kit.wire import examples
from app.patients.actions import PatientGone

router = Router("Appointments")


class AppointmentMoved(AppointmentOut):
    """`warnings`: what the move makes of its course's cadence; for staff."""

    model_config = examples({**APPOINTMENT, "warnings": []})

    warnings: list[OffCadenceWarning] = Field(description="Gaps around it that are not what its course's cadence says")


NOTHING_SET_ASIDE = ConfirmBody()
_CHANGES = (WrongState, PreconditionFailed, PreconditionRequired)


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/confirm",
    id="confirmAppointment",
    permission="appointments:confirm",
    summary="Approve a pending appointment, if it can still be kept",
    response_model=AppointmentOut,
    raises=(*_CHANGES, PatientGone, SlotUnavailable),
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def confirm_appointment(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    appointment: ForChange,
    response: Response,
    body: ConfirmBody = NOTHING_SET_ASIDE,
) -> AppointmentOut:
    await changes.confirm(session, memory, actor, appointment, body, fixed_now)
    return answer(response, appointment, actor)


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/reschedule",
    id="rescheduleAppointment",
    permission="appointments:reschedule",
    summary="Move an appointment to another time, practitioner or location",
    response_model=AppointmentMoved,
    raises=(*_CHANGES, PatientGone, SlotUnavailable, TooLateToChange),
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def reschedule_appointment(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    appointment: ForChange,
    body: RescheduleBody,
    response: Response,
    cadence: CadenceOf,
) -> AppointmentMoved:
    await changes.reschedule(session, memory, actor, appointment, body, fixed_now)
    warnings = [] if appointment.course_id is None or actor.is_public else await cadence(session, appointment, fixed_now)
    return AppointmentMoved.model_validate({**answer(response, appointment, actor).__dict__, "warnings": warnings})


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/cancel",
    id="cancelAppointment",
    permission="appointments:cancel",
    summary="Cancel an appointment and free its time",
    response_model=AppointmentOut,
    raises=(*_CHANGES, TooLateToChange),
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def cancel_appointment(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, appointment: ForChange, body: CancelBody, response: Response
) -> AppointmentOut:
    await changes.cancel(session, actor, appointment, body.reason, fixed_now)
    return answer(response, appointment, actor)


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/arrive",
    id="arriveAppointment",
    permission="appointments:attend",
    summary="The patient is here",
    response_model=AppointmentOut,
    raises=_CHANGES,
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def arrive_appointment(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, appointment: ForChange, response: Response
) -> AppointmentOut:
    await changes.arrive(session, actor, appointment, fixed_now)
    return answer(response, appointment, actor)


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/fulfil",
    id="fulfilAppointment",
    permission="appointments:attend",
    summary="The treatment was given",
    response_model=AppointmentOut,
    raises=_CHANGES,
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def fulfil_appointment(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, appointment: ForChange, response: Response
) -> AppointmentOut:
    await changes.fulfil(session, actor, appointment, fixed_now)
    return answer(response, appointment, actor)


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/no-show",
    id="missAppointment",
    permission="appointments:attend",
    summary="Nobody came, and the time is free",
    response_model=AppointmentOut,
    raises=_CHANGES,
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def miss_appointment(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, appointment: ForChange, response: Response
) -> AppointmentOut:
    await changes.miss(session, actor, appointment, fixed_now)
    return answer(response, appointment, actor)


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/undo",
    id="undoAppointment",
    permission="appointments:attend",
    summary="Take back an arrival or a no-show of the same day",
    response_model=AppointmentOut,
    raises=(*_CHANGES, PatientGone, SessionBookedAgain, SlotUnavailable, TooLateToUndo),
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def undo_appointment(
    session: Session, actor: CurrentActor, memory: MemoryOf, fixed_now: FixedNow, appointment: ForChange, response: Response
) -> AppointmentOut:
    await changes.undo(session, memory, actor, appointment, fixed_now)
    return answer(response, appointment, actor)
