"""What is asked for: a sitting somewhere at some time, of a treatment as it is offered, or as an appointment that is there already keeps it.

Values, apart from `booking`, which deals with them.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from app.appointments.models import Appointment
from app.availability.directory import phases_of
from app.availability.rows import Catalogue
from app.kit.errors import InvalidField
from app.scheduling.footprint import Phase
from app.scheduling.obstacles import Code


@dataclass(frozen=True, slots=True)
class Kept:
    """An appointment that is there already and keeps what it was booked with. `stays`: where and when it is does not change; else its place is only
    preferred."""

    id: UUID
    phases: tuple[Phase, ...]
    buffer_before_minutes: int
    buffer_after_minutes: int
    place_id: UUID | None
    stays: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """One sitting as it is asked for. `starts_at` in Unix seconds; no practitioner: the clinic chooses (T19). `waived` are rules that do not count;
    `pointer` is where in a body it stands, `index` which
    of several it is."""

    treatment_id: UUID
    practitioner_id: UUID | None
    location_id: UUID
    place_id: UUID | None
    starts_at: int
    waived: frozenset[Code] = frozenset()
    kept: Kept | None = None
    pointer: str = "/"
    index: int = 0


def kept(appointment: Appointment, *, stays: bool) -> Kept:
    return Kept(
        appointment.id,
        phases_of(appointment.phases),
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
        appointment.place_id,
        stays,
    )


def as_wished(catalogue: Catalogue, wish: Wish) -> Catalogue:
    """Only the place that is wanted, if one is. Of an appointment that is there, with what it keeps. Raises InvalidField when the place is not one of
    the kind, at the location."""
    if wish.kept is not None:
        catalogue = as_kept(catalogue, wish.kept)
    if wish.place_id is None:
        return catalogue
    places = [place for place in catalogue.places_at(wish.location_id) if place.id == wish.place_id]
    if not places:
        raise InvalidField(f"{wish.pointer}place_id", "There is no such place of the kind that the treatment needs", "unknown_id")
    return replace(catalogue, places=places)


def as_kept(catalogue: Catalogue, kept: Kept) -> Catalogue:
    """Its length and buffers, whatever has become of the treatment; and since it is booked, it does not matter who may book one online."""
    treatment = replace(
        catalogue.treatment,
        phases=kept.phases,
        buffer_before_minutes=kept.buffer_before_minutes,
        buffer_after_minutes=kept.buffer_after_minutes,
        bookable_online=True,
        place_kind=None if kept.stays and kept.place_id is None else catalogue.treatment.place_kind,
    )
    practitioners = [
        one if one.offer is None else replace(one, offer=replace(one.offer, phases=None)) for one in catalogue.practitioners
    ]
    places = [place for place in catalogue.places if not kept.stays or place.id == kept.place_id]
    return replace(catalogue, treatment=treatment, practitioners=practitioners, places=places)
