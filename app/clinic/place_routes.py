"""The places of a location: for staff. A file of its own, since it is a resource of its own with the five operations that has."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.clinic import actions, queries
from app.clinic.models import Place
from app.clinic.schemas import PlaceCreate, PlaceOut, PlacePatch
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.in_use import InUse
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import PageOf, Session
from app.kit.wire import Uuid

router = Router("Clinic")


async def _for_change(session: Session, place_id: Uuid, if_match: etag.IfMatch = None) -> Place:
    """Found and matched before the body's rules are looked at."""
    place = await queries.get_place(session, place_id)
    etag.require_match(if_match, place)
    return place


@router.operation(
    "GET",
    "/v1/locations/{location_id}/places",
    id="listPlaces",
    permission="places:read",
    summary="The places of a location",
    response_model=Page[PlaceOut],
)
async def list_places(session: Session, actor: CurrentActor, page: PageOf, location_id: Uuid) -> Page[PlaceOut]:
    location = await queries.get(session, actor, location_id)
    found, cursor = await paginate(session, queries.places_of(location), page, [Place.id])
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/locations/{location_id}/places",
    id="createPlace",
    permission="clinic:write",
    summary="Add a place to a location",
    status=201,
    response_model=PlaceOut,
)
async def create_place(session: Session, actor: CurrentActor, location_id: Uuid, body: PlaceCreate, response: Response) -> Place:
    place = await actions.create_place(session, actor, await queries.get(session, actor, location_id), body)
    response.headers["Location"] = f"/v1/places/{place.id}"
    etag.tagged(response, place)
    return place


@router.operation(
    "GET",
    "/v1/places/{place_id}",
    id="getPlace",
    permission="places:read",
    summary="One place",
    response_model=PlaceOut,
)
async def get_place(request: Request, session: Session, place_id: Uuid, response: Response) -> Place | Response:
    return etag.tagged_or_not_modified(request, response, await queries.get_place(session, place_id))


@router.operation(
    "PATCH",
    "/v1/places/{place_id}",
    id="updatePlace",
    permission="clinic:write",
    summary="Change a place",
    response_model=PlaceOut,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def update_place(
    session: Session,
    actor: CurrentActor,
    place: Annotated[Place, Depends(_for_change)],
    body: PlacePatch,
    response: Response,
) -> Place:
    await actions.update_place(session, actor, place, body)
    etag.tagged(response, place)
    return place


@router.operation(
    "DELETE",
    "/v1/places/{place_id}",
    id="deletePlace",
    permission="clinic:write",
    summary="Delete a place that nothing refers to",
    status=204,
    raises=(InUse, PreconditionFailed, PreconditionRequired),
)
async def delete_place(session: Session, actor: CurrentActor, place: Annotated[Place, Depends(_for_change)]) -> None:
    await actions.delete_place(session, actor, place)
