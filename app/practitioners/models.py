"""Tables: practitioners, what they offer, their registrations, their weekly hours, and when it is otherwise."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.db import Base, Record
from app.kit.ids import uuid7

Day = date  # where a column is called `date`


class Practitioner(Record, Base):
    __tablename__ = "practitioners"

    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), unique=True)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    bio: Mapped[str | None]
    languages: Mapped[list[Any]]
    daily_limit: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)

    offers: Mapped[list["Offer"]] = relationship(lazy="raise", cascade="all, delete-orphan", order_by="Offer.treatment_id")
    registrations: Mapped[list["Registration"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="Registration.valid_until.desc(), Registration.id"
    )
    hours: Mapped[list["WorkingHours"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class Offer(Base):
    """A practitioner offers a treatment, perhaps at a price and with phases of their own."""

    __tablename__ = "offers"

    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioners.id"), primary_key=True)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True, index=True)
    price_amount: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    price_currency: Mapped[str | None]
    phases: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))

    @property
    def price(self) -> dict[str, Any] | None:
        return None if self.price_amount is None else {"amount": self.price_amount, "currency": self.price_currency}


class Registration(Base):
    """With a professional body; bookable up to and including `valid_until`."""

    __tablename__ = "registrations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioners.id"), index=True)
    body: Mapped[str]
    number: Mapped[str]
    valid_until: Mapped[date]


class WorkingHours(Base):
    """One line of a weekly pattern, in wall time of its location. Minutes of the day; an end not after its start is on the next day."""

    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("starts_minute BETWEEN 0 AND 1439 AND ends_minute BETWEEN 0 AND 1440", name="minutes"),
        CheckConstraint("starts_minute <> ends_minute", name="not_empty"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioners.id"), index=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    weekday: Mapped[int]
    starts_minute: Mapped[int]
    ends_minute: Mapped[int]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    every_weeks: Mapped[int]


class _Deviation:
    """What overrides and time off have in common. Their version is the practitioner's."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioners.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())

    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 SQLAlchemy's own name and form


class Override(_Deviation, Base):
    """Other hours on one date at one location: `{"starts", "ends"}` in minutes of the day, as weekly hours have them. None: closed that day."""

    __tablename__ = "overrides"
    __table_args__ = (
        UniqueConstraint("practitioner_id", "location_id", "date", name="uq_overrides_practitioner_id_location_id_date"),
    )

    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    date: Mapped[Day]
    windows: Mapped[list[Any]]


class TimeOff(_Deviation, Base):
    """Leave, from one instant to another, wherever the practitioner works."""

    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        Index("ix_time_off_practitioner_id_starts_at", "practitioner_id", "starts_at"),
    )

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str | None]
