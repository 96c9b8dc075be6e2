"""The month of appointments is one that the clinic could have had."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from app.kit.db import Connection
from tests.client import Client, problem
from tests.conftest import NOW
from tests.demo.conftest import DemoClinic

pytestmark = pytest.mark.xdist_group("demo")

TODAY = NOW.date()

OVERLAPPING = """
SELECT count(*) FROM occupancies a JOIN occupancies b
ON a.resource_id = b.resource_id AND a.during && b.during AND (a.appointment_id, a.during) < (b.appointment_id, b.during)
"""

# What an appointment should occupy, counted from its phases: attended time and buffers of the practitioner, and of place and patient all of it.
WITHOUT_THEIR_TIME = """
WITH parts AS (
    SELECT a.id, a.starts_at, p.attended, p.minutes,
           sum(p.minutes) OVER (PARTITION BY a.id ORDER BY p.number) - p.minutes AS from_minute
    FROM appointments a, ROWS FROM (jsonb_to_recordset(a.phases) AS (minutes int, attended boolean)) WITH ORDINALITY AS p (minutes, attended, number)
    WHERE a.status NOT IN ('cancelled', 'no_show')
), wanted AS (
    SELECT a.id, r.resource_id, tstzmultirange(tstzrange(a.starts_at - a.buffer_before_minutes * interval '1 minute' * r.buffered,
                                                         a.ends_at + a.buffer_after_minutes * interval '1 minute' * r.buffered)) AS during
    FROM appointments a
    LEFT JOIN places ON places.id = a.place_id JOIN patients ON patients.id = a.patient_id
    CROSS JOIN LATERAL (VALUES (places.resource_id, 1), (patients.resource_id, 0)) AS r (resource_id, buffered)
    WHERE a.status NOT IN ('cancelled', 'no_show') AND r.resource_id IS NOT NULL
    UNION ALL
    SELECT a.id, practitioners.resource_id,
           range_agg(tstzrange(parts.starts_at + parts.from_minute * interval '1 minute',
                               parts.starts_at + (parts.from_minute + parts.minutes) * interval '1 minute')) FILTER (WHERE parts.attended)
           + tstzmultirange(tstzrange(a.starts_at - a.buffer_before_minutes * interval '1 minute', a.starts_at),
                            tstzrange(a.ends_at, a.ends_at + a.buffer_after_minutes * interval '1 minute'))
    FROM appointments a JOIN practitioners ON practitioners.id = a.practitioner_id JOIN parts ON parts.id = a.id
    GROUP BY a.id, practitioners.resource_id
), taken AS (
    SELECT appointment_id AS id, resource_id, range_agg(during) AS during FROM occupancies GROUP BY appointment_id, resource_id
)
SELECT count(*) FROM wanted FULL JOIN taken USING (id, resource_id) WHERE wanted.during IS DISTINCT FROM taken.during
"""

OUTSIDE_HOURS = """
SELECT count(*) FROM appointments a
WHERE NOT EXISTS (
    SELECT FROM working_hours h
    WHERE h.practitioner_id = a.practitioner_id AND h.location_id = a.location_id
      AND h.weekday = extract(isodow FROM a.wall_start)
      AND a.wall_start::time >= make_time(h.starts_minute / 60, h.starts_minute % 60, 0)
      AND (a.wall_start + (a.ends_at - a.starts_at))::time <= make_time(h.ends_minute / 60, h.ends_minute % 60, 0)
      AND (h.every_weeks = 1
           OR (date_trunc('week', a.wall_start)::date - date_trunc('week', h.valid_from)::date) / 7 % h.every_weeks = 0)
)
"""

NOT_OFFERED = """
SELECT count(*) FROM appointments a LEFT JOIN offers o USING (practitioner_id, treatment_id) WHERE o.treatment_id IS NULL
"""

WRONG_PLACE = """
SELECT count(*) FROM appointments a JOIN treatments t ON t.id = a.treatment_id LEFT JOIN places p ON p.id = a.place_id
WHERE p.kind IS DISTINCT FROM t.place_kind OR p.location_id <> a.location_id
"""

OVER_THE_LIMIT = """
SELECT count(*) FROM (
    SELECT FROM appointments a JOIN practitioners p ON p.id = a.practitioner_id
    WHERE a.status NOT IN ('cancelled', 'no_show') GROUP BY p.id, a.wall_start::date HAVING count(*) > p.daily_limit
) AS days
"""

TOO_FAR_TO_TRAVEL = """
WITH seen AS (
    SELECT practitioner_id, location_id, starts_at - buffer_before_minutes * interval '1 minute' AS starts_at,
           ends_at + buffer_after_minutes * interval '1 minute' AS ends_at
    FROM appointments WHERE status NOT IN ('cancelled', 'no_show')
)
SELECT count(*) FROM seen a JOIN seen b ON a.practitioner_id = b.practitioner_id AND a.location_id <> b.location_id
WHERE a.starts_at < b.starts_at AND b.starts_at - a.ends_at < interval '30 minutes'
"""

NOT_FOR_THEM = """
SELECT count(*) FROM (
    SELECT t.audience, EXISTS (
        SELECT FROM appointments b WHERE b.patient_id = a.patient_id AND b.status = 'fulfilled' AND b.starts_at < a.starts_at
    ) AS been_here
    FROM appointments a JOIN treatments t ON t.id = a.treatment_id
) AS visits
WHERE audience = CASE WHEN been_here THEN 'new' ELSE 'returning' END
"""

BOOKED_AFTERWARDS = (
    "SELECT count(*) FROM appointments WHERE created_at >= starts_at OR cancelled_at NOT BETWEEN created_at AND starts_at"
)

ON_A_CLOSED_DAY = """
SELECT count(*) FROM appointments a JOIN closures c ON a.wall_start::date BETWEEN c.from_on AND c.to_on
WHERE (c.location_id IS NULL OR c.location_id = a.location_id)
  AND (c.starts_minute IS NULL OR a.wall_start + (a.ends_at - a.starts_at) > a.wall_start::date + c.starts_minute * interval '1 minute')
