"""What is taken of a resource `r`, as SQL to be put into larger statements. Beside `ledger`, which writes it."""

from app.diary.ledger import NOW
from app.diary.models import BOX, box_of, seconds_of

# Spans of time in SQL: the same for all resources, or for each resource `r` its own.
_SHARED, _OWN = "%(spans)s::tstzmultirange", "(%(spans)s::jsonb ->> r.id::text)::tstzmultirange"

# Each span with the end of the one before it.
_SPAN = f"""
    SELECT starts_at, ends_at, lag(ends_at, 1, '-infinity') OVER (ORDER BY starts_at) AS after
    FROM unnest({{spans}}) AS one, LATERAL (VALUES ({seconds_of("lower(one)")}, {seconds_of("upper(one)")})) AS s (starts_at, ends_at)
"""
SHARED_SPANS = f"WITH span AS MATERIALIZED ({_SPAN.format(spans=_SHARED)})"


def _taken_of_r(*, own: bool) -> str:
    """Of one resource `r`, what is taken in the spans, in no order, to be put into a larger statement; but for some appointments, which are moving.
    The constraint's own index serves; what reaches into two spans is told with the first."""
    return f"""(
            SELECT appointment_id, location_id, during, expires_at
            FROM {f"({_SPAN.format(spans=_OWN)}) AS span" if own else "span"}
            JOIN occupancies ON {BOX} && {box_of("r.id", "span.starts_at", "span.ends_at - 1")} AND {seconds_of("lower(during)")} >= span.after
            WHERE (expires_at IS NULL OR expires_at > {NOW}) AND appointment_id <> ALL(%(without)s::uuid[])
            UNION ALL
            SELECT appointment_id, location_id, during, NULL FROM claims
            WHERE resource_id = r.id AND during && {_OWN if own else _SHARED} AND appointment_id <> ALL(%(without)s::uuid[])
        ) AS taken"""


def busy_of_r(*, own: bool) -> str:
    return f"""
        SELECT array_agg(date_part('epoch', lower(during))::bigint) AS starts,
               array_agg(date_part('epoch', upper(during))::bigint) AS ends,
               min(date_part('epoch', expires_at))::bigint AS expires
        FROM {_taken_of_r(own=own)}"""


def presence_of_r(*, own: bool) -> str:
    """Where a practitioner is, rests included, for each appointment."""
    return f"""
        SELECT location_id, date_part('epoch', min(lower(during)))::bigint AS starts_at,
               date_part('epoch', max(upper(during)))::bigint AS ends_at
        FROM {_taken_of_r(own=own)}
        GROUP BY location_id, appointment_id"""
