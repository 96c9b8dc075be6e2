"""Versions on the wire."""

import pytest

from tests.client import Client, problem
from tests.make import make_treatment


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        pytest.param('"1"', 200, "", id="the version"),
        pytest.param(' "1" ', 200, "", id="with spaces"),
        pytest.param("*", 200, "", id="any"),
        pytest.param('"9", "1"', 200, "", id="one of several"),
        pytest.param('"9","a,b" , "1"', 200, "", id="one of several, with a comma in another"),
        pytest.param('"2"', 412, "version_changed", id="another version"),
        pytest.param('"a,1"', 412, "version_changed", id="the version after a comma"),
        pytest.param('W/"1"', 412, "version_changed", id="weak"),
        pytest.param('""', 412, "version_changed", id="empty tag"),
        pytest.param("1", 400, "bad_request", id="without quotes"),
        pytest.param('"1', 400, "bad_request", id="with one quote"),
        pytest.param('w/"1"', 400, "bad_request", id="small w"),
        pytest.param('"1" "2"', 400, "bad_request", id="no comma between"),
        pytest.param('*, "1"', 400, "bad_request", id="any and one"),
        pytest.param('"é"', 400, "bad_request", id="beyond ASCII"),
        pytest.param("", 400, "bad_request", id="empty"),
        pytest.param('"' + "1" * 300 + '"', 422, "invalid", id="long"),
        pytest.param(None, 428, "if_match_required", id="none"),
    ],
)
async def test_what_if_match_lets_through(admin: Client, if_match: str | None, status: int, code: str) -> None:
    made = await make_treatment(admin, name="Before")
    path = f"/v1/treatments/{made['id']}"
    headers = {} if if_match is None else {b"If-Match": if_match.encode("latin-1")}
    answer = await admin.patch(path, json={"name": "After"}, headers=headers)
    if status == 200:
        assert (answer.status_code, answer.headers["etag"], answer.json()["version"]) == (200, '"2"', 2)
    else:
        problem(answer, status, code)
    assert (await admin.read(path))["name"] == ("After" if status == 200 else "Before")


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [
        ('"1"', 304),
        ('W/"1"', 304),
        ("*", 304),
        ('"9", W/"a,b", "1"', 304),
        ('"2"', 200),
        ('"a,1"', 200),
        ("1", 200),
        ("nonsense", 200),
        ("", 200),
    ],
)
async def test_a_copy_that_is_current_is_not_sent_again(admin: Client, public: Client, if_none_match: str, status: int) -> None:
    made = await make_treatment(admin)
    answer = await public.get(f"/v1/treatments/{made['id']}", headers={"If-None-Match": if_none_match})
    assert (answer.status_code, answer.headers["etag"]) == (status, '"1"')
    if status == 304:
        assert answer.content == b""
        assert "content-type" not in answer.headers
    else:
        assert answer.json() == made


async def test_making_something_tells_its_tag_and_place(admin: Client) -> None:
    body = {"name": "T", "phases": [{"minutes": 30, "attended": True}], "price": {"amount": "1.00", "currency": "GBP"}}
    answer = await admin.send_json("POST", "/v1/treatments", body)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/v1/treatments/{answer.json()['id']}"
