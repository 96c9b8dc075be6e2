"""What the product is compared with, in one process of its own: the least that its layers cost on this machine, at this moment.

/bare    an ASGI application and nothing else
/f       F: a FastAPI route that returns 2 KB prepared beforehand
/row     FastAPI and one row, read as the product reads
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Response
from sqlalchemy import text
from starlette.types import ASGIApp, Receive, Scope, Send

from app.kit.db import Database

PREPARED = b'{"text":"' + b"x" * 2037 + b'"}'


def create_floors(database_url: str) -> ASGIApp:
    database = Database(database_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await database.close()

    app = FastAPI(openapi_url=None, lifespan=lifespan)

    @app.get("/f")
    async def f() -> Response:
        return Response(PREPARED, media_type="application/json")

    @app.get("/row")
    async def row() -> Response:
        async with database.reading() as session:
            name = (await session.execute(text("SELECT name FROM clinic WHERE id = :id"), {"id": 1})).scalar_one()
        return Response(b'{"name":"%b"}' % name.encode(), media_type="application/json")

    async def floors(scope: Scope, receive: Receive, send: Send) -> None:
        await (_bare if scope.get("path") == "/bare" else app)(scope, receive, send)

    return floors


async def _bare(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(PREPARED))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": PREPARED})
