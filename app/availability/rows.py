"""What the SELECTs of `queries` come back as, and the core's facts are made of. Apart from them, since deciding needs the rows and not the SQL."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from app.scheduling.footprint import Phase
from app.scheduling.hours import Closure, Override, WeeklyRule
from app.scheduling.intervals import Interval


@dataclass(frozen=True, slots=True)
class TreatmentRow:
    """A treatment with the clinic's settings filled in."""

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
    upcoming_per_patient: int
    clinic_time_zone: str
    change_notice_minutes: int
    hold_minutes: int
    holds_per_client: int


@dataclass(frozen=True, slots=True)
class LocationRow:
    id: UUID
    time_zone: str
    active: bool


@dataclass(frozen=True, slots=True)
class OfferRow:
    """That somebody offers a treatment; phases and price only where they differ from the treatment's."""

    phases: tuple[Phase, ...] | None
    price_amount: Decimal | None
    price_currency: str | None


@dataclass(frozen=True, slots=True)
class PractitionerRow:
    """`hours` are the weekly rules at each location. `offer` is of the treatment that is asked about; None: not offered."""

    id: UUID
    resource_id: int
    active: bool
    daily_limit: int | None
    registered_until: date | None
    hours: dict[UUID, tuple[WeeklyRule, ...]]
    offer: OfferRow | None = None


@dataclass(frozen=True, slots=True)
class PlaceRow:
    id: UUID
    location_id: UUID
    resource_id: int
    kind: str
    position: int


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A patient whom the actor may know of. `returning`: has been here; `upcoming`: how many appointments are yet to come."""

    id: UUID
    resource_id: int
    returning: bool
    upcoming: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is offered of one treatment, by whom, when and where; not what is taken. `version` is the whole clinic's."""

    version: int
    treatment: TreatmentRow
    locations: dict[UUID, LocationRow]
    practitioners: list[PractitionerRow]
    places: list[PlaceRow]

    def locations_at(self, location_id: UUID | None) -> list[LocationRow]:
        """The one, or all."""
        return list(self.locations.values()) if location_id is None else [self.locations[location_id]]

    def places_at(self, location_id: UUID) -> list[PlaceRow]:
        return [place for place in self.places if place.location_id == location_id]


@dataclass(frozen=True, slots=True, eq=False)
class Directory:
    """The catalogue of the whole clinic at one version. Two are equal only if they are the same object."""

    version: int
    treatments: dict[UUID, TreatmentRow]
    locations: dict[UUID, LocationRow]
    practitioners: dict[UUID, PractitionerRow]
    offers: dict[tuple[UUID, UUID], OfferRow]
    places: list[PlaceRow]


@lru_cache(maxsize=64)
def catalogue_of(directory: Directory, treatment_id: UUID, practitioner_ids: frozenset[UUID] | None) -> Catalogue:
    """Of a treatment that there is: with those who are asked for, whether or not they offer it (the answer may have to say that they do not); None:
    with all who do."""
    treatment = directory.treatments[treatment_id]
    wanted = [
        replace(one, offer=directory.offers.get((one.id, treatment_id)))
        for one in directory.practitioners.values()
        if (one.active and (one.id, treatment_id) in directory.offers if practitioner_ids is None else one.id in practitioner_ids)
    ]
    places = [place for place in directory.places if place.kind == treatment.place_kind]
    return Catalogue(directory.version, treatment, directory.locations, wanted, places)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is out of the ordinary between two dates. Overrides by practitioner and location, leave by practitioner, closures by
    location (None: all)."""

    overrides: dict[tuple[UUID, UUID], tuple[Override, ...]] = field(default_factory=dict)
    time_off: dict[UUID, list[Interval]] = field(default_factory=dict)
    closures: dict[UUID | None, tuple[Closure, ...]] = field(default_factory=dict)

    def closures_at(self, location_id: UUID) -> tuple[Closure, ...]:
        return (*self.closures.get(None, ()), *self.closures.get(location_id, ()))


@dataclass(frozen=True, slots=True)
class Range:
    """What has to be known to say what may start: diaries between two instants (Unix seconds), hours for dates, both included."""

    from_at: int
    to_at: int
    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class TimeOffRow:
    id: UUID
    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class ClosureRow:
    id: UUID
    location_id: UUID | None
    from_on: date
    to_on: date
    starts_minute: int
    ends_minute: int
    reason: str

    def as_rule(self) -> Closure:
        return Closure(self.from_on, self.to_on, self.starts_minute, self.ends_minute)


Numbers = list[int] | None


class Moved(NamedTuple):
    """What a resource's diary holds in the range at a version, as it was read: ends beside starts, and None for nothing. `expires` is when the first
    of the holds in it ends, so that the diary is another though its version is not. Where somebody is and the starts of their appointments are a
    practitioner's, and asked only where they matter."""

    resource_id: int
    version: int
    starts: Numbers
    ends: Numbers
    expires: int | None = None
    locations: list[str] | None = None
    there_from: Numbers = None
    there_until: Numbers = None
    day_starts: Numbers = None

    def occupied(self) -> list[Interval]:
        return sorted(_pairs(self.starts, self.ends))

    def presence(self) -> list[tuple[UUID, Interval]]:
        """By start."""
        where = zip(self.locations or (), _pairs(self.there_from, self.there_until), strict=True)
        return sorted(((UUID(at), during) for at, during in where), key=itemgetter(1))


def _pairs(starts: Numbers, ends: Numbers) -> Iterable[Interval]:
    return zip(starts or (), ends or (), strict=True)


@dataclass(frozen=True, slots=True)
class Diaries:
    """What is taken, where practitioners are, when their appointments of days that are limited start, and when the first hold in it all ends; each by
    resource."""

    occupied: dict[int, list[Interval]] = field(default_factory=dict)
    presence: dict[int, list[tuple[UUID, Interval]]] = field(default_factory=dict)
    day_starts: dict[int, list[int]] = field(default_factory=dict)
    expires: dict[int, int] = field(default_factory=dict)

    _read: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    def take(self, one: Moved) -> bool:
        """Whether it is another than what was known of that resource; then it takes its place."""
        read = one[2:]
        if self._read.get(one.resource_id) == read:
            return False
        self._read[one.resource_id] = read
        self.occupied[one.resource_id] = one.occupied()
        self.presence[one.resource_id] = one.presence()
        self.day_starts[one.resource_id] = one.day_starts or []
        if one.expires is None:
            self.expires.pop(one.resource_id, None)
        else:
            self.expires[one.resource_id] = one.expires
        return True

    def enter(self, resource_id: int, during: Iterable[Interval]) -> None:
        """What is taken besides."""
        taken = self.occupied.setdefault(resource_id, [])
        for stretch in during:
            insort(taken, stretch)

    def enter_presence(self, resource_id: int, location_id: UUID, start: int, during: Interval) -> None:
        """A practitioner's appointment besides: where, from which start, and from when to when they are there."""
        insort(self.presence.setdefault(resource_id, []), (location_id, during), key=itemgetter(1))
        self.day_starts.setdefault(resource_id, []).append(start)
