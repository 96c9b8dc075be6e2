"""Loads what the core has to know for a range of time: what is out of the ordinary, what is taken, and who it is for. One trip,
whatever the number of practitioners and days.

Rows, not entities: hydrating objects costs more than the search.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

from app.availability.rows import Calendar, Catalogue, ClosureRow, Diaries, Moved, Numbers, Range, TimeOffRow
from app.diary import ledger, reading
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.pipeline import Answer
from app.scheduling.hours import DAYS_AFTER, DAYS_BEFORE, Closure, Override
from app.scheduling.intervals import Interval

# Three lists in one row, since a statement more costs more than to read them out of JSON: mostly they are empty.
CALENDAR = """
SELECT (
    SELECT json_agg(json_build_array(practitioner_id, location_id, date, windows))
    FROM overrides WHERE practitioner_id = ANY(%(ids)s) AND date BETWEEN %(from_on)s AND %(to_on)s
), (
    SELECT json_agg(
        json_build_array(practitioner_id, date_part('epoch', starts_at)::bigint, date_part('epoch', ends_at)::bigint) ORDER BY starts_at
    )
    FROM time_off WHERE practitioner_id = ANY(%(ids)s) AND starts_at < %(away_until_at)s AND ends_at > %(from_at)s
), (
    SELECT json_agg(
        json_build_array(location_id, from_on, to_on, coalesce(starts_minute, 0), coalesce(ends_minute, 1440)) ORDER BY from_on, id
    )
    FROM closures WHERE to_on >= %(from_on)s AND from_on <= %(away_until)s
)
"""

TIME_OFF_ROWS = """
SELECT id, practitioner_id, starts_at, ends_at, reason
FROM time_off WHERE practitioner_id = ANY(%(ids)s) AND starts_at < %(away_until_at)s AND ends_at > %(from_at)s
ORDER BY starts_at, id
"""

CLOSURE_ROWS = """
SELECT id, location_id, from_on, to_on, coalesce(starts_minute, 0), coalesce(ends_minute, 1440), reason
FROM closures WHERE to_on >= %(from_on)s AND from_on <= %(away_until)s AND (location_id IS NULL OR location_id = %(location_id)s)
ORDER BY from_on, id
"""

# Version and diary in one statement, and so of one moment. Only the resources come back whose version is not the one known, or in which a hold that
# was alive when they were read has ended since. What is known is sent
# as JSON: of an array PostgreSQL would think that planning for its length is worth the while, and plan anew every time. OFFSET 0: each resource is
# looked up by its id; joined, PostgreSQL would rather read all of them, every patient among them.
_DIARIES = """
{spans}
SELECT catalogue.version, {now}, moved.*
FROM catalogue LEFT JOIN LATERAL (
    SELECT r.id, r.version, taken.starts, taken.ends, taken.expires{columns}
    FROM json_each_text(%(known)s::json) AS known
    CROSS JOIN LATERAL (SELECT id, version, kind FROM resources WHERE id = known.key::int OFFSET 0) AS r
    CROSS JOIN LATERAL ({taken}) AS taken
    {joins}
    WHERE r.version <> known.value::int OR (%(expiring)s::json ->> known.key)::bigint <= date_part('epoch', {now})
) AS moved ON true
"""
_PRESENCE = """
    LEFT JOIN LATERAL (
        SELECT array_agg(there.location_id::text) AS locations, array_agg(there.starts_at) AS starts, array_agg(there.ends_at) AS ends
        FROM ({there}) AS there
    ) AS presence ON r.kind = 'practitioner'
"""
_DAY_STARTS = f"""
    LEFT JOIN LATERAL (
        SELECT array_agg(date_part('epoch', a.starts_at)::bigint) AS starts
        FROM practitioners p JOIN appointments a ON a.practitioner_id = p.id
        WHERE p.resource_id = r.id AND p.daily_limit IS NOT NULL AND a.status NOT IN ('cancelled', 'no_show')
          AND (a.held_until IS NULL OR a.held_until > {ledger.NOW}) AND a.id <> ALL(%(without)s::uuid[])
          AND a.starts_at >= %(from_at)s AND a.starts_at < %(to_at)s
    ) AS days ON r.kind = 'practitioner'
