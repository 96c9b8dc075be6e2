"""The ledger's inner path: lock, read, write, release. SQL on the driver, inside the caller's transaction.

The order is the whole safety of it:

1. `lock` the practitioner and the patient, in one statement that locks in order of id, so that two bookings never wait for each other crosswise.
   Whoever waits wakes up to the clock and the versions that the statement returns.
2. What is busy (`BUSY_OF_R`) in a later statement: READ COMMITTED gives it a snapshot that sees what the one before us committed.
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

# UPDATE … WHERE id = ANY(…) locks in the order of the plan, whatever the order of the array, and deadlocks.
LOCK = """
WITH locked AS MATERIALIZED (SELECT id FROM resources WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)
UPDATE resources SET version = resources.version + 1 FROM locked WHERE resources.id = locked.id
RETURNING resources.id, resources.version, clock_timestamp()
"""

# Of one resource `r` between two instants, in no order, to be put into a larger statement. The range of one number on both sides is what makes
# the constraint's own index serve; plain equality would not use it.
_OF_R = """
        FROM occupancies
        WHERE int8range(resource_id, resource_id, '[]') && int8range(r.id, r.id, '[]') AND during && tstzrange(%(from_at)s, %(to_at)s)"""

BUSY_OF_R = f"""
        SELECT array_agg(date_part('epoch', lower(during))::bigint) AS starts,
               array_agg(date_part('epoch', upper(during))::bigint) AS ends{_OF_R}"""

# Where a practitioner is, rests included, for each appointment.
PRESENCE_OF_R = f"""
        SELECT location_id, date_part('epoch', min(lower(during)))::bigint AS starts_at,
               date_part('epoch', max(upper(during)))::bigint AS ends_at{_OF_R}
        GROUP BY location_id, appointment_id"""

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
