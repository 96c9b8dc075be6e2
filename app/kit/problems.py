"""problem+json (RFC 9457) for every error of every route, the framework's own included."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.kit import errors
from app.kit.errors import AppError
from app.kit.logs import where

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20

log = structlog.get_logger(__name__)

# Failures of the database that pass by themselves: connection classes, cancelled or timed out statements, shutting down, too many clients, races that
# were lost again and again.
TRANSIENT_SQLSTATES = ("08", "57", "53", "55P03", "40001", "40P01", "25P03", "23P01")


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

    type: str = Field(
        description="Where this kind of problem is explained, relative to the API's own address",
        json_schema_extra={"format": "uri-reference"},
    )
    title: str
    status: int = Field(ge=400, le=599)
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
    location, message = error["loc"], error["msg"].removeprefix("Value error, ")
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
    meaning = "A body has a limit, of 1 MiB unless the service is set otherwise; it holds whether or not Content-Length was sent."


def of_database_error(error: DBAPIError | psycopg.Error) -> AppError:
    """`Unavailable` when waiting helps, a plain 500 when it is our own mistake; from SQLAlchemy or straight from the driver."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    # What the server has not given a state is the connection's fault, or a mistake found on our side of it.
    if state.startswith(TRANSIENT_SQLSTATES) if state else isinstance(cause, psycopg.OperationalError):
        return errors.Unavailable("The database did not answer in time; nothing was changed unless a retry says otherwise.")
    return AppError()


def answer_to(error: Exception, answer: AppError, request_id: str) -> Response:
    """The response, after a line in the log if the fault is ours. The exception's text may hold data; its kind and place do not."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request.failed", request_id=request_id, code=answer.code, error=type(error).__name__, where=where(error))
    return response_of(answer, request_id)


def _handler(convert: Callable[[Any], AppError]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return answer_to(error, convert(error), request.scope.get("request_id", ""))

    return handle


async def _http_exception(request: Request, error: Exception) -> Response:
    answer = of_http_exception(error) if isinstance(error, HTTPException) else AppError()
    if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return answer_to(error, answer, request.scope.get("request_id", ""))


def _methods(request: Request) -> set[str]:
    """Every method of the path; the framework names those of the first route that has it."""
    path: str = request.scope["path"]
    routes = iter_route_contexts(request.app.routes)
    return {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}


def install(app: FastAPI) -> None:
    """Give `app` an answer in problem+json for every exception that is expected; `app.kit.envelope` answers for all others."""
    app.add_exception_handler(AppError, _handler(lambda error: error))
    app.add_exception_handler(RequestValidationError, _handler(invalid))
    # Nobody hears this answer; that a client went away is no error of ours.
    app.add_exception_handler(ClientDisconnect, _handler(lambda _: errors.BadRequest()))
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(DBAPIError, _handler(of_database_error))
    app.add_exception_handler(psycopg.Error, _handler(of_database_error))
    app.add_exception_handler(
        PoolTimeout, _handler(lambda _: errors.Unavailable("Too many requests are waiting for the database."))
    )
    # Two changes of one version at once: the later is told what a latecomer is told.
    app.add_exception_handler(StaleDataError, _handler(lambda _: errors.PreconditionFailed()))
