"""From rows to the core's facts: one candidate is one practitioner at one location. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from app.availability.rows import Catalogue, Diaries, LocationRow, PlaceRow, PractitionerRow, TreatmentRow
from app.scheduling.facts import Facts
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.hours import schedule
from app.scheduling.intervals import Interval
from app.scheduling.places import Place, Pool
from app.scheduling.zones import local_date

DAY_SECONDS = 24 * 60 * 60
# An appointment of 24 hours, its buffers and the way to another location: nothing further off can matter.
REACH_SECONDS = 3 * DAY_SECONDS

_footprint = lru_cache(maxsize=1024)(Footprint.of)


@dataclass(frozen=True, slots=True)
class Caller:
    """What the rules have to know of who asks, and for whom.

    Nothing is known about a stranger, who counts as new (T10). `returning` None: staff look without having said for whom, so that no audience
    is left out.
    """

    staff: bool
    returning: bool | None = False
    patient_resource_id: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One practitioner at one location."""

    practitioner: PractitionerRow
    location: LocationRow
    phases: tuple[Phase, ...]
    footprint: Footprint

    @property
    def duration_minutes(self) -> int:
        return self.footprint.duration // 60


def candidates(catalogue: Catalogue, location_ids: Iterable[UUID] | None) -> list[Candidate]:
    """Everybody at every location where they work, or at those given whether or not they work there; by ids."""
    return [
        _candidate(catalogue.treatment, practitioner, catalogue.locations[location_id])
        for practitioner in catalogue.practitioners
        for location_id in (sorted(practitioner.hours) if location_ids is None else location_ids)
    ]


def _candidate(treatment: TreatmentRow, practitioner: PractitionerRow, location: LocationRow) -> Candidate:
    phases = practitioner.phases or treatment.phases
    footprint = _footprint(
        phases, buffer_before_minutes=treatment.buffer_before_minutes, buffer_after_minutes=treatment.buffer_after_minutes
    )
    return Candidate(practitioner, location, phases, footprint)


def resource_ids(catalogue: Catalogue, found: Sequence[Candidate], caller: Caller) -> list[int]:
    """Whose diaries have to be read."""
    locations = {candidate.location.id for candidate in found}
    ids = {candidate.practitioner.resource_id for candidate in found}
    ids |= {place.resource_id for place in catalogue.places if place.location_id in locations}
    if caller.patient_resource_id is not None:
        ids.add(caller.patient_resource_id)
    return sorted(ids)


def reach(from_at: int, to_at: int) -> Interval:
    """The instants between which diaries have to be known to say what may start from `from_at` up to `to_at`.

    Whole days on either side, so that daily limits see every appointment of a day.
    """
    return from_at - REACH_SECONDS, to_at + REACH_SECONDS


class Situation:
    """Everything loaded for one question; makes the core's facts for each candidate."""

    def __init__(self, catalogue: Catalogue, diaries: Diaries, caller: Caller, *, now: int, from_on: date, to_on: date) -> None:
        """`from_on` and `to_on` are the local dates, at the locations, on which something may start."""
        self.catalogue = catalogue
        self.now = now
        self._diaries = diaries
        self._caller = caller
        self._dates = (from_on, to_on)
        self._pools: dict[UUID, Pool | None] = {}

    def facts(self, candidate: Candidate) -> Facts:
        treatment, practitioner, location = self.catalogue.treatment, candidate.practitioner, candidate.location
        caller, diaries = self._caller, self._diaries
        return Facts(
            now=self.now,
            staff=caller.staff,
            footprint=candidate.footprint,
            step_minutes=treatment.step_minutes,
            notice_minutes=treatment.notice_minutes,
            horizon_days=treatment.horizon_days,
            admitted=caller.returning is None or treatment.audience in {"all", "returning" if caller.returning else "new"},
            patient_occupied=diaries.occupied.get(caller.patient_resource_id or 0, ()),
            offered=is_offered(treatment, practitioner, location, staff=caller.staff),
            schedule=schedule(practitioner.hours.get(location.id, ()), location.time_zone, *self._dates),
            occupied=diaries.occupied.get(practitioner.resource_id, ()),
            elsewhere=[where for at, where in diaries.presence.get(practitioner.resource_id, ()) if at != location.id],
            travel_minutes=treatment.travel_minutes,
            registered_until=practitioner.registered_until,
            day_starts=diaries.day_starts.get(practitioner.id, ()),
            daily_limit=practitioner.daily_limit,
            pool=self.pool(location.id),
        )

    def pool(self, location_id: UUID) -> Pool | None:
        """The places that can serve the treatment there; None when it needs none. One for all who share it."""
        if self.catalogue.treatment.place_kind is None:
            return None
        if location_id not in self._pools:
            self._pools[location_id] = Pool(tuple(self._place(place) for place in self.catalogue.places_at(location_id)))
        return self._pools[location_id]

    def _place(self, row: PlaceRow) -> Place:
        return Place(row.id, row.position, self._diaries.occupied.get(row.resource_id, ()))


def is_offered(treatment: TreatmentRow, practitioner: PractitionerRow, location: LocationRow, *, staff: bool) -> bool:
    """T13, as far as it does not change with the date. What cannot be booked online is for staff to book."""
    return (
        treatment.active
        and practitioner.active
        and location.active
        and practitioner.offers
        and (staff or treatment.bookable_online)
    )


def local_dates(found: Sequence[Candidate], from_at: int, to_at: int) -> tuple[date, date]:
    """The local dates, over all the locations, of the instants from `from_at` up to `to_at`."""
    zones = {candidate.location.time_zone for candidate in found}
    return min(local_date(zone, from_at) for zone in zones), max(local_date(zone, to_at - 1) for zone in zones)
