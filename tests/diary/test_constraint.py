"""The constraint behind every promise: it is there, and it alone refuses what overlaps."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from app.diary.models import NO_OVERLAP
from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client

TEN = datetime(2026, 12, 2, 10, tzinfo=UTC)


async def test_postgresql_knows_the_constraint(database: Database) -> None:
    """Alembic does not compare exclusion constraints, so PostgreSQL itself is asked."""
    async with database.reading() as session:
        definition = await session.scalar(
            text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name AND contype = 'x' AND convalidated"),
            {"name": NO_OVERLAP},
        )
    across = "((resource_id)::double precision * '1000000'::double precision)"
    first, end = (
        f"date_part('epoch'::text, ({bound}(during) - '1970-01-01 00:00:00+00'::timestamp with time zone))"
        for bound in ("lower", "upper")
    )
    assert (
        definition
        == f"EXCLUDE USING gist (box(point({across}, {first}), point({across}, ({end} - (1)::double precision))) WITH &&)"
    )


@pytest.mark.parametrize(
    ("starts_at", "minutes", "refused"),
    [
        pytest.param(TEN, 31, True, id="the same start"),
        pytest.param(TEN - timedelta(minutes=29), 30, True, id="one minute into it"),
        pytest.param(TEN + timedelta(minutes=29), 30, True, id="from its last minute"),
        pytest.param(TEN + timedelta(minutes=10), 5, True, id="inside it"),
        pytest.param(TEN - timedelta(minutes=30), 30, False, id="right before"),
        pytest.param(TEN + timedelta(minutes=30), 30, False, id="right after"),
    ],
)
async def test_overlaps_are_refused_without_any_lock(
    admin: Client, public: Client, database: Database, database_url: str, starts_at: datetime, minutes: int, refused: bool
) -> None:
    world = await World.made(admin)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    row = (
        UUID(made["id"]),
        starts_at,
        starts_at + timedelta(minutes=minutes),
        UUID(made["location_id"]),
        UUID(made["practitioner_id"]),
    )
    insert = """
        INSERT INTO occupancies (appointment_id, resource_id, during, location_id)
        SELECT %s, resource_id, tstzrange(%s, %s), %s FROM practitioners WHERE id = %s
    """
    with psycopg.connect(database_url) as connection:
        if refused:
            with pytest.raises(psycopg.errors.ExclusionViolation):
                connection.execute(insert, row)
        else:
            connection.execute(insert, row)


@pytest.mark.parametrize(
    "during",
    [
        "'empty'::tstzrange",
        "'[2026-12-02 12:00Z, 2026-12-02 13:00Z]'::tstzrange",
        "'[2026-12-02 12:00Z,)'::tstzrange",
        "'(,2026-12-02 12:00Z)'::tstzrange",
        "'[2026-12-02 12:00:00.5Z, 2026-12-02 13:00Z)'::tstzrange",
        "'[2026-12-02 12:00Z, 2026-12-02 13:00:00.000001Z)'::tstzrange",
    ],
)
async def test_only_half_open_stretches_of_whole_seconds_are_kept(
    admin: Client, public: Client, database_url: str, during: str
) -> None:
    world = await World.made(admin)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            f"INSERT INTO occupancies SELECT %s, resource_id, {during}, %s FROM practitioners",
            (UUID(made["id"]), UUID(made["location_id"])),
        )
