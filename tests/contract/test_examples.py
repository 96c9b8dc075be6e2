"""Every example of the API's description is sent, and answered as the description says."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.kit.db import Database
from tests.client import Client, Json
from tests.conftest import NOW
from tests.contract import example_world
from tests.contract.document import Operation, document, errors_of, named, operations, resolved

# What has to be so, or not yet be there, for an operation to be possible. The rest happens in the whole world.
_BEFORE: dict[str, dict[str, Any]] = {
    "createLocation": {"until": "clinic"},
    "deleteLocation": {"until": "location"},
    "deletePlace": {"until": "place"},
    "deleteTreatment": {"until": "treatment"},
    "createTreatment": {"until": "place"},
    "createPractitioner": {"until": "treatment"},
    "createArticle": {"until": "patient"},
    "deletePractitioner": {"until": "practitioner"},
    "createAppointment": {"until": "patient"},
    # They hit the appointment, and nothing else does.
    "createOverride": {"until": "appointment"},
    "createTimeOff": {"until": "appointment"},
    "createClosure": {"until": "appointment"},
    "explainAvailability": {"until": "appointment"},
    "getAvailability": {"until": "patient"},
    "createHold": {"until": "patient"},
    "confirmAppointment": {"until": "appointment", "appointment": {"status": "pending"}},
    "rescheduleAppointment": {"until": "appointment"},
    "fulfilAppointment": {"until": "appointment", "appointment": {"status": "arrived"}},
    "undoAppointment": {"until": "appointment", "appointment": {"status": "arrived", "arrived_at": NOW}},
    "listAppointments": {"until": "appointment"},
    "searchAppointments": {"until": "appointment"},
    "getDay": {"until": "appointment"},
    "listCourses": {"until": "course"},
    "getCourse": {"until": "course"},
    "updateCourse": {"until": "course"},
    "extendCourse": {"until": "course"},
    "cancelCourse": {"until": "course"},
    "pauseCourse": {"until": "course"},
    "resumeCourse": {"until": "course", "course": {"paused_at": NOW}},
    "confirmCourse": {"until": "course", "appointment": {"status": "held", "held_until": NOW + timedelta(minutes=5)}},
    "replanCourse": {"until": "course", "course": {"question": example_world.NARROWER}},
    "applyReplan": {"until": "course"},
    "erasePatient": {"until": "patient"},
    "mergePatient": {"until": "alike"},
    "listPatientMatches": {"until": "alike"},
    "submitArticle": {"article": {"status": "draft"}},
    "publishArticle": {"article": {"status": "in_review"}},
}
# The edition of the time-zone database is the machine's, and a cursor's signature the service's.
_VARIES = {"tzdata_version", "next_cursor"}
# What is chosen, or told, when a thing is made, or several are.
_CHOSEN = {
    "id",
    "items",
    "reference",
    "patient_id",
    "created_at",
    "updated_at",
    "version",
    "manage_token",
    "token",
    "expires_at",
    "appointments",
}


@pytest.fixture
async def admin(app: FastAPI, database: Database) -> AsyncIterator[Client]:
    """The administrator of the example world."""
    async with Client.of(app, token=example_world.ADMIN_TOKEN) as client:
        yield client


def _check(operation: Operation, body: Json, response: httpx.Response) -> None:
    """Status, headers and body are as described."""
    assert response.status_code == operation.success(body), response.text
    described = operation.responses[str(response.status_code)]
    for name, header in described["headers"].items():
        if resolved(header).get("required"):
            assert errors_of(resolved(header)["schema"], response.headers.get(name)) == [], name
    told = {name for name in ("ETag", "Location", "Retry-After", "WWW-Authenticate") if name in response.headers}
    assert told <= set(described["headers"])
    if "content" not in described:
        assert response.content == b""
        return
    schema = described["content"][response.headers["content-type"]]["schema"]
    assert errors_of(schema, response.json()) == []


@pytest.mark.parametrize("operation", **named(operations()))
async def test_the_request_is_answered_as_described(
    operation: Operation, admin: Client, public: Client, database: Database
) -> None:
    for body in operation.bodies:
        for client in [admin] if operation.staff_only else [admin, public]:
            async with database.writing() as session:
                await example_world.empty(session)
                await session.commit()
            await example_world.build(database, **_BEFORE.get(operation.id, {}))
            url = operation.url(public=client is public)
            response = await client.request(operation.method.upper(), url, headers=operation.headers(), **operation.content(body))
            _check(operation, body, response)
            if not operation.writes or response.status_code < operation.success(None):
                _check_that_the_example_is_true(operation, response, _VARIES)
                await _check_not_modified(client, url, operation, response)
            elif response.status_code == 201 and body == operation.bodies[0]:
                _check_that_the_example_is_true(operation, response, _CHOSEN)
            if operation.writes and operation.staff_only and not (body and body.get("validate_only")):
                trail = await admin.read("/v1/audit-entries", request_id=response.headers["x-request-id"])
                assert trail["items"], "a staff write that leaves no trace"


def _check_that_the_example_is_true(operation: Operation, response: httpx.Response, but: set[str]) -> None:
    content = operation.responses[str(response.status_code)]["content"]["application/json"]
    varying = {name: value for name, value in response.json().items() if name in but}
    *others, last = [example["value"] | varying for example in content["examples"].values()]
    assert response.json() in others or response.json() == last  # in two, so that a failure shows what differs


async def _check_not_modified(client: Client, url: str, operation: Operation, response: httpx.Response) -> None:
    if operation.method != "get":
        return
    tag = response.headers.get("etag")
    assert ("304" in operation.responses) == (tag is not None)
    if tag is not None:
        again = await client.get(url, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("operation", **named(operations()))
def test_every_example_fits_its_schema(operation: Operation) -> None:
    for parameter in operation.parameters("path") + operation.parameters("query") + operation.parameters("header"):
        assert parameter["description"], parameter["name"]
        # A cursor means something to the server that made it only.
        if parameter["name"] != "cursor":
            assert errors_of(parameter["schema"], parameter["example"]) == [], parameter["name"]
    contents = [answer.get("content", {}) for answer in operation.responses.values()]
    contents.append(operation.spec.get("requestBody", {}).get("content", {}))
    for content in contents:
        for media in content.values():
            assert media["examples"]
            for example in media["examples"].values():
                assert errors_of(media["schema"], example["value"]) == []


def test_every_operation_says_what_it_is() -> None:
    tags = {tag["name"] for tag in document()["tags"]}
    assert all(tag["description"] for tag in document()["tags"])
    assert {tag for operation in operations() for tag in operation.spec["tags"]} == tags
    assert len({operation.id for operation in operations()}) == len(operations())
    for operation in operations():
        assert operation.id[0].islower()
        assert operation.id.isalnum()
        assert operation.spec["summary"]
        assert operation.spec["security"] in ([{}, {"bearer": []}], [{"bearer": []}])


def test_what_is_made_can_be_read() -> None:
    by_id = {operation.id: operation for operation in operations()}
    for operation in operations():
        made = operation.responses.get("201")
        if made is not None:
            links = made["links"]
            assert any(by_id[link["operationId"]].method == "get" for link in links.values()), operation.id
