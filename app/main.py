"""The wired application. Its list of routers is the map of the API."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware import Middleware

from app import worker
from app.health import router as health
from app.identity.gate import Gate
from app.identity.policy import access
from app.identity.routes import router as identity
from app.kit import problems
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.envelope import Envelope
from app.kit.openapi import describe
from app.kit.routing import Router
from app.kit.secret import load_secret
from app.settings import Settings
from app.treatments.routes import router as treatments

TAGS = [
    {"name": "Treatments", "description": "What is offered: length, price, phases, buffers, who may book it."},
    {"name": "Session", "description": "Staff sign-in, and the trail of what they changed."},
    {"name": "Health", "description": "For machines."},
]

ROUTERS: tuple[Router, ...] = (
    treatments,
    identity,
    health,
)


def create_app(settings: Settings, *, clock: Clock | None = None, with_worker: bool = False) -> FastAPI:
    """The application on the database that `settings` name; it must be migrated.

    `clock` is given by tests. `with_worker` runs the jobs inside this process.
    """
    if settings.database_url is None:
        raise ValueError("create_app needs a database; the command line starts the embedded one")
    clock = clock or Clock()
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            secret = settings.secret_key.get_secret_value() if settings.secret_key else None
            app.state.secret = await load_secret(database, secret)
            if with_worker:
                await stack.enter_async_context(worker.running(database.conninfo))
            yield

    app = FastAPI(
        title="Meridian",
        summary="The back end of an acupuncture clinic: articles, availability, appointments, enquiries.",
        version=version("meridian"),
        lifespan=lifespan,
        max_body_size=settings.max_body_bytes,
        redirect_slashes=False,
        redoc_url=None,
        docs_url=None,
        openapi_url=None,
        middleware=[Middleware(Envelope, max_body_bytes=settings.max_body_bytes)],
    )
    app.state.settings = settings
    app.state.clock = clock
    app.state.database = database
    app.state.gate = Gate(clock)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    describe(app, TAGS, access)
    return app
