"""Enquiries over HTTP: what the public may ask, what it is told, and how the inbox moves."""

import re
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.kit.db import Database
from app.kit.ids import read_reference
from tests.client import Client, Json, problem
from tests.make import make_article, make_enquiry, make_treatment, make_user
from tests.queries import counted_queries
from tests.trail import trail_of

NOBODY = "0199a000-0000-7000-8000-00000000dead"
MINIMAL = {"name": "Ines", "phone": "020 7946 0958", "message": "Hello?", "consent": {"version": "1"}}


async def me(client: Client) -> str:
    return str((await client.read("/v1/me"))["id"])


async def test_a_sender_hears_what_to_call_it_and_nothing_more(public: Client, receptionist: Client, admin: Client) -> None:
    treatment, article = await make_treatment(admin), await make_article(admin, publish=True)
    sent = {
        "name": "Zoë O’Hara",
        "email": "zoe@example.org",
        "phone": "+44 20 7946 0958",
        "message": "Two lines\n– with a dash?",
        "topic": "Sleep",
        "article_id": article["id"],
        "treatment_id": treatment["id"],
        "wished": "Thursdays",
    }
    response = await public.send_json("POST", "/v1/enquiries", {**sent, "consent": {"version": "2026-11"}})
    receipt = response.json()
    assert (response.status_code, response.headers["cache-control"]) == (201, "no-store")
    assert response.headers["location"] == f"/v1/enquiries/{receipt['id']}"
    assert set(receipt) == {"id", "reference", "state", "created_at"}
    assert read_reference(receipt["reference"], "EN") == receipt["reference"]
    read = await receptionist.get(f"/v1/enquiries/{receipt['id']}")
    assert (read.headers["etag"], read.headers["cache-control"]) == ('"1"', "no-store")
    kept = read.json()
    consent = {"version": "2026-11", "at": "2026-12-01T08:00:00Z"}
    assert kept == {
        **sent,
        **receipt,
        "state": "new",
        "consent": consent,
        "assignee_id": None,
        "version": 1,
        "updated_at": kept["updated_at"],
    }
    assert await trail_of(admin, response) == [("enquiry.create", receipt["id"], sorted([*sent, "consent"]))]


async def test_the_public_needs_a_key_and_is_answered_once(public: Client, receptionist: Client) -> None:
    problem(await public.post("/v1/enquiries", json=MINIMAL), 400, "idempotency_key_required")
    key = {"Idempotency-Key": str(uuid4())}
    first, second = [await public.post("/v1/enquiries", json=MINIMAL, headers=key) for _ in range(2)]
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    assert len((await receptionist.read("/v1/enquiries"))["items"]) == 1
    assert (await receptionist.post("/v1/enquiries", json=MINIMAL)).status_code == 201  # taken down from the telephone


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"phone": None}, "/email", id="no way to answer"),
        pytest.param({"email": "not an address"}, "/email", id="no e-mail address"),
        pytest.param({"phone": "call me"}, "/phone", id="no telephone number"),
        pytest.param({"name": " "}, "/name", id="a blank name"),
        pytest.param({"name": "a\r\nBcc: b@example.org"}, "/name", id="a name of two lines"),
        pytest.param({"message": " \n "}, "/message", id="a blank message"),
        pytest.param({"message": "a" * 5001}, "/message", id="a message without end"),
        pytest.param({"wished": "a" * 501}, "/wished", id="too many wishes"),
        pytest.param({"consent": None}, "/consent", id="no consent"),
        pytest.param({"consent": {"version": ""}}, "/consent/version", id="consent to nothing"),
        pytest.param({"consent": {"version": "1", "at": "2026-12-01T08:00:00Z"}}, "/consent", id="consent at another time"),
        pytest.param({"article_id": NOBODY}, "/article_id", id="an unknown article"),
        pytest.param({"treatment_id": NOBODY}, "/treatment_id", id="an unknown treatment"),
        pytest.param({"state": "closed"}, "", id="a state of one's own"),
        pytest.param({"reference": "EN-0000-0000"}, "", id="a reference of one's own"),
    ],
)
async def test_what_makes_no_sense_is_refused(public: Client, receptionist: Client, changes: Json, pointer: str) -> None:
    refused = problem(await public.send_json("POST", "/v1/enquiries", {**MINIMAL, **changes}), 422, "invalid")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert (await receptionist.read("/v1/enquiries"))["items"] == []


@pytest.mark.parametrize("contact", [{"email": "a@example.org", "phone": None}, {"email": None, "phone": "01632 960123"}])
async def test_one_way_to_answer_is_enough(public: Client, contact: Json) -> None:
    assert (await make_enquiry(public, **contact))["state"] == "new"


async def test_what_the_public_does_not_see_cannot_be_asked_about(public: Client, admin: Client) -> None:
    draft = await make_article(admin)
    inactive = await make_treatment(admin, active=False)
    for client in (public, admin):
        for field, hidden in (("article_id", draft["id"]), ("treatment_id", inactive["id"])):
            refused = await client.send_json("POST", "/v1/enquiries", {**MINIMAL, field: hidden})
            unknown = await client.send_json("POST", "/v1/enquiries", {**MINIMAL, field: NOBODY})
            errors = problem(refused, 422, "invalid")["errors"]
            assert [error["pointer"] for error in errors] == [f"/{field}"]
            assert errors == unknown.json()["errors"]


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("editor", 403), ("practitioner", 403), ("receptionist", 200), ("admin", 200)]
)
async def test_the_inbox_is_for_the_front_desk(
    app: FastAPI, database: Database, public: Client, role: str | None, status: int
) -> None:
    path = f"/v1/enquiries/{(await make_enquiry(public))['id']}"
    async with Client.of(app, token=await make_user(database, role=role) if role else None) as client:
        assert (await client.get("/v1/enquiries")).status_code == status
        assert (await client.get(path)).status_code == status
        assert (await client.send_json("PATCH", path, {"state": "open"}, **{"If-Match": '"1"'})).status_code == status
        assert (await make_enquiry(client))["state"] == "new"  # asking is for everybody


