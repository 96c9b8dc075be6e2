"""Practitioners over HTTP: who treats, what they offer."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.diary.models import Resource
from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.history import write_appointment
from tests.make import (
    NOBODY_HIT,
    make_location,
    make_override,
    make_patient,
    make_practitioner,
    make_time_off,
    make_treatment,
    make_user,
    set_hours,
)
from tests.practitioners.resources import resource_version
from tests.queries import counted_queries
from tests.trail import trail_of

REGISTRATIONS = [
    {"body": "Example Council", "number": "EX-2", "valid_until": "2028-03-31"},
    {"body": "Example Council", "number": "EX-1", "valid_until": "2027-12-31"},
]


async def test_a_practitioner_repeats_what_was_sent(admin: Client, public: Client) -> None:
    first, second = [(await make_treatment(admin))["id"] for _ in range(2)]
    sent: Json = {
        "name": "Zoë Lindqvist",
        "bio": "Treats necks.\nAnd shoulders.",
        "languages": ["en", "pt-BR", "sv"],
        "treatments": [
            {"treatment_id": first, "price": None, "phases": None},
            {
                "treatment_id": second,
                "price": {"amount": "52.00", "currency": "GBP"},
                "phases": [{"minutes": 40, "attended": True}],
            },
        ],
        "daily_limit": 12,
        "registrations": REGISTRATIONS,
    }
    response = await admin.send_json("POST", "/v1/practitioners", sent)
    made = response.json()
    assert await trail_of(admin, response) == [("practitioner.create", made["id"], sorted(sent))]
    assert (response.headers["location"], response.headers["etag"]) == (f"/v1/practitioners/{made['id']}", '"1"')
    assert made | {**sent, "slug": "zoe-lindqvist", "active": True, "version": 1} == made
    assert await public.read(f"/v1/practitioners/{made['id']}") == made
    cached = await public.get(f"/v1/practitioners/{made['id']}", headers={"If-None-Match": '"1"'})
    assert cached.status_code == 304


async def test_a_name_is_enough(admin: Client) -> None:
    made = await admin.create("/v1/practitioners", {"name": "Mira Okonjo"})
    empty: Json = {"bio": None, "languages": [], "treatments": [], "daily_limit": None, "registrations": [], "active": True}
    assert made | empty == made


async def test_lists_are_filtered(admin: Client, public: Client) -> None:
    treatment, location = (await make_treatment(admin))["id"], (await make_location(admin))["id"]
    offers = await make_practitioner(admin, [treatment], name="Offers")
    works = await make_practitioner(admin, name="Works")
    await set_hours(admin, works, location)
    works = await admin.read(f"/v1/practitioners/{works['id']}")
    hidden = await make_practitioner(admin, [treatment], name="Hidden", active=False)

    async def names(client: Client, **filters: str) -> list[str]:
        return [item["name"] for item in (await client.read("/v1/practitioners", **filters))["items"]]

    assert await names(public) == ["Works", "Offers"]
    assert await names(admin) == ["Hidden", "Works", "Offers"]
    assert await names(public, slug="works") == ["Works"]
    assert await names(public, treatment_id=treatment) == ["Offers"]
    assert await names(public, location_id=location) == ["Works"]
    assert await names(public, location_id=location, treatment_id=treatment) == []
    assert await names(public, treatment_id=str(uuid4())) == []
    problem(await public.get(f"/v1/practitioners/{hidden['id']}"), 404, "not_found")
    assert await public.read(f"/v1/practitioners/{offers['id']}") == offers


async def test_only_administrators_write(public: Client, receptionist: Client, as_mira: Client, mira: Json) -> None:
    path, match = f"/v1/practitioners/{mira['id']}", {"If-Match": '"1"'}
    for client, status, code in (
        (public, 401, "unauthenticated"),
        (receptionist, 403, "forbidden"),
        (as_mira, 403, "forbidden"),
    ):
        problem(await client.send_json("POST", "/v1/practitioners", {"name": "Other"}), status, code)
        problem(await client.send_json("PATCH", path, {"bio": None}, **match), status, code)
        problem(await client.delete(path, headers=match), status, code)


async def test_a_change_needs_the_version_that_was_read(admin: Client, mira: Json) -> None:
    path = f"/v1/practitioners/{mira['id']}"
    problem(await admin.send_json("PATCH", path, {"name": 7}), 428, "if_match_required")
    problem(await admin.send_json("PATCH", path, {"name": 7}, **{"If-Match": '"9"'}), 412, "version_changed")
    unknown = f"/v1/practitioners/{uuid4()}"
    problem(await admin.send_json("PATCH", unknown, {"name": 7}, **{"If-Match": '"1"'}), 404, "not_found")
    assert await admin.read(path) == mira


async def test_of_two_changes_of_one_version_one_is_told(admin: Client, mira: Json, database: Database) -> None:
    path = f"/v1/practitioners/{mira['id']}"
    answers = await asyncio.gather(
        *(admin.send_json("PATCH", path, {"bio": f"Bio {number}"}, **{"If-Match": '"1"'}) for number in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    for answer in answers:
        if answer.status_code == 412:
            problem(answer, 412, "version_changed")
    assert (await admin.read(path))["version"] == 2


async def test_of_two_who_want_one_slug_one_is_told(admin: Client) -> None:
    body = {"name": "Mira Okonjo", "slug": "mira"}
    answers = await asyncio.gather(*(admin.send_json("POST", "/v1/practitioners", body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    named = await asyncio.gather(*(admin.create("/v1/practitioners", {"name": "Zoë Lindqvist"}) for _ in range(4)))
    assert len({made["slug"] for made in named}) == 4


@pytest.mark.parametrize("field", ["bio", "treatments", "registrations", "daily_limit", "active", "slug"])
async def test_every_change_moves_both_versions(admin: Client, mira: Json, database: Database, field: str) -> None:
    treatment = await make_treatment(admin)
    value = {
        "bio": "Treats necks.",
        "treatments": [{"treatment_id": treatment["id"], "price": None, "phases": None}],
        "registrations": REGISTRATIONS,
        "daily_limit": 3,
        "active": False,
        "slug": "mira",
    }[field]
    before = await resource_version(database, mira)
    response = await admin.send_json("PATCH", f"/v1/practitioners/{mira['id']}", {field: value}, **{"If-Match": '"1"'})
    assert await trail_of(admin, response) == [("practitioner.update", mira["id"], [field])]
    changed = response.json()
    read = mira | {field: value, "version": 2, "updated_at": changed["updated_at"]}
    assert changed == read | NOBODY_HIT
    assert await admin.read(f"/v1/practitioners/{mira['id']}") == read
    assert await resource_version(database, mira) == before + 1


async def test_offers_are_replaced_as_a_whole(admin: Client) -> None:
    kept, dropped, added = [(await make_treatment(admin))["id"] for _ in range(3)]
    made = await make_practitioner(admin, [kept, dropped])
    price = {"amount": "55.50", "currency": "GBP"}
    wanted = [{"treatment_id": kept, "price": price, "phases": None}, {"treatment_id": added, "price": None, "phases": None}]
    path = f"/v1/practitioners/{made['id']}"
    assert (await admin.change(path, {"treatments": wanted}, version=1))["treatments"] == wanted
    assert (await admin.read(path))["treatments"] == wanted
    assert (await admin.change(path, {"treatments": []}, version=2))["treatments"] == []


TREATMENT = "the treatment's id"


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        pytest.param({"treatments": [{"treatment_id": str(uuid4())}]}, ["/treatments/0/treatment_id"], id="unknown treatment"),
        pytest.param({"treatments": [{"treatment_id": TREATMENT}] * 2}, ["/treatments/1/treatment_id"], id="treatment twice"),
        pytest.param(
            {"treatments": [{"treatment_id": TREATMENT, "phases": [{"minutes": 30, "attended": False}]}]},
            ["/treatments/0/phases"],
            id="nobody attends",
        ),
        pytest.param(
            {"treatments": [{"treatment_id": TREATMENT, "price": {"amount": 50, "currency": "GBP"}}]},
            ["/treatments/0/price/amount"],
            id="an amount that is a number",
        ),
        pytest.param({"languages": ["en", "EN"]}, ["/languages/1"], id="not a language tag"),
        pytest.param({"languages": ["pt-BR", "pt-br"]}, ["/languages/1"], id="language twice"),
        pytest.param({"registrations": [REGISTRATIONS[0]] * 2}, ["/registrations/1/number"], id="registration twice"),
        pytest.param({"registrations": [{**REGISTRATIONS[0], "valid_until": "2027-02-29"}]}, ["/registrations/0/valid_until"]),
        pytest.param({"daily_limit": 0}, ["/daily_limit"], id="no appointments at all"),
        pytest.param({"daily_limit": 101}, ["/daily_limit"], id="too many appointments"),
        pytest.param(
            {
                "languages": ["en", "en"],
                "treatments": [{"treatment_id": str(uuid4())}, {"treatment_id": str(uuid4())}],
                "registrations": [REGISTRATIONS[1]] * 2,
            },
            ["/languages/1", "/treatments/0/treatment_id", "/treatments/1/treatment_id", "/registrations/1/number"],
            id="all faults at once",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused(admin: Client, mira: Json, changes: dict[str, Any], pointers: list[str]) -> None:
    treatment = await make_treatment(admin)
    for offer in changes.get("treatments", []):
        if offer["treatment_id"] == TREATMENT:
            offer["treatment_id"] = treatment["id"]
    path = f"/v1/practitioners/{mira['id']}"
    for refused in (
        await admin.send_json("POST", "/v1/practitioners", {"name": "New", **changes}),
        await admin.send_json("PATCH", path, changes, **{"If-Match": '"1"'}),
    ):
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == pointers
    assert (await admin.read("/v1/practitioners"))["items"] == [mira]


async def test_whoever_has_no_history_is_deleted_with_all_parts(admin: Client, location: Json, database: Database) -> None:
    treatment = await make_treatment(admin)
    made = await make_practitioner(admin, [treatment["id"]])
    await set_hours(admin, made, location["id"])
    await make_override(admin, made, location["id"])
    await make_time_off(admin, made)
    path = f"/v1/practitioners/{made['id']}"
    problem(await admin.delete(path), 428, "if_match_required")
    problem(await admin.delete(path, headers={"If-Match": '"1"'}), 412, "version_changed")
    response = await admin.delete(path, headers={"If-Match": '"4"'})
    assert (response.status_code, await trail_of(admin, response)) == (204, [("practitioner.delete", made["id"], [])])
    problem(await admin.get(path), 404, "not_found")
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Resource)) == 0
    # Neither the offer nor hours of any kind are left to hold these.
    assert (await admin.delete(f"/v1/locations/{location['id']}", headers={"If-Match": '"1"'})).status_code == 204
    assert (await admin.delete(f"/v1/treatments/{treatment['id']}", headers={"If-Match": '"1"'})).status_code == 204


@pytest.mark.parametrize("referrer", ["appointment", "user"])
async def test_whoever_is_referred_to_stays(admin: Client, mira: Json, location: Json, database: Database, referrer: str) -> None:
    if referrer == "user":
        await make_user(database, role="practitioner", practitioner_id=mira["id"])
    else:
        treatment, patient = await make_treatment(admin), await make_patient(admin)
        await write_appointment(
            database, treatment=treatment, practitioner=mira, location=location, patient=patient, status="cancelled"
        )
    problem(await admin.delete(f"/v1/practitioners/{mira['id']}", headers={"If-Match": '"1"'}), 409, "in_use")
    assert await admin.read(f"/v1/practitioners/{mira['id']}") == mira
    assert await resource_version(database, mira) == 0


async def test_a_list_takes_as_many_queries_however_long_it_is(admin: Client, public: Client, app: FastAPI) -> None:
    treatment = await make_treatment(admin)
    counts = []
    for _ in range(3):
        await make_practitioner(admin, [treatment["id"]])
        with counted_queries(app) as sent:
            await public.read("/v1/practitioners")
        counts.append(len(sent))
    # practitioners, offers, registrations
    assert counts == [3, 3, 3]
