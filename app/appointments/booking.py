"""Whether, with whom and where sittings can be had, one or several at once, all or none: lock, read, decide. Whoever asks writes what is decided.

    lock      all practitioners and the patient at once, and in later statements whatever the rules look at: the catalogue's version, what is out of
              the ordinary, what is taken (one trip, however many sittings). The catalogue itself is the one in memory; if its version is another by
              now, all is read again
    decide    the core's reasons, for one sitting after the other, each seeing those before it; none means yes
    write     the caller's; if a place went meanwhile, which nobody locks, all of it is undone and done again

What is asked for is in `wishes`, the pure part in `decision`, what is free instead in `instead`. Files beside the usual five, because booking,
holding, moving and confirming all come through here.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.appointments import queries
from app.appointments.decision import Decision, Verdict, decide
from app.appointments.instead import Instead, Refused
from app.appointments.refusal import SlotUnavailable
from app.appointments.wishes import Wish, as_wished
from app.availability.candidates import Caller
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue
from app.availability.search import select
from app.availability.view import Select, Subject, catalogues_of, look, receive, send
from app.diary import ledger
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.errors import Unavailable
from app.patients.actions import PatientGone
from app.scheduling.turns import week_and_day

# However many places go while one is being booked, each time somebody else has got one.
MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Arranged:
    """What was decided, with everybody locked. `patient_resource_id` is the known patient's, or one drawn for somebody new. `again`: something was in
    the way when it was to be written before."""

    decisions: list[Decision]
    patient_resource_id: int | None
    at: datetime
    again: bool


Write = Callable[[Arranged], Awaitable[bool]]
"""Writes what was decided. False: something is in the way, a place that went meanwhile or what is left of a hold. What was left unasked
(`app.kit.last`) counts as written: when it was not, the whole request is run again."""


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

    async def preview(self) -> list[Decision]:
        """What would be decided just now; nothing is locked. Raises InvalidField, SlotUnavailable."""
        named = [wish.practitioner_id for wish in self.wishes]
        return await self._choose(named)

    async def arrange(self, write: Write) -> None:
        """Raises InvalidField for ids that mean nothing, SlotUnavailable with all reasons. What is decided is locked until the transaction ends."""
        named = [wish.practitioner_id for wish in self.wishes]
        again = False
        for _ in range(MAX_ROUNDS):
            who = [one for one in named if one is not None]
            if len(who) < len(named):
                who = [one.candidate.practitioner.id for one in await self._choose(named)]
            found = await self._locked(who, again=again)
            if isinstance(found, Arranged):
                if await write(found):
                    return
                again = True
                await ledger.unlock(self.connection)
            elif None not in named:
                raise await self._refused(found, locked=True)
            else:
                await ledger.unlock(self.connection)
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
        verdict = decide(self.wishes, sights, self.caller, newcomer=self.draws_patient)
        if verdict.reasons:
            raise await self._refused(verdict)
        return verdict.decisions

    async def _locked(self, who: Sequence[UUID], *, again: bool) -> Arranged | Verdict:
        """Yes, or what stands against it; with everybody locked."""
        subjects = [
            self._subject(wish, self._select(wish, [one]), wish.starts_at, wish.starts_at + 1)
            for wish, one in zip(self.wishes, who, strict=True)
        ]
        catalogues = await catalogues_of(subjects)
        patient = self.caller.patient_resource_id
        ids = {one.practitioners[0].resource_id for one in catalogues} | set(self.locked_too)
        ids |= set() if patient is None else {patient}
        async with Batch(self.connection) as batch:
            lock = ledger.lock(batch, ids, draws=self.draws_patient)
            somebody = None if patient is None else queries.ask_somebody(batch, patient)
            sent = send(batch, subjects, catalogues, self.fixed_now, self.without)
        try:
            locked = ledger.locked(lock, ids)
        except ledger.MissingResourceError:
            # Deleted since the catalogue in memory was read: reading it again says so to whoever asked.
            await catalogues_of(subjects, catalogues[0].version)
            raise
        if somebody is not None and not somebody.rows:
            raise PatientGone  # merged or erased since they were looked up
        at = self.fixed_now or locked.at
        sights = await receive(self.connection, sent, at)
        verdict = decide(self.wishes, sights, self.caller, newcomer=self.draws_patient)
        if verdict.reasons:
            return verdict
        return Arranged(verdict.decisions, locked.drawn if self.draws_patient else patient, at, again)

    async def _refused(self, verdict: Verdict, *, locked: bool = False) -> SlotUnavailable:
        """With what is free instead, with anybody at that location. Locks are given back with the first question: whoever waits for them need not
        wait for what a refusal takes to write."""
        instead = Instead(self.connection, self.memory, self.caller, verdict.at, self.fixed_now, self.without, locked)
        found = [
            await instead.told(
                Refused(wish.index, wish.starts_at, wish.practitioner_id, wish.location_id, reasons),
                self._select(wish, None),
                shared=wish.kept is None and wish.place_id is None,
            )
            for number, reasons in verdict.reasons.items()
            for wish in [self.wishes[number]]
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
            return as_wished(found, wish)

        return catalogue
