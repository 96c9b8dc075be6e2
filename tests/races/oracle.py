"""What must be true of the tables, whoever wrote them: SQL that knows nothing of the application.

Every query selects what is wrong, so that an empty answer is a good one.
"""

from dataclasses import dataclass

import psycopg
from typing_extensions import override

ALIVE = "(status IN ('pending', 'booked', 'arrived', 'fulfilled') OR status = 'held' AND held_until > clock_timestamp())"

OVERLAPS = """
SELECT a.resource_id, a.appointment_id, b.appointment_id, a.during, b.during, a.expires_at, b.expires_at, a.xmin, b.xmin, a.ctid, b.ctid
FROM occupancies a JOIN occupancies b ON a.resource_id = b.resource_id AND a.during && b.during
AND (a.appointment_id, a.during) < (b.appointment_id, b.during)
"""

# A row that the constraint's index does not lead to would be taken by nobody for taken, the constraint itself included.
_FIRST, _LAST = (
    f"date_part('epoch', {end}({{row}}during) - '1970-01-01 00:00:00+00'::timestamptz){shift}"
    for end, shift in (("lower", ""), ("upper", " - 1"))
)
_BOX = f"box(point({{row}}resource_id * '1e6'::float8, {_FIRST}), point({{row}}resource_id * '1e6'::float8, {_LAST}))"
NOT_IN_THE_INDEX = f"""
SELECT row.resource_id, row.appointment_id, row.during, row.xmin, row.ctid FROM (SELECT xmin, ctid, * FROM occupancies OFFSET 0) AS row
WHERE NOT EXISTS (
    SELECT FROM occupancies AS found
    WHERE {_BOX.format(row="found.")} && {_BOX.format(row="row.")} AND found.ctid = row.ctid
)
"""

# The phases of an appointment end to end, with its buffers around them; then what is due of its practitioner, its place and its patient.
_DUE = f"""
WITH alive AS (SELECT * FROM appointments WHERE {ALIVE}),
phase AS (
    SELECT alive.id, alive.practitioner_id, (one.value ->> 'attended')::boolean AS attended, (one.value ->> 'minutes')::int AS minutes,
           alive.starts_at + sum((one.value ->> 'minutes')::int) OVER (PARTITION BY alive.id ORDER BY one.number) * interval '1 minute' AS ends_at
    FROM alive CROSS JOIN jsonb_array_elements(alive.phases) WITH ORDINALITY AS one (value, number)
),
needed AS (
    SELECT id, practitioner_id, ends_at - minutes * interval '1 minute' AS from_at, ends_at AS until_at FROM phase WHERE attended
    UNION ALL
    SELECT id, practitioner_id, starts_at - buffer_before_minutes * interval '1 minute', starts_at FROM alive
    UNION ALL
    SELECT id, practitioner_id, ends_at, ends_at + buffer_after_minutes * interval '1 minute' FROM alive
),
due AS (
    SELECT needed.id, practitioners.resource_id, range_agg(tstzrange(from_at, until_at)) AS taken
    FROM needed JOIN practitioners ON practitioners.id = needed.practitioner_id GROUP BY needed.id, practitioners.resource_id
    UNION ALL
    SELECT alive.id, places.resource_id, tstzmultirange(tstzrange(
        starts_at - buffer_before_minutes * interval '1 minute', ends_at + buffer_after_minutes * interval '1 minute'))
    FROM alive JOIN places ON places.id = alive.place_id
    UNION ALL
    SELECT alive.id, patients.resource_id, tstzmultirange(tstzrange(starts_at, ends_at))
    FROM alive JOIN patients ON patients.id = alive.patient_id
)"""

