"""The edge: what is answered is committed, what is refused is not, and a lost race is run again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import edge
from app.kit.db import Connection, Database, driver
from app.kit.errors import Conflict, NotFound
from app.kit.routing import Router
from app.kit.session import Session
from tests.client import Client, problem
from tests.kit.small_app import OPEN, others, small_app, until, waiting_for_locks
from tests.make import make_treatment

KEYS = [pytest.param({}, id="without a key"), pytest.param({"Idempotency-Key": "k" * 16}, id="with a key")]
WAYS = ["session", "driver"]


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Connection]:
    """A connection beside those of the application, on autocommit, and a table to write to."""
    conninfo = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute("DROP TABLE IF EXISTS notes")
        await connection.execute("CREATE TABLE notes (name text PRIMARY KEY, n integer NOT NULL DEFAULT 0)")
        yield connection
        await connection.execute("DROP TABLE notes")


async def notes(own: Connection) -> dict[str, int]:
    return dict(await (await own.execute("SELECT name, n FROM notes ORDER BY name")).fetchall())


async def kept_answers(own: Connection) -> int:
    row = await (await own.execute("SELECT count(*) FROM idempotency_records")).fetchone()
    assert row is not None
    return int(row[0])


async def run(session: AsyncSession, way: str, statement: str) -> Any:
    """One statement by either way that features speak to the database."""
    if way == "session":
        return await session.execute(text(statement))
    return await (await driver(session)).execute(statement)


def client_of(database: Database, router: Router) -> Client:
    return Client.of(small_app(database, router))


# --- committed before the answer leaves


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("state", "status", "code"), [("P0001", 500, "internal_error"), ("53100", 503, "unavailable"), ("40001", 503, "unavailable")]
)
async def test_a_commit_that_fails_is_no_success(
    admin: Client, own: Connection, key: dict[str, str], state: str, status: int, code: str
) -> None:
    await own.execute(
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'canary' USING ERRCODE = '{state}'; END $$"
    )
    await own.execute(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON treatments DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    try:
        body = {"name": "T", "phases": [{"minutes": 30, "attended": True}], "price": {"amount": "1.00", "currency": "GBP"}}
        refused = await admin.post("/v1/treatments", json=body, headers=key)
    finally:
        await own.execute("DROP FUNCTION refuse CASCADE")
    problem(refused, status, code)
    assert "canary" not in refused.text
    assert (await admin.read("/v1/treatments"))["items"] == []
    assert await kept_answers(own) == 0


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("way", WAYS)
async def test_an_sql_error_that_is_swallowed_commits_nothing(
    database: Database, own: Connection, way: str, key: dict[str, str]
) -> None:
    router = Router("Small")

    @router.operation("POST", "/swallow", id="swallow", permission=OPEN, summary="Swallow")
    async def swallow(session: Session) -> str:
        await run(session, way, "INSERT INTO notes (name) VALUES ('ghost')")
        try:
            await run(session, way, "SELECT 1 / 0")
        except (SQLAlchemyError, psycopg.Error):
            return "all is well"
        raise AssertionError("unreachable")

    async with client_of(database, router) as client:
        problem(await client.post("/swallow", headers=key), 500, "internal_error")
    assert await notes(own) == {}
    assert await kept_answers(own) == 0


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(RuntimeError("canary"), 500, "internal_error"), (NotFound(), 404, "not_found"), (Conflict(), 409, "conflict")],
)
async def test_an_exception_after_a_write_takes_it_back(
    database: Database, own: Connection, key: dict[str, str], error: Exception, status: int, code: str
) -> None:
    router = Router("Small")

    @router.operation("POST", "/fail", id="fail", permission=OPEN, summary="Fail")
    async def fail(session: Session) -> str:
        await run(session, "session", "INSERT INTO notes (name) VALUES ('ghost')")
        raise error

    async with client_of(database, router) as client:
        refused = await client.post("/fail", headers=key)
    problem(refused, status, code)
    assert "canary" not in refused.text
    assert await notes(own) == {}


async def test_a_client_that_goes_away_does_not_stop_its_request(database: Database, own: Connection) -> None:
    router, gone = Router("Small"), asyncio.Event()

    @router.operation("POST", "/note", id="note", permission=OPEN, summary="Note")
    async def note(session: Session) -> str:
        await run(session, "session", "INSERT INTO notes (name) VALUES ('kept')")
        await gone.wait()
        await run(session, "session", "UPDATE notes SET n = 7")
        return "noted"

    async def receive() -> dict[str, Any]:
        gone.set()
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        raise OSError("nobody is there")

    headers: list[tuple[bytes, bytes]] = []
    scope = {"type": "http", "method": "POST", "path": "/note", "raw_path": b"/note", "query_string": b"", "headers": headers}
    application = small_app(database, router)
    request = asyncio.create_task(application(dict(scope), receive, send))
    await until(lambda: _held(own))
    await receive()
    await asyncio.wait([request])
    assert isinstance(request.exception(), OSError)
    assert await notes(own) == {"kept": 7}


async def _held(own: Connection) -> bool:
    found = await own.execute("SELECT 1 FROM pg_locks WHERE relation = 'notes'::regclass AND mode = 'RowExclusiveLock'")
    return await found.fetchone() is not None


# --- lost races


@pytest.mark.parametrize("way", WAYS)
async def test_a_deadlock_is_not_the_clients_matter(database: Database, own: Connection, way: str) -> None:
    router, both, attempts = Router("Small"), asyncio.Barrier(2), []

    @router.operation("POST", "/cross", id="cross", permission=OPEN, summary="Cross")
    async def cross(session: Session, first: str, second: str) -> str:
        attempts.append(first)
        await run(session, way, "SET LOCAL deadlock_timeout = '20ms'")
        await run(session, way, f"UPDATE notes SET n = n + 1 WHERE name = '{first}'")
        if len(attempts) <= 2:
            await both.wait()
        await run(session, way, f"UPDATE notes SET n = n + 1 WHERE name = '{second}'")
        return "crossed"

    await own.execute("INSERT INTO notes (name) VALUES ('a'), ('b')")
    async with client_of(database, router) as client:
        answers = await asyncio.gather(client.post("/cross?first=a&second=b"), client.post("/cross?first=b&second=a"))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await notes(own) == {"a": 2, "b": 2}
    assert len(attempts) > 2


@pytest.mark.parametrize("way", WAYS)
async def test_a_serialisation_failure_is_not_the_clients_matter(database: Database, own: Connection, way: str) -> None:
    router, attempts = Router("Small"), []

    @router.operation("POST", "/add", id="add", permission=OPEN, summary="Add")
    async def add(session: Session) -> str:
        attempts.append(1)
        await run(session, way, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await run(session, way, "SELECT n FROM notes")
        if len(attempts) == 1:
            await own.execute("UPDATE notes SET n = 10")
        await run(session, way, "UPDATE notes SET n = n + 1")
        return "added"

    await own.execute("INSERT INTO notes (name) VALUES ('a')")
    async with client_of(database, router) as client:
        assert (await client.post("/add")).status_code == 200
    assert (len(attempts), await notes(own)) == (2, {"a": 11})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", ["40001", "40P01", "23P01"])
async def test_who_loses_every_race_may_come_again(database: Database, own: Connection, way: str, state: str) -> None:
    router, attempts = Router("Small"), []

    @router.operation("POST", "/lose", id="lose", permission=OPEN, summary="Lose")
    async def lose(session: Session) -> None:
        attempts.append(1)
        await run(session, way, f"DO $$ BEGIN RAISE 'canary' USING ERRCODE = '{state}'; END $$")

    async with client_of(database, router) as client:
        refused = await client.post("/lose")
    problem(refused, 503, "unavailable")
    assert refused.headers["retry-after"].isdecimal()
    assert len(attempts) == edge.MAX_ATTEMPTS


# --- what the database says


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("statements", "status"),
    [
        pytest.param(["SET LOCAL statement_timeout = '5ms'", "SELECT pg_sleep(20)"], 503, id="statement timeout"),
        pytest.param(["SET LOCAL lock_timeout = '5ms'", "SELECT n FROM notes FOR UPDATE"], 503, id="lock timeout"),
        pytest.param(["SET LOCAL idle_in_transaction_session_timeout = '5ms'", "SELECT 1"], 503, id="idle in transaction"),
        pytest.param(["SELECT pg_terminate_backend(pg_backend_pid())"], 503, id="connection ended"),
        pytest.param(["DO $$ BEGIN RAISE 'canary' USING ERRCODE = '53300'; END $$"], 503, id="too many connections"),
        pytest.param(["INSERT INTO notes (name) VALUES ('canary')"], 500, id="not unique, of no feature"),
        pytest.param(["SELECT canary FROM notes"], 500, id="no such column"),
    ],
)
async def test_trouble_with_the_database_is_503_and_a_mistake_is_500(
    database: Database, own: Connection, way: str, statements: list[str], status: int
) -> None:
    router = Router("Small")

    @router.operation("POST", "/ask", id="ask", permission=OPEN, summary="Ask")
    async def ask(session: Session) -> None:
        for statement in statements:
            await run(session, way, statement)
            if "idle" in statement:
                await until(lambda: _idle_ended(own))

    await own.execute("INSERT INTO notes (name) VALUES ('canary')")
    async with own.transaction(), client_of(database, router) as client:
        await own.execute("SELECT n FROM notes FOR UPDATE")
        refused = await client.post("/ask")
    problem(refused, status, "unavailable" if status == 503 else "internal_error")
    assert ("retry-after" in refused.headers) == (status == 503)
    assert not any(word in refused.text for word in ("canary", "notes", "SELECT", "psycopg"))


async def _idle_ended(own: Connection) -> bool:
    return await others(own, "state = 'idle in transaction'") == 0


async def test_a_mistake_found_before_the_server_is_500(database: Database, own: Connection) -> None:
    router = Router("Small")

    @router.operation("POST", "/ask", id="ask", permission=OPEN, summary="Ask")
    async def ask(session: Session) -> None:
        await (await driver(session)).execute("SELECT %s, %s", ("canary",))

    async with client_of(database, router) as client:
        problem(await client.post("/ask"), 500, "internal_error")


async def test_who_finds_the_pool_empty_may_come_again(database: Database, app: FastAPI) -> None:
    small = Database(database.conninfo, pool_size=1)
    small.engine.sync_engine.pool._timeout = 0.01  # type: ignore[attr-defined]
    router = Router("Small")

    @router.operation("GET", "/ask", id="ask", permission=OPEN, summary="Ask")
    async def ask(session: Session) -> str:
        await session.execute(text("SELECT 1"))
        return "asked"

    async with client_of(small, router) as client:
        async with small.writing() as one:
            await one.connection()
            refused = await client.get("/ask")
            problem(refused, 503, "unavailable")
            assert refused.headers["retry-after"].isdecimal()
        assert (await client.get("/ask")).status_code == 200
    await small.close()


@pytest.mark.parametrize("kind", ["reading", "writing"])
async def test_a_connection_has_its_limits(database: Database, kind: str) -> None:
    async with getattr(database, kind)() as session:
        found = await session.execute(
            text(
                "SELECT name, setting || coalesce(unit, '') FROM pg_settings WHERE name IN"
                " ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'TimeZone')"
            )
        )
        assert dict(found.all()) == {
            "statement_timeout": "15000ms",
            "lock_timeout": "5000ms",
            "idle_in_transaction_session_timeout": "4000ms",
            "TimeZone": "UTC",
        }


async def test_two_changes_of_one_version_at_once(admin: Client, own: Connection) -> None:
    """Both have read the version before either writes; the later hears what a latecomer hears."""
    made = await make_treatment(admin)
    path, match = f"/v1/treatments/{made['id']}", {"If-Match": '"1"'}
    async with own.transaction():
        await own.execute("SELECT 1 FROM treatments FOR UPDATE")
        changes = [asyncio.create_task(admin.send_json("PATCH", path, {"name": name}, **match)) for name in ("One", "Two")]
        await waiting_for_locks(own, 2)
    answers = sorted(await asyncio.gather(*changes), key=lambda answer: answer.status_code)
    problem(answers[1], 412, "version_changed")
    assert (answers[0].status_code, await admin.read(path)) == (200, answers[0].json())
