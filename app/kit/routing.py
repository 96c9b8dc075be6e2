"""Routes that say what they need, and the edge that every request passes.

A feature makes a `Router` and registers operations; each names its permission. An operation without one cannot be registered, and one whose
permission is not in the policy table answers 403.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, get_args, get_origin

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from typing_extensions import override

from app.kit import edge, errors
from app.kit.envelope import HeadersTooLarge, UrlTooLong
from app.kit.errors import AppError
from app.kit.idempotency import BadIdempotencyKey, IdempotencyInProgress, IdempotencyKeyRequired, IdempotencyKeyReused
from app.kit.problems import MEDIA_TYPE, BodyTooLarge, Problem, body_of

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

# What any operation can answer. 403 and 415 are taken out of the description of those that refuse nobody, or read no body.
_ALWAYS: tuple[type[AppError], ...] = (
    errors.BadRequest,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.NotAcceptable,
    BodyTooLarge,
    UrlTooLong,
    errors.UnsupportedMediaType,
    errors.Rejected,
    HeadersTooLarge,
    AppError,
    errors.Unavailable,
)


@dataclass(frozen=True, slots=True)
class Contract:
    """What the edge has to know of an operation before it runs."""

    operation_id: str
    permission: str
    single_parameters: frozenset[str]
    list_parameters: frozenset[str]
    takes_body: bool
    takes_form: bool
    needs_key: bool
    keep_answer_for: timedelta
    produces: str


class Route(APIRoute):
    """A route behind the edge."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        extra = self.openapi_extra or {}
        query = _query_parameters(self.dependant)
        contract = Contract(
            operation_id=self.operation_id or "",
            permission=extra.get("x-permission", ""),
            single_parameters=frozenset(name for name, many in query.items() if not many),
            list_parameters=frozenset(name for name, many in query.items() if many),
            takes_body=self.body_field is not None,
            takes_form=self.body_field is not None and isinstance(self.body_field.field_info, Form),
            needs_key=extra.get("x-idempotency-key", "") == "required",
            keep_answer_for=timedelta(hours=extra.get("x-idempotency-hours", 24)),
            produces=extra.get("x-produces", "application/json"),
        )

        async def serve(request: Request) -> Response:
            return await edge.serve(request, contract, handle)

        return serve


def _query_parameters(dependant: Dependant) -> dict[str, bool]:
    """Name of each query parameter, and whether it may be repeated."""
    found: dict[str, bool] = {}
    for field in dependant.query_params:
        found[field.alias] = _is_list(field.field_info.annotation)
    for inner in dependant.dependencies:
        found.update(_query_parameters(inner))
    return found


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))


class Router(APIRouter):
    """A feature's operations. Written as `@router.operation("GET", "/v1/treatments", id="listTreatments", …)`."""

    def __init__(self, tag: str) -> None:
        super().__init__(tags=[tag], route_class=Route)

    def operation(
        self,
        method: str,
        path: str,
        *,
        id: str,  # noqa: A002 it is the operationId
        permission: str,
        summary: str,
        raises: tuple[type[AppError], ...] = (),
        status: int = 200,
        needs_key: bool = False,
        keep_answer_hours: int = 24,
        produces: str = "application/json",
        tagged: bool = False,
        **options: Any,
    ) -> Callable[[Endpoint], Endpoint]:
        """Register an operation.

        `raises` lists the errors that belong to this operation; those that any operation can have are added. `needs_key`: the public must send an
        Idempotency-Key. `tagged`: the answer carries an ETag, which what shows its version does anyhow.
        """
        extra: dict[str, Any] = {"x-permission": permission, **options.pop("openapi_extra", {})}
        if method in {"POST", "PATCH"}:
            extra |= {"x-idempotency-key": "required" if needs_key else "accepted", "x-idempotency-hours": keep_answer_hours}
            raises = (*raises, BadIdempotencyKey, IdempotencyInProgress, IdempotencyKeyReused)
        if produces != "application/json":
            extra["x-produces"] = produces
        if tagged:
            extra["x-tagged"] = True
        kinds = (*_ALWAYS, *raises)
        if "{" in path:
            kinds = (*kinds, errors.NotFound)
        if needs_key:
            kinds = (*kinds, IdempotencyKeyRequired)
        return self.api_route(
            path,
            methods=[method],
            operation_id=id,
            summary=summary,
            status_code=status,
            responses=_problems(kinds) | options.pop("responses", {}),
            openapi_extra=extra,
            **options,
        )


def _problems(kinds: tuple[type[AppError], ...]) -> dict[int | str, dict[str, Any]]:
    """One answer a status; an example for each code it can carry."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in sorted(set(kinds), key=lambda kind: (kind.status, kind.code)):
        answer = found.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}, "examples": {}}},
            },
        )
        if kind.title not in answer["description"]:
            answer["description"] += f"; or: {kind.title}"
        answer["content"][MEDIA_TYPE]["examples"][kind.code] = {
            "value": body_of(kind(), request_id="0199a3f2c4b07d0f8f4e2b7a91c3d5e6") | kind.example
        }
    return found
