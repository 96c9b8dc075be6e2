"""Every SELECT of enquiries."""

from uuid import UUID

from sqlalchemy import Select, false, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.enquiries.models import Enquiry
from app.identity.actor import Actor
from app.identity.policy import allows
from app.kit.errors import NotFound


def visible_to(actor: Actor) -> Select[Enquiry]:
    """The inbox belongs to the front desk; nobody else sees any of it, the sender included."""
    statement = select(Enquiry)
    return statement if allows("enquiries:read", actor.role) else statement.where(false())


def inbox(actor: Actor, state: str | None) -> Select[Enquiry]:
    """Those in one state; without it all but spam, which is kept apart."""
    return visible_to(actor).where(Enquiry.state != "spam" if state is None else Enquiry.state == state)


async def get(session: AsyncSession, actor: Actor, enquiry_id: UUID) -> Enquiry:
    """Raises NotFound."""
    found = (await session.scalars(visible_to(actor).where(Enquiry.id == enquiry_id))).one_or_none()
    if found is None:
        raise NotFound
    return found
