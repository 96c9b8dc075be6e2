"""Every SELECT of treatments."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.actor import Actor
from app.kit.errors import NotFound
from app.treatments.models import Treatment


def visible_to(actor: Actor) -> Select[Treatment]:
    """The public sees what it can book or ask for; staff see what is inactive too."""
    statement = select(Treatment)
    return statement if actor.is_staff else statement.where(Treatment.active)


async def get(session: AsyncSession, actor: Actor, treatment_id: UUID) -> Treatment:
    """Raises NotFound."""
    found = (await session.scalars(visible_to(actor).where(Treatment.id == treatment_id))).one_or_none()
    if found is None:
        raise NotFound
    return found
