"""Private links: renewed, revoked, and with the appointment wherever it goes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import World
from tests.client import Client, Json, problem
from tests.make import make_user

AT_TEN = "2026-12-02T10:00:00Z"


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


@pytest.fixture
async def made(world: World, public: Client) -> Json:
    return await public.create("/v1/appointments", world.booking(AT_TEN))


@pytest.fixture
async def of(app: FastAPI) -> AsyncIterator[Callable[[str], Client]]:
    """A client with a token."""
    async with AsyncExitStack() as stack:

        def client(token: str) -> Client:
            made = Client.of(app, token=token)
            stack.push_async_callback(made.aclose)
            return made

        yield client


async def test_a_new_link_opens_what_the_old_one_did_and_the_old_one_is_dead(
    made: Json, receptionist: Client, of: Callable[[str], Client]
) -> None:
    path = f"/v1/appointments/{made['id']}"
    renewed = await receptionist.create(f"{path}/link", None)
    assert renewed["expires_at"] == "2027-01-01T10:30:00Z"
    problem(await of(made["manage_token"]).get(path), 401, "unauthenticated")
    assert (await of(renewed["manage_token"]).read(path))["id"] == made["id"]
    assert (await receptionist.delete(f"{path}/link")).status_code == 204
    problem(await of(renewed["manage_token"]).get(path), 401, "unauthenticated")


async def test_a_patient_who_telephoned_gets_a_link(world: World, receptionist: Client, of: Callable[[str], Client]) -> None:
    made = await receptionist.create("/v1/appointments", world.booking(AT_TEN, patient={"name": "Ada"}))
    path = f"/v1/appointments/{made['id']}"
    link = of((await receptionist.create(f"{path}/link", None))["manage_token"])
    moved = await link.create(f"{path}/reschedule", {"starts_at": "2026-12-03T11:00:00Z"})
    assert moved["starts_at"] == "2026-12-03T11:00:00Z"


async def test_a_link_goes_with_the_appointment(made: Json, of: Callable[[str], Client], clock: Clock) -> None:
    path, link = f"/v1/appointments/{made['id']}", of(made["manage_token"])
    await link.create(f"{path}/reschedule", {"starts_at": "2027-02-02T10:00:00Z"})
    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(year=2027, month=3, day=3)
    await link.read(path)
    clock.fixed_at = clock.fixed_at.replace(day=5)
    problem(await link.get(path), 401, "unauthenticated")


async def test_what_nobody_has_booked_has_no_link(world: World, public: Client, receptionist: Client) -> None:
    body = world.booking(AT_TEN)
    held = await public.create("/v1/holds", {"items": [{name: body[name] for name in body if name != "patient"}]})
    path = f"/v1/appointments/{held['appointments'][0]['id']}/link"
    assert problem(await receptionist.send_json("POST", path, None), 409, "wrong_state")["status_now"] == "held"


async def test_only_the_front_desk_gives_links(
    app: FastAPI, database: Database, world: World, made: Json, public: Client, editor: Client, of: Callable[[str], Client]
) -> None:
    path = f"/v1/appointments/{made['id']}/link"
    practitioner = of(await make_user(database, role="practitioner", practitioner_id=world.practitioner["id"]))
    for client in (practitioner, editor, of(made["manage_token"])):
        problem(await client.send_json("POST", path, None), 403, "forbidden")
        problem(await client.delete(path), 403, "forbidden")
    problem(await public.delete(path), 401, "unauthenticated")


async def test_a_link_dies_when_the_patient_is_erased(
    made: Json, admin: Client, receptionist: Client, of: Callable[[str], Client], clock: Clock
) -> None:
    path, patient = f"/v1/appointments/{made['id']}", f"/v1/patients/{made['patient_id']}"
    match = {"If-Match": '"1"'}
    problem(await receptionist.send_json("POST", f"{patient}/erase", None, **match), 403, "forbidden")
    problem(await admin.send_json("POST", f"{patient}/erase", None, **match), 409, "patient_expected")
    assert clock.fixed_at is not None
    clock.fixed_at = clock.fixed_at.replace(day=3)
    erased = await admin.change(f"{patient}/erase", None, version=1, method="POST")
    assert erased == {
        **(await admin.read(patient)),
        "name": "Erased",
        "email": None,
        "phone": None,
        "contacts": [],
        "erased_at": "2026-12-03T08:00:00Z",
    }
    problem(await of(made["manage_token"]).get(path), 401, "unauthenticated")
    assert (await receptionist.read(path))["patient_id"] == made["patient_id"]
    assert (await receptionist.create("/v1/patients/search", {"q": "robin"}))["items"] == []
    assert (await receptionist.read("/v1/patients"))["items"] == []
    for verb, body in (("erase", None), ("merge", {"into_patient_id": made["id"]})):
        answer = await admin.send_json("POST", f"{patient}/{verb}", body, **{"If-Match": '"2"'})
        assert answer.status_code in {409, 422}, answer.text
