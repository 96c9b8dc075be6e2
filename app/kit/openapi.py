"""The OpenAPI document: what FastAPI generates, and what only the edge knows (credentials, keys, problems)."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from app.kit.problems import Problem

# Whether a permission is open without a credential, and whether any credential is of use.
Access = Callable[[str], tuple[bool, bool]]

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again with the same body, the request is done once and answered the same. 16 to 255 visible ASCII characters",
    "schema": {"type": "string", "minLength": 16, "maxLength": 255, "pattern": "^[\\x21-\\x7e]{16,255}$"},
    "example": "0199a3f2-c4b0-7d0f-8f4e-2b7a91c3d5e6",
}
_NEEDED = ". The public must send one, unless it only validates"


def describe(app: FastAPI, tags: list[dict[str, str]], access: Access) -> None:
    """Serve the document at /openapi.json. `tags` are `{name, description}` in the order of the page."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, tags, access)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own documented way

    async def serve_openapi(_: Request) -> Response:
        return JSONResponse(app.openapi(), headers={"Cache-Control": "public, max-age=300"})

    app.add_route("/openapi.json", serve_openapi, include_in_schema=False)


def _document(app: FastAPI, tags: list[dict[str, str]], access: Access) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=tags,
        servers=[{"url": "/", "description": "This server"}],
        contact={"name": "Meridian", "url": "https://meridian.example"},
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        separate_input_output_schemas=True,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A staff token, or the token of a patient's private link"}
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            _complete(operation, access)
    return document


def _complete(operation: dict[str, Any], access: Access) -> None:
    anonymous, credential = access(operation["x-permission"])
    operation["security"] = ([{}] if anonymous else []) + ([{"bearer": []}] if credential else [])
    use_of_key = operation.pop("x-idempotency-key", None)
    operation.pop("x-idempotency-hours", None)
    operation.pop("x-produces", None)
    if use_of_key is not None:
        suffix = _NEEDED if use_of_key == "required" else ""
        operation.setdefault("parameters", []).append(
            {**_IDEMPOTENCY_KEY, "required": False, "description": f"{_IDEMPOTENCY_KEY['description']}{suffix}"}
        )
