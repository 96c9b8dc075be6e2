"""What is offered: public to read, for administrators to write."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.in_use import InUse
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import PageOf, Session
from app.kit.slugs import SlugTaken
from app.kit.wire import Slug, Uuid
from app.treatments import actions, queries
from app.treatments.models import Treatment
from app.treatments.schemas import TreatmentCreate, TreatmentOut, TreatmentPatch

router = Router("Treatments")


async def _for_change(session: Session, actor: CurrentActor, treatment_id: Uuid, if_match: etag.IfMatch = None) -> Treatment:
    """Found and matched before the body's rules are looked at."""
    treatment = await queries.get(session, actor, treatment_id)
    etag.require_match(if_match, treatment)
    return treatment


@router.operation(
    "GET",
    "/v1/treatments",
    id="listTreatments",
    permission="clinic:read",
    summary="What is offered",
    response_model=Page[TreatmentOut],
)
async def list_treatments(
    session: Session,
    actor: CurrentActor,
    page: PageOf,
    slug: Annotated[Slug | None, Query(description="Only the one with this slug", examples=["follow-up-treatment"])] = None,
) -> Page[TreatmentOut]:
    statement = queries.visible_to(actor)
    if slug is not None:
        statement = statement.where(Treatment.slug == slug)
    found, cursor = await paginate(session, statement, page, [Treatment.id])
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/treatments",
    id="createTreatment",
    permission="clinic:write",
    summary="Offer a treatment",
    status=201,
    response_model=TreatmentOut,
    raises=(SlugTaken,),
)
async def create_treatment(session: Session, actor: CurrentActor, body: TreatmentCreate, response: Response) -> Treatment:
    treatment = await actions.create(session, actor, body)
    response.headers["Location"] = f"/v1/treatments/{treatment.id}"
    etag.tagged(response, treatment)
    return treatment


@router.operation(
    "GET",
    "/v1/treatments/{treatment_id}",
    id="getTreatment",
    permission="clinic:read",
    summary="One treatment",
    response_model=TreatmentOut,
)
async def get_treatment(
    request: Request, session: Session, actor: CurrentActor, treatment_id: Uuid, response: Response
) -> Treatment | Response:
    treatment = await queries.get(session, actor, treatment_id)
    return etag.tagged_or_not_modified(request, response, treatment)


@router.operation(
    "PATCH",
    "/v1/treatments/{treatment_id}",
    id="updateTreatment",
    permission="clinic:write",
    summary="Change a treatment",
    response_model=TreatmentOut,
    raises=(SlugTaken, PreconditionFailed, PreconditionRequired),
)
async def update_treatment(
    session: Session,
    actor: CurrentActor,
    treatment: Annotated[Treatment, Depends(_for_change)],
    body: TreatmentPatch,
    response: Response,
) -> Treatment:
    await actions.update(session, actor, treatment, body)
    etag.tagged(response, treatment)
    return treatment


@router.operation(
    "DELETE",
    "/v1/treatments/{treatment_id}",
    id="deleteTreatment",
    permission="clinic:write",
    summary="Delete a treatment that nothing refers to",
    status=204,
    raises=(InUse, PreconditionFailed, PreconditionRequired),
)
async def delete_treatment(session: Session, actor: CurrentActor, treatment: Annotated[Treatment, Depends(_for_change)]) -> None:
    await actions.delete(session, actor, treatment)
