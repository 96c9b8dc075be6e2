"""Whatever makes or changes an appointment may be sent again: done once, answered the same, and only to whoever may still ask."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from tests.appointments.world import STRANGER, World
from tests.client import Client, Json, problem
from tests.contract.document import operations
from tests.make import make_practitioner, make_user

AT_TEN = "2026-12-02T10:00:00Z"
TABLES: Final = ("appointments", "occupancies", "holds", "appointment_history", "audit_entries", "patients", "patient_links")


@dataclass
class Request:
    """A request that can be done once. `by`: who sends it, "public" or "receptionist"."""

    path: str
    body: Json
    by: str = "receptionist"
    headers: dict[str, str] | None = None


async def _requests(name: str, world: World, public: Client, receptionist: Client) -> Request:
    """By operationId."""
    booking = world.booking(AT_TEN)
    item = {name: booking[name] for name in booking if name != "patient"}
    if name == "createHold":
        return Request("/v1/holds", {"items": [item]}, "public")
    if name == "createAppointment":
        return Request("/v1/appointments", booking, "public")
    if name == "extendHold":
        held = await public.create("/v1/holds", {"items": [item]})
        return Request(f"/v1/holds/{held['id']}/extend", None, "public", {"Hold-Token": held["token"]})
    if name in {"mergePatient", "erasePatient"}:
        one, two = [await receptionist.create("/v1/patients", {"name": who}) for who in ("One", "Two")]
        body = {"into_patient_id": two["id"]} if name == "mergePatient" else None
        by = "receptionist" if name == "mergePatient" else "admin"
        return Request(f"/v1/patients/{one['id']}/{name.removesuffix('Patient')}", body, by, {"If-Match": '"1"'})
    made = await public.create("/v1/appointments", booking)
    path, match = f"/v1/appointments/{made['id']}", {"If-Match": '"1"'}
    if name == "renewAppointmentLink":
        return Request(f"{path}/link", None)
    if name in {"fulfilAppointment", "undoAppointment"}:
        await receptionist.change(f"{path}/arrive", None, version=1, method="POST")
        match = {"If-Match": '"2"'}
    bodies: dict[str, Json] = {
        "rescheduleAppointment": {"starts_at": "2026-12-02T11:00:00Z"},
        "cancelAppointment": {"reason": "other"},
        "confirmAppointment": {},
    }
    verb = {"missAppointment": "no-show"}.get(name, name.removesuffix("Appointment"))
    return Request(f"{path}/{verb}", bodies.get(name), headers=match)


NAMES = sorted(
    operation.id
    for operation in operations()
    if operation.method == "post"
    and operation.writes
    and (operation.path.startswith(("/v1/appointments", "/v1/holds")) or operation.id in {"mergePatient", "erasePatient"})
)


@dataclass
class Case:
    request: Request
    clients: dict[str, Client]
    key: str

    async def send(self, client: Client | None = None, **changes: Any) -> httpx.Response:
        wanted = self.request
        headers = {"Idempotency-Key": self.key, **(wanted.headers or {}), **changes.pop("headers", {})}
        return await (client or self.clients[wanted.by]).post(wanted.path, **{"json": wanted.body, "headers": headers, **changes})


Made = Callable[[str], Awaitable[Case]]


@pytest.fixture
async def made(app: FastAPI, database: Database, admin: Client, public: Client, receptionist: Client) -> Made:
    async def make(name: str) -> Case:
        world = await World.made(admin, needs_approval=name == "confirmAppointment")
        clients = {"admin": admin, "public": public, "receptionist": receptionist}
        return Case(await _requests(name, world, public, receptionist), clients, str(uuid4()))

    return make


async def content(database: Database) -> list[str]:
    async with database.reading() as session:
        return [
            (await session.execute(text(f"SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) FROM {table} t"))).scalar_one()
            for table in TABLES
        ]


def test_all_of_them_are_here() -> None:
    assert len(NAMES) == 13


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_done_once_and_answered_the_same(
    made: Made, database: Database, database_url: str, clock: Clock, name: str
) -> None:
    """By the process that did it and by another, which begins after it."""
    case = await made(name)
    first = await case.send()
    assert first.is_success, first.text
    assert "idempotent-replayed" not in first.headers
    before = await content(database)
    again = await case.send()
    other = create_app(Settings(database_url=SecretStr(database_url)), clock=clock)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(other.router.lifespan_context(other))
        signed = {name: case.clients[case.request.by].headers[name] for name in ("authorization",) if case.request.by != "public"}
        elsewhere = await stack.enter_async_context(Client.of(other))
        restarted = await case.send(elsewhere, headers=signed)
    for replay in (again, restarted):
        assert (replay.status_code, replay.content) == (first.status_code, first.content)
        assert replay.headers["idempotent-replayed"] == "true"
        assert replay.headers.get("etag") == first.headers.get("etag")
    assert await content(database) == before


@pytest.mark.parametrize("name", NAMES)
async def test_of_several_at_once_one_does_it(made: Made, database: Database, name: str) -> None:
    case = await made(name)
    answers = await asyncio.gather(*(case.send() for _ in range(5)))
    done = [answer for answer in answers if answer.is_success]
    assert len({answer.content for answer in done}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in done) == 1
    for answer in answers:
        if answer not in done:
            assert problem(answer, 409, "idempotency_in_progress")
            assert answer.headers["retry-after"] == "1"
    before = await content(database)
    assert (await case.send()).content == done[0].content
    assert await content(database) == before


@pytest.mark.parametrize(
    "name", sorted(operation.id for operation in operations() if operation.id in NAMES and operation.media_type)
)
async def test_another_body_under_the_same_key_is_refused(made: Made, name: str) -> None:
    case = await made(name)
    assert (await case.send()).is_success
    problem(await case.send(json={"something": "else"}), 422, "idempotency_key_reused")


@pytest.mark.parametrize("name", NAMES)
async def test_another_caller_has_keys_of_their_own(made: Made, app: FastAPI, database: Database, name: str) -> None:
    """Who sends the same under the same key is answered for themselves: what was done cannot be done a second time."""
    case = await made(name)
    first = await case.send()
    async with Client.of(app, token=await make_user(database, role="admin")) as somebody:
        answer = await case.send(somebody)
    assert "idempotent-replayed" not in answer.headers
    assert answer.content != first.content


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"createHold", "createAppointment", "extendHold"}])
async def test_who_may_no_longer_ask_is_not_answered_again(made: Made, database: Database, name: str) -> None:
    case = await made(name)
    assert (await case.send()).is_success
    for change, status, code in (
        ("UPDATE users SET role = 'editor'", 403, "forbidden"),
        ("UPDATE users SET active = false", 401, "unauthenticated"),
    ):
        async with database.writing() as session:
            await session.execute(text(change))
            await session.commit()
        problem(await case.send(), status, code)


@pytest.fixture
async def link(app: FastAPI, admin: Client, public: Client) -> AsyncIterator[tuple[Client, Json]]:
    world = await World.made(admin)
    appointment = await public.create("/v1/appointments", world.booking(AT_TEN))
    async with Client.of(app, token=appointment["manage_token"]) as client:
        yield client, appointment


async def test_a_dead_link_is_not_answered_again(link: tuple[Client, Json], receptionist: Client) -> None:
    client, appointment = link
    path = f"/v1/appointments/{appointment['id']}"
    body, key = {"starts_at": "2026-12-03T11:00:00Z"}, {"Idempotency-Key": str(uuid4())}
    assert (await client.post(f"{path}/reschedule", json=body, headers=key)).is_success
    await receptionist.delete(f"{path}/link")
    problem(await client.post(f"{path}/reschedule", json=body, headers=key), 401, "unauthenticated")


async def test_the_key_of_one_patient_is_nothing_to_another(
    app: FastAPI, link: tuple[Client, Json], admin: Client, public: Client
) -> None:
    """The body is the same, and even the appointment's address."""
    client, appointment = link
    other = await make_practitioner(admin)
    assert other["id"] != appointment["practitioner_id"]
    path, key = f"/v1/appointments/{appointment['id']}/cancel", {"Idempotency-Key": str(uuid4())}
    assert (await client.post(path, json={"reason": "other"}, headers=key)).is_success
    answer = await public.post(path, json={"reason": "other"}, headers=key)
    problem(answer, 401, "unauthenticated")


async def test_a_refusal_is_an_answer_too(admin: Client, public: Client) -> None:
    """Whoever repeats the request hears the same, whatever has become free since."""
    world = await World.made(admin)
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    key = {"Idempotency-Key": str(uuid4())}
    refused = await public.post("/v1/appointments", json=world.booking(AT_TEN, patient=STRANGER), headers=key)
    problem(refused, 409, "slot_unavailable")
    await admin.change(f"/v1/appointments/{made['id']}/cancel", {"reason": "other"}, version=1, method="POST")
    again = await public.post("/v1/appointments", json=world.booking(AT_TEN, patient=STRANGER), headers=key)
    assert again.content == refused.content
