"""Table: appointments."""

from datetime import UTC, datetime, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record

PENDING, BOOKED, CANCELLED = "pending", "booked", "cancelled"


class Appointment(Record, Base):
    """One sitting. Keeps the name, phases, buffers and price it was booked with, and the wall time that was promised."""

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'booked', 'cancelled')", name="status"),
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        Index("ix_appointments_starts_at_id", "starts_at", "id"),
        Index("ix_appointments_practitioner_id_starts_at", "practitioner_id", "starts_at"),
        Index("ix_appointments_patient_id_starts_at", "patient_id", "starts_at"),
        Index("ix_appointments_place_id_starts_at", "place_id", "starts_at"),
        Index("ix_appointments_affected", "starts_at", postgresql_where=text("affected_by <> '[]'")),
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
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    time_zone: Mapped[str]
    # Wall time as promised, without offset: should a time-zone database change, this and `starts_at` tell that they disagree.
    wall_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    price_amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    price_currency: Mapped[str]
    notes: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    # Why it can no longer be kept as it is: codes of refusals. Nothing is cancelled for them; somebody deals with it.
    affected_by: Mapped[list[Any]] = mapped_column(server_default="[]")

    def __init__(self, **columns: Any) -> None:
        super().__init__(**{"affected_by": [], **columns})

    @property
    def affected(self) -> bool:
        return bool(self.affected_by) and self.status != CANCELLED

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
