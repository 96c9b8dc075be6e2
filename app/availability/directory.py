"""The clinic's directory: what is offered, by whom, where and in which hours. A file of its own beside `queries`, since it is read seldom and kept in
`memory` for as long as its version stands.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.availability.rows import Directory, LocationRow, OfferRow, PlaceRow, PractitionerRow, TreatmentRow
from app.kit.batch import Batch, ask
from app.kit.db import Connection
from app.kit.errors import Unavailable
from app.scheduling.footprint import Phase
from app.scheduling.hours import WeeklyRule

MAX_ATTEMPTS = 10

VERSION = "SELECT version FROM catalogue"

TREATMENTS = """
SELECT t.id, t.name, t.phases, t.buffer_before_minutes, t.buffer_after_minutes, coalesce(t.step_minutes, c.step_minutes),
       coalesce(t.notice_minutes, c.notice_minutes), coalesce(t.horizon_days, c.horizon_days), t.place_kind, t.audience, t.needs_approval,
       t.bookable_online, t.active, t.price_amount, t.price_currency, c.travel_minutes, c.upcoming_per_patient, c.time_zone,
       coalesce(t.change_notice_minutes, c.change_notice_minutes), c.hold_minutes, c.holds_per_client
FROM treatments t CROSS JOIN clinic c
"""

LOCATIONS = "SELECT id, time_zone, active FROM locations"

PRACTITIONERS = """
SELECT p.id, p.resource_id, p.active, p.daily_limit, (SELECT max(valid_until) FROM registrations WHERE practitioner_id = p.id)
FROM practitioners p ORDER BY p.id
"""

OFFERS = "SELECT practitioner_id, treatment_id, phases, price_amount, price_currency FROM offers"

HOURS = """
SELECT practitioner_id, location_id, weekday, starts_minute, ends_minute, valid_from, valid_until, every_weeks
FROM working_hours ORDER BY practitioner_id, location_id, weekday, starts_minute, id
"""

PLACES = "SELECT id, location_id, resource_id, kind, position FROM places WHERE active ORDER BY location_id, position, id"


def phases_of(stored: Iterable[Mapping[str, Any]]) -> tuple[Phase, ...]:
    return tuple(Phase(phase["minutes"], phase["attended"]) for phase in stored)


async def current_version(connection: Connection) -> int:
    [[version]] = (await ask(connection, VERSION)).rows
    return int(version)


async def load_directory(connection: Connection) -> Directory:
    """The clinic at one version: it is asked before and after, and everything again if it moved meanwhile. Raises Unavailable if it never rests."""
    for _ in range(MAX_ATTEMPTS):
        async with Batch(connection) as batch:
            before = batch.execute(VERSION)
            asked = [batch.execute(one) for one in (TREATMENTS, LOCATIONS, PRACTITIONERS, OFFERS, HOURS, PLACES)]
            after = batch.execute(VERSION)
        rows = [answer.rows for answer in (before, *asked, after)]
        if rows[0] == rows[-1]:
            return _directory(rows[0][0][0], *rows[1:-1])
    raise Unavailable


def _directory(version: int, *tables: list[tuple[Any, ...]]) -> Directory:
    treatments, locations, practitioners, offers, hours, places = tables
    rules: dict[UUID, dict[UUID, tuple[WeeklyRule, ...]]] = {}
    for practitioner_id, location_id, *rule in hours:
        of_practitioner = rules.setdefault(practitioner_id, {})
        of_practitioner[location_id] = (*of_practitioner.get(location_id, ()), WeeklyRule(*rule))
    return Directory(
        version=version,
        treatments={row[0]: TreatmentRow(row[0], row[1], phases_of(row[2]), *row[3:]) for row in treatments},
        locations={row[0]: LocationRow(*row) for row in locations},
        practitioners={
            row[0]: PractitionerRow(row[0], row[1], row[2], row[3], row[4], rules.get(row[0], {})) for row in practitioners
        },
        offers={(row[0], row[1]): OfferRow(None if row[2] is None else phases_of(row[2]), *row[3:]) for row in offers},
        places=[PlaceRow(*row) for row in places],
    )
