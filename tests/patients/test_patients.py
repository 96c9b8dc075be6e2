"""Patients over HTTP: who is treated, and who may know it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.diary.models import Resource
from app.kit.clock import Clock
from app.kit.db import Database
from app.patients.models import Patient
from tests.client import Client, Json, problem
from tests.history import write_appointment
from tests.make import make_location, make_patient, make_practitioner, make_treatment, make_user
from tests.queries import counted_queries
from tests.trail import trail_of

ROSA = {"name": "Rosa Abara", "relation": "mother", "email": "rosa@example.com", "phone": "020 7946 0958"}
FULL: Json = {
    "name": "Tobias Abara",
    "email": "tobias@example.com",
    "phone": "07700 900123",
    "date_of_birth": "2011-03-05",
    "contacts": [ROSA],
    "notes": "Prefers mornings.\nBrings a book.",
}


@pytest.fixture
async def mira(admin: Client) -> Json:
    return await make_practitioner(admin)


@pytest.fixture
async def as_mira(app: FastAPI, database: Database, mira: Json) -> AsyncIterator[Client]:
    async with Client.of(app, token=await make_user(database, role="practitioner", practitioner_id=mira["id"])) as client:
        yield client


async def test_a_patient_repeats_what_was_sent_and_is_a_resource(admin: Client, receptionist: Client, database: Database) -> None:
    response = await receptionist.send_json("POST", "/v1/patients", FULL)
    made = response.json()
    assert await trail_of(admin, response) == [("patient.create", made["id"], sorted(FULL))]
    assert (response.headers["location"], response.headers["etag"]) == (f"/v1/patients/{made['id']}", '"1"')
    assert made | {**FULL, "confirmed": True, "version": 1} == made
    read = await receptionist.get(f"/v1/patients/{made['id']}")
    assert (read.json(), read.headers["cache-control"]) == (made, "no-store")
    async with database.reading() as session:
        kinds = select(Resource.kind).join(Patient, Patient.resource_id == Resource.id).where(Patient.id == UUID(made["id"]))
        assert (await session.scalars(kinds)).all() == ["patient"]


async def test_a_name_is_enough_and_nothing_is_identity(receptionist: Client) -> None:
    made = await receptionist.create("/v1/patients", {"name": "Tobias Abara"})
    nothing: Json = {"email": None, "phone": None, "date_of_birth": None, "contacts": [], "notes": None}
    assert made | nothing == made
    twins = [await receptionist.create("/v1/patients", FULL) for _ in range(2)]
    assert (await receptionist.read("/v1/patients"))["items"] == [twins[1], twins[0], made]


async def test_a_patch_changes_what_is_sent(admin: Client, receptionist: Client) -> None:
    made = await make_patient(receptionist, **FULL)
    path = f"/v1/patients/{made['id']}"
    problem(await receptionist.send_json("PATCH", path, {"name": 7}), 428, "if_match_required")
    problem(await receptionist.send_json("PATCH", path, {"name": 7}, **{"If-Match": '"9"'}), 412, "version_changed")
    changes: Json = {"email": None, "contacts": [], "date_of_birth": "1984-03-05"}
    response = await receptionist.send_json("PATCH", path, changes, **{"If-Match": '"1"'})
    assert await trail_of(admin, response) == [("patient.update", made["id"], ["contacts", "date_of_birth", "email"])]
    changed = response.json()
    assert changed == made | {**changes, "version": 2, "updated_at": changed["updated_at"]}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "Tobias\u0000"}, "/name"),
        ({"email": "tobias"}, "/email"),
        ({"phone": "call me"}, "/phone"),
        ({"date_of_birth": "1899-12-31"}, "/date_of_birth"),
        ({"date_of_birth": "2001-02-29"}, "/date_of_birth"),
        ({"date_of_birth": "2026-12-02"}, "/date_of_birth"),
        ({"date_of_birth": 20010203}, "/date_of_birth"),
        ({"contacts": [ROSA] * 11}, "/contacts"),
        ({"contacts": [{"name": "Rosa Abara"}]}, "/contacts/0/relation"),
        ({"contacts": [{**ROSA, "email": "rosa"}]}, "/contacts/0/email"),
        ({"nickname": "Toby"}, ""),
    ],
)
async def test_what_makes_no_sense_is_refused(receptionist: Client, changes: dict[str, Any], pointer: str) -> None:
    made = await make_patient(receptionist)
    path = f"/v1/patients/{made['id']}"
    for refused in (
        await receptionist.send_json("POST", "/v1/patients", {"name": "New", **changes}),
        await receptionist.send_json("PATCH", path, changes, **{"If-Match": '"1"'}),
    ):
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]
        assert "Toby" not in refused.text
    assert (await receptionist.read("/v1/patients"))["items"] == [made]


async def test_somebody_is_born_today_at_the_latest(receptionist: Client, clock: Clock) -> None:
    for born_on in ("1900-01-01", "2026-12-01"):
        assert (await make_patient(receptionist, date_of_birth=born_on))["date_of_birth"] == born_on
    # It is the second of December already on the first islands to see it.
    clock.fixed_at = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    await make_patient(receptionist, date_of_birth="2026-12-02")


async def test_a_practitioner_sees_whom_they_treat_only(
    admin: Client, as_mira: Client, mira: Json, app: FastAPI, database: Database
) -> None:
    treatment, location = await make_treatment(admin), await make_location(admin)
    other = await make_practitioner(admin, name="Other")
    theirs, former, foreign = [await make_patient(admin, name=name) for name in ("Theirs", "Former", "Foreign")]
    for patient, practitioner, status in (
        (theirs, mira, "booked"),
        (former, mira, "cancelled"),
        (foreign, other, "booked"),
    ):
        await write_appointment(
            database, treatment=treatment, practitioner=practitioner, location=location, patient=patient, status=status
        )
    assert (await as_mira.read("/v1/patients"))["items"] == [former, theirs]
    assert await as_mira.read(f"/v1/patients/{theirs['id']}") == theirs
    problem(await as_mira.get(f"/v1/patients/{foreign['id']}"), 404, "not_found")
    assert (await as_mira.create("/v1/patients/search", {"q": "o"}))["items"] == [former]
    async with Client.of(app, token=await make_user(database, role="practitioner")) as nobody:
        assert (await nobody.read("/v1/patients"))["items"] == []
        assert (await nobody.create("/v1/patients/search", {"q": "o"}))["items"] == []
        problem(await nobody.get(f"/v1/patients/{theirs['id']}"), 404, "not_found")


async def test_who_may(admin: Client, public: Client, editor: Client, as_mira: Client) -> None:
    path, match = f"/v1/patients/{(await make_patient(admin))['id']}", {"If-Match": '"1"'}
    for client, status, code in ((public, 401, "unauthenticated"), (editor, 403, "forbidden")):
        problem(await client.get("/v1/patients"), status, code)
        problem(await client.get(path), status, code)
        problem(await client.send_json("POST", "/v1/patients/search", {"q": "abara"}), status, code)
    for client, status, code in ((public, 401, "unauthenticated"), (editor, 403, "forbidden"), (as_mira, 403, "forbidden")):
        problem(await client.send_json("POST", "/v1/patients", {"name": "New"}), status, code)
        problem(await client.send_json("PATCH", path, {"name": "New"}, **match), status, code)
    problem(await admin.get(f"/v1/patients/{uuid4()}"), 404, "not_found")


async def test_a_list_takes_as_many_queries_however_long_it_is(receptionist: Client, app: FastAPI) -> None:
    counts = []
    for _ in range(2):
        await make_patient(receptionist, **FULL)
        with counted_queries(app) as sent:
            await receptionist.read("/v1/patients")
            await receptionist.create("/v1/patients/search", {"q": "abara"})
        counts.append(len(sent))
    assert counts[0] == counts[1]
