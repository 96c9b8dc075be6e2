"""A month of appointments: two weeks that are over, today, and four weeks to come, fuller the nearer they are.

The known patients come back to the practitioner they like, every so many days; now and then somebody unknown books through the web site, and some
appointments are cancelled again. What is past was booked "then": `book` is told a time some days before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import actions, changes, queries
from app.appointments.models import Appointment
from app.appointments.schemas import AppointmentCreate
from app.appointments.states import BOOKED, FULFILLED
from app.availability.candidates import Caller, reach
from app.availability.directory import load_directory
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.queries import load_calendar
from app.availability.rows import catalogue_of
from app.demo.day import Day, Shift
from app.demo.practitioners import ANJALI, HYE_JIN, IDRIS, MAREN, TOMASZ
from app.demo.premises import BETTER, CLINIC, OTHER, TIME, TIME_ZONE, TRAVEL, UNWELL
from app.demo.strangers import STRANGERS
from app.demo.treatments import COMMUNITY, CUPPING, EAR, ELECTRO, FOLLOW_UP, INITIAL, MAINTENANCE
from app.identity.actor import Actor
from app.identity.policy import ANONYMOUS
from app.kit.db import driver
from app.patients.models import Patient
from app.practitioners.models import Practitioner
from app.scheduling.zones import instant, local_date, midnight
from app.treatments.models import Treatment

DAYS_BEFORE, DAYS_AFTER = 14, 28

# Of each week from the present one on, how much of the working time is taken; the past was like the present.
_LOADS = (0.72, 0.64, 0.62, 0.58, 0.54)
_SHARE_OF_NEW = 0.3
_SHARE_OF_COMMUNITY = 0.35
_SHARE_CANCELLED = 0.06
_SHARE_MISSED = 0.02
_GAPS_DAYS = (3, 4, 7, 7, 7, 10, 14)
_NEWCOMERS_DAYS = 28
_MIN_GAP_DAYS = 3
_LEADS_DAYS = (1, 2, 3, 5, 7, 7, 10, 14)
# After so many patients for whom nothing fits, a day is as full as it gets.
_MISSES = 6
_STARTS_CONSIDERED = 3
_WHY_CANCELLED = (UNWELL, UNWELL, TIME, TIME, TRAVEL, BETTER, CLINIC, OTHER)


class _Habits(NamedTuple):
    """Whom some like to see, and what they come for."""

    practitioners: tuple[str, ...]
    treatments: tuple[str, ...]


_COMMUNITY_GOERS = _Habits((HYE_JIN, HYE_JIN, ANJALI), (COMMUNITY, COMMUNITY, COMMUNITY, COMMUNITY, FOLLOW_UP))
_OTHERS = (
    _Habits((MAREN,), (FOLLOW_UP, FOLLOW_UP, FOLLOW_UP, ELECTRO, MAINTENANCE)),
    _Habits((TOMASZ,), (FOLLOW_UP, FOLLOW_UP, FOLLOW_UP, CUPPING, ELECTRO)),
    _Habits((ANJALI, IDRIS), (FOLLOW_UP, FOLLOW_UP, FOLLOW_UP, MAINTENANCE, EAR)),
    _Habits((MAREN, TOMASZ, IDRIS), (FOLLOW_UP, FOLLOW_UP, CUPPING, EAR)),
)


@dataclass(slots=True)
class _Visitor:
    """A known patient and their habits. `here_until` is when their first appointment ends, None before it is booked."""

    patient: Patient
    practitioner_id: UUID
    habits: Sequence[str]
    gap_days: int
    due_on: date
    new: bool
    last_on: date | None = None
    here_until: int | None = None

    def may_come(self, on: date) -> bool:
        if self.last_on is not None:
            return on - self.last_on >= timedelta(days=_MIN_GAP_DAYS)
        return self.due_on <= on or not self.new

    def note(self, on: date, appointment: Appointment) -> None:
        if self.here_until is None and appointment.status in {BOOKED, FULFILLED}:
            self.here_until = int(appointment.ends_at.timestamp())
            self.new = False
        self.last_on, self.due_on = on, on + timedelta(days=self.gap_days)


class Month:
    """Books, and remembers who comes when."""

    def __init__(self, session: AsyncSession, actor: Actor, random: Random, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._random = random
        self._now = now
        self._memory: Memory[Free] = Memory()
        self._visitors: list[_Visitor] = []
        self._strangers = list(STRANGERS)
        self._booked: list[tuple[Appointment, datetime]] = []

    async def fill(
        self, treatments: Mapping[str, Treatment], practitioners: Mapping[str, Practitioner], patients: Iterable[Patient]
    ) -> None:
        connection = await driver(self._session)
        directory = await load_directory(connection)
        self._memory = Memory(directory=directory)
        catalogues = {slug: catalogue_of(directory, one.id, None) for slug, one in treatments.items()}
        today = local_date(TIME_ZONE, int(self._now.timestamp()))
        range_ = reach(
            directory.locations.values(), *(midnight(TIME_ZONE, today + timedelta(days=on)) for on in (-DAYS_BEFORE, DAYS_AFTER))
        )
        calendar = await load_calendar(connection, directory.practitioners, range_)
        self._acquaint(practitioners, patients, today - timedelta(days=DAYS_BEFORE))
        for days in range(-DAYS_BEFORE, DAYS_AFTER):
            day = Day(catalogues, calendar, today + timedelta(days=days))
            if days > 0:
                await self._admit_strangers(day, days)
            for shift in day.shifts():
                wanted = _LOADS[max(days, 0) // 7] + self._random.uniform(-0.08, 0.08)
                await self._fill_shift(day, shift, wanted)
        await self._cancel_some()

    def _acquaint(self, practitioners: Mapping[str, Practitioner], patients: Iterable[Patient], first_on: date) -> None:
        random = self._random
        for patient in patients:
            habits = _COMMUNITY_GOERS if random.random() < _SHARE_OF_COMMUNITY else random.choice(_OTHERS)
            new, gap_days = random.random() < _SHARE_OF_NEW, random.choice(_GAPS_DAYS)
            due_on = first_on + timedelta(days=random.randrange(_NEWCOMERS_DAYS if new else gap_days))
            liked = practitioners[random.choice(habits.practitioners)].id
            self._visitors.append(_Visitor(patient, liked, habits.treatments, gap_days, due_on, new))

    async def _fill_shift(self, day: Day, shift: Shift, wanted_load: float) -> None:
        misses = 0
        for visitor in self._who_may_come(shift, day.on):
            if misses == _MISSES or day.load(shift) >= wanted_load:
                return
            misses = 0 if await self._invite(day, shift, visitor) else misses + 1

    def _who_may_come(self, shift: Shift, on: date) -> list[_Visitor]:
        """Those who are due, the practitioner's own first; then those who were not here for a few days."""
        found = [visitor for visitor in self._visitors if visitor.may_come(on)]
        self._random.shuffle(found)
        return sorted(
            found,
            key=lambda visitor: (visitor.due_on > on, visitor.practitioner_id != shift.practitioner_id, visitor.due_on),
        )

    async def _invite(self, day: Day, shift: Shift, visitor: _Visitor) -> bool:
        """Book the visitor, if there is a time for them."""
        at = self._some_time_before(day.on)
        now = int(at.timestamp())
        returning = visitor.here_until is not None and visitor.here_until <= now
        caller = Caller(staff=True, returning=returning, patient_resource_id=visitor.patient.resource_id)
        for slug in [INITIAL] if visitor.new else [self._random.choice(visitor.habits), FOLLOW_UP]:
            starts = day.starts(slug, shift, caller, now)
            if starts:
                start = self._chosen(slug, starts, day, shift)
                appointment = await self._book(self._actor, day, slug, shift, start, at, patient_id=visitor.patient.id)
                day.enter(slug, appointment, visitor.patient.resource_id)
                if appointment.ends_at <= self._now:
                    appointment = await self._pass(appointment, at)
                visitor.note(day.on, appointment)
                return True
        return False

    def _chosen(self, slug: str, starts: Sequence[int], day: Day, shift: Shift) -> int:
        """In the group room the start that joins those who are there; else one of a few, beside what there is rather than in the middle of a gap."""
        together = slug == COMMUNITY
        begun = day.begun(shift, slug if together else None)
        some = starts if together else self._random.sample(starts, min(len(starts), _STARTS_CONSIDERED))
        return min(some, key=lambda start: min((abs(start - other) for other in begun), default=0))

    async def _admit_strangers(self, day: Day, days: int) -> None:
        """Those who book through the web site: no sooner than they wished, with whomever the clinic chooses."""
        anybody = Actor(role=ANONYMOUS, request_id=self._actor.request_id)
        for stranger in [one for one in self._strangers if one.in_days <= days]:
            at = self._now - timedelta(minutes=self._random.randint(15, 36 * 60))
            now = int(at.timestamp())
            free = [
                (shift, start)
                for shift in day.shifts()
                for start in day.starts(stranger.treatment, shift, Caller(staff=False), now)
            ]
            if free:
                shift, start = self._random.choice(free)
                wanted = {"patient": stranger.patient, "notes": stranger.notes}
                appointment = await self._book(anybody, day, stranger.treatment, shift, start, at, **wanted)
                day.enter(stranger.treatment, appointment, None)
                self._strangers.remove(stranger)

    async def _book(
        self, actor: Actor, day: Day, slug: str, shift: Shift, start: int, at: datetime, **wanted: Any
    ) -> Appointment:
        request = AppointmentCreate(
            treatment_id=day.treatment_id(slug),
            practitioner_id=None if actor.is_public else shift.practitioner_id,
            location_id=shift.location_id,
            starts_at=datetime.fromtimestamp(start, UTC),
            **wanted,
        )
        appointment = (await actions.book(self._session, self._memory, actor, request, at)).appointment
        self._booked.append((appointment, at))
        return appointment

    def _some_time_before(self, on: date) -> datetime:
        """During the day, some days before `on`; lately, where that is still to come."""
        day, minute = on - timedelta(days=self._random.choice(_LEADS_DAYS)), self._random.randrange(9 * 60, 18 * 60)
        lately = self._now - timedelta(minutes=self._random.randint(15, 3 * 24 * 60))
        return min(datetime.fromtimestamp(instant(TIME_ZONE, day, minute), UTC), lately)

    async def _pass(self, booked: Appointment, at: datetime) -> Appointment:
        """What was to come is over: mostly they came, a little early or late; some had cancelled, and now and then nobody came."""
        appointment = await queries.get(self._session, self._actor, booked.id)
        fate = self._random.random()
        if fate < _SHARE_CANCELLED:
            await self._cancel(appointment, at)
        elif fate < _SHARE_CANCELLED + _SHARE_MISSED:
            await changes.miss(self._session, self._actor, appointment, appointment.starts_at + timedelta(minutes=15))
        else:
            early = timedelta(minutes=self._random.randint(-4, 9))
            await changes.arrive(self._session, self._actor, appointment, appointment.starts_at - early)
            await changes.fulfil(self._session, self._actor, appointment, appointment.ends_at)
        return appointment

    async def _cancel_some(self) -> None:
        """Of those to come."""
        sure = [
            (appointment, at)
            for appointment, at in self._booked
            if appointment.status == BOOKED and appointment.ends_at > self._now
        ]
        for booked, at in self._random.sample(sure, round(len(sure) * _SHARE_CANCELLED)):
            await self._cancel(await queries.get(self._session, self._actor, booked.id), at)

    async def _cancel(self, appointment: Appointment, at: datetime) -> None:
        """Between the booking and the start, or so far."""
        until = min(appointment.starts_at, self._now)
        then = at + (until - at) * self._random.uniform(0.2, 0.95)
        reason = self._random.choice(_WHY_CANCELLED)
        await changes.cancel(self._session, self._actor, appointment, reason, then.replace(microsecond=0))
