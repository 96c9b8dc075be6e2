"""Public holidays become closures."""

from typing import Any
from uuid import uuid4

import pytest

from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.make import NOBODY_HIT, make_location, make_practitioner
from tests.practitioners.resources import resource_version
from tests.trail import trail_of

PATH = "/v1/closures/import"
ENGLAND: Json = {"country": "GB", "subdivision": "ENG", "years": [2026]}


async def test_holidays_are_imported_once_and_can_be_edited(admin: Client, receptionist: Client, database: Database) -> None:
    worker = await make_practitioner(admin)
    response = await receptionist.send_json("POST", PATH, ENGLAND)
    made = response.json()
    assert (response.status_code, response.headers["location"]) == (201, "/v1/closures?from=2026-01-01&to=2026-12-31")
    assert made == made | {"skipped": 0} | NOBODY_HIT
    christmas = next(one for one in made["items"] if one["from_on"] == "2026-12-25")
    whole_day = {"to_on": "2026-12-25", "starts": None, "ends": None, "location_id": None}
    assert christmas == christmas | whole_day | {"reason": "Christmas Day", "source": "GB-ENG", "version": 1}
    assert (await receptionist.read("/v1/closures", limit=100))["items"] == made["items"]
    assert await trail_of(admin, response) == [("closure.import", None, ["country", "subdivision", "years"])]
    assert await resource_version(database, worker) == 1

    one = f"/v1/closures/{christmas['id']}"
    await receptionist.change(one, {"starts": "12:00", "reason": "Open in the morning"}, version=1)
    gone = made["items"][0]
    await receptionist.delete(f"/v1/closures/{gone['id']}", headers={"If-Match": '"1"'})
    again = await receptionist.create(PATH, ENGLAND)
    assert ([again_made["from_on"] for again_made in again["items"]], again["skipped"]) == (
        [gone["from_on"]],
        len(made["items"]) - 1,
    )
    assert (await receptionist.read(one))["reason"] == "Open in the morning"


async def test_a_source_and_a_location_are_told_apart(admin: Client) -> None:
    location = (await make_location(admin))["id"]
    count = len((await admin.create(PATH, ENGLAND))["items"])
    for other in ({"location_id": location}, {"subdivision": None}, {"subdivision": "SCT"}):
        made = await admin.create(PATH, ENGLAND | other)
        assert (made["skipped"], made["items"][0]["location_id"]) == (0, other.get("location_id"))
    made = await admin.create(PATH, ENGLAND | {"years": [2027, 2026]})
    assert made["skipped"] == count
    assert {one["from_on"][:4] for one in made["items"]} == {"2027"}
    assert [one["from_on"] for one in made["items"]] == sorted(one["from_on"] for one in made["items"])


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"country": "XX"}, "/country", id="unknown country"),
        pytest.param({"country": "gb"}, "/country", id="small letters"),
        pytest.param({"country": "GBR"}, "/country", id="three letters"),
        pytest.param({"subdivision": "XX"}, "/subdivision", id="unknown subdivision"),
        pytest.param({"subdivision": "Scotland"}, "/subdivision", id="a name"),
        pytest.param({"years": []}, "/years", id="no year"),
        pytest.param({"years": [2026, 2027, 2028, 2029, 2030, 2031]}, "/years", id="six years"),
        pytest.param({"years": [2026, 2026]}, "/years/1", id="a year twice"),
        pytest.param({"years": [1999]}, "/years/0", id="long ago"),
        pytest.param({"years": [2101]}, "/years/0", id="far away"),
        pytest.param({"country": "JP", "subdivision": None, "years": [2099, 2100]}, "/years/1", id="nobody knows yet"),
        pytest.param({"years": ["2026"]}, "/years/0", id="a string"),
        pytest.param({"location_id": str(uuid4())}, "/location_id", id="unknown location"),
    ],
)
async def test_what_makes_no_sense_is_refused(admin: Client, changes: dict[str, Any], pointer: str) -> None:
    refused = await admin.send_json("POST", PATH, ENGLAND | changes)
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]
    assert (await admin.read("/v1/closures"))["items"] == []
