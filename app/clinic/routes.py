"""The clinic and its locations: public to read, for administrators to write."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.clinic import actions, queries
from app.clinic.actions import TimeZoneInUse
from app.clinic.models import Clinic, Location
from app.clinic.schemas import (
    ClinicOut,
    ClinicPatch,
    ClinicSettings,
    LocationChanged,
    LocationCreate,
    LocationOut,
    LocationPatch,
)
from app.diary.impact import ImpactOf, with_affected
from app.identity.actor import CurrentActor
from app.kit import etag, time_zones
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.in_use import InUse
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.slugs import SlugTaken
from app.kit.wire import Slug, Uuid

router = Router("Clinic")


async def _answer(session: Session, clinic: Clinic) -> ClinicOut:
    settings = ClinicSettings.model_validate(clinic)
    zones = await queries.active_time_zones(session)
    return ClinicOut(**dict(settings), time_zones=zones, tzdata_version=time_zones.VERSION)


async def _clinic_for_change(session: Session, if_match: etag.IfMatch = None) -> Clinic:
    """Matched before the body's rules are looked at."""
    clinic = await queries.the_clinic(session)
    etag.require_match(if_match, clinic)
    return clinic


async def _for_change(session: Session, actor: CurrentActor, location_id: Uuid, if_match: etag.IfMatch = None) -> Location:
    """Found and matched before the body's rules are looked at."""
    location = await queries.get(session, actor, location_id)
    etag.require_match(if_match, location)
    return location


@router.operation(
    "GET",
    "/v1/clinic",
    id="getClinic",
    permission="clinic:read",
    summary="The clinic, and the policy that clients must show",
    response_model=ClinicOut,
)
async def get_clinic(request: Request, session: Session, response: Response) -> ClinicOut | Response:
    return etag.tagged_or_not_modified(request, response, await _answer(session, await queries.the_clinic(session)))


@router.operation(
    "PATCH",
    "/v1/clinic",
    id="updateClinic",
    permission="clinic:write",
    summary="Change the clinic's settings",
    response_model=ClinicOut,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def update_clinic(
    session: Session,
    actor: CurrentActor,
    clinic: Annotated[Clinic, Depends(_clinic_for_change)],
    body: ClinicPatch,
    response: Response,
) -> ClinicOut:
    await actions.update_clinic(session, actor, clinic, body)
    etag.tagged(response, clinic)
    return await _answer(session, clinic)


@router.operation(
    "GET",
    "/v1/locations",
    id="listLocations",
    permission="clinic:read",
    summary="Where the clinic is",
    response_model=Page[LocationOut],
)
async def list_locations(
    session: Session,
    actor: CurrentActor,
    page: PageOf,
    slug: Annotated[Slug | None, Query(description="Only the one with this slug", examples=["harbour-street"])] = None,
) -> Page[LocationOut]:
    statement = queries.visible_to(actor)
    if slug is not None:
        statement = statement.where(Location.slug == slug)
    found, cursor = await paginate(session, statement, page, [Location.id])
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/locations",
    id="createLocation",
    permission="clinic:write",
    summary="Add a location",
    status=201,
    response_model=LocationOut,
    raises=(SlugTaken,),
)
async def create_location(session: Session, actor: CurrentActor, body: LocationCreate, response: Response) -> Location:
    location = await actions.create_location(session, actor, body)
    response.headers["Location"] = f"/v1/locations/{location.id}"
    etag.tagged(response, location)
    return location


@router.operation(
    "GET",
    "/v1/locations/{location_id}",
    id="getLocation",
    permission="clinic:read",
    summary="One location",
    response_model=LocationOut,
)
async def get_location(
    request: Request, session: Session, actor: CurrentActor, location_id: Uuid, response: Response
) -> Location | Response:
    return etag.tagged_or_not_modified(request, response, await queries.get(session, actor, location_id))


@router.operation(
    "PATCH",
    "/v1/locations/{location_id}",
    id="updateLocation",
    permission="clinic:write",
    summary="Change a location",
    response_model=LocationChanged,
    raises=(SlugTaken, TimeZoneInUse, PreconditionFailed, PreconditionRequired),
)
async def update_location(
    session: Session,
    actor: CurrentActor,
    location: Annotated[Location, Depends(_for_change)],
    body: LocationPatch,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> LocationChanged:
    workers = await actions.update_location(session, actor, location, body)
    etag.tagged(response, location)
    affected = await impact(session, now, workers, {"not_offered"}) if workers else []
    here = [appointment for appointment in affected if appointment.location_id == location.id]
    return with_affected(LocationChanged, LocationOut.model_validate(location), here)


@router.operation(
    "DELETE",
    "/v1/locations/{location_id}",
    id="deleteLocation",
    permission="clinic:write",
    summary="Delete a location that nothing refers to",
    status=204,
    raises=(InUse, PreconditionFailed, PreconditionRequired),
)
async def delete_location(session: Session, actor: CurrentActor, location: Annotated[Location, Depends(_for_change)]) -> None:
    await actions.delete_location(session, actor, location)
