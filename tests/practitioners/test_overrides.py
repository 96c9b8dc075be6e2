"""Overrides over HTTP: other hours on one date."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.make import NOBODY_HIT, make_location, make_override, make_practitioner
from tests.practitioners.resources import resource_version
from tests.trail import trail_of

WINDOW = {"starts": "12:00", "ends": "20:00"}


def path_of(practitioner: Json) -> str:
    return f"/v1/practitioners/{practitioner['id']}/overrides"


@pytest.fixture
def body(location: Json) -> Json:
    return {"location_id": location["id"], "date": "2026-12-02", "windows": [WINDOW]}


async def test_an_override_is_made_changed_and_taken_back(
    admin: Client, receptionist: Client, mira: Json, body: Json, database: Database
) -> None:
    response = await receptionist.send_json("POST", path_of(mira), body)
    made = response.json()
    one = f"{path_of(mira)}/{made['id']}"
    assert await trail_of(admin, response) == [("override.create", made["id"], ["date", "location_id", "windows"])]
    assert (response.status_code, response.headers["location"], response.headers["etag"]) == (201, one, '"2"')
    assert made == made | body | {"practitioner_id": mira["id"], "version": 2} | NOBODY_HIT
    shown = {name: value for name, value in made.items() if name not in NOBODY_HIT}
    read = await receptionist.get(one)
    assert (read.json(), read.headers["etag"]) == (shown, '"2"')
    assert (await receptionist.get(one, headers={"If-None-Match": '"2"'})).status_code == 304
    assert (await receptionist.read(path_of(mira)))["items"] == [shown]

    response = await receptionist.send_json("PATCH", one, {"windows": []}, **{"If-Match": '"2"'})
    changed = response.json()
    assert await trail_of(admin, response) == [("override.update", made["id"], ["windows"])]
    assert (changed["windows"], changed["date"], changed["version"], response.headers["etag"]) == ([], "2026-12-02", 3, '"3"')
    assert changed["updated_at"] >= made["updated_at"]

    response = await receptionist.delete(one, headers={"If-Match": '"3"'})
    assert (response.status_code, response.json(), response.headers["etag"]) == (200, NOBODY_HIT, '"4"')
    assert await trail_of(admin, response) == [("override.delete", made["id"], [])]
    problem(await receptionist.get(one), 404, "not_found")
    assert (await admin.read(f"/v1/practitioners/{mira['id']}"))["version"] == 4
    assert await resource_version(database, mira) == 3


async def test_there_is_one_for_a_date_and_a_location(admin: Client, mira: Json, body: Json) -> None:
    await admin.create(path_of(mira), body)
    problem(await admin.send_json("POST", path_of(mira), body | {"windows": []}), 409, "override_exists")
    await admin.create(path_of(mira), body | {"date": "2026-12-03"})
    await admin.create(path_of(mira), body | {"location_id": (await make_location(admin))["id"]})
    await admin.create(path_of(await make_practitioner(admin)), body)
    assert (await admin.read(f"/v1/practitioners/{mira['id']}"))["version"] == 4


async def test_of_those_who_want_one_date_at_once_one_gets_it(admin: Client, mira: Json, body: Json) -> None:
    same = await asyncio.gather(*(admin.send_json("POST", path_of(mira), body) for _ in range(5)))
    assert sorted(answer.status_code for answer in same) == [201, 409, 409, 409, 409]
    # Making one needs no version, so those for other dates do not mind each other.
    others = (body | {"date": f"2026-12-{day}"} for day in range(10, 15))
    different = await asyncio.gather(*(admin.send_json("POST", path_of(mira), other) for other in others))
    assert sorted(answer.json()["version"] for answer in different) == [3, 4, 5, 6, 7]


async def test_they_are_listed_by_date_and_filtered(admin: Client, mira: Json, location: Json) -> None:
    second = await make_location(admin)
    for on, where in (("2026-12-24", location), ("2026-12-02", location), ("2026-12-02", second)):
        await make_override(admin, mira, where["id"], date=on)
    await make_override(admin, await make_practitioner(admin), location["id"])

    async def dates(**filters: Any) -> list[str]:
        return [one["date"] for one in (await admin.read(path_of(mira), **filters))["items"]]

    assert await dates() == ["2026-12-02", "2026-12-02", "2026-12-24"]
    assert await dates(**{"from": "2026-12-03"}) == await dates(**{"from": "2026-12-24"}) == ["2026-12-24"]
    assert await dates(to="2026-12-02") == ["2026-12-02"] * 2
    assert await dates(to="2026-12-01") == []
    assert await dates(location_id=second["id"]) == ["2026-12-02"]
    first = await admin.read(path_of(mira), limit=2)
    rest = await admin.read(path_of(mira), limit=2, cursor=first["next_cursor"])
    assert [one["date"] for one in rest["items"]] == ["2026-12-24"]
    assert "next_cursor" not in rest


@pytest.mark.parametrize(
    "window",
    [
        pytest.param({"starts": "22:00", "ends": "02:00"}, id="into the next day"),
        pytest.param({"starts": "09:00", "ends": "00:00"}, id="until midnight"),
        pytest.param({"starts": "00:00", "ends": "24:00"}, id="the whole day"),
        pytest.param({"starts": "10:00", "ends": "09:59"}, id="almost round the clock"),
    ],
)
async def test_windows_that_make_sense(admin: Client, mira: Json, body: Json, window: Json) -> None:
    made = await admin.create(path_of(mira), body | {"windows": [window] * 20})
    assert made["windows"] == [window] * 20


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"windows": [WINDOW, {"starts": "09:00", "ends": "09:00"}]}, "/windows/1/ends", id="equal ends"),
        pytest.param({"windows": [{"starts": "24:00", "ends": "09:00"}]}, "/windows/0/starts", id="starts at the end"),
        pytest.param({"windows": [{"starts": "09:00", "ends": "24:01"}]}, "/windows/0/ends", id="after the end"),
        pytest.param({"windows": [{"starts": 540, "ends": "17:00"}]}, "/windows/0/starts", id="a number"),
        pytest.param({"windows": [WINDOW] * 21}, "/windows", id="too many"),
        pytest.param({"windows": [WINDOW] * 10_000}, "", id="far too many"),
        pytest.param({"windows": None}, "/windows", id="no list"),
        pytest.param({"date": "2026-02-29"}, "/date", id="no such date"),
        pytest.param({"date": "1999-12-31"}, "/date", id="long ago"),
        pytest.param({"location_id": str(uuid4())}, "/location_id", id="unknown location"),
        pytest.param({"location_id": "\x00"}, "/location_id", id="no id"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    admin: Client, mira: Json, body: Json, changes: dict[str, Any], pointer: str
) -> None:
    refused = [await admin.send_json("POST", path_of(mira), body | changes)]
    if "windows" in changes:
        made = await admin.create(path_of(mira), body)
        one, match = f"{path_of(mira)}/{made['id']}", {"If-Match": f'"{made["version"]}"'}
        refused.append(await admin.send_json("PATCH", one, changes, **match))
    for answer in refused:
        assert [error["pointer"] for error in problem(answer, 422, "invalid")["errors"]] == [pointer]


async def test_location_and_date_are_for_good(admin: Client, mira: Json, body: Json) -> None:
    made = await admin.create(path_of(mira), body)
    one = f"{path_of(mira)}/{made['id']}"
    for changes in ({"date": "2026-12-03"}, {"location_id": body["location_id"]}):
        problem(await admin.send_json("PATCH", one, changes, **{"If-Match": '"2"'}), 422, "invalid")


async def test_the_version_is_the_practitioners_and_decided_before_the_body(admin: Client, mira: Json, body: Json) -> None:
    one = f"{path_of(mira)}/{(await admin.create(path_of(mira), body))['id']}"
    await admin.change(f"/v1/practitioners/{mira['id']}", {"bio": None}, version=2)
    problem(await admin.send_json("PATCH", one, {"windows": 7}), 428, "if_match_required")
    problem(await admin.send_json("PATCH", one, {"windows": 7}, **{"If-Match": '"2"'}), 412, "version_changed")
    problem(await admin.delete(one), 428, "if_match_required")
    problem(await admin.delete(one, headers={"If-Match": '"2"'}), 412, "version_changed")
    assert (await admin.delete(one, headers={"If-Match": '"3"'})).status_code == 200


async def test_a_practitioner_sees_and_writes_their_own_only(
    admin: Client, as_mira: Client, as_nobody: Client, mira: Json, body: Json
) -> None:
    other = await make_practitioner(admin, name="Other")
    theirs = await admin.create(path_of(other), body)
    await as_mira.create(path_of(mira), body)
    assert len((await as_mira.read(path_of(mira)))["items"]) == 1
    for client, path in ((as_mira, path_of(other)), (as_nobody, path_of(other)), (as_nobody, path_of(mira))):
        problem(await client.get(path), 404, "not_found")
        problem(await client.send_json("POST", path, body), 404, "not_found")
    # Neither under their address nor under her own.
    for path in (path_of(other), path_of(mira)):
        one, match = f"{path}/{theirs['id']}", {"If-Match": '"2"'}
        problem(await as_mira.get(one), 404, "not_found")
        problem(await as_mira.send_json("PATCH", one, {"windows": []}, **match), 404, "not_found")
        problem(await as_mira.delete(one, headers=match), 404, "not_found")
    assert (await admin.read(f"{path_of(other)}/{theirs['id']}"))["windows"] == [WINDOW]
    problem(await admin.get(f"{path_of(mira)}/{theirs['id']}"), 404, "not_found")


async def test_others_have_no_part_in_it(public: Client, editor: Client, admin: Client, mira: Json, body: Json) -> None:
    one = f"{path_of(mira)}/{(await admin.create(path_of(mira), body))['id']}"
    for client, status, code in ((public, 401, "unauthenticated"), (editor, 403, "forbidden")):
        for path in (path_of(mira), one):
            problem(await client.get(path), status, code)
        problem(await client.send_json("POST", path_of(mira), body), status, code)
        problem(await client.send_json("PATCH", one, {}, **{"If-Match": '"2"'}), status, code)
        problem(await client.delete(one, headers={"If-Match": '"2"'}), status, code)
