"""One day of the demo clinic's diary while it fills up. Asks the same core as availability, with what it has entered itself and not the database:
nobody else books meanwhile, and six hundred searches would take longer than all the bookings.
"""

from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.appointments.models import Appointment
from app.availability.candidates import DAY_SECONDS, Caller, Candidate, Situation, candidates, reach
from app.availability.rows import Calendar, Catalogue, Diaries
from app.scheduling import slots
from app.scheduling.intervals import Interval, union
from app.scheduling.zones import local_date, midnight


@dataclass(frozen=True, slots=True)
class Shift:
    """A practitioner's working hours at one location on one day."""

    practitioner_id: UUID
    location_id: UUID
    resource_id: int
    seconds: int


class Day:
    """`catalogues` are what is offered, by treatment's slug. No appointment here goes over midnight."""

    def __init__(self, catalogues: Mapping[str, Catalogue], calendar: Calendar, on: date) -> None:
        self.on = on
        self._catalogues = catalogues
        self._calendar = calendar
        self._diaries = Diaries()
        self._begun: dict[UUID, list[tuple[str, int]]] = {}
        self._who = {
            (slug, one.practitioner.id, one.location.id): one
            for slug, catalogue in catalogues.items()
            for one in candidates(catalogue, self._calendar, None)
        }

    def treatment_id(self, slug: str) -> UUID:
        return self._catalogues[slug].treatment.id

    def shifts(self) -> Iterator[Shift]:
        """In the order in which practitioners were made."""
        found: dict[tuple[UUID, UUID], Shift] = {}
        for (slug, *key), one in self._who.items():
            hours = self._situation(slug, one, Caller(staff=True), 0).schedule(one)
            today = [window for window in hours.windows if local_date(one.location.time_zone, window.opens_at) == self.on]
            seconds = sum(window.closes_at - window.opens_at for window in today)
            if seconds:
                found[key[0], key[1]] = Shift(key[0], key[1], one.practitioner.resource_id, seconds)
        yield from sorted(found.values(), key=lambda shift: (shift.resource_id, shift.location_id))

    def load(self, shift: Shift) -> float:
        """The part of the shift in which the practitioner has at least one patient in the house."""
        here = [span for at, span in self._diaries.presence.get(shift.resource_id, []) if at == shift.location_id]
        return sum(end - start for start, end in union(here)) / shift.seconds

    def starts(self, slug: str, shift: Shift, caller: Caller, now: int) -> list[int]:
        """Ascending; none for what the practitioner does not offer."""
        one = self._who.get((slug, shift.practitioner_id, shift.location_id))
        if one is None:
            return []
        opens = midnight(one.location.time_zone, self.on)
        return slots.starts(self._situation(slug, one, caller, now).facts(one), opens, opens + DAY_SECONDS)

    def _situation(self, slug: str, one: Candidate, caller: Caller, now: int) -> Situation:
        opens = midnight(one.location.time_zone, self.on)
        range_ = reach([one.location], opens, opens + DAY_SECONDS)
        return Situation(self._catalogues[slug], self._calendar, self._diaries, caller, now=now, range_=range_)

    def begun(self, shift: Shift, slug: str | None = None) -> list[int]:
        """Starts of what the practitioner has on that day, or of one treatment."""
        return [start for begun, start in self._begun.get(shift.practitioner_id, []) if slug in {None, begun}]

    def enter(self, slug: str, appointment: Appointment, patient_resource_id: int | None) -> None:
        """Who and what an appointment that was booked occupies; of a stranger nothing is asked again."""
        one = self._who[slug, appointment.practitioner_id, appointment.location_id]
        start = int(appointment.starts_at.timestamp())
        for stretch in one.footprint.practitioner:
            self._occupy(one.practitioner.resource_id, start, stretch)
        for place in self._catalogues[slug].places:
            if place.id == appointment.place_id:
                self._occupy(place.resource_id, start, one.footprint.place)
        if patient_resource_id is not None:
            self._occupy(patient_resource_id, start, one.footprint.patient)
        self._note_presence(one, start)
        self._begun.setdefault(one.practitioner.id, []).append((slug, start))
        self._diaries.day_starts.setdefault(one.practitioner.resource_id, []).append(start)

    def _note_presence(self, one: Candidate, start: int) -> None:
        begin, end = one.footprint.presence
        spans = self._diaries.presence.setdefault(one.practitioner.resource_id, [])
        insort(spans, (one.location.id, (start + begin, start + end)), key=lambda found: found[1])

    def _occupy(self, resource_id: int, start: int, stretch: Interval) -> None:
        insort(self._diaries.occupied.setdefault(resource_id, []), (start + stretch[0], start + stretch[1]))
