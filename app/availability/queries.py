"""Loads what the core has to know. Two trips, whatever the number of practitioners and days: the catalogue, then what is occupied.

Rows, not entities: hydrating objects costs more than the search.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.availability.rows import Catalogue, Diaries, LocationRow, PatientRow, PlaceRow, PractitionerRow, TreatmentRow
from app.diary import ledger
from app.identity.actor import Actor
from app.kit.batch import Batch, Cursor
from app.kit.db import Connection
from app.scheduling.footprint import Phase
from app.scheduling.hours import WeeklyRule

TREATMENT = """
SELECT t.id, t.name, t.phases, t.buffer_before_minutes, t.buffer_after_minutes, coalesce(t.step_minutes, c.step_minutes),
       coalesce(t.notice_minutes, c.notice_minutes), coalesce(t.horizon_days, c.horizon_days), t.place_kind, t.audience, t.needs_approval,
       t.bookable_online, t.active, t.price_amount, t.price_currency, c.travel_minutes, c.time_zone, clock_timestamp()
FROM treatments t CROSS JOIN clinic c
WHERE t.id = %(treatment_id)s
"""

LOCATIONS = "SELECT id, time_zone, active FROM locations"

# Those who are asked for, whether or not they offer the treatment (the answer may have to say that they do not); else all who offer it.
_WANTED = """
(CASE WHEN %(practitioner_ids)s::uuid[] IS NULL THEN p.active AND o.treatment_id IS NOT NULL ELSE p.id = ANY(%(practitioner_ids)s::uuid[]) END)
"""

PRACTITIONERS = f"""
SELECT p.id, p.resource_id, r.version, p.active, p.daily_limit, o.treatment_id IS NOT NULL, o.phases, o.price_amount, o.price_currency,
       (SELECT max(valid_until) FROM registrations WHERE practitioner_id = p.id)
