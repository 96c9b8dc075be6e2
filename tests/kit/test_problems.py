"""Every refusal is problem+json, says nothing of what was sent or of how we work, and leads to a page that explains it."""

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.kit import errors
from app.kit.errors import AppError
from app.kit.routing import Router
from tests.client import Client, problem
from tests.kit.small_app import MAX_BODY_BYTES, OPEN, small_app

TESTS = Path(__file__).parents[1]


def chunks(size: int) -> AsyncIterator[bytes]:
    """A body whose length is not told beforehand."""

    async def send() -> AsyncIterator[bytes]:
        for _ in range(0, size, 65536):
            yield b" " * 65536

    return send()


JSON = {"Content-Type": "application/json"}
MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        pytest.param("GET", "/v1/nowhere", {}, 404, "not_found", id="unknown path"),
        pytest.param("GET", "/v1/treatments/", {}, 404, "not_found", id="a slash too many"),
        pytest.param("GET", "/%00/%ff", {}, 404, "not_found", id="a path that is no text"),
        pytest.param("PUT", "/v1/treatments", {}, 405, "method_not_allowed", id="a method that the path has not"),
        pytest.param("BREW", "/v1/treatments", {}, 405, "method_not_allowed", id="a method that there is not"),
        pytest.param("GET", "/v1/treatments", {"headers": {"Accept": "text/html"}}, 406, "not_acceptable", id="other media type"),
        pytest.param(
            "GET",
            "/v1/treatments",
            {"headers": {"Accept": "application/json;q=0"}},
            406,
            "not_acceptable",
            id="refused media type",
        ),
        pytest.param("POST", "/v1/enquiries", {"content": b" " * (MEBIBYTE + 1)}, 413, "body_too_large", id="large"),
        pytest.param(
            "POST", "/v1/enquiries", {"content": chunks(2 * MEBIBYTE)}, 413, "body_too_large", id="large, length not told"
        ),
        pytest.param(
            "POST",
            "/v1/enquiries",
            {"headers": {"Content-Length": "9" * 5000}, "content": b"{}"},
            413,
            "body_too_large",
            id="huge",
        ),
        pytest.param("POST", "/v1/nowhere", {"content": b" " * (MEBIBYTE + 1)}, 413, "body_too_large", id="large, to nowhere"),
        pytest.param("GET", "/v1/treatments", {"content": b" " * (MEBIBYTE + 1)}, 413, "body_too_large", id="large, with GET"),
        pytest.param("GET", "/v1/treatments?slug=" + "a" * 8192, {}, 414, "url_too_long", id="long query"),
        pytest.param("GET", "/v1/" + "a" * 8192, {}, 414, "url_too_long", id="long path"),
        pytest.param("POST", "/v1/enquiries", {"content": b"{}"}, 415, "unsupported_media_type", id="no media type"),
        pytest.param(
            "POST",
            "/v1/enquiries",
            {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
            415,
            "unsupported_media_type",
            id="text",
        ),
        pytest.param("POST", "/v1/auth/token", {"json": {}}, 415, "unsupported_media_type", id="JSON where a form belongs"),
        pytest.param(
            "POST", "/v1/enquiries", {"json": {}, "headers": {"Idempotency-Key": "k" * 16}}, 422, "invalid", id="missing fields"
        ),
        pytest.param("GET", "/v1/treatments?nonsense=1", {}, 422, "invalid", id="unknown parameter"),
        pytest.param("GET", "/v1/treatments?slug=a&slug=b", {}, 422, "invalid", id="repeated parameter"),
        pytest.param("GET", "/v1/treatments/7", {}, 422, "invalid", id="no UUID"),
        pytest.param("GET", "/v1/treatments?limit=0", {}, 422, "invalid", id="out of bounds"),
        pytest.param("POST", "/v1/enquiries", {"content": b"{", "headers": JSON}, 400, "malformed_json", id="no JSON"),
        pytest.param("POST", "/v1/enquiries", {"json": {}}, 400, "idempotency_key_required", id="a key is needed"),
        pytest.param("GET", "/v1/patients", {}, 401, "unauthenticated", id="a credential is needed"),
        pytest.param("GET", "/v1/treatments", {"headers": {"X-Long": "a" * 16384}}, 431, "headers_too_large", id="a long header"),
        pytest.param(
            "GET",
            "/v1/nowhere",
            {"headers": {f"X-{n}": "a" * 100 for n in range(200)}},
            431,
            "headers_too_large",
            id="many headers",
        ),
        pytest.param("GET", "/problems/nonsense", {}, 404, "not_found", id="unknown code"),
    ],
)
async def test_refusals(public: Client, method: str, path: str, options: dict[str, Any], status: int, code: str) -> None:
    problem(await public.request(method, path, **options), status, code)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/treatments", "GET, POST"),
        ("/v1/treatments/0199a000-0000-7000-8000-000000000001", "DELETE, GET, PATCH"),
        ("/v1/appointments/search", "POST"),
        ("/v1/patients/search", "POST"),
        ("/openapi.json", "GET, HEAD"),
        ("/v1/me", "GET"),
    ],
)
async def test_405_names_every_method_of_the_path(public: Client, path: str, allowed: str) -> None:
    refused = await public.request("TRACE", path)
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == allowed


