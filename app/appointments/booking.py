"""Whether, with whom and where sittings can be had, one or several at once, all or none: lock, read, decide. Whoever asks writes what is decided.

    lock      all practitioners and the patient at once, and in later statements whatever the rules look at: the catalogue's version, what is out of
              the ordinary, what is taken (one trip, however many sittings). The catalogue itself is the one in memory; if its version is another by
              now, all is read again
    decide    the core's reasons, for one sitting after the other, each seeing those before it; none means yes
    write     the caller's; if a place went meanwhile, which nobody locks, all of it is undone and done again

A sixth file beside the usual five, because deciding and writing are each a screen long.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from app.appointments import queries
from app.appointments.instead import Instead, Refused
from app.appointments.models import Appointment
from app.appointments.refusal import SlotUnavailable
from app.availability.candidates import Caller, Candidate
from app.availability.directory import phases_of
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue, PlaceRow
from app.availability.search import select
from app.availability.view import Select, Sight, Subject, catalogues_of, look, receive, send
from app.diary import ledger
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.errors import InvalidField, Unavailable
from app.kit.ids import uuid7
from app.patients.actions import PatientGone
from app.scheduling import slots
from app.scheduling.footprint import Phase
from app.scheduling.intervals import Interval, intersect, subtract, union
from app.scheduling.obstacles import Code
from app.scheduling.turns import by_turn, week_and_day

# However many places go while one is being booked, each time somebody else has got one.
MAX_ROUNDS = 50
_UNLOCKED = "unlocked"


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
    `pointer` is where in a body it stands."""

    treatment_id: UUID
    practitioner_id: UUID | None
    location_id: UUID
    place_id: UUID | None
    starts_at: int
    waived: frozenset[Code] = frozenset()
    kept: Kept | None = None
    pointer: str = "/"


@dataclass(frozen=True, slots=True)
class Decision:
    """It can be had: with this candidate, in this place. Of the practitioner's time it takes what is `free` and waits for what others have (T16)."""

    appointment_id: UUID
    wish: Wish
    catalogue: Catalogue
    candidate: Candidate
    place: PlaceRow | None
    at: datetime
    free: Sequence[Interval]
    waits_for: Sequence[Interval]


@dataclass(frozen=True, slots=True)
class Arranged:
    """What was decided, with everybody locked. `patient_resource_id` is the known patient's, or one that was drawn for somebody new."""

    decisions: list[Decision]
    patient_resource_id: int | None
    at: datetime


def kept(appointment: Appointment, *, stays: bool) -> Kept:
    return Kept(
        appointment.id,
        phases_of(appointment.phases),
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
        appointment.place_id,
        stays,
    )


Write = Callable[[Arranged], Awaitable[bool]]
"""Writes what was decided. False: a place went meanwhile."""


