"""Whether, with whom and where a sitting can be had: lock, read, decide. `actions` writes what is decided here.

    lock      practitioner and patient, and in later statements whatever the rules look at: the catalogue's version, what is out of the ordinary,
              what is taken (one trip). The catalogue itself is the one in memory; if its version is another by now, all is read again
    decide    the core's reasons; none means yes

A sixth file beside the usual five, because deciding and writing are each a screen long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.appointments.refusal import SlotUnavailable, nearest, refusal
from app.availability.candidates import DAY_SECONDS, Caller, Candidate
from app.availability.explain import sure, united
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue, PlaceRow
from app.availability.search import MAX_ATTEMPTS, select
from app.availability.view import Select, Subject, View, look, receive, send
from app.diary import ledger
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.errors import InvalidField, Unavailable
from app.scheduling import slots
from app.scheduling.obstacles import Code
from app.scheduling.turns import by_turn, week_and_day

ALTERNATIVE_DAYS = 14
_UNLOCKED = "unlocked"


@dataclass(frozen=True, slots=True)
class Wish:
    """One sitting as it is asked for. `starts_at` in Unix seconds; no practitioner: the clinic chooses (T19)."""

    treatment_id: UUID
    practitioner_id: UUID | None
    location_id: UUID
    place_id: UUID | None
    starts_at: int


@dataclass(frozen=True, slots=True)
class Decision:
    """It can be had: with this candidate, in the first of these places that is still free when it is written.

    `patient_resource_id` is the known patient's, or a new one; None for a dry run with somebody new.
    """

    catalogue: Catalogue
    candidate: Candidate
    places: list[PlaceRow]
    patient_resource_id: int | None
    at: datetime


async def decide(
    connection: Connection, memory: Memory[Free], wish: Wish, caller: Caller, fixed_now: datetime | None, *, dry_run: bool
) -> Decision:
    """Raises InvalidField for ids that mean nothing, SlotUnavailable with all reasons. Unless `dry_run`, what is decided is locked."""
    desk = _Desk(connection, memory, wish, caller, fixed_now)
    if dry_run:
        return desk.decision(await desk.first_in_turn())
    if wish.practitioner_id is not None:
        decision = await desk.locked_decision(wish.practitioner_id)
        if decision is None:
            raise await desk.refused()
        return decision
    for _ in range(MAX_ATTEMPTS):
        # Somebody may be faster with this one; then we look again who is free.
        decision = await desk.locked_decision((await desk.first_in_turn()).practitioner.id)
        if decision is not None:
            return decision
    raise Unavailable


class _Desk:
    """One wish being dealt with: what was seen for it last, and the reasons that were found against it."""

    def __init__(
        self, connection: Connection, memory: Memory[Free], wish: Wish, caller: Caller, fixed_now: datetime | None
    ) -> None:
        self._connection = connection
        self._memory = memory
        self._wish = wish
        self._caller = caller
        self._fixed_now = fixed_now
        self._view: View | None = None
        self._reasons: list[slots.Reason] = []

    async def first_in_turn(self) -> Candidate:
        """Of those who are free, without any lock, the one whose turn it is (T19). Raises SlotUnavailable when nobody is."""
        wish = self._wish
        catalogue = self._catalogue(None if wish.practitioner_id is None else [wish.practitioner_id])
        zone = (await catalogue(None)).locations[wish.location_id].time_zone
        week, _ = week_and_day(zone, wish.starts_at)
        subject = self._subject(min(week[0], wish.starts_at), max(week[1], wish.starts_at + 1))
        view = self._view = await look(self._connection, catalogue, subject, self._fixed_now)
        self._reasons = []
        free = {one.practitioner.id: one for one in view.who if not self._ask(view, one)}
        if not free:
            raise await self.refused()
        taken = {who: view.diaries.occupied.get(one.practitioner.resource_id, ()) for who, one in free.items()}
        return free[by_turn(free, taken, zone, wish.starts_at)[0]]

    async def locked_decision(self, practitioner_id: UUID) -> Decision | None:
        """Yes, with practitioner and patient locked; or None with the reasons noted and the locks given back, since whoever waits for them
        need not wait for what a refusal takes to write."""
        of_one = self._catalogue([practitioner_id])
        catalogue = await of_one(None)
        patient = self._caller.patient_resource_id
        ids = [catalogue.practitioners[0].resource_id] + ([] if patient is None else [patient])
        async with Batch(self._connection) as batch:
            await batch.execute(f"SAVEPOINT {_UNLOCKED}")
            lock = await ledger.lock(batch, ids)
            drawn = await ledger.draw_resource_id(batch) if patient is None else None
            sent = await send(batch, catalogue, self._subject(self._wish.starts_at, self._wish.starts_at + 1))
        try:
            locked = await ledger.locked(lock, ids)
        except ledger.MissingResourceError:
            # Deleted since the catalogue in memory was read: reading it again says so to whoever asked.
            await of_one(catalogue.version)
            raise
        view = self._view = await receive(self._connection, of_one, sent, self._fixed_now or locked.at)
        self._reasons = []
        if self._ask(view, view.who[0]):
            await self._connection.execute(f"ROLLBACK TO SAVEPOINT {_UNLOCKED}")
            return None
        row = await drawn.fetchone() if drawn else None
        return self.decision(view.who[0], row[0] if row else None)

    def decision(self, candidate: Candidate, new_resource_id: int | None = None) -> Decision:
        view, location_id = self.view, self._wish.location_id
        pool = view.situation.pool(location_id)
        rows = {row.id: row for row in view.catalogue.places_at(location_id)}
        places = [] if pool is None else [rows[place_id] for place_id in pool.free(self._wish.starts_at, candidate.footprint)]
        return Decision(view.catalogue, candidate, places, self._caller.patient_resource_id or new_resource_id, view.at)

    async def refused(self) -> SlotUnavailable:
        """The refusal, with what is free instead with anybody at that location."""
        wish, view = self._wish, self.view
        if not view.who:
            self._reasons.append(slots.Reason(Code.NOT_OFFERED))
        now = int(view.at.timestamp())
        from_at = max(wish.starts_at - ALTERNATIVE_DAYS * DAY_SECONDS, now)
        to_at = max(wish.starts_at, now) + ALTERNATIVE_DAYS * DAY_SECONDS
        instead = await self._free_instead(from_at, to_at)
        # What was looked at to decide ends soon after the start; until when a reason lasts is seen in the fortnight.
        until = dict(united(sure(instead.reasons(wish.starts_at, now, wish.practitioner_id), instead.range)))
        reasons = [slots.Reason(code, until.get(code)) for code, _ in united(self._reasons)]
        alternatives = nearest(0, wish.starts_at, instead.found(now), wish.practitioner_id)
        return SlotUnavailable([refusal(0, wish.starts_at, reasons, staff=self._caller.staff)], alternatives)

    @property
    def view(self) -> View:
        if self._view is None:
            raise AssertionError("decided before anything was seen")
        return self._view

    async def _free_instead(self, from_at: int, to_at: int) -> Free:
        outdated = None
        for _ in range(MAX_ATTEMPTS):
            catalogue = await self._catalogue(None)(outdated)
            free = Free(catalogue, self._caller, self._wish.location_id, from_at, to_at)
            if await free.refresh(self._connection) is not None:
                return free
            outdated = catalogue.version
        raise Unavailable

    def _ask(self, view: View, candidate: Candidate) -> Sequence[slots.Reason]:
        found = slots.reasons(view.situation.facts(candidate), self._wish.starts_at)
        self._reasons += found
        return found

    def _subject(self, from_at: int, to_at: int) -> Subject:
        return Subject(self._wish.location_id, self._caller, from_at, to_at)

    def _catalogue(self, practitioner_ids: Sequence[UUID] | None) -> Select:
        wish = self._wish

        async def catalogue(older_than: int | None) -> Catalogue:
            found = await select(
                self._memory,
                self._connection,
                wish.treatment_id,
                practitioner_ids,
                wish.location_id,
                prefix="/",
                older_than=older_than,
            )
            return _with_wanted_place(found, wish)

        return catalogue


def _with_wanted_place(catalogue: Catalogue, wish: Wish) -> Catalogue:
    """Only the place that is wanted, if one is. Raises InvalidField when it is not one of the kind, at the location."""
    if wish.place_id is None:
        return catalogue
    places = [place for place in catalogue.places_at(wish.location_id) if place.id == wish.place_id]
    if not places:
        raise InvalidField("/place_id", "There is no such place of the kind that the treatment needs", "unknown_id")
    return replace(catalogue, places=places)
