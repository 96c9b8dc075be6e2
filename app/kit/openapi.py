"""The OpenAPI document: what FastAPI generates, and what only the edge knows (credentials, keys, versions, headers, problems).

The rest of the application says the same things once, in the models and in `About`; here they are put where readers and tools look for them: an
example beside every request and answer, and for every answer the headers it carries.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.kit import openapi_shape as shape
from app.kit.idempotency import BadIdempotencyKey, IdempotencyInProgress, IdempotencyKeyReused
from app.kit.openapi_headers import HEADERS, IDEMPOTENCY_KEY, IF_NONE_MATCH
from app.kit.problems import Problem
from app.kit.wire import Input, Output

Json = dict[str, Any]


class Audience(NamedTuple):
    """Whom a permission lets in: callers without a credential; those or a patient's link; whoever has any credential that is good."""

    anonymous: bool
    public: bool
    everybody: bool


@dataclass(frozen=True, slots=True)
class About:
    """What an API says of itself. `tags` are `{name, description}` in the order of the page; `parameters` are a description and an example for
    every parameter of that name; `links` name the operations that can follow one that makes something."""

    description: str
    tags: list[Json]
    parameters: Mapping[str, tuple[str, Any]]
    links: Mapping[str, tuple[str, ...]]


# Forms are OAuth's, which knows no keys.
_FORM = "application/x-www-form-urlencoded"
_KEY_NEEDED = ". The public must send one, unless it only validates"
_DESCRIPTIONS = {"200": "As asked", "201": "Made; `Location` says where it is", "204": "Done, and nothing to say"}


def describe(app: FastAPI, about: About, audience: Callable[[str], Audience]) -> None:
    """Serve the document at /openapi.json."""

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, about, audience)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own documented way

    async def serve_openapi(_: Request) -> Response:
        body = json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":"))
        return Response(body, media_type="application/json", headers={"Cache-Control": "public, max-age=300"})

    app.add_route("/openapi.json", serve_openapi, include_in_schema=False)


def operations_of(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method and operation, in the order of the document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _document(app: FastAPI, about: About, audience: Callable[[str], Audience]) -> Json:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=about.description,
        routes=app.routes,
        tags=about.tags,
        servers=[{"url": "/", "description": "This server"}],
        contact={"name": "Meridian", "url": "https://meridian.example"},
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        separate_input_output_schemas=True,
    )
    components = document["components"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["headers"] = HEADERS
    _restore_examples(components["schemas"])
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A staff token from `createToken`, or the token of a patient's private link",
        }
    }
    document["webhooks"] = {}  # nothing is sent out yet
    for _, method, operation in operations_of(document):
        _complete(operation, method, audience(operation["x-permission"]), about, components["schemas"])
    _link(document, about.links)
    shape.tidy(document)
    return document


def _restore_examples(schemas: Json) -> None:
    """FastAPI drops every null of the document, those inside examples too."""
    waiting: list[type[BaseModel]] = [Input, Output]
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        extra = model.model_config.get("json_schema_extra")
        if isinstance(extra, dict) and model.__name__ in schemas:
            schemas[model.__name__] |= extra


def _complete(operation: Json, method: str, audience: Audience, about: About, schemas: Json) -> None:
    use_of_key = operation.pop("x-idempotency-key", None)
    operation.pop("x-idempotency-hours", None)
    operation.pop("x-produces", None)
    operation["security"] = [{}, {"bearer": []}] if audience.anonymous else [{"bearer": []}]
    answers = operation["responses"]
    if audience.everybody:
        del answers["403"]
    content = operation.get("requestBody", {}).get("content", {})
    shape.add_examples(content, schemas)
    if not content:
        del answers["415"]
    elif _FORM in content:
        use_of_key = None
        shape.forget_problems(answers, {BadIdempotencyKey.code, IdempotencyInProgress.code, IdempotencyKeyReused.code})
    tagged = {status for status, answer in answers.items() if _shows_version(answer, schemas)}
    if operation.pop("x-tagged", False):
        tagged.add("200")
    if method == "get" and tagged:
        answers["304"] = {"description": "The client's copy is the current version"}
        tagged.add("304")
    _complete_answers(answers, schemas, tagged=tagged, keyed=use_of_key is not None)
    parameters = operation.setdefault("parameters", [])
    if "304" in answers:
        parameters.append(dict(IF_NONE_MATCH))
    if use_of_key is not None:
        suffix = _KEY_NEEDED if use_of_key == "required" else ""
        parameters.append({**IDEMPOTENCY_KEY, "description": IDEMPOTENCY_KEY["description"] + suffix})
    for parameter in parameters:
        _complete_parameter(parameter, about)
        if parameter["name"] == "If-Match":
            parameter["required"] = not audience.public
            parameter["example"] = f'"{shape.example_of(answers, schemas).get("version", 1)}"'


def _complete_answers(answers: Json, schemas: Json, *, tagged: set[str], keyed: bool) -> None:
    for status, answer in answers.items():
        if status in _DESCRIPTIONS and answer["description"] == "Successful Response":
            answer["description"] = _DESCRIPTIONS[status]
        if status.startswith("2"):
            shape.add_examples(answer.get("content", {}), schemas)
        answer["headers"] = {
            name: {"$ref": f"#/components/headers/{name}"}
            for name in _headers_of(status, answer, tagged=status in tagged, keyed=keyed)
        }


def _shows_version(answer: Json, schemas: Json) -> bool:
    """What shows its version carries it as its ETag."""
    return "version" in shape.model_of(answer.get("content", {}), schemas).get("properties", {})


def _headers_of(status: str, answer: Json, *, tagged: bool, keyed: bool) -> Iterator[str]:
    codes = {code for media in answer.get("content", {}).values() for code in media.get("examples", ())}
    yield "X-Request-Id"
    if status == "201":
        yield "Location"
    if tagged:
        yield "ETag"
    if keyed and (status.startswith("2") or status == "409"):
        yield "Idempotent-Replayed"
    if status == "503" or "idempotency_in_progress" in codes:
        yield "Retry-After"
    if status == "401":
        yield "WWW-Authenticate"


def _complete_parameter(parameter: Json, about: About) -> None:
    schema = parameter["schema"] = shape.without_null(parameter["schema"])
    schema.pop("title", None)
    description, example = about.parameters.get(parameter["name"], ("", None))
    parameter.setdefault("description", schema.get("description", description))
    schema.pop("description", None)
    found = schema.pop("examples", None) or schema.get("items", {}).pop("examples", None) or schema.get("enum") or [None]
    value = next((one for one in (example, schema.get("default"), found[0]) if one is not None), None)
    if value is not None and "example" not in parameter:
        parameter["example"] = [value] if schema.get("type") == "array" and not isinstance(value, list) else value
    if not parameter.get("required"):
        parameter.pop("required", None)


def _link(document: Json, links: Mapping[str, tuple[str, ...]]) -> None:
    """From the answer that makes a thing to what can be done with it: its id, and its ETag where that is asked for."""
    by_id = {operation["operationId"]: (path, operation) for path, _, operation in operations_of(document)}
    for source, targets in links.items():
        answers = by_id[source][1]["responses"]
        answer = answers["201"] if "201" in answers else answers["200"]
        for target in targets:
            path, operation = by_id[target]
            name = path.partition("{")[2].partition("}")[0]
            parameters = {f"path.{name}": "$response.body#/id"}
            if any(one["name"] == "If-Match" for one in operation["parameters"]) and "ETag" in answer["headers"]:
                parameters["header.If-Match"] = "$response.header.ETag"
            answer.setdefault("links", {})[target] = {"operationId": target, "parameters": parameters}
