"""Time off over HTTP."""

from typing import Any

import pytest

from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.make import NOBODY_HIT, make_practitioner, make_time_off
from tests.practitioners.resources import resource_version
from tests.trail import trail_of

BODY = {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-05T00:00:00Z", "reason": "Conference"}


def path_of(practitioner: Json) -> str:
    return f"/v1/practitioners/{practitioner['id']}/time-off"


async def test_time_off_is_made_changed_and_taken_back(
    admin: Client, receptionist: Client, mira: Json, database: Database
) -> None:
    response = await receptionist.send_json("POST", path_of(mira), BODY)
    made = response.json()
    one = f"{path_of(mira)}/{made['id']}"
    assert await trail_of(admin, response) == [("time_off.create", made["id"], ["ends_at", "reason", "starts_at"])]
    assert (response.status_code, response.headers["location"], response.headers["etag"]) == (201, one, '"2"')
    assert made == made | BODY | {"practitioner_id": mira["id"], "version": 2} | NOBODY_HIT
    shown = {name: value for name, value in made.items() if name not in NOBODY_HIT}
    read = await receptionist.get(one)
    assert (read.json(), read.headers["etag"]) == (shown, '"2"')
    assert (await receptionist.read(path_of(mira)))["items"] == [shown]

    changes = {"ends_at": "2026-12-02T12:00:00+01:00", "reason": None}
    response = await receptionist.send_json("PATCH", one, changes, **{"If-Match": '"2"'})
    assert await trail_of(admin, response) == [("time_off.update", made["id"], ["ends_at", "reason"])]
    changed = response.json()
    assert (changed["starts_at"], changed["ends_at"], changed["reason"]) == (BODY["starts_at"], "2026-12-02T11:00:00Z", None)
    assert (changed["version"], response.headers["etag"]) == (3, '"3"')

    response = await receptionist.delete(one, headers={"If-Match": '"3"'})
    assert (response.status_code, response.content) == (204, b"")
    assert await trail_of(admin, response) == [("time_off.delete", made["id"], [])]
    problem(await receptionist.get(one), 404, "not_found")
    assert (await admin.read(f"/v1/practitioners/{mira['id']}"))["version"] == 4
    assert await resource_version(database, mira) == 3


async def test_it_is_listed_by_start_and_filtered_by_days_of_the_clinic(admin: Client, mira: Json) -> None:
    await admin.change("/v1/clinic", {"time_zone": "Pacific/Auckland"}, version=1)
    # In Auckland, thirteen hours ahead: the third of December, and from the tenth to the twelfth.
    for starts_at, ends_at in (
        ("2026-12-09T11:00:00Z", "2026-12-12T11:00:00Z"),
        ("2026-12-02T11:00:00Z", "2026-12-03T11:00:00Z"),
    ):
        await make_time_off(admin, mira, starts_at=starts_at, ends_at=ends_at)
    await make_time_off(admin, await make_practitioner(admin))

    async def days(**filters: Any) -> list[str]:
        return [one["starts_at"][8:10] for one in (await admin.read(path_of(mira), **filters))["items"]]

    assert await days() == ["02", "09"]
    assert await days(**{"from": "2026-12-03", "to": "2026-12-03"}) == ["02"]
    assert await days(**{"from": "2026-12-04", "to": "2026-12-09"}) == []
    assert await days(**{"from": "2026-12-11", "to": "2026-12-11"}) == ["09"]
    assert await days(**{"from": "2026-12-12"}) == ["09"]
    assert await days(**{"from": "2026-12-13"}) == await days(to="2026-12-02") == []
    first = await admin.read(path_of(mira), limit=1)
    assert await days(limit=1, cursor=first["next_cursor"]) == ["09"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"ends_at": "2026-12-02T00:00:00Z"}, "/ends_at", id="no time at all"),
        pytest.param({"ends_at": "2026-12-01T00:00:00Z"}, "/ends_at", id="reversed"),
        pytest.param({"ends_at": "2028-01-06T00:00:01Z"}, "/ends_at", id="more than 400 days"),
        pytest.param({"starts_at": "2026-12-02T00:00:00"}, "/starts_at", id="without an offset"),
        pytest.param({"starts_at": None}, "/starts_at", id="from nowhere"),
        pytest.param({"reason": "a\x00b"}, "/reason", id="NUL"),
        pytest.param({"reason": "r" * 201}, "/reason", id="a long story"),
        pytest.param({"location_id": "0199a3f2-c4b0-7d0f-8f4e-2b7a91c3d5e6"}, "", id="unknown field"),
    ],
)
async def test_what_makes_no_sense_is_refused(admin: Client, mira: Json, changes: dict[str, Any], pointer: str) -> None:
    made = await admin.create(path_of(mira), BODY)
    for refused in (
        await admin.send_json("POST", path_of(mira), BODY | changes),
        await admin.send_json("PATCH", f"{path_of(mira)}/{made['id']}", changes, **{"If-Match": '"2"'}),
    ):
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]
    assert len((await admin.read(path_of(mira)))["items"]) == 1


async def test_four_hundred_days_are_allowed(admin: Client, mira: Json) -> None:
    made = await admin.create(path_of(mira), BODY | {"ends_at": "2028-01-06T00:00:00Z"})
    assert made["ends_at"] == "2028-01-06T00:00:00Z"


async def test_the_version_is_the_practitioners_and_decided_before_the_body(admin: Client, mira: Json) -> None:
    one = f"{path_of(mira)}/{(await make_time_off(admin, mira))['id']}"
    problem(await admin.send_json("PATCH", one, {"ends_at": 7}), 428, "if_match_required")
    problem(await admin.send_json("PATCH", one, {"ends_at": 7}, **{"If-Match": '"1"'}), 412, "version_changed")
    problem(await admin.delete(one), 428, "if_match_required")
    problem(await admin.delete(one, headers={"If-Match": '"1"'}), 412, "version_changed")


async def test_a_practitioner_sees_and_writes_their_own_only(
    admin: Client, as_mira: Client, as_nobody: Client, mira: Json
) -> None:
    other = await make_practitioner(admin, name="Other")
    theirs = await make_time_off(admin, other)
    await make_time_off(as_mira, mira)
    assert len((await as_mira.read(path_of(mira)))["items"]) == 1
    for client, path in ((as_mira, path_of(other)), (as_nobody, path_of(other)), (as_nobody, path_of(mira))):
        problem(await client.get(path), 404, "not_found")
        problem(await client.send_json("POST", path, BODY), 404, "not_found")
    for path in (path_of(other), path_of(mira)):
        one, match = f"{path}/{theirs['id']}", {"If-Match": '"2"'}
        problem(await as_mira.get(one), 404, "not_found")
        problem(await as_mira.send_json("PATCH", one, {"reason": None}, **match), 404, "not_found")
        problem(await as_mira.delete(one, headers=match), 404, "not_found")
    assert (await admin.read(path_of(other)))["items"][0]["id"] == theirs["id"]


async def test_others_have_no_part_in_it(public: Client, editor: Client, admin: Client, mira: Json) -> None:
    one = f"{path_of(mira)}/{(await make_time_off(admin, mira))['id']}"
    for client, status, code in ((public, 401, "unauthenticated"), (editor, 403, "forbidden")):
        for path in (path_of(mira), one):
            problem(await client.get(path), status, code)
        problem(await client.send_json("POST", path_of(mira), BODY), status, code)
        problem(await client.send_json("PATCH", one, {}, **{"If-Match": '"2"'}), status, code)
        problem(await client.delete(one, headers={"If-Match": '"2"'}), status, code)
