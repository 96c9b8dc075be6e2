"""What every answer wears, whatever it is: a request id and safe headers."""

import pytest
import structlog
from structlog.testing import capture_logs

from app.kit import envelope
from tests.client import Client

SAFE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz/live"),
        ("GET", "/v1/treatments"),
        ("GET", "/v1/patients"),
        ("GET", "/nowhere"),
        ("TRACE", "/v1/me"),
        ("POST", "/v1/enquiries"),
        ("GET", "/" + "a" * 9000),
    ],
)
async def test_every_answer_is_safe_to_show_and_kept_by_nobody(public: Client, method: str, path: str) -> None:
    answer = await public.request(method, path)
    assert {name: answer.headers.get(name) for name in SAFE_HEADERS} == SAFE_HEADERS
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("given", ["a", "A-Z.a_z:0-9", "0199a3f2-c4b0-7d0f-8f4e-2b7a91c3d5e6", "x" * 64])
async def test_a_safe_request_id_is_kept(public: Client, given: str) -> None:
    answer = await public.get("/nowhere", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == (given, given)


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "é", '"', "<script>", "a\\nb", "a,b", "{}", "a/b"])
async def test_an_unsafe_request_id_is_replaced(public: Client, given: str) -> None:
    answer = await public.get("/nowhere", headers={b"X-Request-Id": given.encode("latin-1")})
    made = answer.headers["x-request-id"]
    assert made == answer.json()["request_id"] != given
    assert len(made) == 32


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [("/v1/treatments/7?slug=secret", "/v1/treatments/{treatment_id}", 422), ("/secret", None, 404)],
)
async def test_one_line_in_the_log_names_the_request_and_not_what_was_sent(
    public: Client, monkeypatch: pytest.MonkeyPatch, path: str, route: str | None, status: int
) -> None:
    monkeypatch.setattr(envelope, "log", structlog.get_logger())
    with capture_logs() as lines:
        await public.get(path, headers={"X-Request-Id": "mine"})
    (line,) = lines
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": "mine",
        "method": "GET",
        "route": route,
        "status": status,
    }
