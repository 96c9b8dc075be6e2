"""GET /v1/availability/explain: who is asked about, who asks, and for whom."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.appointments.world import World
from tests.availability.test_explain import another, question, told, why
from tests.client import Client, Json, problem
from tests.make import fulfil, make_location, make_patient, make_practitioner, make_user, set_hours

AT_TEN = "2026-12-02T10:00:00Z"
UNKNOWN = "0199a000-0000-7000-8000-00000000dead"


@pytest.fixture
async def world(admin: Client) -> World:
    return await World.made(admin)


@pytest.fixture
async def made(world: World, public: Client) -> Json:
    return await public.create("/v1/appointments", world.booking(AT_TEN))


@pytest.fixture
async def link(app: FastAPI, made: Json) -> AsyncIterator[Client]:
    """Whoever has the private link to that appointment."""
    async with Client.of(app, token=made["manage_token"]) as client:
        yield client


async def test_somebody_who_does_not_offer_it(world: World, admin: Client, public: Client) -> None:
    other = await make_practitioner(admin)
    await set_hours(admin, other, world.location["id"])
    answer = await told(public, world, AT_TEN, practitioner_id=other["id"])
    assert (answer["bookable"], [one["practitioner_id"] for one in answer["candidates"]]) == (False, [other["id"]])
    assert await why(public, world, AT_TEN, practitioner_id=other["id"]) == [("not_offered", None)]
    # Nor does that bear on those who do.
    assert await why(public, world, AT_TEN) == []


@pytest.mark.parametrize("how", ["inactive", "no longer offers it", "registered no more"])
async def test_somebody_who_is_gone(world: World, admin: Client, public: Client, how: str) -> None:
    path = f"/v1/practitioners/{world.practitioner['id']}"
    changes: dict[str, Json] = {
        "inactive": {"active": False},
        "no longer offers it": {"treatments": []},
        "registered no more": {"registrations": []},
    }
    await admin.change(path, changes[how], version=(await admin.read(path))["version"])
    code = "registration" if how == "registered no more" else "not_offered"
    assert await why(public, world, AT_TEN) == [(code, None)]
    assert await why(public, world, AT_TEN, practitioner_id=world.practitioner["id"]) == [(code, None)]
    candidates = (await told(public, world, AT_TEN))["candidates"]
    assert len(candidates) == (1 if how == "registered no more" else 0)


async def test_where_nobody_works_and_what_is_not_offered_there(world: World, admin: Client, public: Client) -> None:
    elsewhere = await make_location(admin, name="Elsewhere")
    assert await why(public, world, AT_TEN, location_id=elsewhere["id"]) == [("closed", None)]
    await admin.change(f"/v1/locations/{world.location['id']}", {"active": False}, version=1)
    assert await why(public, world, AT_TEN) == [("not_offered", None)]
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"active": False}, version=1)
    assert await why(public, world, AT_TEN, location_id=elsewhere["id"]) == [("closed", None), ("not_offered", None)]


async def test_what_cannot_be_booked_online_is_for_staff(
    world: World, admin: Client, public: Client, receptionist: Client
) -> None:
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"bookable_online": False}, version=1)
    assert await why(public, world, AT_TEN) == [("not_offered", None)]
    assert await why(receptionist, world, AT_TEN) == []


@pytest.mark.parametrize("name", ["treatment_id", "location_id", "practitioner_id", "patient_id"])
async def test_what_there_is_not(world: World, receptionist: Client, name: str) -> None:
    for value in (UNKNOWN, world.practitioner["id"] if name != "practitioner_id" else world.location["id"], "x"):
        asked = question(world, AT_TEN) | {name: value}
        refused = problem(await receptionist.get("/v1/availability/explain", params=asked), 422, "invalid")
        assert [error["pointer"] for error in refused["errors"]] == [name]


@pytest.mark.parametrize(
    "starts_at",
    ["1999-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "2000-01-01T00:00:00+14:00", "2026-12-02T10:00:00", "2026-12-02", "now"],
)
async def test_times_that_there_are_not(world: World, public: Client, starts_at: str) -> None:
    refused = problem(await public.get("/v1/availability/explain", params=question(world, starts_at)), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["starts_at"]


async def test_an_editor_is_told_what_the_public_is(world: World, admin: Client, public: Client, editor: Client) -> None:
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"audience": "returning", "bookable_online": False}, version=1)
    for starts_at in (AT_TEN, "2026-12-01T09:00:00Z", "2027-12-01T09:00:00Z"):
        assert await told(editor, world, starts_at) == await told(public, world, starts_at)
    assert await why(editor, world, "2026-12-01T09:00:00Z") == [
        ("notice", "2026-12-01T10:00:00Z"),
        ("not_offered", None),
        ("audience", None),
    ]


async def test_a_patient_is_named_by_those_who_keep_the_diary(
    app: FastAPI,
    database: Database,
    world: World,
    made: Json,
    link: Client,
    admin: Client,
    public: Client,
    editor: Client,
    receptionist: Client,
) -> None:
    other = await another(admin, world)
    asked = question(world, AT_TEN, practitioner_id=other["id"], patient_id=made["patient_id"])
    for client in (public, editor, link):
        for path, parameters in (
            ("/v1/availability/explain", asked),
            ("/v1/availability", {"treatment_id": world.treatment["id"], "from": "2026-12-02", "to": "2026-12-02"}),
        ):
            refused = await client.get(path, params={**parameters, "patient_id": made["patient_id"]})
            assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == ["patient_id"]
    busy = [("patient_busy", "2026-12-02T10:30:00Z")]
    assert await why(receptionist, world, AT_TEN, practitioner_id=other["id"], patient_id=made["patient_id"]) == busy
    # A practitioner knows the patients that they have appointments with.
    for somebody, knows in ((world.practitioner, True), (other, False)):
        token = await make_user(database, role="practitioner", practitioner_id=somebody["id"])
        async with Client.of(app, token=token) as client:
            answer = await client.get("/v1/availability/explain", params=asked)
            assert answer.status_code == (200 if knows else 422)


async def test_staff_who_say_nobody_leave_no_audience_out(
    world: World, admin: Client, public: Client, receptionist: Client
) -> None:
    patient = await make_patient(receptionist)
    await admin.change(f"/v1/treatments/{world.treatment['id']}", {"audience": "returning"}, version=1)
    assert await why(receptionist, world, AT_TEN) == []
    for client, who in ((public, {}), (receptionist, {"patient_id": patient["id"]})):
        assert await why(client, world, AT_TEN, **who) == [("audience", None)]


async def test_a_link_asks_for_its_own_patient(
    world: World, made: Json, link: Client, admin: Client, public: Client, clock: Clock
) -> None:
    other = await another(admin, world)
    busy = ("patient_busy", "2026-12-02T10:30:00Z")
    assert await why(link, world, AT_TEN, practitioner_id=other["id"]) == [busy]
    assert await why(public, world, AT_TEN, practitioner_id=other["id"]) == []
    await admin.change("/v1/clinic", {"upcoming_per_patient": 1}, version=(await admin.read("/v1/clinic"))["version"])
    assert await why(link, world, AT_TEN, practitioner_id=other["id"]) == [busy, ("patient_limit", None)]
    assert await why(public, world, AT_TEN, practitioner_id=other["id"]) == []

    path = f"/v1/treatments/{world.treatment['id']}"
    await admin.change(path, {"audience": "returning"}, version=1)
    tomorrow = "2026-12-03T10:00:00Z"
    assert await why(link, world, tomorrow) == [("audience", None), ("patient_limit", None)]
    # One day later the patient has been treated, and has nothing to come to; the public is nobody yet.
    clock.fixed_at = datetime(2026, 12, 2, 10, 30, tzinfo=UTC)
    await fulfil(admin, made)
    assert await why(link, world, tomorrow) == []
    assert await why(public, world, tomorrow) == [("audience", None)]
    await admin.change(path, {"audience": "new"}, version=2)
    assert await why(link, world, tomorrow) == [("audience", None)]
    assert await why(public, world, tomorrow) == []


async def test_a_bad_credential_is_not_nobody(world: World, app: FastAPI, public: Client) -> None:
    for token in ("mpl_nothing", "nothing"):
        async with Client.of(app, token=token) as client:
            for path in ("/v1/availability/explain", "/v1/availability"):
                problem(await client.get(path, params=question(world, AT_TEN)), 401, "unauthenticated")
