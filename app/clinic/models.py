"""Tables: the clinic (one row), locations, places, closures, and the version of everything that availability is worked out from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Record


class Clinic(Base):
    """One row. Its settings are the defaults of everything else."""

    __tablename__ = "clinic"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str]
    step_minutes: Mapped[int]
    notice_minutes: Mapped[int]
    horizon_days: Mapped[int]
    hold_minutes: Mapped[int]
    change_notice_minutes: Mapped[int]
    travel_minutes: Mapped[int]
    holds_per_client: Mapped[int]
    upcoming_per_patient: Mapped[int]
    cancel_reasons: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=func.clock_timestamp())
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": True}  # noqa: RUF012 SQLAlchemy's own name and form


class Location(Record, Base):
    """An address with a time zone."""

    __tablename__ = "locations"

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str]
    address: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)


class Place(Record, Base):
    """A room, bed or chair. A group room with four chairs is four places."""

    __tablename__ = "places"
    __table_args__ = (Index("ix_places_location_id_kind", "location_id", "kind"),)

    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)


class Closure(Record, Base):
    """The clinic shut, on local dates of one location or of all (null), both included: whole days (null), or the same part of each."""

    __tablename__ = "closures"
    __table_args__ = (
        CheckConstraint("from_on <= to_on", name="dates"),
        CheckConstraint("(starts_minute IS NULL) = (ends_minute IS NULL)", name="both_or_none"),
        CheckConstraint("starts_minute >= 0 AND starts_minute < ends_minute AND ends_minute <= 1440", name="minutes"),
    )

    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    from_on: Mapped[date]
    to_on: Mapped[date] = mapped_column(index=True)
    starts_minute: Mapped[int | None]
    ends_minute: Mapped[int | None]
    reason: Mapped[str]
    source: Mapped[str | None]  # of public holidays: "GB-ENG"


class Catalogue(Base):
    """One row. Triggers move its version with each COMMIT that changed the clinic, what is in it, or when it is open.

    Whoever keeps what was read under this version, read before the rest, never serves it stale. `changed_by` is the transaction that moved it last,
    which so moves it once however many rows it changes.
    """

    __tablename__ = "catalogue"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    changed_by: Mapped[int | None] = mapped_column(BigInteger)
