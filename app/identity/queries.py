"""Every SELECT of identity."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.models import AuditEntry, User
from app.kit.batch import ask
from app.kit.db import Reader

# Every request of staff asks this, so it goes through the driver.
_USER_OF_TOKEN = """
SELECT users.id, users.role, users.practitioner_id FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.hash = %s AND access_tokens.expires_at > %s AND users.active
"""  # noqa: S105
_APPOINTMENT_OF_LINK = "SELECT appointment_id FROM patient_links WHERE hash = %s AND expires_at > %s"


async def user_of_token(reader: Reader, token_hash: bytes, now: datetime) -> tuple[UUID, str, UUID | None] | None:
    """Id, role and practitioner of the active user whose live token this is."""
    async with reader() as connection:
        rows = (await ask(connection, _USER_OF_TOKEN, (token_hash, now))).rows
    return cast("tuple[UUID, str, UUID | None]", rows[0]) if rows else None


async def appointment_of_link(reader: Reader, token_hash: bytes, now: datetime) -> UUID | None:
    async with reader() as connection:
        rows = (await ask(connection, _APPOINTMENT_OF_LINK, (token_hash, now))).rows
    return rows[0][0] if rows else None


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    return (await session.scalars(select(User).where(func.lower(User.email) == email.lower()))).one_or_none()


async def user_by_id(session: AsyncSession, user_id: UUID) -> User | None:
    return (await session.scalars(select(User).where(User.id == user_id))).one_or_none()


def audit_entries(subject_id: UUID | None = None, request_id: str | None = None) -> Select[AuditEntry]:
    statement = select(AuditEntry)
    if subject_id is not None:
        statement = statement.where(AuditEntry.subject_id == subject_id)
    if request_id is not None:
        statement = statement.where(AuditEntry.request_id == request_id)
    return statement
