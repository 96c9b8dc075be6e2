"""Table: courses. Their sessions are appointments, and whose they are is said there (`app.appointments.models`)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record


class Course(Record, Base):
    """Several sessions for one patient. Keeps the question that it was planned with; what is counted of it is derived (K5)."""

    __tablename__ = "courses"

    reference: Mapped[str] = mapped_column(unique=True)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"))
    title: Mapped[str | None]
    notes: Mapped[str | None]
    question: Mapped[dict[str, Any] | None]
    paused_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
