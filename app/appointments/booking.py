"""Whether, with whom and where a sitting can be had: read, lock, decide. `actions` writes what is decided here.

    facts     the catalogue, before any lock (one trip)
    lock      practitioner and patient, and in the next statement what is taken (one trip); the catalogue again if its version moved meanwhile
    decide    the core's reasons; none means yes

A sixth file beside the usual five, because deciding and writing are each a screen long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.appointments.refusal import SlotUnavailable, nearest, refusal
from app.availability import queries
from app.availability.answer import Found
from app.availability.candidates import Caller, Candidate, Situation, candidates, local_dates, reach, resource_ids
from app.availability.rows import Catalogue, Diaries, PlaceRow
from app.availability.search import load
from app.diary import ledger
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.errors import InvalidField
from app.scheduling import slots
from app.scheduling.obstacles import Code
from app.scheduling.zones import local_date, midnight

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


async def decide(connection: Connection, wish: Wish, caller: Caller, fixed_now: datetime | None, *, dry_run: bool) -> Decision:
    """Raises InvalidField for ids that mean nothing, SlotUnavailable with all reasons. Unless `dry_run`, what is decided is locked."""
    desk = _Desk(connection, await _catalogue(connection, wish), wish, caller, fixed_now)
    if dry_run:
        return desk.decision((await desk.free_by_turn())[0])
    if wish.practitioner_id is not None:
        decision = await desk.locked_decision(desk.who[0])
        if decision is None:
            raise await desk.refused()
        return decision
    for _ in desk.who:
        # Somebody may be faster with this one; then we look again who is free.
        decision = await desk.locked_decision((await desk.free_by_turn())[0])
        if decision is not None:
            return decision
    raise await desk.refused()


class _Desk:
    """One wish being dealt with: what has been loaded for it so far."""

    def __init__(
        self, connection: Connection, catalogue: Catalogue, wish: Wish, caller: Caller, fixed_now: datetime | None
    ) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self._wish = wish
        self._caller = caller
        self._fixed_now = fixed_now
        self._at = fixed_now or catalogue.treatment.now
        self._reasons: list[slots.Reason] = []
        self.who = candidates(catalogue, [wish.location_id])
        self._situation: Situation | None = None

    async def free_by_turn(self) -> list[Candidate]:
        """Candidates that are free, without any lock; whose turn it is first (T19). Raises SlotUnavailable when there are none."""
        start, zone = self._wish.starts_at, self._catalogue.locations[self._wish.location_id].time_zone
        week, day = _week_and_day(zone, start)
        from_at, to_at = reach(start, start + 1)
        diaries = await queries.load_diaries(
            self._connection,
            self._catalogue,
            resource_ids(self._catalogue, self.who, self._caller),
            min(from_at, week[0]),
            max(to_at, week[1]),
        )
        self._situation = self._situation_of(diaries)
        self._reasons = []
        free = [candidate for candidate in self.who if not self._ask(self._situation, candidate)]
        if not free:
            raise await self.refused()

        def turn(candidate: Candidate) -> tuple[int, int, UUID]:
            taken = diaries.occupied.get(candidate.practitioner.resource_id, [])
            return _overlap(taken, week), _overlap(taken, day), candidate.practitioner.id

        return sorted(free, key=turn)

    async def locked_decision(self, candidate: Candidate) -> Decision | None:
        """Yes, with practitioner and patient locked; or None with the reasons noted and the locks given back, since whoever waits for them
        need not wait for what a refusal takes to write."""
        ids = [candidate.practitioner.resource_id]
        if self._caller.patient_resource_id is not None:
            ids.append(self._caller.patient_resource_id)
        async with Batch(self._connection) as batch:
            await batch.execute(f"SAVEPOINT {_UNLOCKED}")
            lock = await ledger.lock(batch, ids)
            drawn = await ledger.draw_resource_id(batch) if self._caller.patient_resource_id is None else None
            cursors = await queries.ask_diaries(
                batch,
                self._catalogue,
                resource_ids(self._catalogue, [candidate], self._caller),
                *reach(self._wish.starts_at, self._wish.starts_at + 1),
            )
        locked = await ledger.locked(lock, ids)
        self._at = self._fixed_now or locked.at
        current: Candidate | None = candidate
        if locked.versions[candidate.practitioner.resource_id] != candidate.practitioner.version + 1:
            # Hours, offers or registrations may have changed while we waited.
            await self._reload()
            current = next((one for one in self.who if one.practitioner.id == candidate.practitioner.id), None)
        self._situation = self._situation_of(await queries.read_diaries(cursors))
        self._reasons = []
        if current is None or self._ask(self._situation, current):
            await self._connection.execute(f"ROLLBACK TO SAVEPOINT {_UNLOCKED}")
            return None
        row = await drawn.fetchone() if drawn else None
        return self.decision(current, row[0] if row else None)

    def decision(self, candidate: Candidate, new_resource_id: int | None = None) -> Decision:
        if self._situation is None:
            raise AssertionError("asked before anything was read")
        pool = self._situation.pool(self._wish.location_id)
        rows = {row.id: row for row in self._catalogue.places_at(self._wish.location_id)}
        places = [] if pool is None else [rows[place_id] for place_id in pool.free(self._wish.starts_at, candidate.footprint)]
        return Decision(self._catalogue, candidate, places, self._caller.patient_resource_id or new_resource_id, self._at)

    async def refused(self) -> SlotUnavailable:
        """The refusal, with what is free instead with anybody at that location."""
        wish = self._wish
        if not self.who:
            self._reasons.append(slots.Reason(Code.NOT_OFFERED))
        catalogue = await load(self._connection, wish.treatment_id, None, wish.location_id)
        who = candidates(catalogue, [wish.location_id])
        now = int(self._at.timestamp())
        from_at = max(wish.starts_at - ALTERNATIVE_DAYS * 86_400, now)
        to_at = max(wish.starts_at, now) + ALTERNATIVE_DAYS * 86_400
        alternatives = []
        if who:
            ids = resource_ids(catalogue, who, self._caller)
            diaries = await queries.load_diaries(self._connection, catalogue, ids, *reach(from_at, to_at))
            from_on, to_on = local_dates(who, from_at, to_at)
            situation = Situation(catalogue, diaries, self._caller, now=now, from_on=from_on, to_on=to_on)
            found = [Found(one, slots.openings(situation.facts(one), from_at, to_at)) for one in who]
            alternatives = nearest(0, wish.starts_at, found, wish.practitioner_id)
        return SlotUnavailable([refusal(0, wish.starts_at, self._reasons)], alternatives)

    def _ask(self, situation: Situation, candidate: Candidate) -> Sequence[slots.Reason]:
        found = slots.reasons(situation.facts(candidate), self._wish.starts_at)
        self._reasons += found
        return found

    def _situation_of(self, diaries: Diaries) -> Situation:
        zone = self._catalogue.locations[self._wish.location_id].time_zone
        on = local_date(zone, self._wish.starts_at)
        return Situation(self._catalogue, diaries, self._caller, now=int(self._at.timestamp()), from_on=on, to_on=on)

    async def _reload(self) -> None:
        self._catalogue = await _catalogue(self._connection, self._wish)
        self.who = candidates(self._catalogue, [self._wish.location_id])


async def _catalogue(connection: Connection, wish: Wish) -> Catalogue:
    wanted = None if wish.practitioner_id is None else [wish.practitioner_id]
    return _with_wanted_place(await load(connection, wish.treatment_id, wanted, wish.location_id, prefix="/"), wish)


def _with_wanted_place(catalogue: Catalogue, wish: Wish) -> Catalogue:
    """Only the place that is wanted, if one is. Raises InvalidField when it is not one of the kind, at the location."""
    if wish.place_id is None:
        return catalogue
    places = [place for place in catalogue.places_at(wish.location_id) if place.id == wish.place_id]
    if not places:
        raise InvalidField("/place_id", "There is no such place of the kind that the treatment needs", "unknown_id")
    return Catalogue(catalogue.treatment, catalogue.locations, catalogue.practitioners, places)


def _week_and_day(zone: str, start: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The local week, Monday to Sunday, and the local day of a start, as instants."""
    on = local_date(zone, start)
    monday = on - timedelta(days=on.weekday())
    return _span(zone, monday, 7), _span(zone, on, 1)


def _span(zone: str, on: date, days: int) -> tuple[int, int]:
    return midnight(zone, on), midnight(zone, on + timedelta(days=days))


def _overlap(taken: Sequence[tuple[int, int]], span: tuple[int, int]) -> int:
    """Seconds of a span that are taken."""
    return sum(max(min(end, span[1]) - max(start, span[0]), 0) for start, end in taken)
