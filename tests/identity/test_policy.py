"""The policy table, against the routes of the running application: what is not in it is denied."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from fastapi import FastAPI, Response
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

from app.identity.actions import new_link
from app.identity.policy import POLICY, STAFF_ROLES
from app.kit.db import Database
from app.kit.ids import uuid7
from app.kit.routing import Route, Router
from tests.client import Client, problem
from tests.kit.small_app import small_app
from tests.make import make_user

# Pages for people, which hold nothing of the clinic's and pass no edge.
PAGES = {"/openapi.json", "/docs", "/docs/start.js", "/docs/{name}", "/problems", "/problems/{code}"}

A, R, P, E, L, X = *STAFF_ROLES, "patient", "anonymous"
EVERYBODY = {A, R, P, E, L, X}

# Said here a second time on purpose: whoever changes what a role may do says so twice.
MAY = {
    "health:read": EVERYBODY,
    "session:create": EVERYBODY,
    "session:own": {A, R, P, E},
    "audit:read": {A},
    "clinic:read": EVERYBODY,
    "clinic:write": {A},
    "places:read": {A, R, P},
    "hours:read": {A, R, P},
    "hours:write": {A, R, P},
    "closures:read": {A, R, P},
    "closures:write": {A, R},
    "availability:read": EVERYBODY,
    "appointments:book": {A, R, P, L, X},
    "appointments:list": {A, R, P},
    "appointments:read": {A, R, P, L},
    "appointments:cancel": {A, R, P, L},
    "appointments:confirm": {A, R, P},
    "appointments:hold": {A, R, P, L, X},
    "appointments:reschedule": {A, R, P, L},
    "appointments:attend": {A, R, P},
    "appointments:link": {A, R},
    "courses:list": {A, R, P},
    "courses:read": {A, R, P, L},
    "courses:write": {A, R, P},
    "plans:read": {A, R, P},
    "diary:read": {A, R, P},
    "patients:read": {A, R, P},
    "patients:write": {A, R},
    "patients:erase": {A},
    "articles:read": EVERYBODY,
    "articles:write": {A, E},
    "enquiries:create": EVERYBODY,
    "enquiries:read": {A, R},
    "enquiries:write": {A, R},
}


def operations(app: FastAPI) -> Iterator[tuple[str, str, str | None]]:
    """Method, path and permission of everything that the application serves; the permission is None for what passes no edge."""
    for route in iter_route_contexts(app.routes):
        behind_edge = isinstance(route.original_route, Route)
        for method in sorted(route.methods or {"?"}):
            yield method, str(route.path_format), (route.openapi_extra or {}).get("x-permission", "") if behind_edge else None


def unlisted(app: FastAPI) -> list[tuple[str, str, str | None]]:
    """What is neither a page nor of a permission that the table has."""
    return [
        one
        for one in operations(app)
        if one[2] not in POLICY and not (one[2] is None and one[1] in PAGES and one[0] in {"GET", "HEAD"})
    ]


def test_every_route_has_a_permission_of_the_table(app: FastAPI) -> None:
    assert unlisted(app) == []
    walked = {(method, path) for method, path, permission in operations(app) if permission is not None}
    described = {
        (method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item if method != "parameters"
    }
    assert walked == described
    assert {permission for _, _, permission in operations(app)} - {None} == set(POLICY)


@pytest.fixture
def careless(database: Database) -> FastAPI:
    """An application whose author forgot."""
    router = Router("Small")

    @router.operation("GET", "/unknown", id="unknown", permission="unknown:read", summary="Unknown")
    @router.operation("GET", "/blank", id="blank", permission="", summary="Blank")
    @router.get("/without")
    async def served() -> str:
        return "served"

    made = small_app(database, router)
    made.get("/beside")(served)
    made.add_route("/raw", lambda _: Response())
    return made


def test_the_walk_finds_what_was_forgotten(careless: FastAPI) -> None:
    found = {(path, permission) for _, path, permission in unlisted(careless)}
    assert found == {("/unknown", "unknown:read"), ("/blank", ""), ("/without", ""), ("/beside", None), ("/raw", None)}


@pytest.mark.parametrize("path", ["/unknown", "/blank", "/without"])
async def test_what_was_forgotten_is_denied(careless: FastAPI, database: Database, path: str) -> None:
    async with Client.of(careless, token=await make_user(database, role="admin")) as admin, Client.of(careless) as public:
        problem(await admin.get(path), 403, "forbidden")
        problem(await public.get(path), 401, "unauthenticated")


async def _link(database: Database) -> str:
    """The token of a private link, of an appointment that need not be there."""
    token, row = new_link(uuid7(), datetime(2100, 1, 1, tzinfo=UTC))
    async with database.writing() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(
            text("INSERT INTO patient_links (hash, appointment_id, expires_at) VALUES (:hash, :appointment_id, :expires_at)"), row
        )
        await session.commit()
    return token


@pytest.mark.parametrize("role", sorted(EVERYBODY))
async def test_who_may_do_what(app: FastAPI, database: Database, role: str) -> None:
    """Every operation, asked without what it needs: whoever is let in hears about that, and everybody else 401 or 403."""
    token = None if role == X else await _link(database) if role == L else await make_user(database, role=role)
    assert MAY.keys() == POLICY.keys()
    wrong = []
    async with Client.of(app, token=token) as client:
        for method, path, permission in operations(app):
            if permission is None:
                continue
            if permission == "session:own" and method == "POST":
                continue  # signing out would end the walk; it is asked last
            filled = "/".join(str(UUID(int=7)) if part.startswith("{") else part for part in path.split("/"))
            answer = await client.request(method, filled)
            expected = "in" if role in MAY[permission] else 401 if role == X else 403
            heard = answer.status_code if answer.status_code in {401, 403} else "in"
            if heard != expected or answer.status_code >= 500:
                wrong.append((method, path, answer.status_code))
        assert wrong == []
        answer = await client.post("/v1/auth/revoke", data={"token": "mst_other"})
        assert answer.status_code == (204 if role in MAY["session:own"] else 401 if role == X else 403)