"""

# Leave was entered last: whom it hits is marked, and nobody else.
WRONGLY_MARKED = """
SELECT count(*) FROM appointments a
WHERE a.status NOT IN ('cancelled', 'no_show') AND (a.affected_by <> '[]') <> EXISTS (
    SELECT FROM time_off t JOIN practitioners p ON p.id = t.practitioner_id
    JOIN occupancies o ON o.appointment_id = a.id AND o.resource_id = p.resource_id
    WHERE tstzrange(t.starts_at, t.ends_at) && o.during
)
"""


async def one(rows: Connection, statement: str, parameters: Sequence[Any] | None = None) -> Any:
    found = await (await rows.execute(statement.encode(), parameters)).fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    "wrong",
    [
        OVERLAPPING,
        WITHOUT_THEIR_TIME,
        OUTSIDE_HOURS,
        NOT_OFFERED,
        WRONG_PLACE,
        OVER_THE_LIMIT,
        TOO_FAR_TO_TRAVEL,
        NOT_FOR_THEM,
        BOOKED_AFTERWARDS,
        ON_A_CLOSED_DAY,
        WRONGLY_MARKED,
    ],
    ids=["overlap", "occupancies", "hours", "offers", "places", "daily limit", "travel", "audience", "then", "closed", "marked"],
)
async def test_every_appointment_keeps_the_rules(rows: Connection, wrong: str) -> None:
    assert await one(rows, wrong) == 0


async def test_the_month_is_as_full_as_a_real_one(rows: Connection) -> None:
    """The share of the working time in which a practitioner has somebody in the house; and more people soon than later."""
    present = """
        SELECT sum(upper(span) - lower(span)) FROM (
            SELECT unnest(range_agg(tsrange(wall_start, wall_start + (ends_at - starts_at)))) AS span
            FROM appointments WHERE status NOT IN ('cancelled', 'no_show') AND wall_start >= %s AND wall_start < %s GROUP BY practitioner_id
        ) AS present
    """
    working = """
        SELECT sum((ends_minute - starts_minute) * interval '1 minute' / every_weeks) FROM working_hours
    """
    a_week = await one(rows, working)
    loads = []
    for weeks in range(-2, 4):
        monday = TODAY + timedelta(weeks=weeks)
        loads.append(await one(rows, present, [monday, monday + timedelta(weeks=1)]) / a_week)
    *usual, christmas = loads
    assert 0.55 <= sum(usual) / len(usual) <= 0.7, loads
    assert min(usual) > 0.4, loads
    assert 0.2 < christmas < loads[2], loads


async def test_the_diary_shows_whom_leave_hits(rows: Connection) -> None:
    assert await one(rows, "SELECT count(*) FROM appointments WHERE affected_by = '[\"time_off\"]'") >= 3


async def test_most_are_booked_or_done_some_wait_and_some_are_cancelled(rows: Connection) -> None:
    found = await (await rows.execute("SELECT status, count(*) FROM appointments GROUP BY status")).fetchall()
    counts: dict[str, int] = dict(found)
    assert counts["booked"] >= 300
    assert counts["fulfilled"] >= 150
    assert counts["pending"] >= 4
    assert counts["no_show"] >= 2
    assert counts["cancelled"] >= 20
    assert await one(rows, "SELECT count(*) FROM appointments WHERE status IN ('pending', 'booked') AND ends_at < %s", [NOW]) == 0
    assert 60 <= await one(rows, "SELECT count(*) FROM patients") <= 100
    assert await one(rows, "SELECT count(*) FROM patients WHERE NOT confirmed") >= 10
    often = "SELECT count(*) FROM (SELECT FROM appointments GROUP BY patient_id HAVING count(*) >= 3) AS often"
    assert await one(rows, often) >= 50
    first, last = await one(rows, "SELECT ARRAY[min(wall_start)::date, max(wall_start)::date] FROM appointments")
    # The last Monday of the year is a public holiday, after Christmas and the weekend.
    assert (first, last) == (TODAY - timedelta(days=14), date(2026, 12, 24))


async def test_group_room_patients_are_staggered(rows: Connection) -> None:
    """Two overlap at one practitioner's, and neither begins with the other."""
    staggered = """
        SELECT count(*) FROM appointments a JOIN appointments b USING (practitioner_id, treatment_name)
        WHERE treatment_name = 'Community acupuncture' AND a.status NOT IN ('cancelled', 'no_show') AND b.status NOT IN ('cancelled', 'no_show')
          AND a.starts_at < b.starts_at AND b.starts_at < a.ends_at
    """
    assert await one(rows, staggered) >= 20


