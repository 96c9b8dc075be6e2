"""Closures over HTTP."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.make import NOBODY_HIT, make_closure, make_location, make_practitioner, make_user
from tests.practitioners.resources import resource_version
from tests.trail import trail_of

BODY: Json = {"from_on": "2026-12-24", "to_on": "2026-12-26", "reason": "Christmas"}
WHOLE = {"location_id": None, "starts": None, "ends": None, "source": None, "version": 1}


async def test_a_closure_is_made_changed_and_taken_back(admin: Client, receptionist: Client, database: Database) -> None:
    workers = [await make_practitioner(admin) for _ in range(2)]
    response = await receptionist.send_json("POST", "/v1/closures", BODY)
    made = response.json()
    one = f"/v1/closures/{made['id']}"
    assert await trail_of(admin, response) == [("closure.create", made["id"], ["from_on", "reason", "to_on"])]
    assert (response.status_code, response.headers["location"], response.headers["etag"]) == (201, one, '"1"')
    assert made == made | WHOLE | BODY | NOBODY_HIT
    shown = {name: value for name, value in made.items() if name not in NOBODY_HIT}
    read = await receptionist.get(one)
    assert (read.json(), read.headers["etag"]) == (shown, '"1"')
    assert (await receptionist.get(one, headers={"If-None-Match": '"1"'})).status_code == 304
    assert (await receptionist.read("/v1/closures"))["items"] == [shown]

    response = await receptionist.send_json("PATCH", one, {"to_on": "2026-12-24", "starts": "12:00"}, **{"If-Match": '"1"'})
    assert await trail_of(admin, response) == [("closure.update", made["id"], ["starts", "to_on"])]
    changed = response.json()
    assert (changed["to_on"], changed["starts"], changed["ends"]) == ("2026-12-24", "12:00", "24:00")
    assert (changed["version"], response.headers["etag"]) == (2, '"2"')

    response = await receptionist.delete(one, headers={"If-Match": '"2"'})
    assert (response.status_code, response.content) == (204, b"")
    assert await trail_of(admin, response) == [("closure.delete", made["id"], [])]
    problem(await receptionist.get(one), 404, "not_found")
    # It is everybody's, wherever they work.
    assert [await resource_version(database, worker) for worker in workers] == [3, 3]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param({"starts": "12:00"}, ("12:00", "24:00"), id="from noon"),
        pytest.param({"ends": "12:00"}, ("00:00", "12:00"), id="until noon"),
        pytest.param({"starts": "12:00", "ends": "12:01"}, ("12:00", "12:01"), id="a minute"),
        pytest.param({"starts": "23:59", "ends": "24:00"}, ("23:59", "24:00"), id="the last minute"),
        pytest.param({"starts": None, "ends": None}, (None, None), id="whole days"),
    ],
)
async def test_a_part_of_each_day_has_two_ends(admin: Client, sent: Json, shown: Any) -> None:
    made = await make_closure(admin, **sent)
    assert (made["starts"], made["ends"]) == shown
    one = f"/v1/closures/{made['id']}"
    changed = await admin.change(one, {"starts": "08:00", "ends": "09:00"}, version=1)
    changed = await admin.change(one, {"ends": None}, version=changed["version"])
    assert (changed["starts"], changed["ends"]) == ("08:00", "24:00")
    changed = await admin.change(one, {"starts": None, "ends": None}, version=changed["version"])
    assert (changed["starts"], changed["ends"]) == (None, None)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"to_on": "2026-12-23"}, "/to_on", id="reversed"),
        pytest.param({"to_on": "2028-01-28"}, "/to_on", id="401 days"),
        pytest.param({"from_on": "2026-02-29"}, "/from_on", id="no such date"),
        pytest.param({"starts": "12:00", "ends": "12:00"}, "/ends", id="equal ends"),
        pytest.param({"starts": "12:00", "ends": "11:00"}, "/ends", id="over midnight"),
        pytest.param({"ends": "00:00"}, "/ends", id="no time at all"),
        pytest.param({"starts": "24:00"}, "/starts", id="starts at the end of the day"),
        pytest.param({"starts": 720}, "/starts", id="a number"),
        pytest.param({"location_id": str(uuid4())}, "/location_id", id="unknown location"),
        pytest.param({"reason": " "}, "/reason", id="blank"),
        pytest.param({"reason": "a\x00b"}, "/reason", id="NUL"),
        pytest.param({"reason": "r" * 201}, "/reason", id="a long story"),
        pytest.param({"reason": None}, "/reason", id="for no reason"),
        pytest.param({"source": "GB-ENG"}, "", id="a source is not sent"),
    ],
)
async def test_what_makes_no_sense_is_refused(admin: Client, changes: dict[str, Any], pointer: str) -> None:
    made = await make_closure(admin, **BODY)
    for refused in (
        await admin.send_json("POST", "/v1/closures", BODY | changes),
        await admin.send_json("PATCH", f"/v1/closures/{made['id']}", changes, **{"If-Match": '"1"'}),
    ):
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]
    assert len((await admin.read("/v1/closures"))["items"]) == 1


async def test_four_hundred_days_are_allowed(admin: Client) -> None:
    assert (await make_closure(admin, from_on="2026-12-24", to_on="2028-01-27"))["to_on"] == "2028-01-27"


async def test_they_are_listed_by_date_and_filtered(admin: Client) -> None:
    here, there = [(await make_location(admin))["id"] for _ in range(2)]
    for reason, from_on, to_on, where in (
        ("late", "2026-12-24", "2026-12-26", None),
        ("here", "2026-12-02", "2026-12-02", here),
        ("there", "2026-12-03", "2026-12-10", there),
    ):
        await make_closure(admin, reason=reason, from_on=from_on, to_on=to_on, location_id=where)

    async def reasons(**filters: Any) -> list[str]:
        return [one["reason"] for one in (await admin.read("/v1/closures", **filters))["items"]]

    assert await reasons() == ["here", "there", "late"]
    assert await reasons(**{"from": "2026-12-05", "to": "2026-12-24"}) == ["there", "late"]
    assert await reasons(**{"from": "2026-12-11", "to": "2026-12-23"}) == []
    assert await reasons(**{"from": "2026-12-26"}) == ["late"]
    assert await reasons(location_id=here) == ["here", "late"]
    first = await admin.read("/v1/closures", limit=2)
    assert await reasons(limit=2, cursor=first["next_cursor"]) == ["late"]


async def test_the_version_is_decided_before_the_body(admin: Client) -> None:
    one = f"/v1/closures/{(await make_closure(admin))['id']}"
    problem(await admin.send_json("PATCH", one, {"reason": 7}), 428, "if_match_required")
    problem(await admin.send_json("PATCH", one, {"reason": 7}, **{"If-Match": '"2"'}), 412, "version_changed")
    problem(await admin.delete(one), 428, "if_match_required")
    problem(await admin.delete(one, headers={"If-Match": '"2"'}), 412, "version_changed")
    unknown = f"/v1/closures/{uuid4()}"
    problem(await admin.get(unknown), 404, "not_found")
    problem(await admin.send_json("PATCH", unknown, {"reason": 7}, **{"If-Match": '"1"'}), 404, "not_found")
    problem(await admin.delete(unknown, headers={"If-Match": '"1"'}), 404, "not_found")


async def test_who_may(admin: Client, public: Client, editor: Client, app: FastAPI, database: Database) -> None:
    one, match = f"/v1/closures/{(await make_closure(admin))['id']}", {"If-Match": '"1"'}
    holidays = {"country": "GB", "years": [2027]}
    async with Client.of(app, token=await make_user(database, role="practitioner")) as practitioner:
        assert (await practitioner.read("/v1/closures"))["items"] == [await practitioner.read(one)]
        for client, status, code in (
            (practitioner, 403, "forbidden"),
            (editor, 403, "forbidden"),
            (public, 401, "unauthenticated"),
        ):
            problem(await client.send_json("POST", "/v1/closures", BODY), status, code)
            problem(await client.send_json("POST", "/v1/closures/import", holidays), status, code)
            problem(await client.send_json("PATCH", one, {}, **match), status, code)
            problem(await client.delete(one, headers=match), status, code)
    for client, status, code in ((editor, 403, "forbidden"), (public, 401, "unauthenticated")):
        problem(await client.get("/v1/closures"), status, code)
        problem(await client.get(one), status, code)
