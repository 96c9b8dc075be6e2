"""Versions on the wire: strong ETags, If-Match before a change, If-None-Match for a cached copy."""

import re
from http import HTTPStatus
from typing import Annotated, Protocol, TypeVar

from fastapi import Header, Request, Response
from pydantic import BaseModel

from app.kit.errors import BadRequest, PreconditionFailed, PreconditionRequired

_ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'
_TAG = re.compile(_ENTITY_TAG)
_LIST = re.compile(rf"{_ENTITY_TAG}(?:[ \t]*,[ \t]*{_ENTITY_TAG})*")

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag of the version that was read", examples=['"3"'], max_length=200),
]


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


def tag_of(record: Versioned) -> str:
    return f'"{record.version}"'


def _tags(header: str) -> list[str]:
    if not _LIST.fullmatch(header.strip(" \t")):
        raise BadRequest("An entity tag is quoted, as the ETag header gave it.")
    return _TAG.findall(header)


def require_match(header: str | None, record: Versioned) -> None:
    """Raises PreconditionRequired (428) without If-Match, PreconditionFailed (412) when the record has moved on."""
    if header is None:
        raise PreconditionRequired
    check_match(header, record)


def check_match(header: str | None, record: Versioned) -> None:
    """As `require_match`, for callers who may leave the header out."""
    if header is not None and header.strip() != "*" and tag_of(record) not in _tags(header):
        raise PreconditionFailed


def not_modified(request: Request, tag: str) -> bool:
    """Whether the client's copy is this one. Comparison is weak, as RFC 9110 says for If-None-Match."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or tag in [one.removeprefix("W/") for one in _TAG.findall(header)]


def tagged(response: Response, record: Versioned) -> None:
    response.headers["ETag"] = tag_of(record)


def created(path: str, record: Versioned, answer: BaseModel) -> Response:
    """201 with what was made, encoded as it is: the framework would validate it once more."""
    headers = {"Location": path, "ETag": tag_of(record)}
    return Response(answer.model_dump_json(), HTTPStatus.CREATED.value, headers, "application/json")


Tagged = TypeVar("Tagged", bound=Versioned)


def tagged_or_not_modified(request: Request, response: Response, record: Tagged) -> Tagged | Response:
    """The record with its ETag on the way, or 304 when the client has it."""
    tag = tag_of(record)
    if not_modified(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return record
