"""What is done to patients and to their links, and is about appointments: above patients, whose code may not know them."""

from typing import Annotated

from fastapi import Depends, Response
from pydantic import Field

from app.appointments import links, merging, queries
from app.appointments.merging import MergeConflict
from app.appointments.models import Appointment
from app.appointments.states import WrongState
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.routing import Router
from app.kit.session import FixedNow, Now, Session
from app.kit.wire import Instant, Output, Uuid, examples
from app.patients.actions import PatientGone
from app.patients.models import Patient
from app.patients.routes import for_change
from app.patients.schemas import MergeBody, PatientOut

router = Router("Patients")


class LinkOut(Output):
    """Sent as a bearer token it opens the appointment, as the one from booking it did, which is dead now."""

    model_config = examples({"manage_token": "mpl_Zk3…", "expires_at": "2027-01-01T09:45:00Z"})

    manage_token: str = Field(description="Shown this once")
    expires_at: Instant


async def _appointment(session: Session, actor: CurrentActor, fixed_now: FixedNow, appointment_id: Uuid) -> Appointment:
    return await queries.get(session, actor, appointment_id, fixed_now)


Linked = Annotated[Appointment, Depends(_appointment)]


@router.operation(
    "POST",
    "/v1/appointments/{appointment_id:uuid}/link",
    id="renewAppointmentLink",
    permission="appointments:link",
    summary="A new private link to send to the patient; the older ones die",
    response_model=LinkOut,
    raises=(WrongState,),
)
async def renew_appointment_link(session: Session, actor: CurrentActor, now: Now, appointment: Linked) -> LinkOut:
    return LinkOut.model_validate(await links.renew(session, actor, appointment, now))


@router.operation(
    "DELETE",
    "/v1/appointments/{appointment_id:uuid}/link",
    id="revokeAppointmentLink",
    permission="appointments:link",
    summary="Nobody opens the appointment by a private link any more",
    status=204,
)
async def revoke_appointment_link(session: Session, actor: CurrentActor, appointment: Linked) -> None:
    await links.revoke(session, actor, appointment)


@router.operation(
    "POST",
    "/v1/patients/{patient_id:uuid}/merge",
    id="mergePatient",
    permission="patients:write",
    summary="Two records are of one patient: give everything of this one to the other",
    response_model=PatientOut,
    raises=(MergeConflict, PatientGone, PreconditionFailed, PreconditionRequired),
)
async def merge_patient(
    session: Session,
    actor: CurrentActor,
    fixed_now: FixedNow,
    patient: Annotated[Patient, Depends(for_change)],
    body: MergeBody,
    response: Response,
) -> Patient:
    into = await merging.merge(session, actor, patient, body.into_patient_id, fixed_now)
    etag.tagged(response, into)
    return into
