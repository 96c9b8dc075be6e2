"""The running app's own description, as the contract's tests walk it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema_rs
from pydantic import SecretStr

from app.kit.openapi import operations_of
from app.main import create_app
from app.settings import Settings
from tests.client import Json

# Sent where the version of a client's copy is meant, which a test of its own does.
_LEFT_OUT = {"If-None-Match"}
# A booking's example is one without a hold, and the diary's is of what belongs to no course.
_NOT_OF = {("createAppointment", "Hold-Token"), ("listAppointments", "course_id")}


@cache
def document() -> Json:
    return create_app(Settings(database_url=SecretStr("postgresql://unused"))).openapi()


def resolved(value: Json) -> Json:
    """What a `$ref` points to."""
    while "$ref" in value:
        found = document()
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


_validators: dict[int, jsonschema_rs.Draft202012Validator] = {}


def errors_of(schema: Json, value: Any) -> list[str]:
    """Why a value does not fit a schema of the document."""
    validator = _validators.get(id(schema))
    if validator is None:
        whole = {**schema, "components": document()["components"]}
        validator = _validators[id(schema)] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


@dataclass(frozen=True)
class Operation:
    path: str
    method: str
    spec: Json

    @property
    def id(self) -> str:
        return str(self.spec["operationId"])

    @property
    def writes(self) -> bool:
        """By its permission: a search is a POST and writes nothing."""
        return self.method != "get" and not self.spec["x-permission"].endswith(":read")

    @property
    def staff_only(self) -> bool:
        return {} not in self.spec["security"]

    @property
    def responses(self) -> dict[str, Json]:
        return {status: resolved(answer) for status, answer in self.spec["responses"].items()}

    def success(self, body: Json) -> int:
        """What a body is answered with: 200 beside 201 is for one that asks to validate only."""
        found = sorted(int(status) for status in self.responses if status.startswith("2"))
        return found[0] if body and body.get("validate_only") else found[-1]

    @property
    def media_type(self) -> str | None:
        """Of the request's body; None without one."""
        return next(iter(self.spec.get("requestBody", {}).get("content", {})), None)

    @property
    def body_schema(self) -> Json:
        return resolved(self.spec["requestBody"]["content"][self.media_type]["schema"])

    @property
    def bodies(self) -> list[Json]:
        if self.media_type is None:
            return [None]
        return [example["value"] for example in self.spec["requestBody"]["content"][self.media_type]["examples"].values()]

    def parameters(self, place: str) -> list[Json]:
        return [one for one in self.spec.get("parameters", []) if one["in"] == place]

    def address(self, **instead: str) -> str:
        """The example's path, with other values of parameters where given, as they stand."""
        found = self.path
        for parameter in self.parameters("path"):
            value = instead.get(parameter["name"], quote(str(parameter["example"])))
            found = found.replace(f"{{{parameter['name']}}}", value)
        return found

    def url(self, *, public: bool = False) -> str:
        """The example's. To the `public` some parameters are closed, which then say "Staff only"."""
        closed = {one["name"] for one in self.parameters("query") if one["description"].startswith("Staff only")}
        return f"{self.address()}?{urlencode([one for one in self.query() if not (public and one[0] in closed)])}"

    def query(self) -> list[tuple[str, str]]:
        examples = ((one["name"], one.get("example")) for one in self.parameters("query"))
        return [
            (name, str(value))
            for name, example in examples
            if example is not None and (self.id, name) not in _NOT_OF
            for value in (example if isinstance(example, list) else [example])
        ]

    def headers(self) -> dict[str, str]:
        return {
            one["name"]: one["example"]
            for one in self.parameters("header")
            if one["name"] not in _LEFT_OUT and (self.id, one["name"]) not in _NOT_OF
        }

    def content(self, body: Json) -> dict[str, Any]:
        """Arguments for httpx."""
        if self.media_type is None:
            return {}
        return {"json": body} if self.media_type == "application/json" else {"data": body}


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(Operation(path, method, spec) for path, method, spec in operations_of(document()))


def named(names: Iterable[Operation]) -> dict[str, Any]:
    """For `parametrize`: the operations, each by its id."""
    found = list(names)
    return {"argvalues": found, "ids": [operation.id for operation in found]}
