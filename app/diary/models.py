"""Tables: resources (a practitioner, a place, a patient) and their occupied times, with one constraint for everything."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base

PRACTITIONER, PLACE, PATIENT = "practitioner", "place", "patient"
NO_OVERLAP = "ex_occupancies_no_overlap"
_HALF_OPEN = "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)"
# What is kept as boxes ends with its last second: with fractions, two that overlap might not touch.
_WHOLE_SECONDS = (
    "NOT upper_inf(during) AND lower(during) = lower(during)::timestamptz(0) AND upper(during) = upper(during)::timestamptz(0)"
)


def box_of(resource_id: str, starts_at: str, last_second: str) -> str:
    """A stretch of time of a resource as a box, in SQL: resources across, Unix seconds up. Boxes overlap where they touch, so it ends with the last
    second that is taken. An index of boxes takes a third of the time of one of ranges, to write and to read; resources lie
    eleven days from each other, so that what is near in the index is the diary of one; any distance would do."""
    across = f"{resource_id} * '1e6'::float8"
    return f"box(point({across}, {starts_at}), point({across}, {last_second}))"


def seconds_of(at: str) -> str:
    """An instant in Unix seconds, in SQL that an index may be made of."""
    return f"date_part('epoch', {at} - '1970-01-01 00:00:00+00'::timestamptz)"


def box_during(resource_id: str, during: str) -> str:
    return box_of(resource_id, seconds_of(f"lower({during})"), f"{seconds_of(f'upper({during})')} - 1")


BOX = box_during("resource_id", "during")


class Resource(Base):
    """Whatever can be in only one place at a time. `version` grows with every change of its diary or of its hours."""

    __tablename__ = "resources"
    __table_args__ = (CheckConstraint("kind IN ('practitioner', 'place', 'patient')", name="kind"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str]
    version: Mapped[int] = mapped_column(default=0, server_default="0")


class Occupancy(Base):
    """One stretch of time in which one resource is taken. Half-open. Two that overlap cannot both exist.

    `expires_at` is a hold's end: from then on the row counts for nothing, whether or not somebody has deleted it.
    """

    __tablename__ = "occupancies"
    __table_args__ = (
        # A box needs no extension, where `resource_id WITH =` would need btree_gist.
        ExcludeConstraint((text(BOX), "&&"), name=NO_OVERLAP, using="gist"),
        CheckConstraint(_HALF_OPEN, name="half_open"),
        CheckConstraint(_WHOLE_SECONDS, name="whole_seconds"),
        Index("ix_occupancies_resource_id", "resource_id", postgresql_where=text("expires_at IS NOT NULL")),
    )

    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, primary_key=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
    expires_at: Mapped[datetime | None]


class Claim(Base):
    """Time of a practitioner that an overbooked appointment waits for, since others still have it. Readers count it as taken; it becomes an
    occupancy when it is free."""

    __tablename__ = "claims"
    __table_args__ = (CheckConstraint(_HALF_OPEN, name="half_open"),)

    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, primary_key=True)
    appointment_id: Mapped[UUID] = mapped_column(ForeignKey("appointments.id"), primary_key=True, index=True)
    location_id: Mapped[UUID] = mapped_column(ForeignKey("locations.id"))
