"""Take enquiries in, and move them through the inbox."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.articles import queries as articles
from app.enquiries.models import Enquiry
from app.enquiries.schemas import EnquiryCreate, EnquiryPatch
from app.identity import audit
from app.identity import queries as identity
from app.identity.actor import Actor
from app.identity.policy import ANONYMOUS, allows
from app.kit.errors import Conflict, InvalidField, NotFound
from app.kit.ids import new_reference
from app.treatments import queries as treatments

REFERENCE_PREFIX: Final = "EN"

# From each state, the states that may follow it.
_FOLLOWING: dict[str, frozenset[str]] = {
    "new": frozenset({"open", "spam"}),
    "open": frozenset({"answered", "spam"}),
    "answered": frozenset({"closed", "spam"}),
    "closed": frozenset({"open", "spam"}),
    "spam": frozenset({"open"}),
}


class WrongEnquiryState(Conflict):
    """`allowed` are the states that can follow the present one."""

    code = "wrong_enquiry_state"
    title = "An enquiry in its present state cannot go to that one"


async def create(session: AsyncSession, actor: Actor, wanted: EnquiryCreate, now: datetime) -> Enquiry:
    """Raises InvalidField without a way to answer, and for an article or treatment that the public does not see."""
    if wanted.email is None and wanted.phone is None:
        raise InvalidField("/email", "An e-mail address or a telephone number is needed", "contact_needed")
    await _check_public(session, wanted)
    enquiry = Enquiry(
        reference=new_reference(REFERENCE_PREFIX),
        state="new",
        consent_version=wanted.consent.version,
        consent_at=now,
        **wanted.model_dump(exclude={"consent"}),
    )
    session.add(enquiry)
    await session.flush()  # the trail and the answer name its id
    audit.record(session, actor, "enquiry.create", "enquiry", enquiry.id, wanted.model_fields_set)
    return enquiry


async def update(session: AsyncSession, actor: Actor, enquiry: Enquiry, patch: EnquiryPatch) -> Enquiry:
    """Raises WrongEnquiryState; InvalidField for an assignee who does not work the inbox."""
    changes = patch.changes()
    state = changes.get("state", enquiry.state)
    if state != enquiry.state and state not in _FOLLOWING[enquiry.state]:
        raise WrongEnquiryState(allowed=sorted(_FOLLOWING[enquiry.state]))
    if changes.get("assignee_id") is not None:
        await _check_assignee(session, changes["assignee_id"])
    for name, value in changes.items():
        setattr(enquiry, name, value)
    audit.record(session, actor, "enquiry.update", "enquiry", enquiry.id, changes)
    await session.flush()  # the answer shows the new version
    return enquiry


async def _check_public(session: AsyncSession, wanted: EnquiryCreate) -> None:
    """Looked up as the public sees it, whoever asks: an answer must not tell that a draft exists."""
    anybody = Actor(role=ANONYMOUS, request_id="")
    if wanted.article_id is not None:
        try:
            await articles.get(session, anybody, str(wanted.article_id))
        except NotFound:
            raise InvalidField("/article_id", "There is no such article", "not_found") from None
    if wanted.treatment_id is not None:
        try:
            await treatments.get(session, anybody, wanted.treatment_id)
        except NotFound:
            raise InvalidField("/treatment_id", "There is no such treatment", "not_found") from None


async def _check_assignee(session: AsyncSession, user_id: UUID) -> None:
    user = await identity.user_by_id(session, user_id)
    if user is None or not user.active or not allows("enquiries:write", user.role):
        raise InvalidField("/assignee_id", "There is no such user who works the inbox", "not_found")
