"""The ledger's inner path: lock, read, write, release. SQL on the driver, inside the caller's transaction.

The order is the whole safety of it:

1. `lock` the practitioners and the patient, in one statement that locks in order of id, so that two bookings never wait for each other crosswise.
   Whoever waits wakes up to the clock and the versions that the statement returns.
2. What is taken (`app.diary.reading`) in a later statement: READ COMMITTED gives it a snapshot that sees what the one before us committed.
3. `occupy`, all stretches of all appointments in one statement, in order of resource and start. Places are not locked, which would make every pool a
   queue; a place that somebody took meanwhile is found by ON CONFLICT, and the caller looks again, or the request does (`occupy_last`). The
   constraint has the last word on everything.
4. `touch` the places, in order of id and last of all, so that nobody who holds one waits for anything but another with a higher id.

Holds end by the clock alone. What has expired counts for nothing in any read; the rows that are left of it are deleted by whoever needs their time
(`purge`), before writing or when one was in the way, so that whatever was free by the clock of the reading can be had.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from app.diary.models import NO_OVERLAP
from app.kit.batch import Batch, ask
from app.kit.db import Connection
from app.kit.last import Last, must
from app.kit.pipeline import Answer

# UPDATE … WHERE id = ANY(…) locks in the order of the plan, whatever the order of the array, and deadlocks. As an array, and not joined, what is
# locked is found by its id, however many patients there are.
LOCK = """
UPDATE resources SET version = resources.version + 1
WHERE id = ANY (ARRAY (SELECT id FROM resources WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE))
RETURNING resources.id, resources.version, clock_timestamp(), NULL::bigint
"""

# The same of one alone, which is in order anyway: half the time.
LOCK_ONE = "UPDATE resources SET version = version + 1 WHERE id = %s RETURNING id, version, clock_timestamp(), NULL::bigint"

# One id for all the rows, of a resource that is about to be made.
_DRAWN = "(SELECT nextval(pg_get_serial_sequence('resources', 'id')))"
_LOCKS = {
    (one, draws): (LOCK_ONE if one else LOCK).replace("NULL::bigint", _DRAWN if draws else "NULL::bigint")
    for one in (False, True)
    for draws in (False, True)
}

# The time of a reading: one and the same in all of its statement, and after whatever the statements before it waited for.
NOW = "coalesce(%(now)s::timestamptz, statement_timestamp())"

_WANTED = """
SELECT wanted.appointment_id, wanted.resource_id, tstzrange(to_timestamp(wanted.starts_at), to_timestamp(wanted.ends_at)), wanted.location_id{more}
FROM unnest(%(appointment_ids)s::uuid[], %(location_ids)s::uuid[], %(resource_ids)s::int[], %(starts)s::bigint[], %(ends)s::bigint[])
     AS wanted (appointment_id, location_id, resource_id, starts_at, ends_at)
ORDER BY wanted.resource_id, wanted.starts_at
"""

OCCUPY = f"""
INSERT INTO occupancies (appointment_id, resource_id, during, location_id, expires_at){_WANTED.format(more=", %(expires_at)s::timestamptz")}
ON CONFLICT ON CONSTRAINT {NO_OVERLAP} DO NOTHING
"""

OCCUPY_ALL = f"WITH written AS ({OCCUPY} RETURNING 1) SELECT {must('count(*) = %(wanted)s')} FROM written"

CLAIM = f"INSERT INTO claims (appointment_id, resource_id, during, location_id){_WANTED.format(more='')}"

# Somebody else who is at the same is not waited for.
PURGE = f"""
DELETE FROM occupancies WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM occupancies WHERE resource_id = ANY(%(ids)s) AND expires_at <= {NOW} ORDER BY resource_id, during FOR UPDATE SKIP LOCKED
))
"""

RELEASE = """
WITH unclaimed AS (DELETE FROM claims WHERE appointment_id = ANY(%(ids)s))
DELETE FROM occupancies WHERE appointment_id = ANY(%(ids)s)
"""

KEEP = "UPDATE occupancies SET expires_at = %s WHERE appointment_id = ANY(%s) RETURNING appointment_id, resource_id"

OVERLAPPING = """
SELECT DISTINCT a.appointment_id, b.appointment_id FROM occupancies a JOIN occupancies b ON a.during && b.during
WHERE a.resource_id = %s AND b.resource_id = %s ORDER BY a.appointment_id, b.appointment_id LIMIT 20
"""

HAND_OVER = "UPDATE occupancies SET resource_id = %s WHERE resource_id = %s"

_UNLOCKED, _UNLOCK = "SAVEPOINT unlocked", "ROLLBACK TO SAVEPOINT unlocked"


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock returned. `at` is the time after the waiting; `versions` are the new ones, by resource; `drawn` the id of a resource that is about
    to be made, if one was wanted."""

    at: datetime
    versions: dict[int, int]
    drawn: int | None


