"""What is kept from one question to the next is never told to somebody else, nor at another time than it is true at; and entity tags."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.availability.memory import MAX_WEIGHT, Memory
from app.kit.clock import Clock
from app.kit.db import Database
from app.main import create_app
from app.settings import Settings
from tests.appointments.world import World
from tests.client import Client, Json
from tests.make import make_patient, make_practitioner, set_hours

PATH = "/v1/availability"


@pytest.fixture
async def world(admin: Client) -> World:
    """Two who treat at the same hours."""
    made = await World.made(admin)
    await set_hours(admin, await make_practitioner(admin, treatments=[made.treatment["id"]]), made.location["id"])
    return made


@pytest.fixture
async def other_process(database_url: str, database: Database, clock: Clock) -> AsyncIterator[Client]:
    """The same clinic, served with a memory of its own."""
    app = create_app(Settings(database_url=database_url), clock=clock)
    async with app.router.lifespan_context(app), Client.of(app) as client:
        yield client


@pytest.fixture
async def forgetful(database_url: str, database: Database, clock: Clock) -> AsyncIterator[Client]:
    """The same clinic, where nothing is kept."""
    app = create_app(Settings(database_url=database_url, reuse_answers=False), clock=clock)
    async with app.router.lifespan_context(app), Client.of(app) as client:
        yield client


def question(world: World, **more: Any) -> dict[str, Any]:
    return {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-03", **more}


async def tag(client: Client, world: World, **more: Any) -> str:
    answer = await client.get(PATH, params=question(world, **more))
    assert answer.is_success
    return answer.headers["etag"]


async def test_whoever_has_the_answer_is_told_so_until_it_changes(world: World, public: Client, receptionist: Client) -> None:
    first = await tag(public, world)
    for header in (first, f"W/{first}", f'"another", {first}', "*"):
        same = await public.get(PATH, params=question(world), headers={"If-None-Match": header})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first), header
    made = await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    changed = await public.get(PATH, params=question(world), headers={"If-None-Match": first})
    assert (changed.status_code, changed.headers["etag"]) == (200, await tag(public, world))
    assert changed.headers["etag"] != first
    path = f"/v1/appointments/{made['id']}/cancel"
    await receptionist.change(path, {"reason": "other"}, version=made["version"], method="POST")
    assert await tag(public, world) == first


async def test_a_tag_is_of_what_is_said(world: World, public: Client, other_process: Client, clock: Clock) -> None:
    """The same in another process; another where anything in the answer is another."""
    assert await tag(other_process, world) == await tag(public, world)
    await public.create("/v1/appointments", world.booking("2026-12-02T10:00:00Z"))
    assert await tag(other_process, world) == await tag(public, world)
    tags = [
        await tag(public, world, **more)
        for more in (
            {},
            {"to": "2026-12-04"},
            {"time_zone": "Etc/UTC"},
            {"limit": 1},
            {"practitioner_id": world.practitioner["id"]},
        )
    ]
    assert len(set(tags)) == len(tags)
    clock.fixed_at = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
    later = await tag(public, world)
    assert later not in tags
    assert await tag(other_process, world) == later


async def test_what_is_known_of_a_patient_is_not_told_to_others(
    app: FastAPI, world: World, admin: Client, public: Client, receptionist: Client
) -> None:
    """Whoever asks first, and whatever is kept meanwhile."""
    patient = await make_patient(receptionist)
    by_staff = world.booking("2026-12-02T10:00:00Z", patient=None, patient_id=patient["id"])
    await receptionist.create("/v1/appointments", by_staff)
    made = await public.create("/v1/appointments", world.booking("2026-12-02T14:00:00Z"))
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"audience": "new", "notice_minutes": 28 * 60}, version=1)
    async with Client.of(app, token=made["manage_token"]) as link:
        asked: list[tuple[Client, dict[str, str]]] = [
            (public, {}),
            (receptionist, {}),
            (receptionist, {"patient_id": patient["id"]}),
            (receptionist, {"patient_id": made["patient_id"]}),
            (link, {}),
        ]
        answers = [(await client.get(PATH, params=question(world, **who))).json() for client, who in asked]
        starts = [flat(answer) for answer in answers]
        for order in ((4, 3, 2, 1, 0), (2, 0, 4, 1, 3)):
            for index in order:
                client, who = asked[index]
                again = await client.get(PATH, params=question(world, **who))
                assert again.json() == answers[index]
                assert again.headers["cache-control"] == ("public, no-cache" if client is public else "no-store")
    to_public, to_staff, for_patient, for_stranger, to_link = starts
    # The notice until noon binds the public, and the patient too; what a patient has is in the way of nobody else with whom they are not.
    assert len(to_staff) - len(to_public) == 2 * 12 - 3
    assert len(to_staff) - len(for_patient) == 3
    assert len(to_staff) - len(for_stranger) == 3
    assert len(to_public) - len(to_link) == 3


def flat(answer: Json) -> list[tuple[str, str]]:
    return [(start, one["practitioner_id"]) for day in answer["days"] for one in day["openings"] for start in one["starts"]]


async def test_what_is_kept_goes_with_the_time(world: World, public: Client, forgetful: Client, clock: Clock) -> None:
    """At, before and after each edge, to the second, and back again."""
    edges = [
        datetime(2026, 12, 2, 7, 0, tzinfo=UTC),  # two hours before opening
        datetime(2026, 12, 2, 9, 15, tzinfo=UTC),
        datetime(2026, 12, 3, 14, 30, tzinfo=UTC),  # the last start of the range
        datetime(2026, 12, 4, 0, 0, tzinfo=UTC),  # a day more in the horizon
        datetime(2027, 3, 28, 1, 0, tzinfo=UTC),  # summer time
    ]
    moments = [edge + timedelta(seconds=seconds) for edge in edges for seconds in (-1, 0, 1)]
    for at in [*moments, *moments[::-4]]:
        clock.fixed_at = at
        for more in ({}, {"limit": 3}, {"from": "2027-03-01", "to": "2027-03-05"}, {"from": "2027-06-20", "to": "2027-06-30"}):
            kept, fresh = [await client.get(PATH, params=question(world, **more)) for client in (public, forgetful)]
            assert (kept.json(), kept.headers["etag"]) == (fresh.json(), fresh.headers["etag"]), (at, more)


def test_what_is_heavy_does_not_drive_out_all_others() -> None:
    @dataclass(frozen=True)
    class Search:
        weight: int

    memory = Memory[Search]()
    for number in range(10):
        memory.keep(number, Search(MAX_WEIGHT // 10))
    memory.keep("heavy", Search(MAX_WEIGHT // 2 + 1))
    assert memory.search("heavy") is None
    assert all(memory.search(number) for number in range(10))
    memory.keep("eleventh", Search(MAX_WEIGHT // 10))
    assert (memory.search(0), memory.search("eleventh")) == (None, Search(MAX_WEIGHT // 10))
