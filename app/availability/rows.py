"""What the SELECTs of `queries` come back as, and the core's facts are made of. Apart from them, since deciding needs the rows and not the SQL."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from app.scheduling.footprint import Phase
from app.scheduling.hours import WeeklyRule
from app.scheduling.intervals import Interval


@dataclass(frozen=True, slots=True)
class TreatmentRow:
    """A treatment with the clinic's settings filled in, and the database's clock."""

    id: UUID
    name: str
    phases: tuple[Phase, ...]
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    notice_minutes: int
    horizon_days: int
    place_kind: str | None
    audience: str
    needs_approval: bool
    bookable_online: bool
    active: bool
    price_amount: Decimal
    price_currency: str
    travel_minutes: int
    clinic_time_zone: str
    now: datetime


@dataclass(frozen=True, slots=True)
class LocationRow:
    id: UUID
    time_zone: str
    active: bool


@dataclass(frozen=True, slots=True)
class PractitionerRow:
    """`hours` are the weekly rules at each location; `phases` and price only where they differ from the treatment's."""

    id: UUID
    resource_id: int
    version: int
    active: bool
    daily_limit: int | None
    offers: bool
    phases: tuple[Phase, ...] | None
    price_amount: Decimal | None
    price_currency: str | None
    registered_until: date | None
    hours: dict[UUID, tuple[WeeklyRule, ...]]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    id: UUID
    location_id: UUID
    resource_id: int
    position: int


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient whom the actor may know of. `returning`: has been here."""

    id: UUID
    resource_id: int
    returning: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is offered by whom, when and where; not what is taken."""

    treatment: TreatmentRow
    locations: dict[UUID, LocationRow]
    practitioners: list[PractitionerRow]
    places: list[PlaceRow]

    def places_at(self, location_id: UUID) -> list[PlaceRow]:
        return [place for place in self.places if place.location_id == location_id]


@dataclass(frozen=True, slots=True)
class Diaries:
    """What is taken, by resource; where practitioners are; starts of their appointments, for daily limits."""

    occupied: dict[int, list[Interval]] = field(default_factory=dict)
    presence: dict[int, list[tuple[UUID, Interval]]] = field(default_factory=dict)
    day_starts: dict[UUID, list[int]] = field(default_factory=dict)