class MissingResourceError(RuntimeError):
    """A resource that should be locked does not exist."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """For an appointment at a location a resource is taken from one instant to another (Unix seconds, half-open)."""

    appointment_id: UUID
    location_id: UUID
    resource_id: int
    starts_at: int
    ends_at: int


def lock(batch: Batch, resource_ids: Iterable[int], *, draws: bool = False) -> Answer:
    """Send the lock; `locked` reads what it returned once the batch is through. Whoever wants to lock others instead calls `unlock` first: two
    locks, one after the other, are in no order. `draws` the id of a resource that is about to be made."""
    batch.execute(_UNLOCKED)
    return _lock(batch, resource_ids, draws=draws)


def _lock(batch: Batch, resource_ids: Iterable[int], *, draws: bool = False) -> Answer:
    ids = sorted(set(resource_ids))
    return batch.execute(_LOCKS[len(ids) == 1, draws], (ids[0] if len(ids) == 1 else ids,))


async def unlock(connection: Connection) -> None:
    """Give back the last lock, and undo what was written since."""
    await ask(connection, _UNLOCK)


def give_back(batch: Batch) -> None:
    """The same as the first of several statements."""
    batch.execute(_UNLOCK)


def locked(answer: Answer, resource_ids: Iterable[int]) -> Locked:
    rows = answer.rows
    if len(rows) != len(set(resource_ids)):
        raise MissingResourceError
    return Locked(at=max(row[2] for row in rows), versions={row[0]: row[1] for row in rows}, drawn=rows[0][3])


def purge(batch: Batch, resource_ids: Iterable[int], now: datetime | None) -> None:
    """Delete what is left of expired holds of these resources. `now` None: by the database's clock."""
    batch.execute(PURGE, {"ids": list(resource_ids), "now": now})


def occupy(batch: Batch, stretches: Sequence[Stretch], expires_at: datetime | None = None) -> Answer:
    """Send the rows; fewer of them written (`rowcount`) than stretches: somebody was there first. `expires_at`: they are held until then."""
    return batch.execute(OCCUPY, {**_columns(stretches), "expires_at": expires_at})


def occupy_last(batch: Last, stretches: Sequence[Stretch], expires_at: datetime | None = None) -> Answer:
    """As `occupy`; where nobody will look at the answer the statement itself fails when somebody was there first."""
    if not batch.unasked:
        return occupy(batch, stretches, expires_at)
    return batch.execute(OCCUPY_ALL, {**_columns(stretches), "expires_at": expires_at, "wanted": len(stretches)})


def claim(batch: Batch, stretches: Sequence[Stretch]) -> None:
    """Time that others have; see `app.diary.claims`."""
    if stretches:
        batch.execute(CLAIM, _columns(stretches))


def keep(batch: Batch, appointment_ids: Iterable[UUID], expires_at: datetime | None) -> Answer:
    """What is held is held until then; None: for good. The rows that there still are: appointment and resource."""
    return batch.execute(KEEP, (expires_at, list(appointment_ids)))


def release(batch: Batch, appointment_ids: Iterable[UUID]) -> None:
    """Free whatever these appointments occupy, and what they wait for."""
    batch.execute(RELEASE, {"ids": list(appointment_ids)})


def touch(batch: Batch, resource_ids: Collection[int]) -> None:
    """Note that the diaries of places changed. The last statement of what is written."""
    if resource_ids:
        _lock(batch, resource_ids)


def overlapping(batch: Batch, resource_id: int, other_id: int) -> Answer:
    """Send for the pairs of appointments, one of each, at one time; some of them where there are many."""
    return batch.execute(OVERLAPPING, (resource_id, other_id))


def hand_over(batch: Batch, resource_id: int, to_id: int) -> None:
    """Whatever takes time of the one takes time of the other. Both are locked, and nothing of theirs overlaps."""
    batch.execute(HAND_OVER, (to_id, resource_id))


def _columns(stretches: Sequence[Stretch]) -> dict[str, Any]:
    return {
        "appointment_ids": _array(stretch.appointment_id for stretch in stretches),
        "location_ids": _array(stretch.location_id for stretch in stretches),
        "resource_ids": _array(stretch.resource_id for stretch in stretches),
        "starts": _array(stretch.starts_at for stretch in stretches),
        "ends": _array(stretch.ends_at for stretch in stretches),
    }


def _array(values: Iterable[UUID | int]) -> str:
    """As PostgreSQL reads it; the driver would look at each element twice."""
    return f"{{{','.join(map(str, values))}}}"


def spans_of(ranges: Iterable[tuple[int, int]]) -> str:
    """Stretches of instants (Unix seconds) as a parameter for SQL; they may overlap."""
    return f"{{{', '.join(f'[{_text(from_at)}, {_text(to_at)})' for from_at, to_at in ranges)}}}"


def range_of(from_at: int, to_at: int) -> dict[str, Any]:
    """Two instants (Unix seconds) as parameters for SQL."""
    return {"from_at": datetime.fromtimestamp(from_at, UTC), "to_at": datetime.fromtimestamp(to_at, UTC)}


# For a course each of its spans is asked of every room.
@lru_cache(maxsize=1024)
def _text(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
