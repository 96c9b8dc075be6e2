"""Make and touch the rows that the diary locks: one for each practitioner, place and patient."""

from collections.abc import Collection

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.diary.models import Resource


async def new_resource(session: AsyncSession, kind: str) -> int:
    """The id of a new row. `kind` is one of those in `app.diary.models`."""
    made = await session.execute(insert(Resource).values(kind=kind).returning(Resource.id))
    return made.scalar_one()


async def bump(session: AsyncSession, resource_ids: Collection[int]) -> None:
    """Lock resources and move their versions: whatever was worked out from their hours, offers or state is worked out again.

    Called before the rows that change are written, so that locks are taken in the order in which a booking takes them; those of several in a
    statement of its own, since an UPDATE takes them in the order of its plan.
    """
    if len(resource_ids) > 1:
        in_order = select(Resource.id).where(Resource.id.in_(resource_ids)).order_by(Resource.id)
        await session.execute(in_order.with_for_update(key_share=True))
    await session.execute(update(Resource).where(Resource.id.in_(resource_ids)).values(version=Resource.version + 1))


async def drop_resource(session: AsyncSession, resource_id: int) -> None:
    """After its owner was deleted; nothing can occupy it, or the owner would still be referred to."""
    await session.execute(delete(Resource).where(Resource.id == resource_id))
