"""What a question for a diary finds, against a look at every row."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from app.availability.queries import Known, ask_diaries, read_diaries
from app.kit.batch import Batch
from app.kit.db import Database
from app.scheduling.intervals import Interval
from tests.appointments.world import World
from tests.client import Client

MIDNIGHT = int(datetime(2026, 12, 7, tzinfo=UTC).timestamp())
HOUR = 3600


@contextmanager
def taken(url: str, appointment: dict[str, str], rows: list[tuple[int, Interval]]) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.cursor().executemany(
            "INSERT INTO occupancies (appointment_id, resource_id, during, location_id)"
            " VALUES (%s, %s, tstzrange(to_timestamp(%s), to_timestamp(%s)), %s)",
            [(UUID(appointment["id"]), resource, *during, UUID(appointment["location_id"])) for resource, during in rows],
        )
    yield


async def found(
    database: Database, resources: list[int], spans: list[Interval] | dict[int, list[Interval]]
) -> dict[int, list[Interval]]:
    async with database.reader() as connection:
        async with Batch(connection) as batch:
            asked = ask_diaries(batch, [], Known.nothing(resources), spans, None)
        return {one.resource_id: one.occupied() for one in read_diaries(asked).moved}


async def test_a_diary_is_what_lies_in_the_spans(admin: Client, public: Client, database: Database, database_url: str) -> None:
    """Each stretch once, whatever it reaches into; what only touches a span is not in it."""
    world = await World.made(admin)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    with psycopg.connect(database_url) as connection:
        resources = [row[0] for row in connection.execute("SELECT id FROM resources ORDER BY id").fetchall()]
    chance = random.Random(7)  # noqa: S311 the same every time
    rows: list[tuple[int, Interval]] = []
    for resource in resources:
        at = MIDNIGHT
        for _ in range(60):
            at += chance.choice((0, 0, 1, HOUR // 2, HOUR))
            end = at + chance.choice((1, HOUR // 4, HOUR, 5 * HOUR))
            rows.append((resource, (at, end)))
            at = end
    with taken(database_url, made, rows):
        for _ in range(40):
            spans = {resource: some_spans(chance, rows) for resource in resources}
            shared = spans[resources[0]]
            assert await found(database, resources, shared) == expected(rows, dict.fromkeys(resources, shared))
            assert await found(database, resources, spans) == expected(rows, spans)


def some_spans(chance: random.Random, rows: list[tuple[int, Interval]]) -> list[Interval]:
    bounds = {bound for _, during in chance.sample(rows, 4) for bound in during}
    marks = sorted(bounds | {MIDNIGHT + chance.randrange(90 * HOUR)})
    return list(zip(marks[::2], marks[1::2], strict=False))


def expected(rows: list[tuple[int, Interval]], spans: dict[int, list[Interval]]) -> dict[int, list[Interval]]:
    return {
        resource: sorted(
            during
            for mine, during in rows
            if mine == resource and any(during[0] < end and start < during[1] for start, end in some)
        )
        for resource, some in spans.items()
    }


@pytest.mark.parametrize("apart", [0, 1])
async def test_what_reaches_into_two_spans_is_told_once(
    admin: Client, public: Client, database: Database, database_url: str, apart: int
) -> None:
    world = await World.made(admin)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    with psycopg.connect(database_url) as connection:
        [(resource,)] = connection.execute("SELECT resource_id FROM practitioners").fetchall()
    with taken(database_url, made, [(resource, (MIDNIGHT, MIDNIGHT + 4 * HOUR))]):
        spans = [(MIDNIGHT, MIDNIGHT + HOUR), (MIDNIGHT + HOUR + apart, MIDNIGHT + 2 * HOUR)]
        for asked in (spans, {resource: spans}):
            assert await found(database, [resource], asked) == {resource: [(MIDNIGHT, MIDNIGHT + 4 * HOUR)]}
