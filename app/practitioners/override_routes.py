"""Overrides: other hours on one date. A file of its own, since they are a resource of their own with the five operations that has."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.diary.impact import AffectedAppointment, Affecting, Impact, ImpactOf, with_affected
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.wire import LocalDate, Uuid
from app.practitioners import diary_actions, queries
from app.practitioners.diary_actions import OverrideExists
from app.practitioners.diary_routes import ForReading, links_below
from app.practitioners.diary_schemas import OverrideChanged, OverrideCreate, OverrideOut, OverridePatch
from app.practitioners.models import Override, Practitioner
from app.scheduling import zones

router = Router("Practitioners")

# A window may last until the next midnight but one.
_REACH = timedelta(days=2)


async def _found(session: Session, practitioner: ForReading, override_id: Uuid) -> Override:
    return await queries.get_override(session, practitioner, override_id)


Found = Annotated[Override, Depends(_found)]


async def _for_change(practitioner: ForReading, override: Found, if_match: etag.IfMatch = None) -> Override:
    """Found and matched before the body's rules are looked at."""
    etag.require_match(if_match, practitioner)
    return override


ForChange = Annotated[Override, Depends(_for_change)]


def _shown(practitioner: Practitioner, override: Override) -> OverrideOut:
    return OverrideOut.model_validate({**override.__dict__, "version": practitioner.version})


async def _hit(
    impact: Impact, session: Session, now: datetime, practitioner: Practitioner, override: Override
) -> list[AffectedAppointment]:
    zone = await queries.zone_of(session, override.location_id)
    midnight = datetime.fromtimestamp(zones.midnight(zone, override.date), UTC)
    found = await impact(session, now, [practitioner.resource_id], {"closed"}, midnight, midnight + _REACH)
    return [appointment for appointment in found if appointment.location_id == override.location_id]


@router.operation(
    "GET",
    "/v1/practitioners/{practitioner_id}/overrides",
    id="listOverrides",
    permission="hours:read",
    summary="The overrides of a practitioner, by date",
    response_model=Page[OverrideOut],
)
async def list_overrides(
    session: Session,
    practitioner: ForReading,
    page: PageOf,
    from_: Annotated[LocalDate | None, Query(alias="from")] = None,
    to: Annotated[LocalDate | None, Query()] = None,
    location_id: Annotated[Uuid | None, Query()] = None,
) -> Page[OverrideOut]:
    statement = queries.overrides_of(practitioner, from_, to, location_id)
    found, cursor = await paginate(session, statement, page, [Override.date, Override.id], descending=False)
    return Page(items=[_shown(practitioner, override) for override in found], next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/practitioners/{practitioner_id}/overrides",
    id="createOverride",
    permission="hours:write",
    summary="Set other hours for one date",
    status=201,
    response_model=OverrideChanged,
    responses=links_below("override_id", "getOverride", "updateOverride", "deleteOverride"),
    raises=(OverrideExists,),
)
async def create_override(
    session: Session,
    actor: CurrentActor,
    practitioner: ForReading,
    body: OverrideCreate,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> OverrideChanged:
    override = await diary_actions.create_override(session, actor, practitioner, body)
    response.headers["Location"] = f"/v1/practitioners/{practitioner.id}/overrides/{override.id}"
    etag.tagged(response, practitioner)
    affected = await _hit(impact, session, now, practitioner, override)
    return with_affected(OverrideChanged, _shown(practitioner, override), affected)


@router.operation(
    "GET",
    "/v1/practitioners/{practitioner_id}/overrides/{override_id}",
    id="getOverride",
    permission="hours:read",
    summary="One override",
    response_model=OverrideOut,
)
async def get_override(request: Request, practitioner: ForReading, override: Found, response: Response) -> OverrideOut | Response:
    return etag.tagged_or_not_modified(request, response, _shown(practitioner, override))


@router.operation(
    "PATCH",
    "/v1/practitioners/{practitioner_id}/overrides/{override_id}",
    id="updateOverride",
    permission="hours:write",
    summary="Change the hours of an override",
    response_model=OverrideChanged,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def update_override(
    session: Session,
    actor: CurrentActor,
    practitioner: ForReading,
    override: ForChange,
    body: OverridePatch,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> OverrideChanged:
    await diary_actions.update_override(session, actor, practitioner, override, body)
    etag.tagged(response, practitioner)
    affected = await _hit(impact, session, now, practitioner, override)
    return with_affected(OverrideChanged, _shown(practitioner, override), affected)


@router.operation(
    "DELETE",
    "/v1/practitioners/{practitioner_id}/overrides/{override_id}",
    id="deleteOverride",
    permission="hours:write",
    summary="Go back to the weekly hours of that date, which may be fewer",
    response_model=Affecting,
    tagged=True,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def delete_override(
    session: Session,
    actor: CurrentActor,
    practitioner: ForReading,
    override: ForChange,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> Affecting:
    await diary_actions.delete_override(session, actor, practitioner, override)
    etag.tagged(response, practitioner)
    return with_affected(Affecting, None, await _hit(impact, session, now, practitioner, override))
