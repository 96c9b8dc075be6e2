"""Weekly hours and registrations over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.make import NOBODY_HIT, make_location, make_practitioner, set_hours
from tests.practitioners.resources import resource_version
from tests.trail import trail_of

LINE = {"weekday": 2, "starts": "09:00", "ends": "17:30"}
DEFAULTS = {"valid_from": None, "valid_until": None, "every_weeks": 1}
REGISTRATION = {"body": "Example Council", "number": "EX-7", "valid_until": "2027-12-31"}


def hours_path(practitioner: Json) -> str:
    return f"/v1/practitioners/{practitioner['id']}/working-hours"


def registrations_path(practitioner: Json) -> str:
    return f"/v1/practitioners/{practitioner['id']}/registrations"


async def test_hours_replace_those_before_and_move_both_versions(
    receptionist: Client, mira: Json, location: Json, database: Database
) -> None:
    assert await receptionist.read(hours_path(mira)) == {"items": []}
    await set_hours(receptionist, mira, location["id"])
    sent = [
        {**LINE, "location_id": location["id"], "weekday": 5, "valid_from": "2026-12-04", "every_weeks": 52},
        {**LINE, "location_id": location["id"], "starts": "18:00", "ends": "24:00"},
        {**LINE, "location_id": location["id"], "valid_until": "2026-12-31"},
    ]
    response = await receptionist.send_json("PUT", hours_path(mira), {"items": sent}, **{"If-Match": '"2"'})
    assert (response.status_code, response.headers["etag"]) == (200, '"3"')
    expected = {"items": [{**DEFAULTS, **sent[2]}, {**DEFAULTS, **sent[1]}, {**DEFAULTS, **sent[0]}]}
    assert response.json() == expected | NOBODY_HIT
    read = await receptionist.get(hours_path(mira))
    assert (read.json(), read.headers["etag"]) == (expected, '"3"')
    assert (await receptionist.read(f"/v1/practitioners/{mira['id']}"))["version"] == 3
    assert await resource_version(database, mira) == 2
    cached = await receptionist.get(hours_path(mira), headers={"If-None-Match": '"3"'})
    assert cached.status_code == 304


async def test_who_replaced_them_is_on_the_trail(admin: Client, receptionist: Client, mira: Json) -> None:
    response = await receptionist.send_json("PUT", hours_path(mira), {"items": []}, **{"If-Match": '"1"'})
    assert await trail_of(admin, response) == [("practitioner.hours", mira["id"], ["working_hours"])]
    response = await receptionist.send_json("PUT", registrations_path(mira), {"items": []}, **{"If-Match": '"2"'})
    assert await trail_of(admin, response) == [("practitioner.registrations", mira["id"], ["registrations"])]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"starts": "22:00", "ends": "02:00"}, id="into the next day"),
        pytest.param({"starts": "09:00", "ends": "00:00"}, id="until midnight"),
        pytest.param({"starts": "00:00", "ends": "24:00"}, id="the whole day"),
        pytest.param({"starts": "23:59", "ends": "24:00"}, id="the last minute"),
        pytest.param({"starts": "10:00", "ends": "09:59"}, id="almost round the clock"),
        pytest.param({"valid_from": "2026-12-01", "valid_until": "2026-12-01"}, id="one day"),
        pytest.param({"valid_from": "2026-12-01", "every_weeks": 52}, id="once a year"),
        pytest.param({"every_weeks": 1}, id="every week"),
    ],
)
async def test_hours_that_make_sense(receptionist: Client, mira: Json, location: Json, changes: dict[str, Any]) -> None:
    line = {**LINE, "location_id": location["id"], **changes}
    answer = await receptionist.change(hours_path(mira), {"items": [line]}, version=1, method="PUT")
    assert answer == {"items": [{**DEFAULTS, **line}], **NOBODY_HIT}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"ends": "09:00"}, "/items/1/ends", id="equal ends"),
        pytest.param({"starts": "24:00", "ends": "24:00"}, "/items/1/starts", id="starts at the end"),
        pytest.param({"starts": "24:00"}, "/items/1/starts", id="starts at the end of the day"),
        pytest.param({"ends": "24:01"}, "/items/1/ends", id="after the end of the day"),
        pytest.param({"ends": "9:30"}, "/items/1/ends", id="one digit"),
        pytest.param({"ends": 1050}, "/items/1/ends", id="a number"),
        pytest.param({"ends": "17:30:00"}, "/items/1/ends", id="seconds"),
        pytest.param({"weekday": 0}, "/items/1/weekday", id="before Monday"),
        pytest.param({"weekday": 8}, "/items/1/weekday", id="after Sunday"),
        pytest.param(
            {"valid_from": "2026-12-02", "valid_until": "2026-12-01"}, "/items/1/valid_until", id="over before it begins"
        ),
        pytest.param({"every_weeks": 2}, "/items/1/valid_from", id="counted from nowhere"),
        pytest.param({"every_weeks": 0, "valid_from": "2026-12-01"}, "/items/1/every_weeks", id="every no weeks"),
        pytest.param({"every_weeks": 53, "valid_from": "2026-12-01"}, "/items/1/every_weeks", id="less than once a year"),
        pytest.param({"location_id": str(uuid4())}, "/items/1/location_id", id="unknown location"),
    ],
)
async def test_hours_that_make_no_sense(
    receptionist: Client, mira: Json, location: Json, changes: dict[str, Any], pointer: str
) -> None:
    line = {**LINE, "location_id": location["id"]}
    refused = await receptionist.send_json("PUT", hours_path(mira), {"items": [line, line | changes]}, **{"If-Match": '"1"'})
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]
    assert await receptionist.read(hours_path(mira)) == {"items": []}


async def test_a_pattern_has_at_most_a_hundred_lines(receptionist: Client, mira: Json, location: Json) -> None:
    line = {**LINE, "location_id": location["id"]}
    await receptionist.change(hours_path(mira), {"items": [line] * 100}, version=1, method="PUT")
    refused = await receptionist.send_json("PUT", hours_path(mira), {"items": [line] * 101}, **{"If-Match": '"2"'})
    problem(refused, 422, "invalid")
    assert len((await receptionist.read(hours_path(mira)))["items"]) == 100


@pytest.mark.parametrize("path_of", [hours_path, registrations_path])
async def test_the_version_is_decided_before_the_body(receptionist: Client, mira: Json, path_of: Any) -> None:
    path, nonsense = path_of(mira), {"items": [{"weekday": 9}]}
    problem(await receptionist.send_json("PUT", path, nonsense), 428, "if_match_required")
    problem(await receptionist.send_json("PUT", path, nonsense, **{"If-Match": '"9"'}), 412, "version_changed")
    problem(await receptionist.send_json("PUT", path, nonsense, **{"If-Match": '"1"'}), 422, "invalid")


@pytest.mark.parametrize("path_of", [hours_path, registrations_path])
async def test_a_practitioner_sees_and_writes_their_own_only(
    admin: Client, as_mira: Client, as_nobody: Client, mira: Json, path_of: Any
) -> None:
    other, match = await make_practitioner(admin, name="Other"), {"If-Match": '"1"'}
    assert (await as_mira.get(path_of(mira))).status_code == 200
    assert (await as_mira.send_json("PUT", path_of(mira), {"items": []}, **match)).status_code == 200
    for client, path in ((as_mira, path_of(other)), (as_nobody, path_of(other)), (as_nobody, path_of(mira))):
        problem(await client.get(path), 404, "not_found")
        problem(await client.send_json("PUT", path, {"items": []}, **match), 404, "not_found")
    assert (await admin.read(f"/v1/practitioners/{other['id']}"))["version"] == 1


@pytest.mark.parametrize("path_of", [hours_path, registrations_path])
async def test_others_have_no_part_in_it(public: Client, editor: Client, mira: Json, path_of: Any) -> None:
    for client, status, code in ((public, 401, "unauthenticated"), (editor, 403, "forbidden")):
        problem(await client.get(path_of(mira)), status, code)
        problem(await client.send_json("PUT", path_of(mira), {"items": []}, **{"If-Match": '"1"'}), status, code)


async def test_registrations_replace_those_before_and_move_both_versions(
    receptionist: Client, public: Client, mira: Json, database: Database
) -> None:
    older, newer = REGISTRATION, {**REGISTRATION, "number": "EX-8", "valid_until": "2028-01-01"}
    path = registrations_path(mira)
    response = await receptionist.send_json("PUT", path, {"items": [older, newer]}, **{"If-Match": '"1"'})
    assert (response.json(), response.headers["etag"]) == ({"items": [newer, older], **NOBODY_HIT}, '"2"')
    assert await receptionist.read(path) == {"items": [newer, older]}
    # It is in a public register, so that patients can look it up.
    assert (await public.read(f"/v1/practitioners/{mira['id']}"))["registrations"] == [newer, older]
    assert await resource_version(database, mira) == 1
    refused = await receptionist.send_json("PUT", path, {"items": [older, newer, older]}, **{"If-Match": '"2"'})
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == ["/items/2/number"]


async def test_hours_at_two_locations(receptionist: Client, admin: Client, mira: Json, location: Json) -> None:
    second = await make_location(admin, name="Second", active=False)
    sent = [{**DEFAULTS, **LINE, "location_id": place["id"]} for place in (location, second)]
    answer = await receptionist.change(hours_path(mira), {"items": sent}, version=1, method="PUT")
    assert answer == {"items": sent, **NOBODY_HIT}
