"""When can I come?"""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.availability import explain, search
from app.availability.candidates import Caller
from app.availability.schemas import AvailabilityOut, ExplanationOut
from app.identity.actor import Actor, CurrentActor
from app.identity.policy import ANONYMOUS, PATIENT
from app.kit import etag
from app.kit.db import Connection
from app.kit.errors import InvalidField
from app.kit.routing import Router
from app.kit.wire import Instant, LocalDate, TimeZoneName, Uuid

router = Router("Availability")

_TREATMENT = "0199a000-0000-7000-8000-000000000021"


@router.operation(
    "GET",
    "/v1/availability",
    id="getAvailability",
    permission="availability:read",
    summary="When can I come?",
    response_model=AvailabilityOut,
    tagged=True,
)
async def get_availability(
    request: Request,
    actor: CurrentActor,
    treatment_id: Annotated[Uuid, Query(examples=[_TREATMENT])],
    from_: Annotated[LocalDate, Query(alias="from", description="First local day", examples=["2026-12-02"])],
    to: Annotated[LocalDate, Query(description="Last local day; at most 62 days in all", examples=["2026-12-02"])],
    practitioner_id: Annotated[list[Uuid] | None, Query(max_length=50, description="Any of these; left out: anybody")] = None,
    location_id: Annotated[Uuid | None, Query()] = None,
    patient_id: Annotated[
        Uuid | None, Query(description="Staff only: for this patient, who is then neither double-booked nor turned away")
    ] = None,
    time_zone: Annotated[TimeZoneName | None, Query(description="Whose dates and wall times the answer is in")] = None,
    limit: Annotated[
        int | None, Query(ge=1, le=10_000, description="At most this many starts, the earliest", examples=[2])
    ] = None,
) -> Response:
    search.check_range(from_, to)
    _check_patient(actor, patient_id)
    fixed_now = request.app.state.clock.fixed_at
    question = search.Question(treatment_id, from_, to, practitioner_id, location_id, time_zone, limit)
    async with request.app.state.database.reader() as connection:
        caller = await _caller(connection, actor, patient_id, fixed_now)
        found = await search.search(request.app.state.memory, connection, question, caller, fixed_now)
    headers = {"ETag": found.tag}
    if actor.role == ANONYMOUS:
        # Anybody may keep it, and asks whether it still holds. What others are answered is their own.
        headers |= {"Cache-Control": "public, no-cache", "Vary": "Authorization"}
    if etag.not_modified(request, found.tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(found.body, media_type="application/json", headers=headers)


@router.operation(
    "GET",
    "/v1/availability/explain",
    id="explainAvailability",
    permission="availability:read",
    summary="Why not then?",
    response_model=ExplanationOut,
)
async def explain_availability(
    request: Request,
    actor: CurrentActor,
    treatment_id: Annotated[Uuid, Query(examples=[_TREATMENT])],
    location_id: Annotated[Uuid, Query(examples=["0199a000-0000-7000-8000-000000000005"])],
    starts_at: Annotated[Instant, Query(examples=["2026-12-02T09:00:00Z"])],
    practitioner_id: Annotated[Uuid | None, Query(description="Left out: everybody who offers the treatment")] = None,
    patient_id: Annotated[Uuid | None, Query(description="Staff only: for this patient")] = None,
) -> ExplanationOut:
    _check_patient(actor, patient_id)
    fixed_now = request.app.state.clock.fixed_at
    doubt = explain.Doubt(treatment_id, location_id, practitioner_id, int(starts_at.timestamp()))
    async with request.app.state.database.reader() as connection:
        caller = await _caller(connection, actor, patient_id, fixed_now)
        return await explain.explain(request.app.state.memory, connection, doubt, caller, fixed_now)


def _check_patient(actor: Actor, patient_id: UUID | None) -> None:
    if patient_id is not None and not actor.keeps_diary:
        raise InvalidField("patient_id", "Only staff may ask for a patient")


async def _caller(connection: Connection, actor: Actor, patient_id: UUID | None, fixed_now: datetime | None) -> Caller:
    """Who asks, and for whom. Rules about patients look at a record for staff, and for a patient's own link."""
    if patient_id is not None or actor.role == PATIENT:
        caller, _ = await search.known_patient(connection, actor, patient_id, fixed_now, "patient_id")
        return caller
    return Caller(staff=actor.keeps_diary, returning=None if actor.keeps_diary else False)
