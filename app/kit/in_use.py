"""Nothing with a history is deleted. What the history is, the foreign keys know."""

from psycopg.errors import ForeignKeyViolation
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import Base
from app.kit.errors import Conflict


class InUse(Conflict):
    code = "in_use"
    title = "Other things refer to it, so it cannot be deleted; it can be made inactive"


async def delete_unused(session: AsyncSession, record: Base) -> None:
    """Delete what nothing refers to. Raises InUse, and leaves the transaction usable."""
    try:
        async with session.begin_nested():
            await session.delete(record)
    except IntegrityError as error:
        if isinstance(error.orig, ForeignKeyViolation):
            raise InUse from None
        raise