@dataclass
class Desk:
    """Wishes being dealt with. `without`: appointments that do not count, since they are moving. `locked_too`: resources besides those that the
    wishes need. `draws_patient`: somebody new comes."""

    connection: Connection
    memory: Memory[Free]
    wishes: Sequence[Wish]
    caller: Caller
    fixed_now: datetime | None
    without: Collection[UUID] = ()
    locked_too: Collection[int] = ()
    draws_patient: bool = False
    _reasons: dict[int, list[slots.Reason]] = field(default_factory=dict)
    _at: datetime | None = None

    async def preview(self) -> list[Decision]:
        """What would be decided just now; nothing is locked. Raises InvalidField, SlotUnavailable."""
        named = [wish.practitioner_id for wish in self.wishes]
        return await self._choose(named)

    async def arrange(self, write: Write) -> Arranged:
        """Raises InvalidField for ids that mean nothing, SlotUnavailable with all reasons. What is decided is locked until the transaction ends."""
        named = [wish.practitioner_id for wish in self.wishes]
        for _ in range(MAX_ROUNDS):
            who = [one for one in named if one is not None]
            if len(who) < len(named):
                who = [one.candidate.practitioner.id for one in await self._choose(named)]
            arranged = await self._locked(who)
            if arranged is not None:
                if await write(arranged):
                    return arranged
                await self._unlock()
            elif None not in named:
                raise await self._refused()
            # Somebody was faster with the one whose turn it was, or with a place: then we look again who and what is free.
        raise Unavailable

    async def _choose(self, named: Sequence[UUID | None]) -> list[Decision]:
        """Of those who are free, without any lock, for each wish the one whose turn it is (T19), if nobody is named."""
        selects = [self._select(wish, None if one is None else [one]) for wish, one in zip(self.wishes, named, strict=True)]
        subjects = []
        for wish, of_wish in zip(self.wishes, selects, strict=True):
            zone = (await of_wish(None)).locations[wish.location_id].time_zone
            (monday, sunday), _ = week_and_day(zone, wish.starts_at)
            subjects.append(self._subject(wish, of_wish, min(monday, wish.starts_at), max(sunday, wish.starts_at + 1)))
        sights = await look(self.connection, subjects, self.fixed_now, self.without)
        decisions = self._decided(sights)
        if decisions is None:
            raise await self._refused()
        return decisions

    async def _locked(self, who: Sequence[UUID]) -> Arranged | None:
        """Yes, with everybody locked; or None with the reasons noted and the locks given back, since whoever waits for them need not wait for what a
        refusal takes to write."""
        subjects = [
            self._subject(wish, self._select(wish, [one]), wish.starts_at, wish.starts_at + 1)
            for wish, one in zip(self.wishes, who, strict=True)
        ]
        catalogues = await catalogues_of(subjects)
        patient = self.caller.patient_resource_id
        ids = {one.practitioners[0].resource_id for one in catalogues} | set(self.locked_too)
        ids |= set() if patient is None else {patient}
        async with Batch(self.connection) as batch:
            await batch.execute(f"SAVEPOINT {_UNLOCKED}")
            lock = await ledger.lock(batch, ids)
            drawn = await ledger.draw_resource_id(batch) if self.draws_patient else None
            somebody = None if patient is None else await queries.ask_somebody(batch, patient)
            sent = await send(batch, subjects, catalogues, self.fixed_now, self.without)
        try:
            locked = await ledger.locked(lock, ids)
        except ledger.MissingResourceError:
            # Deleted since the catalogue in memory was read: reading it again says so to whoever asked.
            await catalogues_of(subjects, catalogues[0].version)
            raise
        if somebody is not None and not await somebody.fetchall():
            raise PatientGone  # merged or erased since they were looked up
        at = self.fixed_now or locked.at
        decisions = self._decided(await receive(self.connection, sent, at))
        if decisions is None:
            await self._unlock()
            return None
        row = await drawn.fetchone() if drawn else None
        return Arranged(decisions, row[0] if row else patient, at)

    async def _unlock(self) -> None:
        await self.connection.execute(f"ROLLBACK TO SAVEPOINT {_UNLOCKED}")

    def _decided(self, sights: Sequence[Sight]) -> list[Decision] | None:
        """None when there is a reason against any of them; then the reasons are noted."""
        self._reasons = {}
        self._at = sights[0].at
        found: list[Decision] = []
        for index, (wish, sight) in enumerate(zip(self.wishes, sights, strict=True)):
            decision = self._decide(index, wish, sight)
            if decision is not None:
                found.append(decision)
                if len(sights) > 1:
                    _enter(decision, sight, self.caller.patient_resource_id)
        return found if len(found) == len(self.wishes) else None

    def _decide(self, index: int, wish: Wish, sight: Sight) -> Decision | None:
        situation = sight.situation(replace(sight.subject.caller, held=self.caller.held + index))
        free: dict[UUID, Candidate] = {}
        against: list[slots.Reason] = []
        for candidate in sight.who:
            found = [one for one in slots.reasons(situation.facts(candidate), wish.starts_at) if one.code not in wish.waived]
            against += found
            if not found:
                free[candidate.practitioner.id] = candidate
        if not free:
            self._reasons[index] = against or [slots.Reason(Code.NOT_OFFERED)]
            return None
        taken = {who: sight.diaries.occupied.get(one.practitioner.resource_id, ()) for who, one in free.items()}
        zone = sight.catalogue.locations[wish.location_id].time_zone
        first = next(iter(free)) if len(free) == 1 else by_turn(free, taken, zone, wish.starts_at)[0]
        candidate = free[first]
        pool = situation.pool(wish.location_id)
        places = [] if pool is None else pool.free(wish.starts_at, candidate.footprint)
        own = wish.kept.place_id if wish.kept is not None else None
        chosen = own if own in places else next(iter(places), None)
        place = next((row for row in sight.catalogue.places if row.id == chosen), None)
        occupied = [] if wish.kept is not None and wish.kept.stays else union(taken[first])
        stretches = [_moved(stretch, wish.starts_at) for stretch in candidate.footprint.practitioner]
        return Decision(
            wish.kept.id if wish.kept is not None else uuid7(),
            wish,
            sight.catalogue,
            candidate,
            place,
            sight.at,
            [part for stretch in stretches for part in subtract(stretch, occupied)],
            [part for stretch in stretches for part in intersect([stretch], occupied)],
        )

    async def _refused(self) -> SlotUnavailable:
        """With what is free instead, with anybody at that location."""
        if self._at is None:
            raise AssertionError("refused before anything was seen")
        instead = Instead(self.connection, self.memory, self.caller, self._at, self.fixed_now, self.without)
        found = [
            await instead.told(
                Refused(index, wish.starts_at, wish.practitioner_id, wish.location_id, reasons),
                self._select(wish, None),
                shared=wish.kept is None and wish.place_id is None,
            )
            for index, reasons in self._reasons.items()
            for wish in [self.wishes[index]]
        ]
        return SlotUnavailable([one for one, _ in found], [one for _, alternatives in found for one in alternatives])

    def _subject(self, wish: Wish, of_wish: Select, from_at: int, to_at: int) -> Subject:
        return Subject(of_wish, wish.location_id, self.caller, from_at, to_at)

    def _select(self, wish: Wish, practitioner_ids: Sequence[UUID] | None) -> Select:
        async def catalogue(older_than: int | None) -> Catalogue:
            found = await select(
                self.memory,
                self.connection,
                wish.treatment_id,
                practitioner_ids,
                wish.location_id,
                prefix=wish.pointer,
                older_than=older_than,
            )
            return _as_wished(found, wish)

        return catalogue


