"""What an overbooked appointment waits for becomes its own when it is free.

A file of its own beside `ledger`, whose path every booking takes: nearly no diary has claims. The practitioner is locked, so nobody else is at it.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from app.diary import ledger
from app.diary.ledger import NOW, Stretch
from app.diary.models import BOX, box_during
from app.kit.batch import Batch
from app.kit.db import Connection
from app.kit.pipeline import Answer
from app.scheduling.intervals import Interval, intersect, subtract, union

# By age of the appointment: its id sorts by it. What is over waits for nothing.
CLAIMS = f"""
SELECT appointment_id, location_id, resource_id, date_part('epoch', lower(during))::bigint, date_part('epoch', upper(during))::bigint
FROM claims WHERE resource_id = ANY(%(ids)s) AND upper(during) > {NOW} ORDER BY appointment_id, lower(during)
"""
# One that reaches into two of the spans is there twice, which means nothing here.
TAKEN = f"""
SELECT resource_id, date_part('epoch', lower(during))::bigint, date_part('epoch', upper(during))::bigint
FROM unnest(%(ids)s::int[]) AS r (id) CROSS JOIN unnest(%(spans)s::tstzmultirange) AS span
JOIN occupancies ON {BOX} && {box_during("r.id", "span")}
"""
UNCLAIM = "DELETE FROM claims WHERE resource_id = ANY(%(ids)s) AND appointment_id = ANY(%(appointment_ids)s)"


def ask(batch: Batch, resource_ids: Collection[int], now: datetime | None) -> Answer:
    """Send for what is waited for; `settle` reads it."""
    return batch.execute(CLAIMS, {"ids": list(resource_ids), "now": now})


async def settle(connection: Connection, asked: Answer) -> dict[UUID, bool]:
    """Give what became free to those who wait for it. The appointments that got some, and whether they still wait for the rest."""
    wanted = [Stretch(*row) for row in asked.rows]
    if not wanted:
        return {}
    ids = list({stretch.resource_id for stretch in wanted})
    spans = ledger.spans_of((stretch.starts_at, stretch.ends_at) for stretch in wanted)
    async with Batch(connection) as batch:
        occupied = batch.execute(TAKEN, {"ids": ids, "spans": spans})
    taken: defaultdict[int, list[Interval]] = defaultdict(list)
    for resource_id, starts_at, ends_at in occupied.rows:
        taken[resource_id].append((starts_at, ends_at))
    got, waiting = _shared(wanted, taken)
    heard = {stretch.appointment_id for stretch in got}
    if not heard:
        return {}
    still = [stretch for stretch in waiting if stretch.appointment_id in heard]
    parameters: dict[str, Any] = {"ids": ids, "appointment_ids": list(heard)}
    async with Batch(connection) as batch:
        batch.execute(UNCLAIM, parameters)
        ledger.occupy(batch, got)
        ledger.claim(batch, still)
    return {one: one in {stretch.appointment_id for stretch in still} for one in heard}


def divided(stretch: Stretch, taken: Collection[Interval]) -> tuple[list[Stretch], list[Stretch]]:
    """What of a stretch is free, and what others have."""
    whole, others = (stretch.starts_at, stretch.ends_at), union(sorted(taken))

    def parts(found: list[Interval]) -> list[Stretch]:
        return [Stretch(stretch.appointment_id, stretch.location_id, stretch.resource_id, *part) for part in found]

    return parts(subtract(whole, others)), parts(intersect([whole], others))


def _shared(wanted: list[Stretch], taken: defaultdict[int, list[Interval]]) -> tuple[list[Stretch], list[Stretch]]:
    """Who gets what, the first first; and what is waited for still. What somebody got is taken for the next."""
    got: list[Stretch] = []
    waiting: list[Stretch] = []
    for stretch in wanted:
        free, left = divided(stretch, taken[stretch.resource_id])
        taken[stretch.resource_id] += [(one.starts_at, one.ends_at) for one in free]
        got += free
        waiting += left
    return got, waiting
