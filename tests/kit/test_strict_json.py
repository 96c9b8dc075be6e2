"""JSON that another reader might understand otherwise is refused, and so is what no text or number of ours may be."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Rejected
from app.kit.strict_json import MAX_DEPTH, MAX_ITEMS, MalformedJson, parse
from tests.client import Client, problem

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@given(VALUES)
def test_what_json_can_say_is_read_as_it_was_meant(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a": 1, "a": 1}', id="a name twice"),
        pytest.param(b'[{"b": {"a": 1, "\\u0061": 2}}]', id="a name twice, escaped and deep"),
        pytest.param(b"[NaN]", id="NaN"),
        pytest.param(b"[-Infinity]", id="Infinity"),
        pytest.param(b"[1e999]", id="too large for a float"),
        pytest.param(b"[" + b"9" * 5000 + b"]", id="thousands of digits"),
        pytest.param(nested(MAX_DEPTH + 1), id="too deep"),
        pytest.param(b'{"a":' * 33 + b"1" + b"}" * 33, id="too deep in objects"),
        pytest.param(nested(100_000), id="deeper than the parser goes"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="byte order mark"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"a": 1}'.encode("utf-32-le"), id="UTF-32"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"a": "\xc0\x80"}', id="overlong UTF-8"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="a surrogate in UTF-8"),
        pytest.param(b'{"a": 1} {', id="something after it"),
        pytest.param(b'{"a": 1,}', id="a comma too many"),
        pytest.param(b"{'a': 1}", id="single quotes"),
        pytest.param(b'{"a": "\x00"}', id="a bare NUL"),
        pytest.param(b'{"a": "\n"}', id="a bare line feed"),
        pytest.param(b"[01]", id="a leading zero"),
        pytest.param(b"[+1]", id="a plus sign"),
        pytest.param(b"[.5]", id="no digit before the point"),
        pytest.param(b"\x00", id="NUL alone"),
        pytest.param(b" ", id="a space alone"),
    ],
)
def test_what_is_not_acceptable_json(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse(body)


def test_limits_are_the_last_that_is_let_through() -> None:
    assert parse(nested(MAX_DEPTH)) is not None
    assert len(parse(b"[" + b"1," * (MAX_ITEMS - 1) + b"1]")) == MAX_ITEMS
    with pytest.raises(Rejected) as refused:
        parse(b'{"a": [' + b"1," * MAX_ITEMS + b"1]}")
    assert refused.value.facts["errors"][0]["code"] == "too_long"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"", 422, "invalid", id="no body"),
        pytest.param(b"null", 422, "invalid", id="null"),
        pytest.param(b"[]", 422, "invalid", id="not an object"),
        pytest.param(b'"text"', 422, "invalid", id="a string"),
        pytest.param(rb'{"name": "\u0000"}', 422, "invalid", id="NUL in a text"),
        pytest.param(rb'{"name": "a\ud800b"}', 422, "invalid", id="half of a surrogate pair"),
        pytest.param(rb'{"\ud800": 1}', 422, "invalid", id="half of a surrogate pair in a name"),
        pytest.param(rb'{"\u0000": 1}', 422, "invalid", id="NUL in a name"),
        pytest.param(b'{"address": ' + b"9" * 400 + b"}", 422, "invalid", id="hundreds of digits"),
        pytest.param(b'{"a": 1, "a": 1}', 400, "malformed_json", id="a name twice"),
        pytest.param(b'{"a": [' + b"1," * MAX_ITEMS + b"1]}", 422, "invalid", id="too many items"),
    ],
)
async def test_what_a_route_says_of_it(admin: Client, body: bytes, status: int, code: str) -> None:
    refused = await admin.post("/v1/locations", content=body, headers={"Content-Type": "application/json"})
    problem(refused, status, code)