async def test_the_inbox_is_newest_first_in_pages_and_spam_is_apart(public: Client, receptionist: Client) -> None:
    made = [(await make_enquiry(public))["id"] for _ in range(4)]
    await receptionist.change(f"/v1/enquiries/{made[1]}", {"state": "spam"}, version=1)
    await receptionist.change(f"/v1/enquiries/{made[2]}", {"state": "open"}, version=1)

    async def found(**filters: str) -> list[str]:
        return [item["id"] for item in (await receptionist.read("/v1/enquiries", **filters))["items"]]

    assert await found() == [made[3], made[2], made[0]]
    assert await found(state="new") == [made[3], made[0]]
    assert await found(state="spam") == [made[1]]
    page = await receptionist.read("/v1/enquiries", limit=2)
    assert [item["id"] for item in page["items"]] == [made[3], made[2]]
    rest = await receptionist.read("/v1/enquiries", limit=2, cursor=page["next_cursor"])
    assert ([item["id"] for item in rest["items"]], "next_cursor" in rest) == ([made[0]], False)
    problem(await receptionist.get("/v1/enquiries", params={"state": "lost"}), 422, "invalid")


async def test_the_inbox_costs_one_query_beside_the_credential(app: FastAPI, public: Client, receptionist: Client) -> None:
    made = [await make_enquiry(public) for _ in range(3)]
    for path in ("/v1/enquiries", f"/v1/enquiries/{made[0]['id']}"):
        with counted_queries(app) as sent:
            await receptionist.read(path)
        assert len(sent) == 2, sent


STATES: dict[str, tuple[str, ...]] = {
    "new": (),
    "open": ("open",),
    "answered": ("open", "answered"),
    "closed": ("open", "answered", "closed"),
    "spam": ("spam",),
}
FOLLOWING = {
    "new": {"open", "spam"},
    "open": {"answered", "spam"},
    "answered": {"closed", "spam"},
    "closed": {"open", "spam"},
    "spam": {"open"},
}


@pytest.mark.parametrize("wanted", STATES)
@pytest.mark.parametrize("state", STATES)
async def test_a_state_leads_to_some_others(admin: Client, state: str, wanted: str) -> None:
    path = f"/v1/enquiries/{(await make_enquiry(admin))['id']}"
    for version, step in enumerate(STATES[state], 1):
        await admin.change(path, {"state": step}, version=version)
    before = await admin.read(path)
    assert before["state"] == state
    response = await admin.send_json("PATCH", path, {"state": wanted}, **{"If-Match": f'"{before["version"]}"'})
    if wanted == state:
        assert response.json() == before
    elif wanted in FOLLOWING[state]:
        assert (response.json()["state"], response.headers["etag"]) == (wanted, f'"{before["version"] + 1}"')
        assert await trail_of(admin, response) == [("enquiry.update", before["id"], ["state"])]
    else:
        assert problem(response, 409, "wrong_enquiry_state")["allowed"] == sorted(FOLLOWING[state])
        assert await admin.read(path) == before


async def test_an_enquiry_is_given_to_whoever_works_the_inbox(
    app: FastAPI, database: Database, receptionist: Client, editor: Client
) -> None:
    path = f"/v1/enquiries/{(await make_enquiry(receptionist))['id']}"
    mine = await me(receptionist)
    changed = await receptionist.change(path, {"assignee_id": mine}, version=1)
    assert (changed["assignee_id"], changed["state"], changed["version"]) == (mine, "new", 2)
    for stranger in (NOBODY, await me(editor)):
        refused = await receptionist.send_json("PATCH", path, {"assignee_id": stranger}, **{"If-Match": '"2"'})
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == ["/assignee_id"]
    assert (await receptionist.change(path, {"assignee_id": None}, version=2))["assignee_id"] is None


async def test_a_change_needs_the_version_that_was_read(public: Client, receptionist: Client) -> None:
    path = f"/v1/enquiries/{(await make_enquiry(public))['id']}"
    problem(await receptionist.send_json("PATCH", path, {"state": "open"}), 428, "if_match_required")
    problem(await receptionist.send_json("PATCH", path, {"state": 7}, **{"If-Match": '"9"'}), 412, "version_changed")
    problem(await receptionist.send_json("PATCH", path, {"message": "x"}, **{"If-Match": '"1"'}), 422, "invalid")
    problem(await receptionist.get(f"/v1/enquiries/{NOBODY}"), 404, "not_found")


async def test_nothing_of_a_sender_is_logged(public: Client, capfd: pytest.CaptureFixture[str]) -> None:
    await make_enquiry(public, name="Canaryname", email="canary@example.org", message="Canarymessage")
    await public.send_json("POST", "/v1/enquiries", {**MINIMAL, "name": "Canaryname", "phone": None, "email": "canary@"})
    logged = "".join(capfd.readouterr())
    assert not re.search("canary", logged, re.IGNORECASE)
