"""Table: enquiries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record


class Enquiry(Record, Base):
    """A question from outside, as it was sent, and what has become of it."""

    __tablename__ = "enquiries"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'open', 'answered', 'closed', 'spam')", name="state"),
        CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name="contact"),
        Index("ix_enquiries_state_id", "state", "id"),
    )

    reference: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    message: Mapped[str]
    topic: Mapped[str | None]
    article_id: Mapped[UUID | None] = mapped_column(ForeignKey("articles.id"), index=True)
    treatment_id: Mapped[UUID | None] = mapped_column(ForeignKey("treatments.id"))
    wished: Mapped[str | None]
    consent_version: Mapped[str]
    consent_at: Mapped[datetime]
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))

    @property
    def consent(self) -> dict[str, object]:
        return {"version": self.consent_version, "at": self.consent_at}
