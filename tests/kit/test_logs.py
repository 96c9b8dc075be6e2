"""Logs: one JSON object a line, and nothing in them that names a person or opens a door, however much is logged."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.conftest import database_named
from tests.kit.small_app import until, waiting_for_locks
from tests.make import make_user

pytestmark = pytest.mark.xdist_group("one server for all")

CANARY = "zzCanary7"
PASSWORD = f"{CANARY} pass word"
KEY = f"{CANARY}-key-0123456789"

LOGGING_PROGRAM = """
import logging, sys, structlog
from app.kit import logs
logs.configure(sys.argv[1])
log, library = structlog.get_logger("ours"), logging.getLogger("library")
log.debug("ours.debug", n=1)
log.warning("ours.warning", n=2)
library.debug("library debug")
library.warning("library %s", "warning")
logging.getLogger("sqlalchemy.engine").info("SELECT 'secret'")
logging.getLogger("psycopg").debug("secret")
library.error("two lines\\nand what they hold: secret")
try:
    raise ValueError("secret")
except ValueError as error:
    library.exception("library failed")
    library.error("library failed too", exc_info=error)
    log.exception("ours failed")
    log.error("ours failed too", exc_info=error)
library.error("nothing failed", exc_info=True)
"""


def lines_of(text: str) -> list[Json]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("level", "heard"), [("DEBUG", ["debug", "warning", "error"]), ("INFO", ["warning", "error"]), ("ERROR", ["error"])]
)
def test_every_line_is_an_object_without_values(level: str, heard: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", LOGGING_PROGRAM, level], capture_output=True, text=True, check=True)
    lines = lines_of(ran.stderr)
    assert "secret" not in ran.stderr
    assert ran.stdout == ""
    assert {line["level"] for line in lines} == set(heard)
    assert all(line["timestamp"].endswith("Z") for line in lines)
    by_event = {line["event"]: line for line in lines}
    assert by_event["two lines"]["logger"] == "library"
    for failure in ("library failed", "library failed too", "ours failed", "ours failed too"):
        assert (by_event[failure]["error"], by_event[failure]["where"]) == ("ValueError", ["<module>:14"])
    assert "error" not in by_event["nothing failed"]
    if "warning" in heard:
        assert (by_event["library warning"]["level"], by_event["ours.warning"]["n"]) == ("warning", 2)


# --- a server that says all it can


class Server:
    """`meridian serve` at DEBUG, with the jobs inside, on a database of its own."""

    def __init__(self, database: Database, url: str, log: Path) -> None:
        self.database, self.url, self.log = database, url, log

    def lines(self) -> list[Json]:
        return lines_of(self.log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
async def server(
    server_url: str, template: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    name = f"served_{worker_id}"
    url = database_named(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    log = folder / "log"
    settings = {"DATABASE_URL": url, "MERIDIAN_LOG_LEVEL": "DEBUG", "MERIDIAN_STATE_DIR": str(folder)}
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("meridian"),
            "serve",
            f"--port={port}",
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=file,
        )
    served = Server(Database(url), f"http://127.0.0.1:{port}", log)
    try:

        async def answers() -> bool:
            async with httpx.AsyncClient(base_url=served.url) as client:
                try:
                    return (await client.get("/healthz/ready")).is_success
                except httpx.TransportError:
                    assert process.returncode is None, log.read_text()
                    return False

        await until(answers)
        yield served
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 90) == 0
    finally:
        if process.returncode is None:
            process.kill()
        await served.database.close()


async def talk(server: Server, admin: Client, public: Client) -> list[httpx.Response]:
    """Requests of every kind, with a canary wherever there is room for one."""
    enquiry = {
        "name": CANARY,
        "email": f"{CANARY}@example.org",
        "phone": "07700 900123",
        "message": CANARY,
        "consent": {"version": "1"},
    }
    patient = {"name": CANARY, "email": f"{CANARY}@example.org", "notes": CANARY}
    sign_in: dict[str, Any] = {"username": f"{CANARY}@example.org", "password": PASSWORD}
    answers = [
        await public.post("/v1/enquiries", json=enquiry, headers={"Idempotency-Key": KEY}),
        await public.post("/v1/enquiries", json=enquiry, headers={"Idempotency-Key": KEY}),
        await public.post("/v1/enquiries", json={**enquiry, CANARY: CANARY}, headers={"Idempotency-Key": KEY}),
        await public.post("/v1/enquiries", content=f'{{"{CANARY}": ', headers={"Content-Type": "application/json"}),
        await admin.post("/v1/patients", json=patient),
        await admin.post("/v1/patients/search", json={"q": CANARY}),
        await public.post("/v1/auth/token", data=sign_in),
        await public.get(f"/v1/{CANARY}?{CANARY}={CANARY}", headers={CANARY: CANARY, "Cookie": CANARY, "User-Agent": CANARY}),
        await public.get(f"/v1/treatments?slug={CANARY.lower()}"),
        await public.get("/v1/treatments", headers={"Authorization": f"Bearer mst_{CANARY}"}),
    ]
    async with await psycopg.AsyncConnection.connect(server.database.conninfo, autocommit=True) as own:
        await own.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no % %', NEW.name, NEW.email; END $$"
        )
        await own.execute("CREATE TRIGGER fail BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION fail()")
        await own.execute("ALTER TABLE enquiries RENAME COLUMN message TO gone")
        broken = [
            await admin.post("/v1/patients", json=patient),
            await public.post("/v1/enquiries", json=enquiry, headers={"Idempotency-Key": f"{KEY}-2"}),
        ]
        await own.execute("ALTER TABLE enquiries RENAME COLUMN gone TO message")
        await own.execute("DELETE FROM enquiries")
    for answer in broken:
        problem(answer, 500, "internal_error")
    return [*answers, *broken]


async def test_a_server_that_says_all_it_can_names_nobody(server: Server) -> None:
    token = await make_user(server.database, role="admin")
    async with (
        Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as admin,
        Client(base_url=server.url) as public,
    ):
        answers = await talk(server, admin, public)
    written = server.log.read_text(encoding="utf-8")
    for secret in (CANARY, "07700", token, token[4:]):
        assert secret.lower() not in written.lower()
    lines = server.lines()
    requests = {line["request_id"]: line for line in lines if line["event"] == "request"}
    for answer in answers:
        assert requests[answer.headers["x-request-id"]]["status"] == answer.status_code
        assert answer.status_code < 400 or answer.json()["request_id"] == answer.headers["x-request-id"]
    failures = [line for line in lines if line["event"] == "request.failed"]
    assert [failure["request_id"] for failure in failures] == [answer.headers["x-request-id"] for answer in answers[-2:]]
    assert all(failure["where"] for failure in failures)
    # The loggers of others would say more, were they let: this is what the quiet list is for.
    assert not any(line.get("logger", "").startswith(("sqlalchemy", "psycopg", "procrastinate")) for line in lines)


async def test_who_hangs_up_has_asked_all_the_same(server: Server) -> None:
    """With real connections: the request runs on, and is committed."""
    body = json.dumps({"name": "I", "email": "i@example.org", "message": "M", "consent": {"version": "1"}}).encode()
    head = (
        f"POST /v1/enquiries HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {uuid4()}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    async with await psycopg.AsyncConnection.connect(server.database.conninfo, autocommit=True) as own:
        async with own.transaction():
            await own.execute("LOCK TABLE enquiries")
            port = int(server.url.rpartition(":")[2])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode() + body)
            await writer.drain()
            await waiting_for_locks(own, 1)
            writer.transport.abort()
            async with httpx.AsyncClient(base_url=server.url) as client:
                assert (await client.get("/healthz/live")).status_code == 200  # the server has turned to others since

        async def is_kept() -> bool:
            found = await own.execute("SELECT count(*) FROM enquiries")
            return await found.fetchone() == (1,)

        await until(is_kept)
