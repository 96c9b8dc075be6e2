"""Pages for people: the API at /docs, and at /problems what each `type` of a problem leads to.

Swagger UI comes from our own origin, out of the package `fastapi-swagger`, so the page works offline and tells nobody that it is read. Of that
package only the files are used: its own routes put a script into the page, which the policy below would rightly refuse.
"""

from html import escape
from importlib import resources

import fastapi_swagger.resources  # type: ignore[import-untyped]
from fastapi import FastAPI, Request, Response
from starlette.responses import HTMLResponse

from app.kit import errors
from app.kit.errors import AppError, NotFound

_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon-32x32.png": "image/png"}
# Everything from here and nothing inline. Swagger UI draws its icons as `data:` images.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CACHED = {"Cache-Control": "public, max-age=86400"}

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<main id="api"></main>
<noscript>This page needs JavaScript. The description itself is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# `validatorUrl`: left alone, the page would send its address to a validator elsewhere.
_START = """\
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  showExtensions: true,
  validatorUrl: null,
});
"""


def install(app: FastAPI) -> None:
    """Serve /docs with its files, and /problems."""
    folder = resources.files(fastapi_swagger.resources)

    async def page(_: Request) -> Response:
        return HTMLResponse(_PAGE.format(title=escape(app.title)), headers={"Content-Security-Policy": _PAGE_POLICY})

    async def start(_: Request) -> Response:
        return Response(_START, media_type="text/javascript", headers=_CACHED)

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            raise NotFound
        return Response(folder.joinpath(name).read_bytes(), media_type=_FILES[name], headers=_CACHED)

    app.add_route("/docs", page, include_in_schema=False)
    app.add_route("/docs/start.js", start, include_in_schema=False)
    app.add_route("/docs/{name}", file, include_in_schema=False)
    app.add_route("/problems", _problems, include_in_schema=False)
    app.add_route("/problems/{code}", _problem, include_in_schema=False)


async def _problems(_: Request) -> Response:
    kinds = sorted(errors.registry().values(), key=lambda kind: (kind.status, kind.code))
    links = "".join(
        f'<li>{kind.status} <a href="problems/{kind.code}">{kind.code}</a>: {escape(kind.title)}</li>' for kind in kinds
    )
    return _explained("Problems", f"<ul>{links}</ul>")


async def _problem(request: Request) -> Response:
    kind: type[AppError] | None = errors.registry().get(request.path_params["code"])
    if kind is None:
        raise NotFound
    meaning = f"<p>{escape(kind.title)}.</p><p>{escape(kind.meaning)}</p>"
    return _explained(f"{kind.status} {kind.code}", f'{meaning}<p><a href="../problems">All problems</a></p>')


def _explained(title: str, body: str) -> Response:
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    return HTMLResponse(f"{head}<body><h1>{title}</h1>{body}</body></html>", headers=_CACHED)
