"""Idempotency keys: what is sent twice is done once and answered the same, to whoever sent it and to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.kit.clock import Clock
from app.kit.db import Connection, Database
from app.kit.errors import Conflict, Rejected
from app.kit.routing import Router
from app.kit.secret import Secret
from app.kit.session import Session
from app.main import create_app
from app.settings import Settings
from tests.appointments.world import World
from tests.client import Client, problem
from tests.kit.small_app import OPEN, small_app, waiting_for_locks
from tests.make import make_treatment, make_user

KEY = "0199a3f2-c4b0-7d0f-8f4e-2b7a91c3d5e6"
KEPT = {"content-type", "location", "etag", "cache-control"}
TREATMENT = {"name": "T", "phases": [{"minutes": 30, "attended": True}], "price": {"amount": "1.00", "currency": "GBP"}}


def keyed(key: str = KEY, **more: str) -> dict[str, str]:
    return {"Idempotency-Key": key, **more}


def is_replay(answer: httpx.Response) -> bool:
    return "idempotent-replayed" in answer.headers


def same(replay: httpx.Response, first: httpx.Response) -> bool:
    """Whether it is the first answer again, and says so."""
    headers = [{name: one.headers.get(name) for name in KEPT} for one in (replay, first)]
    return is_replay(replay) and not is_replay(first) and headers[0] == headers[1] and replay.content == first.content


async def names(admin: Client) -> list[str]:
    return [one["name"] for one in (await admin.read("/v1/treatments"))["items"]]


async def records(database: Database) -> int:
    async with database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM idempotency_records")) or 0)


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        yield connection


# --- the key


@pytest.mark.parametrize(
    "key", ["k" * 16, "k" * 255, '"' + "k" * 16 + '"', "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", '"quoted"but"not"whole']
)
async def test_what_is_a_key(admin: Client, key: str) -> None:
    first = await admin.post("/v1/treatments", json=TREATMENT, headers=keyed(key))
    assert first.status_code == 201
    assert same(await admin.post("/v1/treatments", json=TREATMENT, headers=keyed(key)), first)


@pytest.mark.parametrize("key", ["", "k" * 15, "k" * 256, '"' + "k" * 15 + '"', "k" * 16 + " k", "k" * 16 + "\t", "é" * 16, '""'])
async def test_what_is_no_key(admin: Client, key: str) -> None:
    problem(
        await admin.post("/v1/treatments", json=TREATMENT, headers={b"Idempotency-Key": key.encode("latin-1")}),
        400,
        "bad_idempotency_key",
    )


async def test_two_keys_are_no_key(admin: Client) -> None:
    headers = [("Idempotency-Key", "k" * 16), ("Idempotency-Key", "l" * 16)]
    problem(await admin.post("/v1/treatments", json=TREATMENT, headers=headers), 400, "bad_idempotency_key")


async def test_a_quoted_key_is_the_bare_one(admin: Client) -> None:
    first = await admin.post("/v1/treatments", json=TREATMENT, headers=keyed())
    assert same(await admin.post("/v1/treatments", json=TREATMENT, headers=keyed(f'"{KEY}"')), first)


# --- the same request


async def test_a_replay_is_the_first_answer_with_its_headers(admin: Client) -> None:
    first = await admin.post("/v1/treatments", json=TREATMENT, headers=keyed())
    assert (first.status_code, first.headers["etag"], first.headers["location"]) == (
        201,
        '"1"',
        f"/v1/treatments/{first.json()['id']}",
    )
    await admin.change(first.headers["location"], {"name": "Changed since"}, version=1)
    assert same(await admin.post("/v1/treatments", json=TREATMENT, headers=keyed()), first)
    assert await names(admin) == ["Changed since"]


@pytest.mark.parametrize(
    ("body", "is_same"),
    [
        pytest.param(
            b'{"name":"Ear","phases":[{"attended":true,"minutes":30}],"price":{"currency":"GBP","amount":"1.00"}}',
            True,
            id="order",
        ),
        pytest.param(
            b' {"price": {"amount": "1.00", "currency": "GBP"},\n"name": "\\u0045ar", "phases":[{"minutes":30,"attended":true}]} ',
            True,
            id="spaces and escapes",
        ),
        pytest.param(
            b'{"name":"ear","phases":[{"attended":true,"minutes":30}],"price":{"currency":"GBP","amount":"1.00"}}',
            False,
            id="value",
        ),
        pytest.param(
            b'{"name":"Ear","summary":null,"phases":[{"attended":true,"minutes":30}],"price":{"currency":"GBP","amount":"1.00"}}',
            False,
            id="a field more",
        ),
        pytest.param(b"{}", False, id="one that would be refused"),
    ],
)
async def test_what_is_the_same_body(admin: Client, body: bytes, is_same: bool) -> None:
    first = await admin.post("/v1/treatments", json={**TREATMENT, "name": "Ear"}, headers=keyed())
    again = await admin.post("/v1/treatments", content=body, headers=keyed(**{"Content-Type": "application/json"}))
    if is_same:
        assert same(again, first)
    else:
        problem(again, 422, "idempotency_key_reused")
    assert await names(admin) == ["Ear"]


async def test_a_key_belongs_to_its_caller_method_and_path(
    app: FastAPI, database: Database, admin: Client, public: Client
) -> None:
    made = await admin.post("/v1/treatments", json=TREATMENT, headers=keyed())
    async with Client.of(app, token=await make_user(database, role="admin")) as colleague:
        others = [
            await colleague.post("/v1/treatments", json=TREATMENT, headers=keyed()),
            await admin.post("/v1/locations", json={"name": "L", "time_zone": "Europe/London"}, headers=keyed()),
            await admin.patch(f"/v1/treatments/{made.json()['id']}", json={"name": "U"}, headers=keyed(**{"If-Match": '"1"'})),
        ]
    assert [(answer.is_success, is_replay(answer)) for answer in others] == [(True, False)] * 3
    problem(await public.post("/v1/treatments", json=TREATMENT, headers=keyed()), 401, "unauthenticated")
    # All who are not known are one caller.
    enquiry = {"name": "I", "email": "i@example.org", "message": "M", "consent": {"version": "1"}}
    first = await public.post("/v1/enquiries", json=enquiry, headers=keyed())
    async with Client.of(app) as stranger:
        assert same(await stranger.post("/v1/enquiries", json=enquiry, headers=keyed()), first)


async def test_a_change_that_is_repeated_is_not_too_late(admin: Client) -> None:
    made = await make_treatment(admin)
    path, headers = f"/v1/treatments/{made['id']}", keyed(**{"If-Match": '"1"'})
    first = await admin.patch(path, json={"name": "New"}, headers=headers)
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert same(await admin.patch(path, json={"name": "New"}, headers=headers), first)


# --- what is kept


async def test_a_refusal_of_the_state_is_an_answer_too(admin: Client) -> None:
    taken = await make_treatment(admin, slug="taken")
    first = await admin.post("/v1/treatments", json={**TREATMENT, "slug": "taken"}, headers=keyed())
    problem(first, 409, "slug_taken")
    await admin.delete(f"/v1/treatments/{taken['id']}", headers={"If-Match": '"1"'})
    again = await admin.post("/v1/treatments", json={**TREATMENT, "slug": "taken"}, headers=keyed())
    assert (again.status_code, again.json()) == (409, first.json())
    assert same(again, first)
    assert (await admin.post("/v1/treatments", json={**TREATMENT, "slug": "taken"}, headers=keyed("l" * 16))).status_code == 201


async def test_a_refusal_after_a_failed_flush_is_kept(database: Database) -> None:
    router, attempts = Router("Small"), []

    @router.operation("POST", "/clash", id="clash", permission=OPEN, summary="Clash")
    async def clash(session: Session) -> None:
        attempts.append(1)
        session.add(Secret(name="service", value=b"another"))
        try:
            await session.flush()
        except IntegrityError:
            raise Conflict from None

    async with Client.of(small_app(database, router)) as client:
        first = await client.post("/clash", headers=keyed())
        problem(first, 409, "conflict")
        assert same(await client.post("/clash", headers=keyed()), first)
    assert len(attempts) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("POST", "/v1/treatments", {"name": 7}, {}, 422, "invalid"),
        ("POST", "/v1/treatments", {**TREATMENT, "phases": [{"minutes": 30, "attended": False}]}, {}, 422, "invalid"),
        ("PATCH", "/v1/treatments/0199a000-0000-7000-8000-000000000001", {}, {"If-Match": '"1"'}, 404, "not_found"),
        ("PATCH", "/v1/treatments/{id}", {}, {}, 428, "if_match_required"),
        ("PATCH", "/v1/treatments/{id}", {}, {"If-Match": '"2"'}, 412, "version_changed"),
        ("POST", "/v1/users-of-nowhere", {}, {}, 404, "not_found"),
    ],
)
async def test_other_refusals_are_not_kept(
    admin: Client, database: Database, method: str, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    path = path.replace("{id}", (await make_treatment(admin))["id"])
    before = await records(database)
    problem(await admin.request(method, path, json=body, headers=keyed(**headers)), status, code)
    assert await records(database) == before


async def test_a_fault_of_ours_is_not_kept_and_the_key_is_good_for_another_try(database: Database) -> None:
    router, faults = Router("Small"), [RuntimeError(), Rejected()]

    @router.operation("POST", "/fail", id="fail", permission=OPEN, summary="Fail")
    async def fail() -> str:
        if faults:
            raise faults.pop()
        return "done"

    async with Client.of(small_app(database, router)) as client:
        answers = [await client.post("/fail", headers=keyed()) for _ in range(4)]
    assert [(answer.status_code, is_replay(answer)) for answer in answers] == [
        (422, False),
        (500, False),
        (200, False),
        (200, True),
    ]


async def test_an_answer_without_content_is_kept(database: Database) -> None:
    router, runs = Router("Small"), []

    @router.operation("POST", "/quiet", id="quiet", permission=OPEN, summary="Quiet", status=204)
    async def quiet() -> None:
        runs.append(1)

    async with Client.of(small_app(database, router)) as client:
        first = await client.post("/quiet", headers=keyed())
        assert (first.status_code, first.content) == (204, b"")
        assert same(await client.post("/quiet", headers=keyed()), first)
    assert len(runs) == 1


async def test_an_answer_is_kept_for_a_day(admin: Client, clock: Clock, database: Database) -> None:
    first = await admin.post("/v1/treatments", json=TREATMENT, headers=keyed())
    begun = clock.now()
    clock.fixed_at = begun + timedelta(hours=24, seconds=-1)
    assert same(await admin.post("/v1/treatments", json=TREATMENT, headers=keyed()), first)
    clock.fixed_at = begun + timedelta(hours=24)
    other = {**TREATMENT, "name": "Another"}
    second = await admin.post("/v1/treatments", json=other, headers=keyed())
    assert (second.status_code, is_replay(second)) == (201, False)
    assert same(await admin.post("/v1/treatments", json=other, headers=keyed()), second)
    assert await records(database) == 1


async def test_an_answer_outlives_the_process(app: FastAPI, admin: Client, clock: Clock, database_url: str) -> None:
    first = await admin.post("/v1/treatments", json=TREATMENT, headers=keyed())
    another = create_app(Settings(database_url=database_url), clock=clock)
    async with another.router.lifespan_context(another), Client.of(another) as client:
        client.headers["Authorization"] = admin.headers["Authorization"]
        assert same(await client.post("/v1/treatments", json=TREATMENT, headers=keyed()), first)
    assert await names(admin) == ["T"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ("UPDATE users SET active = false", 401, "unauthenticated"),
        ("UPDATE users SET role = 'editor'", 403, "forbidden"),
        ("DELETE FROM access_tokens", 401, "unauthenticated"),
    ],
)
async def test_a_replay_is_authorised_again(admin: Client, own: Connection, change: str, status: int, code: str) -> None:
    await admin.post("/v1/treatments", json=TREATMENT, headers=keyed())
    await own.execute(change.encode())
    problem(await admin.post("/v1/treatments", json=TREATMENT, headers=keyed()), status, code)


async def test_what_is_kept_cannot_be_read_out_of_the_database(admin: Client, public: Client, own: Connection) -> None:
    world = await World.made(admin)
    made = await public.post("/v1/appointments", json=world.booking("2026-12-02T10:00:00Z"), headers=keyed())
    token = made.json()["manage_token"]
    assert same(await public.post("/v1/appointments", json=world.booking("2026-12-02T10:00:00Z"), headers=keyed()), made)
    rows = await (await own.execute("SELECT body, to_jsonb(r)::text FROM idempotency_records r")).fetchall()
    assert rows
    for secret in (token, KEY, "Robin Example", "robin@mail.example"):
        assert not any(secret.encode() in bytes(body) or secret in row for body, row in rows)


# --- twins


async def test_a_twin_of_one_that_is_running_is_told_so(public: Client, own: Connection) -> None:
    enquiry = {"name": "I", "email": "i@example.org", "message": "M", "consent": {"version": "1"}}
    async with own.transaction():
        await own.execute("LOCK TABLE enquiries")
        running = asyncio.create_task(public.post("/v1/enquiries", json=enquiry, headers=keyed()))
        await waiting_for_locks(own, 1)
        twin = await public.post("/v1/enquiries", json=enquiry, headers=keyed())
        other = asyncio.create_task(public.post("/v1/enquiries", json=enquiry, headers=keyed("l" * 16)))
        await waiting_for_locks(own, 2)  # another key does not wait for this one
    problem(twin, 409, "idempotency_in_progress")
    assert twin.headers["retry-after"].isdecimal()
    first, second = await running, await other
    assert (first.status_code, second.status_code) == (201, 201)
    assert same(await public.post("/v1/enquiries", json=enquiry, headers=keyed()), first)


async def test_of_many_twins_at_once_one_does_the_work(admin: Client) -> None:
    bodies = set()
    for _ in range(5):
        key = str(uuid4())
        answers = await asyncio.gather(*(admin.post("/v1/treatments", json=TREATMENT, headers=keyed(key)) for _ in range(8)))
        made = [answer for answer in answers if answer.status_code == 201]
        assert [is_replay(answer) for answer in made].count(False) == 1
        for answer in answers:
            if answer.status_code != 201:
                problem(answer, 409, "idempotency_in_progress")
        assert len({answer.content for answer in made}) == 1
        bodies.add(made[0].content)
    assert len(await names(admin)) == len(bodies) == 5
