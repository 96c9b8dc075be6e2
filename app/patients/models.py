"""Table: patients."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, event
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record
from app.patients.search import searchable


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
    search_text: Mapped[str]
    # Found to be somebody who was known already: everything of theirs is that patient's now.
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("patients.id"), index=True)
    erased_at: Mapped[datetime | None]


@event.listens_for(Patient, "before_insert")
@event.listens_for(Patient, "before_update")
def _keep_searchable(_mapper: object, _connection: object, patient: Patient) -> None:
    """Here, and not in the actions, so that no way of writing a patient can forget it."""
    people = [{"name": patient.name, "email": patient.email, "phone": patient.phone}, *(patient.contacts or [])]
    patient.search_text = "" if patient.erased_at else searchable(people)