def _as_wished(catalogue: Catalogue, wish: Wish) -> Catalogue:
    """Only the place that is wanted, if one is. Of an appointment that is there, with what it keeps. Raises InvalidField when the place is not one of
    the kind, at the location."""
    if wish.kept is not None:
        catalogue = _as_kept(catalogue, wish.kept)
    if wish.place_id is None:
        return catalogue
    places = [place for place in catalogue.places_at(wish.location_id) if place.id == wish.place_id]
    if not places:
        raise InvalidField(f"{wish.pointer}place_id", "There is no such place of the kind that the treatment needs", "unknown_id")
    return replace(catalogue, places=places)


def _as_kept(catalogue: Catalogue, kept: Kept) -> Catalogue:
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


def _enter(decision: Decision, sight: Sight, patient_resource_id: int | None) -> None:
    """What was decided counts for whatever is decided next."""
    footprint, practitioner, start = decision.candidate.footprint, decision.candidate.practitioner, decision.wish.starts_at
    sight.diaries.enter(practitioner.resource_id, [_moved(stretch, start) for stretch in footprint.practitioner])
    sight.diaries.enter_presence(practitioner.resource_id, decision.wish.location_id, start, _moved(footprint.presence, start))
    if decision.place is not None:
        sight.diaries.enter(decision.place.resource_id, [_moved(footprint.place, start)])
    if patient_resource_id is not None:
        sight.diaries.enter(patient_resource_id, [_moved(footprint.patient, start)])


def _moved(stretch: Interval, start: int) -> Interval:
    return start + stretch[0], start + stretch[1]
