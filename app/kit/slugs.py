"""Slugs: what a thing is called in an address."""

from slugify import slugify
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.errors import Conflict

MAX_LENGTH = 80


class SlugTaken(Conflict):
    code = "slug_taken"
    title = "Another one has this slug"


async def free_slug(session: AsyncSession, column: InstrumentedAttribute[str], *, wanted: str | None, name: str) -> str:
    """The slug that was asked for, or one made from the name (numbered if need be). Raises SlugTaken only for one that was asked for.

    Whoever wants a slug in the same table waits until this transaction is over, so that two never find the same one free.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"slugs of {column.class_.__tablename__}"))))
    if wanted is not None:
        if await _taken(session, column, wanted):
            raise SlugTaken
        return wanted
    base = slugify(name, max_length=MAX_LENGTH - 4, word_boundary=True) or "item"
    taken = set((await session.scalars(select(column).where(column.startswith(base, autoescape=True)))).all())
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


async def _taken(session: AsyncSession, column: InstrumentedAttribute[str], slug: str) -> bool:
    return (await session.scalars(select(column).where(column == slug))).first() is not None
