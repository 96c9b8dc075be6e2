"""Everything that bears on one start, at one moment: for a booking, a dry run, an explanation. Nothing of it is kept.

`send` puts the questions into the caller's batch, behind a lock if there is one; `receive` asks them again while the catalogue turns out to be
another than the one in memory.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.availability import queries
from app.availability.candidates import Caller, Candidate, Situation, candidates, reach, resource_ids
from app.availability.rows import Calendar, Catalogue, Diaries, Range
from app.availability.search import MAX_ATTEMPTS
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.errors import Unavailable

Select = Callable[[int | None], Awaitable[Catalogue]]
"""Gives the catalogue, newer than a version if one is given."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Where and for whom something may start from one instant up to another."""

    location_id: UUID
    caller: Caller
    from_at: int
    to_at: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Questions on their way, and the catalogue that they go with."""

    subject: Subject
    catalogue: Catalogue
    range: Range
    calendar: queries.AskedCalendar
    diaries: queries.Asked


@dataclass(frozen=True, slots=True)
class View:
    """What was seen. `who` are the candidates at the location; `at` is the time by the database's clock, or the one given."""

    catalogue: Catalogue
    calendar: Calendar
    diaries: Diaries
    range: Range
    who: list[Candidate]
    situation: Situation
    at: datetime


async def look(connection: Connection, select: Select, subject: Subject, fixed_now: datetime | None) -> View:
    """Raises Unavailable, and what `select` does."""
    catalogue = await select(None)
    async with Batch(connection) as batch:
        sent = await send(batch, catalogue, subject)
    return await receive(connection, select, sent, fixed_now)


async def send(batch: Batch, catalogue: Catalogue, subject: Subject) -> Sent:
    range_ = reach(catalogue.locations_at(subject.location_id), subject.from_at, subject.to_at)
    unknown = dict.fromkeys(resource_ids(catalogue, subject.location_id, subject.caller), queries.UNKNOWN_VERSION)
    calendar = await queries.ask_calendar(batch, [one.id for one in catalogue.practitioners], range_)
    return Sent(subject, catalogue, range_, calendar, await queries.ask_diaries(batch, catalogue, unknown, range_))


async def receive(connection: Connection, select: Select, sent: Sent, at: datetime | None) -> View:
    """Raises Unavailable, and what `select` does."""
    for _ in range(MAX_ATTEMPTS):
        calendar, read = await queries.read_calendar(sent.calendar), await queries.read_diaries(sent.diaries)
        if read.catalogue_version == sent.catalogue.version:
            return _view(sent, calendar, queries.diaries_of(read.moved), at or read.at)
        catalogue = await select(sent.catalogue.version)
        async with Batch(connection) as batch:
            sent = await send(batch, catalogue, sent.subject)
    raise Unavailable


def _view(sent: Sent, calendar: Calendar, diaries: Diaries, at: datetime) -> View:
    subject, catalogue = sent.subject, sent.catalogue
    now = int(at.timestamp())
    situation = Situation(catalogue, calendar, diaries, subject.caller, now=now, range_=sent.range)
    return View(catalogue, calendar, diaries, sent.range, candidates(catalogue, calendar, subject.location_id), situation, at)