async def test_401_says_how_to_come_in(public: Client) -> None:
    assert (await public.get("/v1/patients")).headers["www-authenticate"] == "Bearer"


async def test_limits_are_the_last_that_is_let_through(database: Any) -> None:
    async with Client.of(small_app(database, Router("Small"))) as client:
        for content in (b" " * MAX_BODY_BYTES, b""):
            problem(await client.post("/", content=content), 404, "not_found")
        problem(await client.post("/", content=b" " * (MAX_BODY_BYTES + 1)), 413, "body_too_large")
        problem(await client.get("/" + "a" * 8191), 404, "not_found")
        problem(await client.get("/" + "a" * 8192), 414, "url_too_long")
        spent = sum(len(name) + len(value) + 4 for name, value in client.build_request("GET", "/", headers={"X": ""}).headers.raw)
        problem(await client.get("/", headers={"X": "a" * (16384 - spent)}), 404, "not_found")
        problem(await client.get("/", headers={"X": "a" * (16385 - spent)}), 431, "headers_too_large")


async def test_at_most_twenty_faults_are_told(admin: Client) -> None:
    in_the_body = await admin.send_json("POST", "/v1/treatments", {f"unknown_{n}": n for n in range(50)})
    in_the_query = await admin.get("/v1/treatments?" + "&".join(f"unknown_{n}={n}" for n in range(50)))
    for refused in (in_the_body, in_the_query):
        assert len(problem(refused, 422, "invalid")["errors"]) == 20


KINDS = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AppError)}


async def test_every_kind_of_error_becomes_its_problem(database: Any) -> None:
    router = Router("Small")

    @router.operation("GET", "/fail", id="fail", permission=OPEN, summary="Fail")
    async def fail(code: str) -> None:
        raise errors.InvalidField("/x", "It is wrong") if code == "invalid" else KINDS[code]()

    expected = {
        "bad_request": 400,
        "unauthenticated": 401,
        "forbidden": 403,
        "not_found": 404,
        "method_not_allowed": 405,
        "not_acceptable": 406,
        "conflict": 409,
        "version_changed": 412,
        "unsupported_media_type": 415,
        "invalid": 422,
        "if_match_required": 428,
        "too_many_requests": 429,
        "internal_error": 500,
        "unavailable": 503,
    }
    assert set(KINDS) == set(expected)
    async with Client.of(small_app(database, router)) as client:
        for code, status in expected.items():
            problem(await client.get(f"/fail?code={code}"), status, code)


@pytest.mark.parametrize(
    "error", [RuntimeError("canary"), ExceptionGroup("canary", [KeyError("canary")]), RecursionError("canary")]
)
async def test_what_nobody_expected_is_500_and_goes_no_further(database: Any, error: Exception) -> None:
    router = Router("Small")

    @router.operation("GET", "/fail", id="fail", permission=OPEN, summary="Fail")
    async def fail() -> None:
        raise error

    # Here an exception that leaves the application, for the server to log with its text, would be raised.
    transport = httpx.ASGITransport(app=small_app(database, router))
    async with Client(transport=transport, base_url="http://meridian.test") as client:
        refused = await client.get("/fail", headers={"X-Request-Id": "mine"})
    assert problem(refused, 500, "internal_error")["request_id"] == "mine"
    assert "canary" not in refused.text


