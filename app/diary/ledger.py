"""The ledger's inner path: lock, read, write, release. SQL on the driver, inside the caller's transaction.

The order is the whole safety of it:

1. `lock` the practitioner and the patient, in one statement that locks in order of id, so that two bookings never wait for each other crosswise.
   Whoever waits wakes up to the clock and the versions that the statement returns.
2. `busy` in a later statement: READ COMMITTED gives it a snapshot that sees what the one before us committed.
3. `occupy`. Places are not locked, which would make every pool a queue; a place that somebody took meanwhile is found by ON CONFLICT, and the
   caller tries the next. The constraint has the last word on everything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.diary.models import NO_OVERLAP
from app.kit.batch import Batch, Cursor
from app.scheduling.intervals import Interval

# UPDATE … WHERE id = ANY(…) locks in the order of the plan, whatever the order of the array, and deadlocks.
LOCK = """
WITH locked AS MATERIALIZED (SELECT id FROM resources WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)
UPDATE resources SET version = resources.version + 1 FROM locked WHERE resources.id = locked.id
RETURNING resources.id, resources.version, clock_timestamp()
"""

# The range of one number on both sides is what makes the constraint's own index serve; plain equality would not use it.
BUSY = """
SELECT wanted.id, taken.starts, taken.ends
FROM unnest(%(ids)s::int[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT array_agg(extract(epoch FROM lower(during))::bigint ORDER BY during) AS starts,
           array_agg(extract(epoch FROM upper(during))::bigint ORDER BY during) AS ends
    FROM occupancies
    WHERE int8range(resource_id, resource_id, '[]') && int8range(wanted.id, wanted.id, '[]')
      AND during && tstzrange(%(from_at)s, %(to_at)s)
) AS taken
WHERE taken.starts IS NOT NULL
"""

PRESENCE = """
SELECT wanted.id, taken.location_id, taken.starts_at, taken.ends_at
FROM unnest(%(ids)s::int[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT location_id, extract(epoch FROM min(lower(during)))::bigint AS starts_at, extract(epoch FROM max(upper(during)))::bigint AS ends_at
    FROM occupancies
    WHERE int8range(resource_id, resource_id, '[]') && int8range(wanted.id, wanted.id, '[]')
      AND during && tstzrange(%(from_at)s, %(to_at)s)
    GROUP BY location_id, appointment_id
) AS taken
ORDER BY taken.starts_at
"""

OCCUPY = f"""
INSERT INTO occupancies (appointment_id, resource_id, during, location_id)
SELECT %(appointment_id)s, wanted.resource_id, tstzrange(to_timestamp(wanted.starts_at), to_timestamp(wanted.ends_at)), %(location_id)s
FROM unnest(%(resource_ids)s::int[], %(starts)s::bigint[], %(ends)s::bigint[]) AS wanted (resource_id, starts_at, ends_at)
ORDER BY wanted.resource_id, wanted.starts_at
ON CONFLICT ON CONSTRAINT {NO_OVERLAP} DO NOTHING
"""

# Practitioner and patient are locked, and so bumped, already.
RELEASE = """
WITH freed AS (DELETE FROM occupancies WHERE appointment_id = %s RETURNING resource_id)
UPDATE resources SET version = version + 1 FROM freed WHERE resources.id = freed.resource_id AND resources.kind = 'place'
"""

BUMP = "UPDATE resources SET version = version + 1 WHERE id = %s"

NEW_RESOURCE_ID = "SELECT nextval(pg_get_serial_sequence('resources', 'id'))"


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock returned. `at` is the time after the waiting; `versions` are the new ones, by resource."""

    at: datetime
    versions: dict[int, int]


class MissingResourceError(RuntimeError):
    """A resource that should be locked does not exist."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A resource is taken from one instant to another (Unix seconds, half-open)."""

    resource_id: int
    starts_at: int
    ends_at: int


async def lock(batch: Batch, resource_ids: Iterable[int]) -> Cursor:
    """Send the lock; `locked` reads what it returned once the batch is through."""
    return await batch.execute(LOCK, (sorted(set(resource_ids)),))


async def locked(cursor: Cursor, resource_ids: Iterable[int]) -> Locked:
    rows = await cursor.fetchall()
    if len(rows) != len(set(resource_ids)):
        raise MissingResourceError
    return Locked(at=max(row[2] for row in rows), versions={row[0]: row[1] for row in rows})


async def busy(batch: Batch, resource_ids: Sequence[int], from_at: int, to_at: int) -> Cursor:
    """Send the question what is occupied between two instants (Unix seconds); `intervals_by_resource` reads the answer."""
    return await batch.execute(BUSY, {"ids": list(resource_ids), **range_of(from_at, to_at)})


async def intervals_by_resource(cursor: Cursor) -> dict[int, list[Interval]]:
    """Sorted and disjoint, for each resource that is occupied at all."""
    return {row[0]: list(zip(row[1], row[2], strict=True)) for row in await cursor.fetchall()}


async def presence(batch: Batch, resource_ids: Sequence[int], from_at: int, to_at: int) -> Cursor:
    """Send the question where practitioners are, rests included; `presence_by_resource` reads the answer."""
    return await batch.execute(PRESENCE, {"ids": list(resource_ids), **range_of(from_at, to_at)})


async def presence_by_resource(cursor: Cursor) -> dict[int, list[tuple[UUID, Interval]]]:
    """From the first to the last attended stretch of each appointment, and where; sorted by start."""
    found: dict[int, list[tuple[UUID, Interval]]] = {}
    for resource_id, location_id, starts_at, ends_at in await cursor.fetchall():
        found.setdefault(resource_id, []).append((location_id, (starts_at, ends_at)))
    return found


async def occupy(batch: Batch, appointment_id: UUID, location_id: UUID, stretches: Sequence[Stretch]) -> Cursor:
    """Send the rows; fewer of them written (`rowcount`) than stretches means that somebody was there first."""
    return await batch.execute(
        OCCUPY,
        {
            "appointment_id": appointment_id,
            "location_id": location_id,
            "resource_ids": [stretch.resource_id for stretch in stretches],
            "starts": [stretch.starts_at for stretch in stretches],
            "ends": [stretch.ends_at for stretch in stretches],
        },
    )


async def draw_resource_id(batch: Batch) -> Cursor:
    """Send for the id of a resource that is about to be made."""
    return await batch.execute(NEW_RESOURCE_ID)


async def bump(batch: Batch, resource_id: int) -> None:
    """Note that a place's diary changed."""
    await batch.execute(BUMP, (resource_id,))


async def release(batch: Batch, appointment_id: UUID) -> None:
    """Free whatever an appointment occupies."""
    await batch.execute(RELEASE, (appointment_id,))


def range_of(from_at: int, to_at: int) -> dict[str, Any]:
    """Two instants (Unix seconds) as parameters for SQL."""
    return {"from_at": datetime.fromtimestamp(from_at, UTC), "to_at": datetime.fromtimestamp(to_at, UTC)}
