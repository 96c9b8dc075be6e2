"""From rows to the core's facts: one candidate is one practitioner at one location. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from app.availability.rows import Calendar, Catalogue, Diaries, LocationRow, PlaceRow, PractitionerRow, Range, TreatmentRow
from app.scheduling.facts import Facts
from app.scheduling.footprint import Footprint, Phase
from app.scheduling.hours import Closure, Schedule, schedule
from app.scheduling.places import Place, Pool
from app.scheduling.zones import local_date

DAY_SECONDS = 24 * 60 * 60
# An appointment of 24 hours, its buffers and the way to another location: nothing further off can matter.
REACH_SECONDS = 3 * DAY_SECONDS

footprint_of = lru_cache(maxsize=1024)(Footprint.of)


@dataclass(frozen=True, slots=True)
class Caller:
    """What the rules have to know of who asks, and for whom.

    Nothing is known about a stranger, who counts as new (T10). `returning` None: staff look without having said for whom, so that no audience
    is left out. `upcoming`: how many appointments the patient has yet to come to. `held`: how many this client keeps on hold, of so many as it may;
    None where nothing is to be held.
    """

    staff: bool
    returning: bool | None = False
    patient_resource_id: int | None = None
    upcoming: int = 0
    held: int = 0
    hold_limit: int | None = None


Schedules = dict[tuple[UUID, UUID], Schedule]
"""By practitioner and location."""


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


def candidates(catalogue: Catalogue, calendar: Calendar, location_id: UUID | None) -> list[Candidate]:
    """Everybody at every location where they work, be it for a day, or at the one given whether or not they work there; by ids."""
    return [
        _candidate(catalogue.treatment, practitioner, catalogue.locations[at])
        for practitioner in catalogue.practitioners
        for at in ([location_id] if location_id is not None else sorted(_workplaces(practitioner, calendar)))
    ]


def _workplaces(practitioner: PractitionerRow, calendar: Calendar) -> set[UUID]:
    return {*practitioner.hours, *(at for who, at in calendar.overrides if who == practitioner.id)}


def _candidate(treatment: TreatmentRow, practitioner: PractitionerRow, location: LocationRow) -> Candidate:
    phases = treatment.phases
    if practitioner.offer is not None and practitioner.offer.phases is not None:
        phases = practitioner.offer.phases
    footprint = footprint_of(
        phases, buffer_before_minutes=treatment.buffer_before_minutes, buffer_after_minutes=treatment.buffer_after_minutes
    )
    return Candidate(practitioner, location, phases, footprint)


def resource_ids(catalogue: Catalogue, location_id: UUID | None, caller: Caller) -> list[int]:
    """Whose diaries have to be read."""
    ids = {practitioner.resource_id for practitioner in catalogue.practitioners}
    ids |= {place.resource_id for place in catalogue.places if location_id in {None, place.location_id}}
    if caller.patient_resource_id is not None:
        ids.add(caller.patient_resource_id)
    return sorted(ids)


def reach(locations: Iterable[LocationRow], from_at: int, to_at: int) -> Range:
    """What has to be known to say what may start from `from_at` up to `to_at` at some locations.

    Whole days on either side, so that daily limits see every appointment of a day. The dates are those at the locations.
    """
    zones = {one.time_zone for one in locations}
    return Range(
        from_at=from_at - REACH_SECONDS,
        to_at=to_at + REACH_SECONDS,
        from_on=min((local_date(zone, from_at) for zone in zones), default=local_date("UTC", from_at)),
        to_on=max((local_date(zone, to_at - 1) for zone in zones), default=local_date("UTC", to_at - 1)),
    )


class Situation:
    """Everything loaded for one question; makes the core's facts for each candidate."""

    def __init__(
        self,
        catalogue: Catalogue,
        calendar: Calendar,
        diaries: Diaries,
        caller: Caller,
        *,
        now: int,
        range_: Range,
        schedules: Schedules | None = None,
    ) -> None:
        """`range_` is what calendar and diaries are known for; `schedules` what was worked out already for this calendar."""
        self.catalogue = catalogue
        self.now = now
        self._calendar = calendar
        self._diaries = diaries
        self._caller = caller
        self._dates = (range_.from_on, range_.to_on)
        self._schedules: Schedules = {} if schedules is None else schedules
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
            upcoming=caller.upcoming,
            upcoming_limit=treatment.upcoming_per_patient,
            held=caller.held,
            hold_limit=caller.hold_limit,
            offered=is_offered(treatment, practitioner, location, staff=caller.staff),
            schedule=self.schedule(candidate),
            time_off=self._calendar.time_off.get(practitioner.id, ()),
            occupied=diaries.occupied.get(practitioner.resource_id, ()),
            elsewhere=[where for at, where in diaries.presence.get(practitioner.resource_id, ()) if at != location.id],
            travel_minutes=treatment.travel_minutes,
            registered_until=practitioner.registered_until,
            day_starts=diaries.day_starts.get(practitioner.resource_id, ()),
            daily_limit=practitioner.daily_limit,
            pool=self.pool(location.id),
        )

    def schedule(self, candidate: Candidate) -> Schedule:
        key = (candidate.practitioner.id, candidate.location.id)
        if key not in self._schedules:
            self._schedules[key] = self.schedule_with(candidate, self._calendar.closures_at(candidate.location.id))
        return self._schedules[key]

    def schedule_with(self, candidate: Candidate, closures: tuple[Closure, ...]) -> Schedule:
        """With these closures only."""
        practitioner, location = candidate.practitioner, candidate.location
        overrides = self._calendar.overrides.get((practitioner.id, location.id), ())
        return schedule(practitioner.hours.get(location.id, ()), location.time_zone, *self._dates, overrides, closures)

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
        and practitioner.offer is not None
        and (staff or treatment.bookable_online)
    )
