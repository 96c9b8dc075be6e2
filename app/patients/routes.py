"""Patients: for the front desk, and for practitioners those whom they treat."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.wire import Uuid
from app.patients import actions, queries
from app.patients.models import Patient
from app.patients.schemas import PatientCreate, PatientOut, PatientPatch, PatientSearch, PatientsFound

router = Router("Patients")


async def _for_change(session: Session, actor: CurrentActor, patient_id: Uuid, if_match: etag.IfMatch = None) -> Patient:
    """Found and matched before the body's rules are looked at."""
    patient = await queries.get(session, actor, patient_id)
    etag.require_match(if_match, patient)
    return patient


@router.operation(
    "GET",
    "/v1/patients",
    id="listPatients",
    permission="patients:read",
    summary="Who is treated, newest first",
    response_model=Page[PatientOut],
)
async def list_patients(session: Session, actor: CurrentActor, page: PageOf) -> Page[PatientOut]:
    found, cursor = await paginate(session, queries.visible_to(actor), page, [Patient.id])
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/patients",
    id="createPatient",
    permission="patients:write",
    summary="Add a patient",
    status=201,
    response_model=PatientOut,
)
async def create_patient(session: Session, actor: CurrentActor, now: Now, body: PatientCreate, response: Response) -> Patient:
    patient = await actions.create(session, actor, body, now=now)
    response.headers["Location"] = f"/v1/patients/{patient.id}"
    etag.tagged(response, patient)
    return patient


@router.operation(
    "POST",
    "/v1/patients/search",
    id="searchPatients",
    permission="patients:read",
    summary="Find patients by name, e-mail address or telephone",
    response_model=PatientsFound,
)
async def search_patients(session: Session, actor: CurrentActor, body: PatientSearch) -> PatientsFound:
    found, more = await queries.search(session, actor, body.q, body.limit)
    return PatientsFound(items=[PatientOut.model_validate(patient) for patient in found], more=more)


@router.operation(
    "GET",
    "/v1/patients/{patient_id:uuid}",
    id="getPatient",
    permission="patients:read",
    summary="One patient",
    response_model=PatientOut,
)
async def get_patient(
    request: Request, session: Session, actor: CurrentActor, patient_id: Uuid, response: Response
) -> Patient | Response:
    return etag.tagged_or_not_modified(request, response, await queries.get(session, actor, patient_id))


@router.operation(
    "PATCH",
    "/v1/patients/{patient_id:uuid}",
    id="updatePatient",
    permission="patients:write",
    summary="Change a patient",
    response_model=PatientOut,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def update_patient(
    session: Session,
    actor: CurrentActor,
    now: Now,
    patient: Annotated[Patient, Depends(_for_change)],
    body: PatientPatch,
    response: Response,
) -> Patient:
    await actions.update(session, actor, patient, body, now=now)
    etag.tagged(response, patient)
    return patient
