"""Locations over HTTP."""

from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.history import write_appointment
from tests.make import (
    make_closure,
    make_location,
    make_override,
    make_patient,
    make_place,
    make_practitioner,
    make_treatment,
    set_hours,
)
from tests.practitioners.resources import resource_version
from tests.queries import counted_queries
from tests.trail import trail_of


async def test_a_location_repeats_what_was_sent(admin: Client, public: Client) -> None:
    sent = {"name": "Harbour Street", "time_zone": "Europe/Lisbon", "address": "4 Harbour Street\nExampleton"}
    response = await admin.send_json("POST", "/v1/locations", sent)
    made = response.json()
    assert await trail_of(admin, response) == [("location.create", made["id"], ["active", "address", "name", "time_zone"])]
    assert (response.headers["location"], response.headers["etag"]) == (f"/v1/locations/{made['id']}", '"1"')
    assert made | {**sent, "slug": "harbour-street", "active": True, "version": 1} == made
    assert await public.read(f"/v1/locations/{made['id']}") == made
    assert (await public.read("/v1/locations", slug="harbour-street"))["items"] == [made]
    assert (await public.read("/v1/locations", slug="elsewhere"))["items"] == []


async def test_a_slug_is_numbered_unless_it_was_asked_for(admin: Client) -> None:
    assert [(await make_location(admin))["slug"] for _ in range(2)] == ["harbour-street", "harbour-street-2"]
    body = {"name": "Third", "time_zone": "Europe/London", "slug": "harbour-street"}
    problem(await admin.send_json("POST", "/v1/locations", body), 409, "slug_taken")


async def test_a_patch_changes_what_is_sent(admin: Client) -> None:
    made = await make_location(admin, address="1 Quay Lane")
    path = f"/v1/locations/{made['id']}"
    problem(await admin.send_json("PATCH", path, {"name": 7}), 428, "if_match_required")
    problem(await admin.send_json("PATCH", path, {"name": 7}, **{"If-Match": '"9"'}), 412, "version_changed")
    response = await admin.send_json("PATCH", path, {"address": None, "slug": "quay"}, **{"If-Match": '"1"'})
    assert await trail_of(admin, response) == [("location.update", made["id"], ["address", "slug"])]
    changed = response.json()
    assert (changed["address"], changed["slug"], changed["name"], changed["version"]) == (None, "quay", "Harbour Street", 2)


async def test_the_public_does_not_see_what_is_inactive(admin: Client, public: Client, editor: Client) -> None:
    made = await make_location(admin, active=False)
    problem(await public.get(f"/v1/locations/{made['id']}"), 404, "not_found")
    assert (await public.read("/v1/locations"))["items"] == []
    assert (await editor.read("/v1/locations"))["items"] == [made]


async def test_only_administrators_write(public: Client, receptionist: Client, admin: Client) -> None:
    made = await make_location(admin)
    body = {"name": "Second", "time_zone": "Europe/London"}
    path = f"/v1/locations/{made['id']}"
    for client, status, code in ((public, 401, "unauthenticated"), (receptionist, 403, "forbidden")):
        problem(await client.send_json("POST", "/v1/locations", body), status, code)
        problem(await client.send_json("PATCH", path, {}, **{"If-Match": '"1"'}), status, code)
        problem(await client.delete(path, headers={"If-Match": '"1"'}), status, code)


async def test_what_nothing_refers_to_can_be_deleted(admin: Client, public: Client) -> None:
    made = await make_location(admin)
    path = f"/v1/locations/{made['id']}"
    problem(await admin.delete(path), 428, "if_match_required")
    problem(await admin.delete(path, headers={"If-Match": '"2"'}), 412, "version_changed")
    response = await admin.delete(path, headers={"If-Match": '"1"'})
    assert (response.status_code, response.content) == (204, b"")
    assert await trail_of(admin, response) == [("location.delete", made["id"], [])]
    problem(await admin.get(path), 404, "not_found")
    assert (await public.read("/v1/clinic"))["time_zones"] == []
    problem(await admin.delete(f"/v1/locations/{uuid4()}", headers={"If-Match": '"1"'}), 404, "not_found")


@pytest.mark.parametrize("referrer", ["place", "hours", "override", "closure"])
async def test_what_is_referred_to_stays(admin: Client, referrer: str) -> None:
    made = await make_location(admin)
    if referrer == "place":
        await make_place(admin, made["id"])
    elif referrer == "closure":
        await make_closure(admin, location_id=made["id"])
    elif referrer == "override":
        await make_override(admin, await make_practitioner(admin), made["id"])
    else:
        await set_hours(admin, await make_practitioner(admin), made["id"])
    refused = await admin.delete(f"/v1/locations/{made['id']}", headers={"If-Match": '"1"'})
    problem(refused, 409, "in_use")
    assert await admin.read(f"/v1/locations/{made['id']}") == made


@pytest.mark.parametrize(
    ("changes", "moved"), [({"active": False}, 1), ({"time_zone": "Europe/Lisbon"}, 1), ({"name": "Renamed", "active": True}, 0)]
)
async def test_a_change_that_moves_time_moves_the_versions_of_those_who_work_there(
    admin: Client, database: Database, changes: Json, moved: int
) -> None:
    location, elsewhere = await make_location(admin), await make_location(admin)
    weekly, elsewhere_only, once = [await make_practitioner(admin) for _ in range(3)]
    await set_hours(admin, weekly, location["id"])
    await set_hours(admin, elsewhere_only, elsewhere["id"])
    await make_override(admin, once, location["id"])
    await admin.change(f"/v1/locations/{location['id']}", changes, version=1)
    versions = [await resource_version(database, worker) for worker in (weekly, once, elsewhere_only)]
    assert versions == [1 + moved, 1 + moved, 1]


@pytest.mark.parametrize(("status", "answer"), [("booked", 409), ("cancelled", 200)])
async def test_appointments_keep_their_wall_time(admin: Client, database: Database, status: str, answer: int) -> None:
    treatment, location, patient = await make_treatment(admin), await make_location(admin), await make_patient(admin)
    practitioner = await make_practitioner(admin, [treatment["id"]])
    await write_appointment(
        database, treatment=treatment, practitioner=practitioner, location=location, patient=patient, status=status
    )
    path = f"/v1/locations/{location['id']}"
    # What is the same is no change, and what is said beside it does not matter.
    await admin.change(path, {"time_zone": "Europe/London", "name": "Renamed"}, version=1)
    response = await admin.send_json("PATCH", path, {"time_zone": "Europe/Lisbon"}, **{"If-Match": '"2"'})
    assert response.status_code == answer
    if answer == 409:
        problem(response, 409, "time_zone_in_use")
    assert (await admin.read(path))["time_zone"] == ("Europe/London" if answer == 409 else "Europe/Lisbon")


async def test_a_list_takes_as_many_queries_however_long_it_is(admin: Client, public: Client, app: FastAPI) -> None:
    counts = []
    for _ in range(2):
        await make_location(admin)
        with counted_queries(app) as sent:
            await public.read("/v1/locations")
        counts.append(len(sent))
    assert counts == [1, 1]
