"""The free starts of one question, kept up to date: what a resource's diary holds is read again only when its version moved, and what that changes is
worked out again when somebody looks at it. `search` asks; `memory` keeps.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from app.availability import queries
from app.availability.candidates import DAY_SECONDS, Caller, Candidate, Schedules, Situation, candidates, reach, resource_ids
from app.availability.rows import Calendar, Catalogue, Diaries, Moved
from app.kit.batch import Batch
from app.kit.db import Connection
from app.scheduling.slots import Opening, Reason, bookable_between, reasons, standing_openings, within
from app.scheduling.zones import local_date, midnight

DAY = timedelta(days=1)
MAX_TOLD = 2


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate and its openings, ascending."""

    candidate: Candidate
    openings: Sequence[Opening]


@dataclass(frozen=True, slots=True)
class Answer:
    """An encoded answer and its entity tag."""

    body: bytes
    tag: str

    @classmethod
    def of(cls, body: bytes) -> Self:
        return cls(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


@dataclass(frozen=True, slots=True)
class _Told:
    """An answer that says the same from one moment to another, the last included, as long as no diary changes."""

    answer: Answer
    changes: int
    since: int
    until: int


class Free:
    """What may start from one instant up to another, at one location or at any."""

    def __init__(
        self,
        catalogue: Catalogue,
        caller: Caller,
        location_id: UUID | None,
        from_at: int,
        to_at: int,
        without: Collection[UUID] = (),
    ) -> None:
        """`without`: appointments that do not count, since they are moving."""
        self.catalogue = catalogue
        self.span = (from_at, to_at)
        self.changes = 0  # grows whenever a diary in here does change
        self._stamp: tuple[int, str] | None = None
        self.weight = 1 + len(catalogue.practitioners) * (to_at - from_at) // DAY_SECONDS
        self._caller = caller
        self._location_id = location_id
        self.range = reach(catalogue.locations_at(location_id), from_at, to_at)
        self._without = without
        self._versions = dict.fromkeys(resource_ids(catalogue, location_id, caller), queries.UNKNOWN_VERSION)
        self._calendar: Calendar | None = None
        self._diaries = Diaries()
        self._schedules: Schedules = {}
        self._candidates: list[Candidate] = []
        self._standing: list[list[Opening] | None] = []  # by candidate; None: to be worked out
        self._told: dict[Hashable, _Told] = {}

    async def refresh(
        self, connection: Connection, fixed_now: datetime | None, first: Callable[[Batch], None] | None = None
    ) -> datetime | None:
        """Bring it up to date; the time of that, by the database's clock unless it is fixed. None: the catalogue is another by now, so that this is
        worth nothing any more. `first` is sent before the questions."""
        asked = None
        async with Batch(connection) as batch:
            if first is not None:
                first(batch)
            if self._calendar is None:
                asked = queries.ask_calendar(batch, [one.id for one in self.catalogue.practitioners], self.range)
            asked_diaries = self._ask(batch, fixed_now)
        read = queries.read_diaries(asked_diaries)
        if asked is not None:
            self._calendar = queries.read_calendar(asked)
            self._schedules, self._diaries = {}, Diaries()
            self._candidates = candidates(self.catalogue, self._calendar, self._location_id)
            self._standing = [None] * len(self._candidates)
            self._versions = dict.fromkeys(self._versions, queries.UNKNOWN_VERSION)
        if read.catalogue_version != self.catalogue.version:
            return None
        self._take_in(read.moved)
        return read.at

    def _ask(self, batch: Batch, fixed_now: datetime | None) -> queries.Asked:
        known = queries.Known(self._versions, self._diaries.expires)
        span = (self.range.from_at, self.range.to_at)
        return queries.ask_diaries(batch, [self.catalogue], known, [span], fixed_now, self._without)

    @property
    def stamp(self) -> str:
        """When it is the same, so is what may start, but for the time that passed; in every process."""
        if self._stamp is None or self._stamp[0] != self.changes:
            contents = json.dumps([self.catalogue.version, list(map(self._openings, range(len(self._candidates))))])
            self._stamp = self.changes, hashlib.blake2b(contents.encode(), digest_size=12).hexdigest()
        return self._stamp[1]

    def found(self, now: int, first: UUID | None = None) -> Iterator[Found]:
        """What can be booked at that moment, that of one practitioner first; of each it is worked out when its turn comes."""
        situation = self.situation(now)
        at_locations = {one.location.id: one for one in self._candidates}
        between = {at: bookable_between(situation.facts(one)) for at, one in at_locations.items()}
        for index, one in sorted(enumerate(self._candidates), key=lambda numbered: numbered[1].practitioner.id != first):
            yield Found(one, within(self._openings(index), *between[one.location.id]))

    def reasons(self, start: int, now: int, practitioner_id: UUID | None) -> list[Reason]:
        """What stands against a start, with one practitioner or with anybody, as far as `range` lets it be known."""
        situation = self.situation(now)
        who = [one for one in self._candidates if practitioner_id in {None, one.practitioner.id}]
        return [reason for one in who for reason in reasons(situation.facts(one), start)]

    def told(self, question: Hashable, now: int, changes: int) -> Answer | None:
        """What was answered before, if it is still true after so many changes."""
        told = self._told.get(question)
        if told is None or told.changes != changes or not told.since <= now <= told.until:
            return None
        return told.answer

    def tell(self, question: Hashable, now: int, first_start: int, body: bytes, changes: int) -> Answer:
        """Keep the answer, made after so many changes, for as long as its first start can still be had and the horizon stays where it is."""
        notice = 0 if self._caller.staff else self.catalogue.treatment.notice_minutes * 60
        midnights = [midnight(at, local_date(at, now) + DAY) for at in {one.location.time_zone for one in self._candidates}]
        told = _Told(Answer.of(body), changes, now, min(first_start - notice, *(at - 1 for at in midnights)))
        if changes == self.changes:
            if len(self._told) == MAX_TOLD:
                self._told.clear()
            self._told[question] = told
        return told.answer

    def situation(self, now: int) -> Situation:
        if self._calendar is None:
            raise AssertionError("asked before anything was read")
        return Situation(
            self.catalogue, self._calendar, self._diaries, self._caller, now=now, range_=self.range, schedules=self._schedules
        )

    def _openings(self, index: int) -> list[Opening]:
        found = self._standing[index]
        if found is None:
            found = self._standing[index] = standing_openings(self.situation(0).facts(self._candidates[index]), *self.span)
        return found

    def _take_in(self, moved: Iterable[Moved]) -> None:
        """Replace the diaries that moved, and forget what they bear on. Most that move do so in some other month than this question's.

        Of two requests at once the one that read earlier may be the one that comes later: then what it read, which is true for itself, is found to
        have moved by whoever asks next.
        """
        changed = [one.resource_id for one in moved if self._diaries.take(one)]
        for one in moved:
            self._versions[one.resource_id] = one.version
        if not changed:
            return
        self.changes += 1
        ids = set(changed)
        touched = {place.location_id for place in self.catalogue.places if place.resource_id in ids}
        everybody = self._caller.patient_resource_id in ids
        for index, candidate in enumerate(self._candidates):
            if everybody or candidate.practitioner.resource_id in ids or candidate.location.id in touched:
                self._standing[index] = None
