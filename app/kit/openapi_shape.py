"""The form of the OpenAPI document: examples where tools look for them, shared answers once, no noise."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from app.kit.problems import MEDIA_TYPE as PROBLEM

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_ORDER = ("operationId", "summary", "description", "tags", "security", "x-permission", "parameters", "requestBody", "responses")


def model_of(content: Json, schemas: Json) -> Json:
    """The named schema of a body; {} where there is none."""
    for media in content.values():
        name = media.get("schema", {}).get("$ref", "").removeprefix(_SCHEMAS)
        if name in schemas:
            found: Json = schemas[name]
            return found
    return {}


def add_examples(content: Json, schemas: Json) -> None:
    """Beside a body, the examples that its model has."""
    found = list(_examples_of(model_of(content, schemas), schemas))
    for media in content.values():
        if found and "examples" not in media:
            names = ["example", *(f"example_{number}" for number in range(2, len(found) + 1))]
            media["examples"] = {name: {"value": value} for name, value in zip(names, found, strict=True)}


def _examples_of(schema: Json, schemas: Json) -> Iterator[Any]:
    """A model's own; of a page, one item; of a form, its fields'."""
    if "examples" in schema:
        yield from schema["examples"]
        return
    properties = schema.get("properties", {})
    if set(properties) == {"items", "next_cursor"}:
        model = schemas[properties["items"]["items"]["$ref"].removeprefix(_SCHEMAS)]
        yield {"items": list(_examples_of(model, schemas))}
    elif properties:
        yield {name: field["examples"][0] for name, field in properties.items() if "examples" in field}


def example_of(answers: Json, schemas: Json) -> Json:
    """What a success looks like; {} where it has no body."""
    content = answers.get("200", {}).get("content", {})
    return next(_examples_of(model_of(content, schemas), schemas), {})


def forget_problems(answers: Json, codes: set[str]) -> None:
    """Take problems out of the answers that are described, and answers that were about nothing else."""
    for status, answer in list(answers.items()):
        examples = answer.get("content", {}).get(PROBLEM, {}).get("examples", {})
        gone = codes & set(examples)
        for code in gone:
            del examples[code]
        if gone and not examples:
            del answers[status]
        elif gone:
            answer["description"] = "; or: ".join(example["value"]["title"] for example in examples.values())


def without_null(schema: Json) -> Json:
    """A parameter is there or it is not; it cannot be null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    return {**options[0], **rest}


def tidy(document: Json) -> None:
    """Shared answers once; forms by a name of their own; without the titles that only repeat a field's name."""
    schemas = document["components"]["schemas"]
    problem = schemas["Problem"]["properties"]
    problem["errors"] = without_null(problem["errors"])
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
    _name_well(document)
    _whole_bounds(document)
    _share_answers(document)
    document["components"] = {name: dict(sorted(part.items())) for name, part in sorted(document["components"].items())}
    for item in document["paths"].values():
        for method, operation in item.items():
            operation["responses"] = dict(sorted(operation["responses"].items()))
            item[method] = {name: operation[name] for name in _ORDER if operation.get(name) not in (None, [])}


def _name_well(document: Json) -> None:
    """Page_LocationOut_ is LocationPage, and Body_createToken is CreateTokenForm, for whoever generates a client."""
    schemas = document["components"]["schemas"]
    renamed: dict[str, str] = {}
    for old in list(schemas):
        if page := re.fullmatch(r"Page_(\w+?)(?:Out)?_", old):
            new = f"{page[1]}Page"
        elif form := re.fullmatch(r"Body_([a-z])(\w+)", old):
            new = f"{form[1].upper()}{form[2]}Form"
        else:
            continue
        schemas[new] = {**schemas.pop(old), "title": new}
        renamed[f"{_SCHEMAS}{old}"] = f"{_SCHEMAS}{new}"
    for holder in _objects(document):
        if holder.get("$ref") in renamed:
            holder["$ref"] = renamed[holder["$ref"]]


def _objects(value: Any) -> Iterator[Json]:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _whole_bounds(document: Json) -> None:
    """Bounds of whole numbers are whole numbers."""
    for schema in _objects(document):
        for bound in ("minimum", "maximum"):
            if schema.get("type") == "integer" and isinstance(schema.get(bound), float):
                schema[bound] = int(schema[bound])


def _share_answers(document: Json) -> None:
    """Problems that several operations answer alike become `components/responses`, named after their codes."""
    answers = [
        (operation["responses"], status)
        for item in document["paths"].values()
        for operation in item.values()
        for status, answer in operation["responses"].items()
        if PROBLEM in answer.get("content", {})
    ]
    seen = Counter(json.dumps(responses[status]) for responses, status in answers)
    shared: Json = document["components"].setdefault("responses", {})
    for responses, status in answers:
        answer = responses[status]
        if seen[json.dumps(answer)] < 2:
            continue
        codes = answer["content"][PROBLEM]["examples"]
        name = "Or".join("".join(word.capitalize() for word in code.split("_")) for code in codes)
        responses[status] = {"$ref": f"#/components/responses/{name}"}
        if shared.setdefault(name, answer) != answer:
            raise ValueError(f"two kinds of answer are called {name}")
