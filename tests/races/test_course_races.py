"""Whole courses at once, over real connections: each gets all of its sessions or none, whoever asks in whatever order."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from tests.appointments.world import STRANGER, World
from tests.client import Client, Json
from tests.make import make_place, make_practitioner, make_user, set_hours
from tests.races.test_booking_races import deadlocks, overlaps

SESSIONS = 12
CLIENTS = 12


@pytest.fixture
async def crowd(database_url: str, database: Database, clock: Clock) -> AsyncIterator[FastAPI]:
    """The application with a connection for everybody."""
    app = create_app(Settings(database_url=SecretStr(database_url), database_pool_size=2 * CLIENTS), clock=clock)
    async with app.router.lifespan_context(app):
        yield app


def sessions(location: Json, people: list[Json]) -> list[Json]:
    """Twelve Wednesdays at ten, with these practitioners in turn."""
    return [
        {
            "starts_at": f"{date(2026, 12, 2) + timedelta(weeks=week)}T10:00:00Z",
            "practitioner_id": people[week % len(people)]["id"],
            "location_id": location["id"],
        }
        for week in range(SESSIONS)
    ]


async def at_once(app: FastAPI, requests: list[tuple[str, Json]], token: str) -> list[int]:
    """The status of each."""
    gate = asyncio.Event()

    async def send(path: str, body: Json) -> int:
        async with Client.of(app, token=token) as client:
            await gate.wait()
            return (await client.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})).status_code

    tasks = [asyncio.create_task(send(*one)) for one in requests]
    await asyncio.sleep(0)
    gate.set()
    return list(await asyncio.gather(*tasks))


async def counted(admin: Client) -> list[int]:
    """How many sessions each course has."""
    return [one["progress"]["booked"] for one in (await admin.read("/v1/courses", limit=100))["items"]]


async def test_two_courses_over_the_same_people_in_opposite_order(
    crowd: FastAPI, database: Database, admin: Client, receptionist: Client
) -> None:
    """Of all that want the same Wednesdays, with two practitioners who alternate one way or the other, one of each way gets them."""
    world = await World.made(admin)
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    people = [world.practitioner, other]
    before = await deadlocks(database)
    token = await make_user(database, role="receptionist")
    bodies = [
        {
            "patient": STRANGER,
            "treatment_id": world.treatment["id"],
            "sessions": sessions(world.location, people[:: 1 if number % 2 else -1]),
        }
        for number in range(CLIENTS)
    ]
    statuses = await at_once(crowd, [("/v1/courses", body) for body in bodies], token)
    assert Counter(statuses) == {201: 2, 409: CLIENTS - 2}
    assert await counted(admin) == [SESSIONS] * 2
    assert (await overlaps(database), await deadlocks(database)) == (0, before)


@pytest.mark.parametrize("hold", [False, True])
async def test_a_course_against_single_bookings_of_its_seventh_session(
    crowd: FastAPI, database: Database, admin: Client, hold: bool
) -> None:
    """Either somebody has the seventh session, or one course has all twelve; and what is left of a course is nothing."""
    world = await World.made(admin)
    token = await make_user(database, role="receptionist")
    twelve = sessions(world.location, [world.practitioner])
    course = {"patient": STRANGER, "treatment_id": world.treatment["id"], "sessions": twelve, "hold": hold}
    seventh = world.booking(twelve[6]["starts_at"].replace("10:00", "10:15"))
    requests = [("/v1/courses", course), ("/v1/appointments", seventh)] * (CLIENTS // 2)
    statuses = await at_once(crowd, requests, token)
    assert Counter(statuses) == {201: 1, 409: CLIENTS - 1}
    won = statuses.index(201) % 2 == 0
    found = (await admin.read("/v1/courses"))["items"]
    appointments = (await admin.read("/v1/appointments", limit=100))["items"]
    assert (len(found), len(appointments)) == ((1, SESSIONS) if won else (0, 1))
    assert await overlaps(database) == 0


async def test_a_course_and_bookings_of_others_want_the_one_room(crowd: FastAPI, database: Database, admin: Client) -> None:
    """Nobody locks a room: who finds it gone while writing undoes everything, and asks again."""
    world = await World.made(admin, place_kind="room")
    await make_place(admin, world.location["id"])
    other = await make_practitioner(admin, treatments=[world.treatment["id"]])
    await set_hours(admin, other, world.location["id"])
    token = await make_user(database, role="receptionist")
    twelve = sessions(world.location, [world.practitioner])
    course = {"patient": STRANGER, "treatment_id": world.treatment["id"], "sessions": twelve}
    singles = [world.booking(one["starts_at"].replace("10:00", "10:15"), practitioner_id=other["id"]) for one in twelve]
    requests = [("/v1/courses", course), *(("/v1/appointments", single) for single in singles[6:9])] * 3
    statuses = await at_once(crowd, requests, token)
    courses = [status for number, status in enumerate(statuses) if number % 4 == 0]
    assert sorted({*statuses}) == [201, 409]
    assert await counted(admin) == [SESSIONS] * courses.count(201)
    booked = statuses.count(201) - courses.count(201)
    assert (courses.count(201), booked) in {(1, 0), (0, 3)}
    assert await overlaps(database) == 0
    async with database.reading() as session:
        rows = await session.execute(text("SELECT count(*) FROM occupancies GROUP BY appointment_id"))
        assert {count for (count,) in rows.all()} == {3}  # practitioner, room and patient


async def test_one_course_is_confirmed_once(crowd: FastAPI, database: Database, admin: Client) -> None:
    """By many at once, while others cancel it: it is one or the other, as a whole."""
    world = await World.made(admin)
    token = await make_user(database, role="receptionist")
    body = {
        "patient": STRANGER,
        "treatment_id": world.treatment["id"],
        "sessions": sessions(world.location, [world.practitioner]),
    }
    held = await admin.create("/v1/courses", {**body, "hold": True})
    gate = asyncio.Event()

    async def send(verb: str) -> int:
        async with Client.of(crowd, token=token) as client:
            await gate.wait()
            path, tag = f"/v1/courses/{held['id']}/{verb}", f'"{held["version"]}"'
            return (await client.send_json("POST", path, None, **{"If-Match": tag})).status_code

    tasks = [asyncio.create_task(send(verb)) for verb in ("confirm", "cancel") * (CLIENTS // 2)]
    await asyncio.sleep(0)
    gate.set()
    statuses = Counter(await asyncio.gather(*tasks))
    assert statuses[200] == 1
    assert statuses[412] + statuses[409] == CLIENTS - 1
    left = await admin.read(f"/v1/courses/{held['id']}")
    assert {one["status"] for one in left["appointments"]} in ({"booked"}, {"cancelled"})
    assert await overlaps(database) == 0


async def test_a_course_is_moved_by_one_of_many(crowd: FastAPI, database: Database, admin: Client) -> None:
    """All have read one version; one of their proposals is applied."""
    world = await World.made(admin)
    token = await make_user(database, role="receptionist")
    body = {
        "patient": STRANGER,
        "treatment_id": world.treatment["id"],
        "sessions": sessions(world.location, [world.practitioner]),
    }
    course = await admin.create("/v1/courses", body)

    async def send(number: int) -> int:
        async with Client.of(crowd, token=token) as client:
            moves = [
                {
                    "session_number": one["session_number"],
                    "appointment_id": one["id"],
                    "to": {
                        "starts_at": one["starts_at"].replace("T10:00", f"T{11 + number % 4}:{15 * (number % 3):02}"),
                        "practitioner_id": one["practitioner_id"],
                        "location_id": one["location_id"],
                    },
                }
                for one in course["appointments"]
            ]
            path, tag = f"/v1/courses/{course['id']}/apply", f'"{course["version"]}"'
            return (await client.send_json("POST", path, {"moves": moves}, **{"If-Match": tag})).status_code

    statuses = Counter(await asyncio.gather(*(send(number) for number in range(CLIENTS))))
    assert statuses == {200: 1, 412: CLIENTS - 1}
    moved = await admin.read(f"/v1/courses/{course['id']}")
    assert len({one["local_start"][11:16] for one in moved["appointments"]}) == 1
    assert await overlaps(database) == 0
