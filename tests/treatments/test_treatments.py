"""Treatments over HTTP: what is offered, to whom, and who may change it."""

import pytest

from tests.client import Client, problem
from tests.make import make_practitioner, make_treatment
from tests.trail import trail_of


async def test_a_treatment_repeats_what_was_sent_and_adds_its_length(admin: Client, public: Client) -> None:
    phases = [{"minutes": 15, "attended": True}, {"minutes": 20, "attended": False}, {"minutes": 10, "attended": True}]
    made = await make_treatment(admin, name="Follow-up treatment", phases=phases, place_kind="room")
    read = await public.read(f"/v1/treatments/{made['id']}")
    assert read == made
    assert (read["slug"], read["duration_minutes"], read["phases"], read["version"]) == ("follow-up-treatment", 45, phases, 1)


async def test_a_patch_changes_what_is_sent_and_nothing_else(admin: Client) -> None:
    made = await make_treatment(admin, summary="A summary", step_minutes=20)
    changed = await admin.change(f"/v1/treatments/{made['id']}", {"step_minutes": None, "name": "Renamed"}, version=1)
    assert (changed["version"], changed["name"], changed["step_minutes"], changed["summary"]) == (2, "Renamed", None, "A summary")
    assert changed["price"] == made["price"]


async def test_a_change_needs_the_version_that_was_read(admin: Client) -> None:
    made = await make_treatment(admin)
    path = f"/v1/treatments/{made['id']}"
    problem(await admin.send_json("PATCH", path, {"name": "Other"}), 428, "if_match_required")
    # A stale version is told before the body's faults are.
    problem(await admin.send_json("PATCH", path, {"name": 7}, **{"If-Match": '"9"'}), 412, "version_changed")
    assert (await admin.read(path))["name"] == made["name"]


async def test_the_public_does_not_see_what_is_inactive(admin: Client, public: Client) -> None:
    made = await make_treatment(admin, active=False)
    problem(await public.get(f"/v1/treatments/{made['id']}"), 404, "not_found")
    assert (await public.read("/v1/treatments"))["items"] == []
    assert (await admin.read("/v1/treatments"))["items"] == [made]


@pytest.mark.parametrize(
    ("phases", "pointer"),
    [
        pytest.param([{"minutes": 30, "attended": False}], "/phases", id="nobody attends"),
        pytest.param([{"minutes": 480, "attended": True}] * 4, "/phases", id="longer than a day"),
        pytest.param([{"minutes": 0, "attended": True}], "/phases/0/minutes", id="a phase of no length"),
        pytest.param([], "/phases", id="no phases"),
    ],
)
async def test_phases_that_make_no_sense_are_refused(admin: Client, phases: list[object], pointer: str) -> None:
    body = {"name": "Treatment", "phases": phases, "price": {"amount": "40.00", "currency": "GBP"}}
    refused = problem(await admin.send_json("POST", "/v1/treatments", body), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]


async def test_a_slug_is_found_and_is_unique(admin: Client, public: Client) -> None:
    first = await make_treatment(admin, name="Ear acupuncture")
    second = await make_treatment(admin, name="Ear acupuncture")
    assert (first["slug"], second["slug"]) == ("ear-acupuncture", "ear-acupuncture-2")
    assert (await public.read("/v1/treatments", slug="ear-acupuncture"))["items"] == [first]
    refused = await admin.send_json("PATCH", f"/v1/treatments/{second['id']}", {"slug": "ear-acupuncture"}, **{"If-Match": '"1"'})
    problem(refused, 409, "slug_taken")


async def test_only_what_nothing_refers_to_is_deleted(admin: Client, receptionist: Client) -> None:
    offered, forgotten = await make_treatment(admin), await make_treatment(admin)
    practitioner = await make_practitioner(admin, [offered["id"]])
    path, match = f"/v1/treatments/{offered['id']}", {"If-Match": '"1"'}
    problem(await receptionist.delete(path, headers=match), 403, "forbidden")
    problem(await admin.delete(path), 428, "if_match_required")
    problem(await admin.delete(path, headers={"If-Match": '"2"'}), 412, "version_changed")
    problem(await admin.delete(path, headers=match), 409, "in_use")
    assert (await admin.read("/v1/treatments"))["items"] == [forgotten, offered]
    assert (await admin.delete(f"/v1/treatments/{forgotten['id']}", headers=match)).status_code == 204
    await admin.change(f"/v1/practitioners/{practitioner['id']}", {"treatments": []}, version=1)
    response = await admin.delete(path, headers=match)
    assert await trail_of(admin, response) == [("treatment.delete", offered["id"], [])]
    assert (await admin.read("/v1/treatments"))["items"] == []
