"""What hangs below a practitioner and decides when they can be booked: for the front desk, and each practitioner their own.

A file of its own, because who may is another rule than for the practitioner's page. ETag and If-Match are the practitioner's.
"""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from app.diary.impact import ImpactOf, with_affected
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.routing import Router
from app.kit.session import Now, Session
from app.kit.wire import Uuid
from app.practitioners import actions, queries
from app.practitioners.diary_schemas import RegistrationsChanged, WorkingHoursChanged
from app.practitioners.models import Practitioner
from app.practitioners.schemas import (
    HoursOut,
    HoursPut,
    Registration,
    RegistrationsOut,
    RegistrationsPut,
    WorkingHoursOut,
)

router = Router("Practitioners")


async def _for_reading(session: Session, actor: CurrentActor, practitioner_id: Uuid) -> Practitioner:
    return await queries.get_diary_of(session, actor, practitioner_id)


async def _for_change(
    session: Session, actor: CurrentActor, practitioner_id: Uuid, if_match: etag.IfMatch = None
) -> Practitioner:
    """Found and matched before the body's rules are looked at."""
    practitioner = await queries.get_diary_of(session, actor, practitioner_id)
    etag.require_match(if_match, practitioner)
    return practitioner


ForReading = Annotated[Practitioner, Depends(_for_reading)]
ForChange = Annotated[Practitioner, Depends(_for_change)]


def links_below(name: str, *targets: str) -> dict[int | str, dict[str, Any]]:
    """From what was made below a practitioner to what can be done with it; two ids make an address, and the ETag is the practitioner's."""
    of_both = {"path.practitioner_id": "$request.path.practitioner_id", f"path.{name}": "$response.body#/id"}
    of_change = {**of_both, "header.If-Match": "$response.header.ETag"}
    return {
        201: {
            "links": {
                target: {"operationId": target, "parameters": of_both if target.startswith("get") else of_change}
                for target in targets
            }
        }
    }


def _hours_of(practitioner: Practitioner) -> WorkingHoursOut:
    by_start = sorted(practitioner.hours, key=lambda line: (line.weekday, line.starts_minute, line.location_id, line.id))
    return WorkingHoursOut(items=[HoursOut.model_validate(line) for line in by_start])


def _registrations_of(practitioner: Practitioner) -> RegistrationsOut:
    return RegistrationsOut(items=[Registration.model_validate(one) for one in practitioner.registrations])


@router.operation(
    "GET",
    "/v1/practitioners/{practitioner_id}/working-hours",
    id="getWorkingHours",
    permission="hours:read",
    summary="The weekly pattern of a practitioner",
    response_model=WorkingHoursOut,
    tagged=True,
)
async def get_working_hours(request: Request, practitioner: ForReading, response: Response) -> WorkingHoursOut | Response:
    answer = etag.tagged_or_not_modified(request, response, practitioner)
    return answer if isinstance(answer, Response) else _hours_of(practitioner)


@router.operation(
    "PUT",
    "/v1/practitioners/{practitioner_id}/working-hours",
    id="replaceWorkingHours",
    permission="hours:write",
    summary="Replace the weekly pattern of a practitioner",
    response_model=WorkingHoursChanged,
    tagged=True,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def replace_working_hours(
    session: Session,
    actor: CurrentActor,
    practitioner: ForChange,
    body: HoursPut,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> WorkingHoursChanged:
    await actions.replace_hours(session, actor, practitioner, body)
    etag.tagged(response, practitioner)
    affected = await impact(session, now, [practitioner.resource_id], {"closed"})
    return with_affected(WorkingHoursChanged, _hours_of(practitioner), affected)


@router.operation(
    "GET",
    "/v1/practitioners/{practitioner_id}/registrations",
    id="getRegistrations",
    permission="hours:read",
    summary="The registrations of a practitioner",
    response_model=RegistrationsOut,
    tagged=True,
)
async def get_registrations(request: Request, practitioner: ForReading, response: Response) -> RegistrationsOut | Response:
    answer = etag.tagged_or_not_modified(request, response, practitioner)
    return answer if isinstance(answer, Response) else _registrations_of(practitioner)


@router.operation(
    "PUT",
    "/v1/practitioners/{practitioner_id}/registrations",
    id="replaceRegistrations",
    permission="hours:write",
    summary="Replace the registrations of a practitioner",
    response_model=RegistrationsChanged,
    tagged=True,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def replace_registrations(
    session: Session,
    actor: CurrentActor,
    practitioner: ForChange,
    body: RegistrationsPut,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> RegistrationsChanged:
    await actions.replace_registrations(session, actor, practitioner, body)
    etag.tagged(response, practitioner)
    affected = await impact(session, now, [practitioner.resource_id], {"registration"})
    return with_affected(RegistrationsChanged, _registrations_of(practitioner), affected)
