"""What one request finds that another did while it waited: each met on purpose, with whoever comes first held up until the other is there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.kit.small_app import waiting_for_locks
from tests.make import make_place, make_practitioner, set_hours

AT_TEN, AT_ELEVEN, AT_NOON, AT_ONE = (f"2026-12-02T{hour}:00:00Z" for hour in (10, 11, 12, 13))
OTHER = {"reason": "other"}

Request = Awaitable[httpx.Response]


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


@asynccontextmanager
async def own(database: Database) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(database.conninfo, autocommit=True) as connection:
        yield connection


async def one_after_the_other(database: Database, world: World, *requests: Request) -> list[httpx.Response]:
    """All have read what there is and wait for the practitioner; then they get their turns in this order."""
    async with own(database) as looking, await psycopg.AsyncConnection.connect(database.conninfo) as holding:
        statement = "SELECT FROM resources WHERE id = (SELECT resource_id FROM practitioners WHERE id = %s) FOR NO KEY UPDATE"
        await holding.execute(statement, (world.practitioner["id"],))
        tasks = []
        for number, request in enumerate(requests, start=1):
            tasks.append(asyncio.ensure_future(request))
            await waiting_for_locks(looking, number)
        await holding.rollback()
        return await asyncio.gather(*tasks)


async def held(client: Client, world: World) -> Json:
    item = {name: value for name, value in world.booking(AT_TEN).items() if name != "patient"}
    return await client.create("/v1/holds", {"items": [item]})


@pytest.mark.parametrize(
    ("second", "status", "code"), [("book", 409, "hold_mismatch"), ("extend", 404, "not_found"), ("release", 404, "not_found")]
)
async def test_a_hold_is_given_back_meanwhile(
    world: World, public: Client, database: Database, second: str, status: int, code: str
) -> None:
    hold = await held(public, world)
    path, token = f"/v1/holds/{hold['id']}", {"Hold-Token": hold["token"]}
    requests: dict[str, Callable[[], Request]] = {
        "book": lambda: public.send_json("POST", "/v1/appointments", world.booking(AT_TEN, hold_token=hold["token"])),
        "extend": lambda: public.send_json("POST", f"{path}/extend", None, **token),
        "release": lambda: public.delete(path, headers=token),
    }
    first, answer = await one_after_the_other(database, world, public.delete(path, headers=token), requests[second]())
    assert first.status_code == 204
    problem(answer, status, code)


@pytest.mark.parametrize(
    ("verb", "body"), [("cancel", OTHER), ("reschedule", {"starts_at": AT_NOON}), ("arrive", None), ("no-show", None)]
)
async def test_staff_hear_that_it_is_another_version_meanwhile(
    world: World, public: Client, receptionist: Client, database: Database, verb: str, body: Json
) -> None:
    made = await public.create("/v1/appointments", world.booking(AT_TEN))
    path, match = f"/v1/appointments/{made['id']}", {"If-Match": '"1"'}
    first, second = await one_after_the_other(
        database,
        world,
        receptionist.send_json("POST", f"{path}/reschedule", {"starts_at": AT_ELEVEN}, **match),
        receptionist.send_json("POST", f"{path}/{verb}", body, **match),
    )
    assert first.status_code == 200
    problem(second, 412, "version_changed")


@pytest.mark.parametrize("verb", ["book", "hold", "reschedule", "undo", "book a course", "apply"])
async def test_a_place_that_went_meanwhile_is_not_missed_where_there_is_another(
    admin: Client, receptionist: Client, database: Database, verb: str
) -> None:
    world = await World.made(admin, place_kind="room")
    rooms = [await make_place(admin, world.location["id"], position=position) for position in range(2)]
    booking = world.booking(AT_TEN, patient={"name": "Ada"})
    made = await receptionist.create("/v1/appointments", booking | ({"starts_at": AT_ELEVEN} if verb != "undo" else {}))
    somebody = await receptionist.create("/v1/appointments", booking | {"starts_at": AT_NOON})
    path, match = f"/v1/appointments/{made['id']}", {"If-Match": f'"{2 if verb == "undo" else 1}"'}
    if verb == "undo":
        await receptionist.change(f"{path}/no-show", None, version=1, method="POST")
    item = {name: value for name, value in booking.items() if name != "patient"}
    course = {
        "patient": {"name": "Ada"},
        "treatment_id": booking["treatment_id"],
        "sessions": [{name: item[name] for name in ("starts_at", "practitioner_id", "location_id")}],
    }
    move = {"session_number": 1, "appointment_id": None, "to": course["sessions"][0]}
    if verb == "apply":
        later = {**course, "sessions": [course["sessions"][0] | {"starts_at": AT_ONE}]}
        begun = await receptionist.create("/v1/courses", later)
        path, match = f"/v1/courses/{begun['id']}", {"If-Match": f'"{begun["version"]}"'}
        move["appointment_id"] = begun["appointments"][0]["id"]
    requests: dict[str, Callable[[], Request]] = {
        "book": lambda: receptionist.send_json("POST", "/v1/appointments", booking),
        "book a course": lambda: receptionist.send_json("POST", "/v1/courses", course),
        "apply": lambda: receptionist.send_json("POST", f"{path}/apply", {"moves": [move]}, **match),
        "hold": lambda: receptionist.send_json("POST", "/v1/holds", {"items": [item]}),
        "reschedule": lambda: receptionist.send_json("POST", f"{path}/reschedule", {"starts_at": AT_TEN}, **match),
        "undo": lambda: receptionist.send_json("POST", f"{path}/undo", None, **match),
    }
    taking = """
        INSERT INTO occupancies (appointment_id, resource_id, during, location_id)
        SELECT %s, resource_id, tstzrange(%s, %s), location_id FROM places WHERE id = %s
    """
    async with own(database) as looking, await psycopg.AsyncConnection.connect(database.conninfo) as other:
        await other.execute(taking, (somebody["id"], AT_TEN, "2026-12-02T10:30:00Z", rooms[0]["id"]))
        request = asyncio.ensure_future(requests[verb]())
        await waiting_for_locks(looking, 1)
        await other.commit()
        answer = (await request).json()
    [found] = answer.get("appointments", [answer])
    assert (found["place_id"], found["starts_at"]) == (rooms[1]["id"], AT_TEN)


async def test_a_practitioner_is_deleted_meanwhile_by_another_process(
    admin: Client, public: Client, database_url: str, clock: Clock, world: World
) -> None:
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    other = await admin.read(f"/v1/practitioners/{other['id']}")
    wanted = world.booking(AT_TEN, practitioner_id=other["id"])
    process = create_app(Settings(database_url=SecretStr(database_url)), clock=clock)
    async with process.router.lifespan_context(process), Client.of(process) as elsewhere:
        await world.starts(elsewhere)
        gone = await admin.delete(f"/v1/practitioners/{other['id']}", headers={"If-Match": f'"{other["version"]}"'})
        assert gone.status_code == 204, gone.text
        refused = problem(await elsewhere.send_json("POST", "/v1/appointments", wanted), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["/practitioner_id"]
