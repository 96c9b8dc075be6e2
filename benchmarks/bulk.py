"""Many appointments at once, in SQL: through the API a million would take hours. No constraint is switched off for it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from benchmarks import workload
from benchmarks.workload import Workload

# Everybody who came in the past came so often, on average, for fifty visits of a million.
PATIENTS = 20_000
PAST_MINUTES = 15
_DAYS_AGO = 21
_VISITS_A_DAY = 28

_WANTED = """
CREATE TEMP TABLE wanted (
    number int, id uuid DEFAULT gen_random_uuid(), practitioner_id uuid, location_id uuid, patient int, starts_at timestamptz, minutes int
)
"""

_BOOKED = "COPY wanted (number, practitioner_id, location_id, patient, starts_at, minutes) FROM STDIN"

# Back from the week before last: each of the ten works through every day, a quarter of an hour after the other.
_PAST = """
INSERT INTO wanted (number, practitioner_id, location_id, patient, starts_at, minutes)
SELECT visit * 10 + one.number, one.id, %(location_id)s, (visit * 10 + one.number) %% %(patients)s, starts_at, %(minutes)s
FROM generate_series(0, %(visits)s - 1) AS visit
CROSS JOIN (SELECT id, ordinality - 1 AS number FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS ten (id, ordinality)) AS one
CROSS JOIN LATERAL (SELECT visit / %(a_day)s AS day, visit %% %(a_day)s AS quarter) AS at
CROSS JOIN LATERAL (
    SELECT (%(last_monday)s::date - day / 5 * 7 + day %% 5
            + make_interval(mins => 540 + quarter * 15 + CASE WHEN quarter < 12 THEN 0 ELSE 60 END)) AT TIME ZONE %(zone)s AS starts_at
) AS instant
"""

_ROWS = (
    """
CREATE TEMP TABLE newcomers AS
SELECT number, gen_random_uuid() AS id, nextval(pg_get_serial_sequence('resources', 'id')) AS resource_id
FROM (SELECT DISTINCT patient FROM wanted) AS everybody (number)
""",
    "ANALYZE wanted, newcomers",
    "INSERT INTO resources (id, kind) SELECT resource_id, 'patient' FROM newcomers",
    """
INSERT INTO patients (id, resource_id, name, email, contacts, confirmed, search_text, version)
SELECT id, resource_id, 'Bulk ' || number, 'bulk.' || number || '@mail.example', '[]', true,
       'bulk ' || number || ' bulk.' || number || '@mail.example', 1
FROM newcomers
""",
    f"""
INSERT INTO appointments (
    id, reference, status, treatment_id, treatment_name, phases, buffer_before_minutes, buffer_after_minutes, practitioner_id,
    location_id, patient_id, starts_at, ends_at, time_zone, wall_start, price_amount, price_currency, version
)
SELECT w.id, 'BULK-' || w.number, 'booked', t.id, t.name, t.phases, 0, 0, w.practitioner_id, w.location_id, n.id, w.starts_at,
       w.starts_at + make_interval(mins => w.minutes), '{workload.ZONE}', w.starts_at AT TIME ZONE '{workload.ZONE}',
       t.price_amount, t.price_currency, 1
FROM wanted w JOIN newcomers n ON n.number = w.patient JOIN treatments t ON t.name = 'Visit of ' || w.minutes || ' minutes'
ORDER BY w.starts_at
""",
    """
INSERT INTO occupancies (appointment_id, resource_id, during, location_id)
SELECT w.id, taken.resource_id, tstzrange(w.starts_at, w.starts_at + make_interval(mins => w.minutes)), w.location_id
FROM wanted w JOIN newcomers n ON n.number = w.patient JOIN practitioners p ON p.id = w.practitioner_id
CROSS JOIN LATERAL (VALUES (p.resource_id), (n.resource_id)) AS taken (resource_id)
ORDER BY w.starts_at
""",
)


class Wanted(NamedTuple):
    """An appointment of a patient whom nobody else is."""

    practitioner_id: str
    starts_at: datetime
    minutes: int


def book(url: str, location_id: str, bookings: Iterable[Wanted]) -> None:
    """There must be a treatment "Visit of … minutes" for each length."""
    with psycopg.connect(url) as connection:
        connection.execute(_WANTED)
        with connection.cursor().copy(_BOOKED) as copy:
            for number, (practitioner_id, starts_at, minutes) in enumerate(bookings):
                copy.write_row((number, practitioner_id, location_id, number, starts_at, minutes))
        _insert(connection)


def book_past(url: str, location_id: str, practitioner_ids: Sequence[str], question: Workload, appointments: int) -> None:
    """So many that are over, of ten practitioners."""
    wanted = {
        "location_id": location_id,
        "ids": list(practitioner_ids),
        "visits": appointments // len(practitioner_ids),
        "patients": PATIENTS,
        "minutes": PAST_MINUTES,
        "a_day": _VISITS_A_DAY,
        "last_monday": question.monday - timedelta(days=_DAYS_AGO),
        "zone": workload.ZONE,
    }
    with psycopg.connect(url) as connection:
        connection.execute(_WANTED)
        connection.execute(_PAST, wanted)
        _insert(connection)


def resource_ids(url: str, practitioner_ids: Sequence[str]) -> tuple[int, ...]:
    """Whose diaries these are."""
    statement = "SELECT resource_id FROM practitioners WHERE id = ANY(%s::uuid[]) ORDER BY resource_id"
    with psycopg.connect(url) as connection:
        return tuple(row[0] for row in connection.execute(statement, (list(practitioner_ids),)))


def _insert(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    for statement in _ROWS:
        connection.execute(statement.encode())