"""


def _diaries(*, presence: bool, day_starts: bool, own: bool) -> str:
    columns = (", presence.locations, presence.starts, presence.ends" if presence else "") + (
        ", days.starts" if day_starts else ""
    )
    there = _PRESENCE.format(there=reading.presence_of_r(own=own)) if presence else ""
    joins = there + (_DAY_STARTS if day_starts else "")
    spans, taken = "" if own else reading.SHARED_SPANS, reading.busy_of_r(own=own)
    return _DIARIES.format(spans=spans, now=ledger.NOW, columns=columns, taken=taken, joins=joins)


_BOTH = (False, True)
DIARIES = {
    (presence, day_starts, own): _diaries(presence=presence, day_starts=day_starts, own=own)
    for presence in _BOTH
    for day_starts in _BOTH
    for own in _BOTH
}

UNKNOWN_VERSION = -1
AWAY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Read:
    """Of one moment: the catalogue's version, the database's clock, and the resources whose versions are not the known ones."""

    catalogue_version: int
    at: datetime
    moved: list[Moved]


@dataclass(frozen=True, slots=True)
class Known:
    """Of which version a resource's diary is known, and when the first hold that is in it ends; by resource."""

    versions: Mapping[int, int]
    expiring: Mapping[int, int]

    @classmethod
    def nothing(cls, resource_ids: Iterable[int]) -> Self:
        return cls(dict.fromkeys(resource_ids, UNKNOWN_VERSION), {})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for diaries that has been sent."""

    answer: Answer
    presence: bool
    day_starts: bool


def ask_calendar(batch: Batch, practitioner_ids: Collection[UUID], range_: Range) -> Answer:
    """Send the question what is out of the ordinary; `read_calendar` reads the answer."""
    return batch.execute(CALENDAR, {"ids": list(practitioner_ids), **_dates(range_)})


async def load_calendar(connection: Connection, practitioner_ids: Collection[UUID], range_: Range) -> Calendar:
    async with Batch(connection) as batch:
        asked = ask_calendar(batch, practitioner_ids, range_)
    return read_calendar(asked)


def read_calendar(answer: Answer) -> Calendar:
    [(overrides, time_off, closures)] = answer.rows
    found = Calendar()
    for practitioner_id, location_id, on, stored in overrides or ():
        windows = tuple((window["starts"], window["ends"]) for window in stored)
        key = (UUID(practitioner_id), UUID(location_id))
        found.overrides[key] = (*found.overrides.get(key, ()), Override(date.fromisoformat(on), windows))
    for practitioner_id, starts_at, ends_at in time_off or ():
        found.time_off.setdefault(UUID(practitioner_id), []).append((starts_at, ends_at))
    for location_id, from_on, to_on, starts, ends in closures or ():
        key_at = None if location_id is None else UUID(location_id)
        closure = Closure(date.fromisoformat(from_on), date.fromisoformat(to_on), starts, ends)
        found.closures[key_at] = (*found.closures.get(key_at, ()), closure)
    return found


async def load_away(
    connection: Connection, practitioner_ids: Collection[UUID], location_id: UUID, range_: Range
) -> tuple[list[TimeOffRow], list[ClosureRow]]:
    """Leave and closures with their ids and reasons, for staff to see."""
    wanted = {"ids": list(practitioner_ids), "location_id": location_id, **_dates(range_)}
    async with Batch(connection) as batch:
        time_off, closures = [batch.execute(one, wanted) for one in (TIME_OFF_ROWS, CLOSURE_ROWS)]
    return [TimeOffRow(*row) for row in time_off.rows], [ClosureRow(*row) for row in closures.rows]


def _dates(range_: Range) -> dict[str, Any]:
    """A range as parameters for SQL; the dates with those before and after that windows and closures may reach from. What follows upon leave or a
    closure is known for longer, so that a reason says truly until when."""
    dates = {"from_on": range_.from_on - DAYS_BEFORE, "to_on": range_.to_on + DAYS_AFTER}
    until = {"away_until": range_.to_on + AWAY, "away_until_at": datetime.combine(range_.to_on + AWAY, time(), UTC)}
    return dates | until | ledger.range_of(range_.from_at, range_.to_at)


def ask_diaries(
    batch: Batch,
    catalogues: Collection[Catalogue],
    known: Known,
    spans: Collection[Interval] | Mapping[int, Collection[Interval]],
    now: datetime | None,
    without: Collection[UUID] = (),
) -> Asked:
    """Send the question what is taken in some spans, the same for all or for each its own, of resources of which so much is known; `read_diaries`
    reads the answer.

    Where practitioners are is asked only where there is more than one location, and starts of appointments only where somebody has a daily limit.
    `without`: appointments that do not count, since they are moving. `now` None: the time is the database's.
    """
    batch.keep_plans()
    presence = any(len(catalogue.locations) > 1 for catalogue in catalogues)
    day_starts = any(one.daily_limit is not None for catalogue in catalogues for one in catalogue.practitioners)
    own = isinstance(spans, Mapping)
    every = [one for some in spans.values() for one in some] if isinstance(spans, Mapping) else spans
    parameters = {
        "known": json.dumps(known.versions),
        "expiring": json.dumps(known.expiring) if known.expiring else "{}",
        "spans": _own_spans(spans) if isinstance(spans, Mapping) else ledger.spans_of(spans),
        "now": now,
        "without": list(without),
        **ledger.range_of(min(start for start, _ in every), max(end for _, end in every)),
    }
    return Asked(batch.execute(DIARIES[presence, day_starts, own], parameters, binary=True), presence, day_starts)


def _own_spans(spans: Mapping[int, Collection[Interval]]) -> str:
    return json.dumps({one: ledger.spans_of(some) for one, some in spans.items()})


def read_diaries(asked: Asked) -> Read:
    rows = asked.answer.rows
    return Read(rows[0][0], rows[0][1], [_moved(asked, *row[2:]) for row in rows if row[2] is not None])


def diaries_of(moved: Iterable[Moved]) -> Diaries:
    found = Diaries()
    for one in moved:
        found.take(one)
    return found


def _moved(
    asked: Asked, resource_id: int, version: int, starts: Numbers, ends: Numbers, expires: int | None, *more: Any
) -> Moved:
    locations, there_from, there_until = more[:3] if asked.presence else (None, None, None)
    day_starts = more[-1] if asked.day_starts else None
    return Moved(resource_id, version, starts, ends, expires, locations, there_from, there_until, day_starts)
