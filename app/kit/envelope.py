"""What every answer wears and every request passes first, whichever route it is for: request id, size limits, safe headers, one log line.

The answer to an exception that nobody expected is made here too: further out the framework would send it without all that, and hand the
exception on to the server, whose log would show its text.
"""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kit.errors import AppError
from app.kit.problems import BodyTooLarge, answer_to, response_of

MAX_URL_BYTES = 8 * 1024
MAX_HEADER_BYTES = 16 * 1024

_SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

log = structlog.get_logger(__name__)


class UrlTooLong(AppError):
    status = 414
    code = "url_too_long"
    title = "The address is longer than this service accepts"
    meaning = "Path and query together have at most 8 KiB."


class HeadersTooLarge(AppError):
    status = 431
    code = "headers_too_large"
    title = "The headers are larger than this service accepts"
    meaning = "Names and values of all headers together have at most 16 KiB."


class Envelope:
    """Pure ASGI, so that a client that goes away does not cancel a request in the middle."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        given = _header(scope, b"x-request-id")
        request_id = given if _SAFE_REQUEST_ID.fullmatch(given) else uuid4().hex
        scope["request_id"] = request_id
        status, begun = 500, False

        async def send_enveloped(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
            await send(message)

        refusal = self._too_large(scope)
        try:
            if refusal is not None:
                await response_of(refusal, request_id)(scope, receive, send_enveloped)
            else:
                await self.app(scope, receive, send_enveloped)
        except Exception as error:
            if begun:
                raise
            await answer_to(error, AppError(), request_id)(scope, receive, send_enveloped)
        finally:
            # The route's template and never the path or the query: those may hold names and tokens.
            log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=getattr(scope.get("route"), "path", None),
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )

    def _too_large(self, scope: Scope) -> AppError | None:
        if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > MAX_URL_BYTES:
            return UrlTooLong()
        if sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            return HeadersTooLarge()
        length = _header(scope, b"content-length")
        if length.isdecimal() and (len(length) > len(str(self.max_body_bytes)) or int(length) > self.max_body_bytes):
            return BodyTooLarge()
        return None


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
