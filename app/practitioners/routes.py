"""Practitioners: public to read, for administrators to write."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.diary.impact import ImpactOf, with_affected
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.in_use import InUse
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.slugs import SlugTaken
from app.kit.wire import Slug, Uuid
from app.practitioners import actions, queries
from app.practitioners.diary_schemas import PractitionerChanged
from app.practitioners.models import Practitioner
from app.practitioners.schemas import PractitionerCreate, PractitionerOut, PractitionerPatch

router = Router("Practitioners")


async def _for_change(
    session: Session, actor: CurrentActor, practitioner_id: Uuid, if_match: etag.IfMatch = None
) -> Practitioner:
    """Found and matched before the body's rules are looked at."""
    practitioner = await queries.get(session, actor, practitioner_id)
    etag.require_match(if_match, practitioner)
    return practitioner


async def _for_deletion(
    session: Session, actor: CurrentActor, practitioner_id: Uuid, if_match: etag.IfMatch = None
) -> Practitioner:
    """With all that goes with it."""
    practitioner = await queries.get_diary_of(session, actor, practitioner_id)
    etag.require_match(if_match, practitioner)
    return practitioner


@router.operation(
    "GET",
    "/v1/practitioners",
    id="listPractitioners",
    permission="clinic:read",
    summary="Who treats",
    response_model=Page[PractitionerOut],
)
async def list_practitioners(
    session: Session,
    actor: CurrentActor,
    page: PageOf,
    slug: Annotated[Slug | None, Query(description="Only the one with this slug", examples=["mira-okonjo"])] = None,
    treatment_id: Annotated[Uuid | None, Query(description="Only those who offer this treatment")] = None,
    location_id: Annotated[Uuid | None, Query(description="Only those with working hours at this location")] = None,
) -> Page[PractitionerOut]:
    statement = queries.visible_to(actor)
    if slug is not None:
        statement = statement.where(Practitioner.slug == slug)
    if treatment_id is not None:
        statement = queries.offering(statement, treatment_id)
    if location_id is not None:
        statement = queries.working_at(statement, location_id)
    found, cursor = await paginate(session, statement, page, [Practitioner.id])
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/practitioners",
    id="createPractitioner",
    permission="clinic:write",
    summary="Add a practitioner",
    status=201,
    response_model=PractitionerOut,
    raises=(SlugTaken,),
)
async def create_practitioner(
    session: Session, actor: CurrentActor, body: PractitionerCreate, response: Response
) -> Practitioner:
    practitioner = await actions.create(session, actor, body)
    response.headers["Location"] = f"/v1/practitioners/{practitioner.id}"
    etag.tagged(response, practitioner)
    return practitioner


@router.operation(
    "GET",
    "/v1/practitioners/{practitioner_id}",
    id="getPractitioner",
    permission="clinic:read",
    summary="One practitioner",
    response_model=PractitionerOut,
)
async def get_practitioner(
    request: Request, session: Session, actor: CurrentActor, practitioner_id: Uuid, response: Response
) -> Practitioner | Response:
    return etag.tagged_or_not_modified(request, response, await queries.get(session, actor, practitioner_id))


@router.operation(
    "PATCH",
    "/v1/practitioners/{practitioner_id}",
    id="updatePractitioner",
    permission="clinic:write",
    summary="Change a practitioner",
    response_model=PractitionerChanged,
    raises=(SlugTaken, PreconditionFailed, PreconditionRequired),
)
async def update_practitioner(
    session: Session,
    actor: CurrentActor,
    practitioner: Annotated[Practitioner, Depends(_for_change)],
    body: PractitionerPatch,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> PractitionerChanged:
    await actions.update(session, actor, practitioner, body)
    etag.tagged(response, practitioner)
    affected = await impact(session, now, [practitioner.resource_id], {"registration", "not_offered"})
    return with_affected(PractitionerChanged, PractitionerOut.model_validate(practitioner), affected)


@router.operation(
    "DELETE",
    "/v1/practitioners/{practitioner_id}",
    id="deletePractitioner",
    permission="clinic:write",
    summary="Delete a practitioner whom nothing refers to",
    status=204,
    raises=(InUse, PreconditionFailed, PreconditionRequired),
)
async def delete_practitioner(
    session: Session, actor: CurrentActor, practitioner: Annotated[Practitioner, Depends(_for_deletion)]
) -> None:
    await actions.delete(session, actor, practitioner)
