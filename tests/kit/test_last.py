"""What a request writes last goes out with its answer and COMMIT, and is still all or nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import Connection, Database, driver
from app.kit.errors import Conflict
from app.kit.idempotency import IdempotencyRecord
from app.kit.last import Last, must
from app.kit.routing import Router
from app.kit.session import Session
from tests.client import Client, problem
from tests.kit.small_app import OPEN, small_app

KEY = {"Idempotency-Key": "k" * 16}
_WRITE = "INSERT INTO notes (name) VALUES ('last') ON CONFLICT DO NOTHING"
_WRITE_OR_FAIL = f"WITH written AS ({_WRITE} RETURNING 1) SELECT {must('count(*) = 1')} FROM written"

Then = Callable[[AsyncSession], Awaitable[None]]


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        await connection.execute("CREATE TABLE notes (name text PRIMARY KEY)")
        yield connection
        await connection.execute("DROP TABLE notes")


async def names(own: Connection) -> list[str]:
    return [name for (name,) in await (await own.execute("SELECT name FROM notes ORDER BY name")).fetchall()]


class Writer:
    """A route that writes last. `unasked` tells of each run whether its answers were waited for."""

    def __init__(self, database: Database, then: Then | None = None) -> None:
        self.unasked: list[bool] = []
        router = Router("Last")

        @router.operation("POST", "/last", id="last", permission=OPEN, summary="Last")
        async def write(session: Session) -> Response:
            async with Last(session, await driver(session)) as batch:
                self.unasked.append(batch.unasked)
                written = batch.execute(_WRITE_OR_FAIL if batch.unasked else _WRITE)
            if not batch.unasked and written.rowcount == 0:
                raise Conflict("It is there.")
            if then is not None:
                await then(session)
            return Response("written")

        self.client = Client.of(small_app(database, router))

    async def ask(self, **headers: str) -> Any:
        return await self.client.post("/last", headers=headers)


async def test_it_is_committed_with_the_answer(database: Database, own: Connection) -> None:
    writer = Writer(database)
    first, again = await writer.ask(**KEY), await writer.ask(**KEY)
    assert (first.status_code, first.text) == (again.status_code, again.text) == (200, "written")
    assert again.headers["idempotent-replayed"] == "true"
    assert (writer.unasked, await names(own)) == ([True], ["last"])


async def test_without_a_key_it_is_asked_at_once(database: Database, own: Connection) -> None:
    writer = Writer(database)
    assert (await writer.ask()).status_code == 200
    assert (writer.unasked, await names(own)) == ([False], ["last"])


async def test_what_finds_something_in_its_way_is_run_again_and_looks(database: Database, own: Connection) -> None:
    await own.execute("INSERT INTO notes VALUES ('last')")
    writer = Writer(database)
    problem(await writer.ask(**KEY), 409, "conflict")
    assert writer.unasked == [True, False]
    assert (await writer.ask(**KEY)).headers["idempotent-replayed"] == "true"


async def test_a_refusal_after_it_undoes_it(database: Database, own: Connection) -> None:
    async def refuse(_: AsyncSession) -> None:
        raise Conflict("No.")

    writer = Writer(database, refuse)
    problem(await writer.ask(**KEY), 409, "conflict")
    assert (await writer.ask(**KEY)).headers["idempotent-replayed"] == "true"
    assert (writer.unasked, await names(own)) == ([True], [])


async def test_whatever_fails_after_it_undoes_it(database: Database, own: Connection) -> None:
    async def fail(_: AsyncSession) -> None:
        raise RuntimeError("canary")

    for _ in range(3):  # also on the same connection again
        problem(await Writer(database, fail).ask(**KEY), 500, "internal_error")
    assert await names(own) == []
    assert (await Writer(database).ask(**KEY)).status_code == 200
    assert await names(own) == ["last"]


@pytest.mark.parametrize("there", [False, True])
async def test_the_session_may_write_after_it(database: Database, own: Connection, there: bool) -> None:
    """Then the answers are waited for, before the session says anything."""
    if there:
        await own.execute("INSERT INTO notes VALUES ('last')")

    async def also(session: AsyncSession) -> None:
        row = {"id": b"also", "fingerprint": b"", "status": 200, "headers": {}, "body": b"", "expires_at": datetime.now(UTC)}
        session.add(IdempotencyRecord(**row))

    answer = await Writer(database, also).ask(**KEY)
    kept = await (await own.execute("SELECT count(*) FROM idempotency_records WHERE id = 'also'")).fetchall()
    assert (answer.status_code, kept) == ((409, [(0,)]) if there else (200, [(1,)]))
    assert await names(own) == ["last"]
