"""Table: patients."""

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record


class Patient(Record, Base):
    """E-mail address and telephone are neither unique nor identity. `confirmed` is false for whoever booked without being known."""

    __tablename__ = "patients"

    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), unique=True)
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    date_of_birth: Mapped[date | None]
    contacts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    notes: Mapped[str | None]
    confirmed: Mapped[bool] = mapped_column(default=True)