FROM practitioners p
JOIN resources r ON r.id = p.resource_id
LEFT JOIN offers o ON o.practitioner_id = p.id AND o.treatment_id = %(treatment_id)s
WHERE {_WANTED}
ORDER BY p.id
"""

HOURS = f"""
SELECT h.practitioner_id, h.location_id, h.weekday, h.starts_minute, h.ends_minute, h.valid_from, h.valid_until, h.every_weeks
FROM working_hours h
JOIN practitioners p ON p.id = h.practitioner_id
LEFT JOIN offers o ON o.practitioner_id = p.id AND o.treatment_id = %(treatment_id)s
WHERE {_WANTED}
ORDER BY h.practitioner_id, h.location_id, h.weekday, h.starts_minute, h.id
"""

PLACES = """
SELECT l.id, l.location_id, l.resource_id, l.position
FROM places l JOIN treatments t ON t.place_kind = l.kind
WHERE t.id = %(treatment_id)s AND l.active
ORDER BY l.location_id, l.position, l.id
"""

# Somebody has been here when an appointment that was not cancelled is over. A practitioner knows the patients they have appointments with.
PATIENT = """
SELECT p.id, p.resource_id, EXISTS (
    SELECT FROM appointments a
    WHERE a.patient_id = p.id AND a.status = 'booked' AND a.ends_at <= coalesce(%(fixed_now)s, clock_timestamp())
)
FROM patients p
WHERE p.id = %(patient_id)s AND (%(whole_diary)s OR EXISTS (
    SELECT FROM appointments a WHERE a.patient_id = p.id AND a.practitioner_id = %(practitioner_id)s
))
"""

DAY_STARTS = """
SELECT practitioner_id, array_agg(extract(epoch FROM starts_at)::bigint)
FROM appointments
WHERE practitioner_id = ANY(%(practitioner_ids)s) AND status <> 'cancelled' AND starts_at >= %(from_at)s AND starts_at < %(to_at)s
GROUP BY practitioner_id
"""


def _phases(stored: list[dict[str, Any]] | None) -> tuple[Phase, ...] | None:
    return None if stored is None else tuple(Phase(phase["minutes"], phase["attended"]) for phase in stored)


async def load_catalogue(
    connection: Connection, treatment_id: UUID, practitioner_ids: Collection[UUID] | None
) -> Catalogue | None:
    """The catalogue for one treatment, or None when there is no such treatment. `practitioner_ids` None: whoever offers it."""
    wanted = {"treatment_id": treatment_id, "practitioner_ids": None if practitioner_ids is None else list(practitioner_ids)}
    async with Batch(connection) as batch:
        treatments = await batch.execute(TREATMENT, wanted)
        locations = await batch.execute(LOCATIONS)
        practitioners = await batch.execute(PRACTITIONERS, wanted)
        hours = await batch.execute(HOURS, wanted)
        places = await batch.execute(PLACES, wanted)
    row = await treatments.fetchone()
    if row is None:
        return None
    phases = _phases(row[2]) or ()
    return Catalogue(
        treatment=TreatmentRow(row[0], row[1], phases, *row[3:]),
        locations={found[0]: LocationRow(*found) for found in await locations.fetchall()},
        practitioners=_practitioners(await practitioners.fetchall(), _hours(await hours.fetchall())),
        places=[PlaceRow(*found) for found in await places.fetchall()],
    )


async def load_patient(connection: Connection, actor: Actor, patient_id: UUID, fixed_now: datetime | None) -> PatientRow | None:
    """None when there is no such patient, or none that the actor may know of."""
    cursor = await connection.execute(
        PATIENT,
        {
            "patient_id": patient_id,
            "fixed_now": fixed_now,
            "whole_diary": actor.at_front_desk,
            "practitioner_id": actor.practitioner_id,
        },
    )
    row = await cursor.fetchone()
    return None if row is None else PatientRow(*row)


def _practitioners(rows: Iterable[Sequence[Any]], hours: dict[UUID, dict[UUID, tuple[WeeklyRule, ...]]]) -> list[PractitionerRow]:
    return [PractitionerRow(*row[:6], *(_phases(row[6]), *row[7:], hours.get(row[0], {}))) for row in rows]


def _hours(rows: Iterable[Sequence[Any]]) -> dict[UUID, dict[UUID, tuple[WeeklyRule, ...]]]:
    found: dict[UUID, dict[UUID, tuple[WeeklyRule, ...]]] = {}
    for practitioner_id, location_id, *rule in rows:
        of_practitioner = found.setdefault(practitioner_id, {})
        of_practitioner[location_id] = (*of_practitioner.get(location_id, ()), WeeklyRule(*rule))
    return found


async def ask_diaries(
    batch: Batch, catalogue: Catalogue, resource_ids: Sequence[int], from_at: int, to_at: int
) -> tuple[Cursor, Cursor | None, Cursor | None]:
    """Send the questions what is taken between two instants; `read_diaries` reads the answers.

    Where practitioners are is asked only where there is more than one location, and starts of appointments only where somebody has a daily limit.
    """
    occupied = await ledger.busy(batch, resource_ids, from_at, to_at)
    presence = day_starts = None
    if len(catalogue.locations) > 1:
        presence = await ledger.presence(batch, [one.resource_id for one in catalogue.practitioners], from_at, to_at)
    limited = [one.id for one in catalogue.practitioners if one.daily_limit is not None]
    if limited:
        range_ = ledger.range_of(from_at, to_at)
        day_starts = await batch.execute(DAY_STARTS, {"practitioner_ids": limited, **range_})
    return occupied, presence, day_starts


async def read_diaries(cursors: tuple[Cursor, Cursor | None, Cursor | None]) -> Diaries:
    occupied, presence, day_starts = cursors
    return Diaries(
        occupied=await ledger.intervals_by_resource(occupied),
        presence=await ledger.presence_by_resource(presence) if presence else {},
        day_starts=dict(await day_starts.fetchall()) if day_starts else {},
    )


async def load_diaries(
    connection: Connection, catalogue: Catalogue, resource_ids: Sequence[int], from_at: int, to_at: int
) -> Diaries:
    async with Batch(connection) as batch:
        cursors = await ask_diaries(batch, catalogue, resource_ids, from_at, to_at)
    return await read_diaries(cursors)
