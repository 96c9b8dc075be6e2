"""Tables: appointments, what holds keep, and the history of every appointment."""

from collections.abc import Mapping
from datetime import UTC, datetime, timezone
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column, query_expression
from typing_extensions import override

from app.appointments.states import EXPIRED, OCCUPYING, STORED
from app.kit.db import Base, Record
from app.kit.ids import uuid7


class Hold(Base):
    """Some appointments kept for a few minutes for somebody deciding, who proves to be that by a token. `client` tells clients apart for their limit.

    `extended`: once is all. `released`: given back by whoever had it.
    """

    __tablename__ = "holds"
    __table_args__ = (Index("ix_holds_client_expires_at", "client", "expires_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    client: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    extended: Mapped[bool]
    released: Mapped[bool]
    created_at: Mapped[datetime]


class Appointment(Record, Base):
    """One sitting. Keeps the name, phases, buffers and price it was booked with, and the wall time that was promised.

    A held one has nobody yet who comes, unless it is held for a course; what a hold leaves behind has nobody for ever.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(map(repr, STORED))})", name="status"),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        CheckConstraint("patient_id IS NOT NULL OR hold_id IS NOT NULL", name="somebody"),
        CheckConstraint("(status = 'held') = (held_until IS NOT NULL)", name="held_until"),
        CheckConstraint("(course_id IS NULL) = (session_number IS NULL)", name="session_of_course"),
        Index("ix_appointments_starts_at_id", "starts_at", "id"),
        Index("ix_appointments_practitioner_id_starts_at", "practitioner_id", "starts_at"),
        Index("ix_appointments_patient_id_starts_at", "patient_id", "starts_at"),
        Index("ix_appointments_place_id_starts_at", "place_id", "starts_at"),
        Index("ix_appointments_affected", "starts_at", postgresql_where=text("affected_by <> '[]'")),
        Index("ix_appointments_hold_id", "hold_id", postgresql_where=text("hold_id IS NOT NULL")),
        Index("ix_appointments_course_id", "course_id", postgresql_where=text("course_id IS NOT NULL")),
        # What a session was, cancelled or missed, may be there more than once.
        Index(
            "uq_appointments_course_id_session_number",
            "course_id",
            "session_number",
            unique=True,
            postgresql_where=text(f"status IN ({', '.join(map(repr, OCCUPYING))})"),
        ),
    )

    reference: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"))
    treatment_name: Mapped[str]
    phases: Mapped[list[Any]]
    buffer_before_minutes: Mapped[int]
    buffer_after_minutes: Mapped[int]
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioners.id"))
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patients.id"))
    # Of a course it is a session; they count from 1. One that was cancelled, and the one that is booked instead, have one number.
    course_id: Mapped[UUID | None] = mapped_column(ForeignKey("courses.id"))
    session_number: Mapped[int | None]
    # No replan moves it: somebody chose just this time.
    pinned: Mapped[bool] = mapped_column(server_default="false")
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"))
    held_until: Mapped[datetime | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    time_zone: Mapped[str]
    # Wall time as promised, without offset: should a time-zone database change, this and `starts_at` tell that they disagree.
    wall_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    price_amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    price_currency: Mapped[str]
    notes: Mapped[str | None]
    arrived_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    no_show_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    # The rules that staff set aside for it, each with the reason that was given.
    overrides: Mapped[list[Any]] = mapped_column(server_default="[]")
    # Others have some of the practitioner's time that it is booked for.
    overbooked: Mapped[bool] = mapped_column(server_default="false")
    # Cancelled or moved after the patient could have done so.
    late: Mapped[bool] = mapped_column(server_default="false")
    # Why it can no longer be kept as it is: codes of refusals. Nothing is cancelled for them; somebody deals with it.
    affected_by: Mapped[list[Any]] = mapped_column(server_default="[]")
    # Whether its hold is over, by the clock of the statement that read it.
    expired: Mapped[bool | None] = query_expression()

    @classmethod
    @override
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        return super().of_row({"affected_by": [], "overrides": [], "overbooked": False, "late": False, "pinned": False, **row})

    @property
    def state(self) -> str:
        """As it was when it was read."""
        return EXPIRED if self.expired else self.status

    @property
    def affected(self) -> bool:
        return bool(self.affected_by) and self.status in OCCUPYING and not self.expired

    @property
    def duration_minutes(self) -> int:
        return sum(phase["minutes"] for phase in self.phases)

    @property
    def price(self) -> dict[str, Any]:
        return {"amount": self.price_amount, "currency": self.price_currency}

    @property
    def local_start(self) -> str:
        """Wall time at the location, with the offset it had when it was promised."""
        offset = self.wall_start - self.starts_at.astimezone(UTC).replace(tzinfo=None)
        return self.wall_start.replace(tzinfo=timezone(offset)).isoformat(timespec="seconds")


class HistoryEntry(Base):
    """One step in the life of an appointment: who took it, when, and what it was before and after."""

    __tablename__ = "appointment_history"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"), index=True)
    at: Mapped[datetime]
    actor_key: Mapped[str]
    verb: Mapped[str]
    changes: Mapped[dict[str, Any]]
    request_id: Mapped[str]
