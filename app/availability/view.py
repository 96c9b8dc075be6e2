"""Everything that bears on some starts, at one moment: for a booking, a dry run, an explanation. Nothing of it is kept.

`send` puts the questions into the caller's batch, behind a lock if there is one; `receive` asks them again while the catalogue turns out to be
another than the one in memory. However many starts there are, it is the same few statements.
"""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.availability import queries
from app.availability.candidates import REACH_SECONDS, Caller, Candidate, Situation, candidates, reach, resource_ids
from app.availability.rows import Calendar, Catalogue, Diaries, Range
from app.availability.search import MAX_ATTEMPTS
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.errors import Unavailable
from app.kit.pipeline import Answer
from app.scheduling.intervals import Interval

Select = Callable[[int | None], Awaitable[Catalogue]]
"""Gives the catalogue, newer than a version if one is given."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What, where and for whom something may start from one instant up to another."""

    select: Select
    location_id: UUID
    caller: Caller
    from_at: int
    to_at: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Questions on their way, and the catalogues that they go with."""

    subjects: Sequence[Subject]
    without: Collection[UUID]
    now: datetime | None
    catalogues: Sequence[Catalogue]
    ranges: Sequence[Range]
    calendar: Answer
    diaries: queries.Asked


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of one subject. `who` are the candidates at the location; `at` is the time by the database's clock, or the one given."""

    subject: Subject
    catalogue: Catalogue
    calendar: Calendar
    diaries: Diaries
    range: Range
    who: list[Candidate]
    at: datetime

    def situation(self, caller: Caller | None = None) -> Situation:
        """As it is now: `diaries` are those of all subjects, and what is entered there counts from then on; only what may matter here is looked at.
        `caller` if it is another by now."""
        now = int(self.at.timestamp())
        return Situation(
            self.catalogue,
            self.calendar,
            _within(self.diaries, self.range),
            caller or self.subject.caller,
            now=now,
            range_=self.range,
        )


async def catalogues_of(subjects: Sequence[Subject], older_than: int | None = None) -> list[Catalogue]:
    """All of one version: while the first is read anew another may become outdated. Raises Unavailable, and what `select` does."""
    for _ in range(MAX_ATTEMPTS):
        found = [await subject.select(older_than) for subject in subjects]
        if len({one.version for one in found}) == 1:
            return found
        older_than = min(one.version for one in found)
    raise Unavailable


async def look(
    connection: Connection, subjects: Sequence[Subject], fixed_now: datetime | None, without: Collection[UUID] = ()
) -> list[Sight]:
    """Raises Unavailable, and what `select` does."""
    catalogues = await catalogues_of(subjects)
    async with Batch(connection) as batch:
        sent = send(batch, subjects, catalogues, fixed_now, without)
    return await receive(connection, sent, fixed_now)


def send(
    batch: Batch,
    subjects: Sequence[Subject],
    catalogues: Sequence[Catalogue],
    now: datetime | None,
    without: Collection[UUID] = (),
) -> Sent:
    """`without`: appointments that do not count, since they are moving. `now` None: the time is the database's."""
    ranges = [
        reach(catalogue.locations_at(subject.location_id), subject.from_at, subject.to_at)
        for subject, catalogue in zip(subjects, catalogues, strict=True)
    ]
    who = {one.id for catalogue in catalogues for one in catalogue.practitioners}
    calendar = queries.ask_calendar(batch, who, _around(ranges))
    own: dict[int, list[Interval]] = {}
    for subject, catalogue, range_ in zip(subjects, catalogues, ranges, strict=True):
        for one in resource_ids(catalogue, subject.location_id, subject.caller):
            own.setdefault(one, []).append((range_.from_at, range_.to_at))
    known = queries.Known.nothing(sorted(own))
    spans = own if len(subjects) > 1 else [(ranges[0].from_at, ranges[0].to_at)]
    diaries = queries.ask_diaries(batch, catalogues, known, spans, now, without)
    return Sent(subjects, without, now, catalogues, ranges, calendar, diaries)


async def receive(connection: Connection, sent: Sent, at: datetime | None) -> list[Sight]:
    """Raises Unavailable, and what `select` does."""
    for _ in range(MAX_ATTEMPTS):
        calendar, read = queries.read_calendar(sent.calendar), queries.read_diaries(sent.diaries)
        if read.catalogue_version == sent.catalogues[0].version:
            diaries = queries.diaries_of(read.moved)
            return [
                Sight(subject, catalogue, calendar, diaries, range_, _who(subject, catalogue, calendar), at or read.at)
                for subject, catalogue, range_ in zip(sent.subjects, sent.catalogues, sent.ranges, strict=True)
            ]
        catalogues = await catalogues_of(sent.subjects, sent.catalogues[0].version)
        async with Batch(connection) as batch:
            sent = send(batch, sent.subjects, catalogues, sent.now, sent.without)
    raise Unavailable


def _who(subject: Subject, catalogue: Catalogue, calendar: Calendar) -> list[Candidate]:
    return candidates(catalogue, calendar, subject.location_id)


def _within(diaries: Diaries, range_: Range) -> Diaries:
    """Of what is taken only what may reach into the range. No stretch is longer than the reach."""
    first, last = (range_.from_at - REACH_SECONDS,), (range_.to_at,)
    occupied = {one: taken[bisect_left(taken, first) : bisect_left(taken, last)] for one, taken in diaries.occupied.items()}
    return replace(diaries, occupied=occupied)


def _around(ranges: Sequence[Range]) -> Range:
    return Range(
        from_at=min(one.from_at for one in ranges),
        to_at=max(one.to_at for one in ranges),
        from_on=min(one.from_on for one in ranges),
        to_on=max(one.to_on for one in ranges),
    )
