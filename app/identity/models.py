"""Tables: users, access tokens, patients' links, the audit trail. Tokens are stored as SHA-256 and shown once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record
from app.kit.ids import uuid7


class User(Record, Base):
    """A member of staff. E-mail addresses are compared in lower case."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email", text("lower(email)"), unique=True),)

    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioners.id"))
    active: Mapped[bool] = mapped_column(default=True)


class AccessToken(Base):
    __tablename__ = "access_tokens"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PatientLink(Base):
    """The private link to one appointment; whoever has its token may see, move or cancel that appointment."""

    __tablename__ = "patient_links"

    hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Base):
    """One staff write (or sign-in): who, what, when, which request. `changed` names fields; values stay where they belong."""

    __tablename__ = "audit_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor_key: Mapped[str]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    request_id: Mapped[str] = mapped_column(index=True)
    changed: Mapped[list[Any]]