async def test_free_times_are_left_for_the_public(visitor: Client, rows: Connection) -> None:
    """In each treatment; but strangers count as new, and are offered nothing that is for patients who return (T13)."""
    for treatment in (await visitor.read("/v1/treatments", limit=100))["items"]:
        period = {"from": str(TODAY), "to": str(TODAY + timedelta(days=13))}
        found = await visitor.read("/v1/availability", treatment_id=treatment["id"], **period)
        starts = [start for day in found["days"] for opening in day["openings"] for start in opening["starts"]]
        if treatment["audience"] == "returning":
            assert starts == []
        else:
            assert len(starts) > 5, treatment["name"]


async def test_returning_patients_can_have_what_is_for_them(clinic: DemoClinic, rows: Connection) -> None:
    """What is answered instead of a Sunday is free for them; for somebody new it is not."""
    been_here = "SELECT patient_id FROM appointments WHERE ends_at < %s AND status = 'fulfilled' ORDER BY starts_at, id LIMIT 1"
    async with clinic.client("receptionist") as receptionist:
        treatments = (await receptionist.read("/v1/treatments", limit=100))["items"]
        wanted = {
            "treatment_id": next(one["id"] for one in treatments if one["audience"] == "returning"),
            "location_id": (await receptionist.read("/v1/locations"))["items"][0]["id"],
            "starts_at": f"{TODAY + timedelta(days=7 - TODAY.weekday() + 6)}T10:00:00Z",
            "validate_only": True,
        }
        known, new = {"patient_id": str(await one(rows, been_here, [NOW]))}, {"patient": {"name": "Somebody New"}}
        sunday = await receptionist.send_json("POST", "/v1/appointments", {**wanted, **known})
        alternative = problem(sunday, 409, "slot_unavailable")["alternatives"][0]
        wanted |= {name: alternative[name] for name in ("starts_at", "practitioner_id", "location_id")}
        assert (await receptionist.send_json("POST", "/v1/appointments", {**wanted, **known})).status_code == 200
        refused = problem(await receptionist.send_json("POST", "/v1/appointments", {**wanted, **new}), 409, "slot_unavailable")
        assert [reason["code"] for reason in refused["refusals"][0]["reasons"]] == ["audience"]
