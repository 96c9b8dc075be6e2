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
from app.patients.actions import PatientExpected, PatientGone
from app.patients.likeness import compare
from app.patients.models import Patient
from app.patients.schemas import Alike, AlikeOut, PatientCreate, PatientOut, PatientPatch, PatientSearch, PatientsFound

router = Router("Patients")

MAX_ALIKE = 25


async def for_change(session: Session, actor: CurrentActor, patient_id: Uuid, if_match: etag.IfMatch = None) -> Patient:
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
    found, cursor = await paginate(session, queries.listed(actor), page, [Patient.id])
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
    raises=(PreconditionFailed, PreconditionRequired, PatientGone),
)
async def update_patient(
    session: Session,
    actor: CurrentActor,
    now: Now,
    patient: Annotated[Patient, Depends(for_change)],
    body: PatientPatch,
    response: Response,
) -> Patient:
    await actions.update(session, actor, patient, body, now=now)
    etag.tagged(response, patient)
    return patient


@router.operation(
    "GET",
    "/v1/patients/{patient_id:uuid}/matches",
    id="listPatientMatches",
    permission="patients:read",
    summary="Who may be the same person",
    response_model=AlikeOut,
)
async def list_patient_matches(session: Session, actor: CurrentActor, patient_id: Uuid) -> AlikeOut:
    patient = await queries.get(session, actor, patient_id)
    others = await queries.alike(session, actor, patient, MAX_ALIKE)
    compared = [(compare(_facts(patient), _facts(other)), other) for other in others]
    likely = sorted((one for one in compared if one[0].facts), key=lambda one: one[0].rank, reverse=True)
    return AlikeOut(
        items=[
            Alike(patient=PatientOut.model_validate(other), agrees_on=list(likeness.facts), born_apart=likeness.born_apart)
            for likeness, other in likely
        ]
    )


def _facts(patient: Patient) -> dict[str, object]:
    return {name: getattr(patient, name) for name in ("name", "email", "phone", "date_of_birth", "contacts")}


@router.operation(
    "POST",
    "/v1/patients/{patient_id:uuid}/erase",
    id="erasePatient",
    permission="patients:erase",
    summary="Make a patient's record nobody's; their private links die",
    response_model=PatientOut,
    raises=(PreconditionFailed, PreconditionRequired, PatientGone, PatientExpected),
)
async def erase_patient(
    session: Session, actor: CurrentActor, now: Now, patient: Annotated[Patient, Depends(for_change)], response: Response
) -> Patient:
    await actions.erase(session, actor, patient, now=now)
    etag.tagged(response, patient)
    return patient
