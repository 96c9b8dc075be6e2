"""When can I come?"""

from typing import Annotated

from fastapi import Query, Request, Response

from app.availability import search
from app.availability.candidates import Caller
from app.availability.schemas import AvailabilityOut
from app.identity.actor import CurrentActor
from app.kit.db import driver
from app.kit.errors import InvalidField
from app.kit.routing import Router
from app.kit.session import Session
from app.kit.wire import LocalDate, TimeZoneName, Uuid

router = Router("Availability")

_TREATMENT = "0199a000-0000-7000-8000-000000000021"


@router.operation(
    "GET",
    "/v1/availability",
    id="getAvailability",
    permission="availability:read",
    summary="When can I come?",
    response_model=AvailabilityOut,
)
async def get_availability(
    request: Request,
    session: Session,
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
    if patient_id is not None and not actor.keeps_diary:
        raise InvalidField("patient_id", "Only staff may ask for a patient")
    fixed_now, connection = request.app.state.clock.fixed_at, await driver(session)
    caller = Caller(staff=actor.keeps_diary, returning=None if actor.keeps_diary else False)
    if patient_id is not None:
        caller, _ = await search.known_patient(connection, actor, patient_id, fixed_now, "patient_id")
    question = search.Question(treatment_id, from_, to, practitioner_id, location_id, time_zone, limit)
    body = await search.search(connection, question, caller, fixed_now)
    return Response(body, media_type="application/json")
