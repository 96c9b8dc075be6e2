"""Every SELECT of identity."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.models import AccessToken, AuditEntry, PatientLink, User


async def user_of_token(session: AsyncSession, token_hash: bytes, now: datetime) -> Row[UUID, str, UUID | None] | None:
    """Id, role and practitioner of the active user whose live token this is."""
    statement = (
        select(User.id, User.role, User.practitioner_id)
        .join(AccessToken, AccessToken.user_id == User.id)
        .where(AccessToken.hash == token_hash, AccessToken.expires_at > now, User.active)
    )
    return (await session.execute(statement)).one_or_none()


async def appointment_of_link(session: AsyncSession, token_hash: bytes, now: datetime) -> UUID | None:
    statement = select(PatientLink.appointment_id).where(PatientLink.hash == token_hash, PatientLink.expires_at > now)
    return (await session.execute(statement)).scalar_one_or_none()


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
