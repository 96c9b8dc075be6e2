"""problem+json (RFC 9457) for every error of every route, the framework's own included."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.kit import errors
from app.kit.errors import AppError

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20

log = structlog.get_logger(__name__)

# Failures of the database that pass by themselves: connection classes, cancelled or timed out statements, shutting down, too many clients.
TRANSIENT_SQLSTATES = ("08", "57", "53", "55P03", "40001", "40P01", "25P03")


class FieldError(BaseModel):
    """One thing that is wrong with what was sent. The value itself is never repeated."""

    pointer: str = Field(description="JSON pointer into the body, or the parameter's name", examples=["/starts_at"])
    code: str = Field(examples=["missing"])
    message: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """RFC 9457. Further members are facts that belong to the `code`."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not_found",
                    "title": "There is no such thing here",
                    "status": 404,
                    "code": "not_found",
                    "detail": "There is no such thing here",
                    "request_id": "0199a3f2c4b07d0f8f4e2b7a91c3d5e6",
                }
            ]
        },
    )

    type: str = Field(description="Where this kind of problem is explained, relative to the API's own address")
    title: str
    status: int
    code: str = Field(description="Stable, for programs; one of those listed below /problems")
    detail: str
    request_id: str
    errors: list[FieldError] | None = Field(default=None, max_length=MAX_ERRORS, description="With 422: what is wrong, and where")


def body_of(error: AppError, request_id: str) -> dict[str, Any]:
    return {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": request_id,
        **error.facts,
    }


def response_of(error: AppError, request_id: str) -> Response:
    return Response(
        json.dumps(body_of(error, request_id), ensure_ascii=False).encode(),
        status_code=error.status,
        headers={**error.headers, "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def pointer_of(location: tuple[int | str, ...]) -> str:
    """JSON pointer for a place in the body, the bare name for a parameter."""
    where, *path = location or ("body",)
    if where != "body":
        return ".".join(str(part) for part in path)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    location, message = error["loc"], error["msg"]
    if error["type"] == "extra_forbidden":
        # The last part of the location is a name that the client made up; it stays with the client.
        location, message = location[:-1], "Unknown field"
    return {"pointer": pointer_of(location), "code": error["type"], "message": message}


def invalid(error: RequestValidationError) -> errors.Rejected:
    return errors.Rejected(errors=[_field_error(one) for one in error.errors()[:MAX_ERRORS]])


def of_http_exception(error: HTTPException) -> AppError:
    by_status: dict[int, type[AppError]] = {
        kind.status: kind
        for kind in (
            errors.BadRequest,
            errors.Unauthenticated,
            errors.NotFound,
            errors.MethodNotAllowed,
            errors.NotAcceptable,
            errors.UnsupportedMediaType,
        )
    }
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return BodyTooLarge()
    found = by_status.get(error.status_code, errors.BadRequest)()
    found.headers = {**found.headers, **(error.headers or {})}
    return found


class BodyTooLarge(AppError):
    status = 413
    code = "body_too_large"
    title = "The body is larger than this service accepts"


def of_database_error(error: DBAPIError) -> AppError:
    """`Unavailable` when waiting helps, a plain 500 when it is our own mistake."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or not state or state.startswith(TRANSIENT_SQLSTATES):
        return errors.Unavailable("The database did not answer in time; nothing was changed unless a retry says otherwise.")
    return AppError()


def _handler(convert: Callable[[Any], AppError]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        answer = convert(error)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # The exception's text may hold data; its kind and place do not.
            log.error("request.failed", code=answer.code, error=type(error).__name__, where=_where(error))
        return response_of(answer, request.scope.get("request_id", ""))

    return handle


def _where(error: BaseException) -> list[str]:
    """The last frames of the traceback, without values."""
    frames, step = [], error.__traceback__
    while step is not None:
        frames.append(
            f"{step.tb_frame.f_code.co_qualname}:{step.tb_lineno}" if hasattr(step.tb_frame.f_code, "co_qualname") else ""
        )
        step = step.tb_next
    return frames[-6:]


def install(app: FastAPI) -> None:
    """Give `app` an answer in problem+json for every exception there can be."""
    app.add_exception_handler(AppError, _handler(lambda error: error))
    app.add_exception_handler(RequestValidationError, _handler(invalid))
    app.add_exception_handler(HTTPException, _handler(of_http_exception))
    app.add_exception_handler(DBAPIError, _handler(of_database_error))
    app.add_exception_handler(
        PoolTimeout, _handler(lambda _: errors.Unavailable("Too many requests are waiting for the database."))
    )
    app.add_exception_handler(Exception, _handler(lambda _: AppError()))
