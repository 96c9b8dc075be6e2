"""What one server process has written, the next answer of another one says: nothing that is reused is ever stale.

Three processes on one database. `make fresh` does 10,000 rounds.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator
from itertools import cycle
from typing import Any

import psycopg
import pytest

from tests.client import Client, Json, problem
from tests.conftest import database_named
from tests.races.few_processes import DAYS, Clinic, Servers, Start, at, on, processes, servers

ROUNDS = int(os.environ.get("MERIDIAN_TESTS_ROUNDS", "300"))
PROCESSES = 3
LANES, LANE_HOURS = 4, 6

pytestmark = pytest.mark.xdist_group("fresh")


@pytest.fixture(scope="module")
def own_database(server_url: str, template: str, worker_id: str) -> str:
    """The address of a database that nobody else uses."""
    name = f"fresh_{worker_id}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return database_named(server_url, name)


@pytest.fixture(scope="module")
def bases(own_database: str) -> Iterator[list[str]]:
    with processes(own_database, PROCESSES) as found:
        yield found


@pytest.fixture
async def fleet(own_database: str, bases: list[str]) -> AsyncIterator[Servers]:
    async with servers(own_database, bases) as found:
        yield found


@pytest.fixture
async def clinic(fleet: Servers) -> Clinic:
    return await Clinic.made(fleet.admin[0])


async def keep_booking(lane: int, rounds: int, clinic: Clinic, fleet: Servers) -> None:
    """In hours that are this lane's, with people, a room and questions that are everybody's. Who does not treat misses only the room."""
    dice = random.Random(lane)  # noqa: S311
    ids = [one["id"] for one in clinic.practitioners]
    for _ in range(rounds):
        dice.shuffle(ids)
        hours = 24 * dice.randrange(DAYS) + LANE_HOURS * lane + dice.randrange(2 * LANE_HOURS) / 2
        taken, other = [(one, at(hours)) for one in ids]
        writer, reader = dice.sample(fleet.public, 2)
        planner = dice.choice(fleet.admin)
        more: Any = dice.choice([{}, {"practitioner_id": other[0]}, {"location_id": clinic.location["id"]}])
        made = await writer.create("/v1/appointments", clinic.booking(taken))
        assert not {taken, other} & await clinic.starts(reader, **more), "still there after it was booked"
        assert not {taken, other} & await clinic.planned(planner, hours), "still planned after it was booked"

        writer, reader = dice.sample(fleet.public, 2)
        link = {"Authorization": f"Bearer {made['manage_token']}"}
        path = f"/v1/appointments/{made['id']}/cancel"
        assert (await writer.send_json("POST", path, {"reason": "other"}, **link)).is_success
        assert (taken if not more else other) in await clinic.starts(reader, **more), "not back after it was cancelled"
        assert {taken, other} <= await clinic.planned(planner, hours), "not planned after it was cancelled"


async def test_what_one_process_books_another_no_longer_offers(fleet: Servers, clinic: Clinic) -> None:
    before = await clinic.starts(fleet.public[0])
    await asyncio.gather(*(keep_booking(lane, ROUNDS // LANES, clinic, fleet) for lane in range(LANES)))
    assert [await clinic.starts(client) for client in (*fleet.public, fleet.oracle)] == [before] * (PROCESSES + 1)


class Office:
    """Changes the clinic, through one process and the other in turn."""

    def __init__(self, fleet: Servers) -> None:
        self._admins = cycle(fleet.admin)
        self._made = ""

    async def patch(self, path: str, **changes: Any) -> None:
        await self._change("PATCH", path, path, changes)

    async def put(self, path: str, items: list[Json]) -> None:
        """A list below a practitioner."""
        await self._change("PUT", path, path.rpartition("/")[0], {"items": items})

    async def make(self, path: str, **body: Any) -> None:
        answer = await next(self._admins).send_json("POST", path, body)
        assert answer.is_success, answer.text
        self._made = answer.headers["location"]

    async def patch_made(self, **changes: Any) -> None:
        await self.patch(self._made, **changes)

    async def drop_made(self) -> None:
        version = (await next(self._admins).read(self._made))["version"]
        assert (await next(self._admins).delete(self._made, headers={"If-Match": f'"{version}"'})).is_success

    async def _change(self, method: str, path: str, versioned: str, body: Json) -> None:
        version = (await next(self._admins).read(versioned))["version"]
        await next(self._admins).change(path, body, version=version, method=method)


async def changes(office: Office, clinic: Clinic) -> AsyncIterator[str]:
    """Makes one after the other, each of which can be seen, and says which it was."""
    first, second = (f"/v1/practitioners/{one['id']}" for one in clinic.practitioners)
    location, treatment = f"/v1/locations/{clinic.location['id']}", f"/v1/treatments/{clinic.treatment['id']}"
    offer = {"treatment_id": clinic.treatment["id"]}
    line = {"location_id": clinic.location["id"], "starts": "00:00", "ends": "24:00"}
    registration = {"body": "Example Council", "number": "EX-1"}

    for name, path, there, back in (
        (
            "treatment is longer",
            treatment,
            {"phases": [{"minutes": 50, "attended": True}]},
            {"phases": [{"minutes": 30, "attended": True}]},
        ),
        ("treatment has buffers", treatment, {"buffer_after_minutes": 10}, {"buffer_after_minutes": 0}),
        ("treatment has no step", treatment, {"step_minutes": None}, {"step_minutes": 30}),
        ("treatment is for others", treatment, {"audience": "returning"}, {"audience": "all"}),
        ("treatment is not booked online", treatment, {"bookable_online": False}, {"bookable_online": True}),
        ("treatment needs another place", treatment, {"place_kind": "bed"}, {"place_kind": "room"}),
        ("treatment is inactive", treatment, {"active": False}, {"active": True}),
        ("place is inactive", f"/v1/places/{clinic.room['id']}", {"active": False}, {"active": True}),
        ("location is inactive", location, {"active": False}, {"active": True}),
        ("practitioner is inactive", first, {"active": False}, {"active": True}),
        ("practitioner has a daily limit", first, {"daily_limit": 1}, {"daily_limit": None}),
        (
            "practitioner takes longer",
            second,
            {"treatments": [{**offer, "phases": [{"minutes": 40, "attended": True}]}]},
            {"treatments": [offer]},
        ),
        ("practitioner does not offer it", second, {"treatments": []}, {"treatments": [offer]}),
        ("clinic has a longer notice", "/v1/clinic", {"notice_minutes": 16 * 1440}, {"notice_minutes": 120}),
        ("clinic has a nearer horizon", "/v1/clinic", {"horizon_days": 11}, {"horizon_days": 90}),
    ):
        await office.patch(path, **there)
        yield name
        await office.patch(path, **back)
        yield f"{name} no more"

    for path, body, change in (
        (
            f"{first}/overrides",
            {"location_id": clinic.location["id"], "date": on(1), "windows": []},
            {"windows": [{"starts": "09:00", "ends": "12:00"}]},
        ),
        (f"{first}/time-off", {"starts_at": at(26), "ends_at": at(30)}, {"ends_at": at(28)}),
        ("/v1/closures", {"from_on": on(0), "to_on": on(0), "reason": "Paint"}, {"to_on": on(1)}),
    ):
        await office.make(path, **body)
        yield f"{path} made"
        await office.patch_made(**change)
        yield f"{path} changed"
        await office.drop_made()
        yield f"{path} dropped"

    await office.make(f"{location}/places", name="Second room", kind="room")
    yield "place made"
    await office.drop_made()
    yield "place dropped"
    await office.put(f"{first}/working-hours", [{**line, "weekday": weekday, "starts": "10:00"} for weekday in range(1, 8)])
    yield "hours"
    await office.put(f"{first}/registrations", [{**registration, "valid_until": on(0)}])
    yield "registrations"


async def check_first_word(client: Client, clinic: Clinic, start: Start, *, is_free: bool, asks: bool) -> None:
    """What a process says of a start when nothing else was asked since the change: to a question, or to a booking."""
    if asks:
        question = {"treatment_id": clinic.treatment["id"], "location_id": clinic.location["id"]}
        told = await client.read("/v1/availability/explain", **question, practitioner_id=start[0], starts_at=start[1])
        assert told["bookable"] == is_free
        return
    answer = await client.post("/v1/appointments", json=clinic.booking(start, validate_only=True))
    if is_free:
        assert answer.is_success, answer.text
    else:
        problem(answer, 409, "slot_unavailable")


async def test_whatever_one_process_changes_another_goes_by(fleet: Servers, clinic: Clinic) -> None:
    """As a process sees it that reuses nothing."""
    await fleet.public[0].create("/v1/appointments", clinic.booking((clinic.practitioners[0]["id"], at(12))))
    before = await clinic.starts(fleet.public[0])
    assert before == await clinic.starts(fleet.public[1])
    asks = cycle([True, True, False, False])
    async for name in changes(Office(fleet), clinic):
        expected = await clinic.answer(fleet.oracle)
        now = clinic.starts_in(expected[1])
        moved = min(now ^ before, default=None)
        assert moved is not None, name
        reads, says, *_ = fleet.public
        assert await clinic.answer(reads) == expected, name
        await check_first_word(says, clinic, moved, is_free=moved in now, asks=next(asks))
        assert await clinic.answer(says) == expected, name
        before = now
        fleet.public.append(fleet.public.pop(0))