CANARY = "zzCanary7"


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        pytest.param("GET", f"/v1/{CANARY}", {}, id="path"),
        pytest.param("GET", f"/v1/treatments/{CANARY}", {}, id="id"),
        pytest.param("GET", f"/v1/treatments?slug={CANARY}!", {}, id="parameter"),
        pytest.param("GET", f"/v1/treatments?{CANARY}=1", {}, id="name of a parameter"),
        pytest.param("GET", f"/v1/treatments?cursor={CANARY}", {}, id="cursor"),
        pytest.param("GET", f"/v1/treatments?limit={CANARY}", {}, id="number"),
        pytest.param("GET", f"/v1/availability?from={CANARY}&time_zone={CANARY}&treatment_id={CANARY}", {}, id="availability"),
        pytest.param("GET", "/v1/treatments", {"headers": {"Authorization": f"Bearer mst_{CANARY}"}}, id="token"),
        pytest.param("GET", "/v1/treatments", {"headers": {"Authorization": f"{CANARY} x"}}, id="scheme"),
        pytest.param("GET", "/v1/treatments", {"headers": {"Accept": f"text/{CANARY}"}}, id="accept"),
        pytest.param("POST", "/v1/enquiries", {"json": {}, "headers": {"Idempotency-Key": CANARY}}, id="key"),
        pytest.param("POST", "/v1/enquiries", {"content": CANARY, "headers": {"Content-Type": CANARY}}, id="media type"),
        pytest.param("POST", "/v1/enquiries", {"content": CANARY, "headers": JSON}, id="body that is no JSON"),
        pytest.param(
            "POST",
            "/v1/enquiries",
            {
                "json": {
                    CANARY: CANARY,
                    "name": f"\u0000{CANARY}",
                    "email": f"{CANARY}@{CANARY}_{CANARY}",
                    "phone": CANARY,
                    "message": [CANARY],
                    "consent": {CANARY: {CANARY: CANARY}, "version": 7},
                },
                "headers": {"Idempotency-Key": "k" * 16},
            },
            id="fields",
        ),
        pytest.param(
            "POST",
            "/v1/auth/token",
            {"data": {"username": CANARY, "password": f"{CANARY}" * 40, "grant_type": CANARY}},
            id="form",
        ),
        pytest.param("POST", "/v1/auth/token", {"data": {"username": CANARY, "password": CANARY, CANARY: CANARY}}, id="password"),
        pytest.param("PATCH", f"/v1/treatments/{CANARY}", {"json": {}, "headers": {"If-Match": CANARY}}, id="entity tag"),
        pytest.param(CANARY, "/v1/treatments", {}, id="method"),
    ],
)
async def test_nothing_that_was_sent_comes_back(public: Client, method: str, path: str, options: dict[str, Any]) -> None:
    refused = await public.request(method, path, **options)
    assert 400 <= refused.status_code < 500
    problem(refused, refused.status_code, refused.json()["code"])
    assert CANARY.lower() not in (refused.text + str(refused.headers)).lower()
    # Unless by the code points: a message of a library's that spells out the character it minds.
    assert not re.search(r"U\+\d{4}|'_'", refused.text)


async def test_a_type_leads_to_a_page_that_explains_it(app: FastAPI, public: Client) -> None:
    refused = problem(await public.get("/v1/nowhere"), 404, "not_found")
    assert errors.NotFound.meaning in (await public.get(refused["type"])).text
    pages = await public.get("/problems")
    for code, kind in errors.registry().items():
        page = await public.get(f"/problems/{code}")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert all(str(part) in page.text for part in (code, kind.status))
        assert f'href="problems/{code}"' in pages.text


def _said_in_tests() -> set[str]:
    """Every text in the code of tests that look at problems."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        if any(isinstance(function, ast.Name) and function.id == "problem" for function in calls):
            found |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found


def test_every_code_is_met_by_a_test(app: FastAPI) -> None:
    """Read from the sources, so that it also holds when only some tests are run."""
    of_the_product = {code for code, kind in errors.registry().items() if kind.__module__.startswith("app.")}
    assert of_the_product - _said_in_tests() == set()
