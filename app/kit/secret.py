"""The service's own secret: signs cursors, and is half of what locks up stored answers.

Set MERIDIAN_SECRET_KEY to keep it out of the database. Where it is not set, one is drawn at first use and kept in the database, so that replicas
agree without anybody having to do anything.
"""

import hashlib
import secrets

from sqlalchemy import LargeBinary, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Database


class Secret(Base):
    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)


async def load_secret(database: Database, configured: str | None) -> bytes:
    """32 bytes."""
    if configured is not None:
        return hashlib.sha256(configured.encode()).digest()
    async with database.reading() as session:
        await session.execute(insert(Secret).values(name="service", value=secrets.token_bytes(32)).on_conflict_do_nothing())
        return (await session.execute(select(Secret.value).where(Secret.name == "service"))).scalar_one()