# Of what is overbooked, a part may still be a claim. What is left of a hold that has ended counts for nothing.
NOT_EXACTLY_WHAT_IS_DUE = f"""{_DUE},
taken AS (
    SELECT appointment_id AS id, resource_id, range_agg(during) AS taken
    FROM (SELECT appointment_id, resource_id, during FROM occupancies UNION ALL SELECT appointment_id, resource_id, during FROM claims) AS every
    GROUP BY appointment_id, resource_id
)
SELECT id, resource_id, due.taken AS due, taken.taken
FROM due FULL JOIN taken USING (id, resource_id)
WHERE due.taken IS DISTINCT FROM taken.taken
AND NOT EXISTS (
    SELECT FROM appointments a
    WHERE a.id = coalesce(due.id, taken.id) AND status = 'held' AND held_until < clock_timestamp() + interval '1 second'
)
"""

# Whatever the ledger says, what the appointments themselves need must not overlap; what is overbooked on purpose waits for the rest of it.
DUE_TWICE = f"""{_DUE}
SELECT a.resource_id, a.id, b.id, a.taken * b.taken
FROM due a JOIN due b ON a.resource_id = b.resource_id AND a.id < b.id AND a.taken && b.taken
WHERE NOT EXISTS (
    SELECT FROM claims WHERE appointment_id IN (a.id, b.id) AND claims.resource_id = a.resource_id AND during && a.taken * b.taken
)
"""

ENDS_OF_HOLDS_DIFFER = """
SELECT a.id, a.held_until, o.expires_at, h.expires_at FROM occupancies o JOIN appointments a ON a.id = o.appointment_id
LEFT JOIN holds h ON h.id = a.hold_id
WHERE a.held_until IS DISTINCT FROM o.expires_at
   OR a.status = 'held' AND a.course_id IS NULL AND a.held_until IS DISTINCT FROM h.expires_at
"""

HALF_A_HOLD = "SELECT id FROM holds WHERE NOT EXISTS (SELECT FROM appointments WHERE hold_id = holds.id)"

# Each number up to the last; and what is held is held as a whole, until one time.
HALF_A_COURSE = """
SELECT courses.id FROM courses LEFT JOIN appointments a ON a.course_id = courses.id
GROUP BY courses.id
HAVING count(DISTINCT session_number) IS DISTINCT FROM coalesce((courses.question ->> 'sessions')::int, max(session_number))
    OR count(DISTINCT patient_id) <> 1
    OR bool_or(status = 'held') AND (bool_or(status IN ('pending', 'booked')) OR count(DISTINCT held_until) > 1)
"""

ENDS_ELSEWHERE = """
SELECT id FROM appointments
WHERE ends_at <> starts_at + (SELECT sum((value ->> 'minutes')::int) FROM jsonb_array_elements(phases)) * interval '1 minute'
"""

# Whoever was written down for a booking has one, and every patient is one in the diary.
HALF_A_PATIENT = """
SELECT id FROM resources WHERE kind = 'patient' AND NOT EXISTS (SELECT FROM patients WHERE resource_id = resources.id)
UNION ALL
SELECT resource_id FROM patients
WHERE NOT confirmed AND NOT EXISTS (SELECT FROM appointments WHERE patient_id = patients.id)
"""

QUERIES = {
    "double booking": OVERLAPS,
    "not exactly what is due": NOT_EXACTLY_WHAT_IS_DUE,
    "due twice": DUE_TWICE,
    "held until another time": ENDS_OF_HOLDS_DIFFER,
    "half a hold": HALF_A_HOLD,
    "half a course": HALF_A_COURSE,
    "ends elsewhere": ENDS_ELSEWHERE,
    "half a patient": HALF_A_PATIENT,
}


@dataclass(frozen=True)
class Violation:
    """A rule that was broken, and by what."""

    rule: str
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


def violations(database_url: str) -> list[Violation]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = [(rule, row) for rule, query in QUERIES.items() for row in connection.execute(query).fetchall()]
        connection.execute("SET enable_seqscan = off")
        found += [("not in the index", row) for row in connection.execute(NOT_IN_THE_INDEX).fetchall()]
        return [Violation(rule, ", ".join(map(str, row))) for rule, row in found]
