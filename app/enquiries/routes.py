"""Enquiries: anybody asks, the front desk answers. Every answer is `no-store`, as all that has no other rule."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.enquiries import actions, queries
from app.enquiries.actions import WrongEnquiryState
from app.enquiries.models import Enquiry
from app.enquiries.schemas import EnquiryCreate, EnquiryOut, EnquiryPatch, EnquiryReceipt, State
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.wire import Uuid

router = Router("Enquiries")


async def _for_change(session: Session, actor: CurrentActor, enquiry_id: Uuid, if_match: etag.IfMatch = None) -> Enquiry:
    """Found and matched before the body's rules are looked at."""
    enquiry = await queries.get(session, actor, enquiry_id)
    etag.require_match(if_match, enquiry)
    return enquiry


@router.operation(
    "POST",
    "/v1/enquiries",
    id="createEnquiry",
    permission="enquiries:create",
    summary="Ask the clinic something",
    status=201,
    response_model=EnquiryReceipt,
    needs_key=True,
)
async def create_enquiry(session: Session, actor: CurrentActor, now: Now, body: EnquiryCreate, response: Response) -> Enquiry:
    enquiry = await actions.create(session, actor, body, now)
    response.headers["Location"] = f"/v1/enquiries/{enquiry.id}"
    return enquiry


@router.operation(
    "GET",
    "/v1/enquiries",
    id="listEnquiries",
    permission="enquiries:read",
    summary="The inbox, newest first",
    response_model=Page[EnquiryOut],
)
async def list_enquiries(
    session: Session,
    actor: CurrentActor,
    page: PageOf,
    state: Annotated[
        State | None, Query(description="Only those in this state; without it, all but spam", examples=["open"])
    ] = None,
) -> Page[EnquiryOut]:
    found, cursor = await paginate(session, queries.inbox(actor, state), page, [Enquiry.id])
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "GET",
    "/v1/enquiries/{enquiry_id}",
    id="getEnquiry",
    permission="enquiries:read",
    summary="One enquiry",
    response_model=EnquiryOut,
)
async def get_enquiry(
    request: Request, session: Session, actor: CurrentActor, enquiry_id: Uuid, response: Response
) -> Enquiry | Response:
    enquiry = await queries.get(session, actor, enquiry_id)
    return etag.tagged_or_not_modified(request, response, enquiry)


@router.operation(
    "PATCH",
    "/v1/enquiries/{enquiry_id}",
    id="updateEnquiry",
    permission="enquiries:write",
    summary="Move an enquiry on, or give it to somebody",
    response_model=EnquiryOut,
    raises=(WrongEnquiryState, PreconditionFailed, PreconditionRequired),
)
async def update_enquiry(
    session: Session,
    actor: CurrentActor,
    enquiry: Annotated[Enquiry, Depends(_for_change)],
    body: EnquiryPatch,
    response: Response,
) -> Enquiry:
    await actions.update(session, actor, enquiry, body)
    etag.tagged(response, enquiry)
    return enquiry
