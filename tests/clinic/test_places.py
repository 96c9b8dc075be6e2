"""Places over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.clinic.models import Place
from app.diary.models import Resource
from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.history import write_appointment
from tests.make import make_location, make_patient, make_place, make_practitioner, make_treatment, make_user
from tests.queries import counted_queries
from tests.trail import trail_of


async def resource_of(database: Database, place: Json) -> tuple[str, int]:
    """Kind and version."""
    statement = select(Resource.kind, Resource.version).join(Place, Place.resource_id == Resource.id)
    async with database.reading() as session:
        return (await session.execute(statement.where(Place.id == UUID(place["id"])))).one()


async def test_a_place_belongs_to_its_location_and_is_a_resource(admin: Client, receptionist: Client, database: Database) -> None:
    location, other = await make_location(admin), await make_location(admin)
    sent = {"name": "Chair 2", "kind": "group-chair", "position": 2, "active": False}
    response = await admin.send_json("POST", f"/v1/locations/{location['id']}/places", sent)
    made = response.json()
    assert await trail_of(admin, response) == [("place.create", made["id"], ["active", "kind", "name", "position"])]
    assert (response.headers["location"], response.headers["etag"]) == (f"/v1/places/{made['id']}", '"1"')
    assert made | {**sent, "location_id": location["id"], "version": 1} == made
    assert await receptionist.read(f"/v1/places/{made['id']}") == made
    assert (await receptionist.read(f"/v1/locations/{location['id']}/places"))["items"] == [made]
    assert (await receptionist.read(f"/v1/locations/{other['id']}/places"))["items"] == []
    assert await resource_of(database, made) == ("place", 0)


async def test_a_change_moves_the_version_and_that_of_the_resource(admin: Client, database: Database) -> None:
    made = await make_place(admin, (await make_location(admin))["id"])
    path = f"/v1/places/{made['id']}"
    problem(await admin.send_json("PATCH", path, {"position": -1}), 428, "if_match_required")
    problem(await admin.send_json("PATCH", path, {"position": -1}, **{"If-Match": '"9"'}), 412, "version_changed")
    response = await admin.send_json("PATCH", path, {"active": False}, **{"If-Match": '"1"'})
    assert await trail_of(admin, response) == [("place.update", made["id"], ["active"])]
    changed = response.json()
    assert (changed["active"], changed["name"], changed["version"]) == (False, made["name"], 2)
    assert await resource_of(database, made) == ("place", 1)


async def test_who_may(
    admin: Client, public: Client, receptionist: Client, editor: Client, app: FastAPI, database: Database
) -> None:
    location = await make_location(admin)
    made = await make_place(admin, location["id"])
    places, path, match = f"/v1/locations/{location['id']}/places", f"/v1/places/{made['id']}", {"If-Match": '"1"'}
    async with Client.of(app, token=await make_user(database, role="practitioner")) as practitioner:
        for client in (receptionist, practitioner):
            assert (await client.read(places))["items"] == [await client.read(path)]
        for client, status, code in (
            (public, 401, "unauthenticated"),
            (receptionist, 403, "forbidden"),
            (practitioner, 403, "forbidden"),
            (editor, 403, "forbidden"),
        ):
            problem(await client.send_json("POST", places, {"name": "Room", "kind": "room"}), status, code)
            problem(await client.send_json("PATCH", path, {}, **match), status, code)
            problem(await client.delete(path, headers=match), status, code)
    for client, status, code in ((public, 401, "unauthenticated"), (editor, 403, "forbidden")):
        problem(await client.get(places), status, code)
        problem(await client.get(path), status, code)


async def test_a_place_that_is_not_there(admin: Client) -> None:
    unknown = uuid4()
    problem(await admin.get(f"/v1/places/{unknown}"), 404, "not_found")
    problem(await admin.get(f"/v1/locations/{unknown}/places"), 404, "not_found")
    body = {"name": "Room", "kind": "room"}
    problem(await admin.send_json("POST", f"/v1/locations/{unknown}/places", body), 404, "not_found")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"position": -1}, "/position"),
        ({"position": 10_000}, "/position"),
        ({"kind": "Room 1"}, "/kind"),
        ({"kind": "k" * 41}, "/kind"),
        ({"name": "\t"}, "/name"),
        ({"location_id": str(uuid4())}, ""),
    ],
)
async def test_what_makes_no_sense_is_refused(admin: Client, changes: dict[str, Any], pointer: str) -> None:
    path = f"/v1/locations/{(await make_location(admin))['id']}/places"
    refused = await admin.send_json("POST", path, {"name": "Room", "kind": "room", **changes})
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]


@pytest.mark.parametrize("used", [False, True])
async def test_only_what_was_never_used_is_deleted(admin: Client, database: Database, used: bool) -> None:
    treatment, location, patient = await make_treatment(admin), await make_location(admin), await make_patient(admin)
    place, practitioner = await make_place(admin, location["id"]), await make_practitioner(admin)
    path = f"/v1/places/{place['id']}"
    if used:
        # Cancelled, so that no time of the place is taken: the history alone holds it.
        await write_appointment(
            database,
            treatment=treatment,
            practitioner=practitioner,
            location=location,
            patient=patient,
            place=place,
            status="cancelled",
        )
    problem(await admin.delete(path), 428, "if_match_required")
    response = await admin.delete(path, headers={"If-Match": '"1"'})
    if used:
        problem(response, 409, "in_use")
        assert await admin.read(path) == place
        assert await resource_of(database, place) == ("place", 0)
        return
    assert response.status_code == 204
    assert await trail_of(admin, response) == [("place.delete", place["id"], [])]
    problem(await admin.get(path), 404, "not_found")
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).where(Resource.kind == "place")) == 0


async def test_a_list_takes_as_many_queries_however_long_it_is(admin: Client, app: FastAPI) -> None:
    location = await make_location(admin)
    counts = []
    for _ in range(2):
        await make_place(admin, location["id"])
        with counted_queries(app) as sent:
            await admin.read(f"/v1/locations/{location['id']}/places")
        counts.append(len(sent))
    # who asks, the location, the places
    assert counts == [3, 3]
