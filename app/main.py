"""The wired application. Its list of routers is the map of the API."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from app.appointments import affected
from app.appointments.change_routes import router as changes
from app.appointments.desk_routes import router as desk
from app.appointments.hold_routes import router as holds
from app.appointments.patient_routes import router as patients_appointments
from app.appointments.routes import router as appointments
from app.articles.routes import router as articles
from app.availability.memory import Memory
from app.availability.routes import router as availability
from app.clinic.closure_routes import router as closures
from app.clinic.place_routes import router as places
from app.clinic.routes import router as clinic
from app.contract import ABOUT
from app.courses import cadence
from app.courses.change_routes import router as course_changes
from app.courses.course_routes import router as courses
from app.courses.routes import router as course_plans
from app.enquiries.routes import router as enquiries
from app.health import router as health
from app.identity.gate import Gate
from app.identity.policy import audience
from app.identity.routes import router as identity
from app.kit import docs_page, problems
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.envelope import Envelope
from app.kit.openapi import describe
from app.kit.routing import Router
from app.kit.secret import load_secret
from app.patients.routes import router as patients
from app.practitioners.diary_routes import router as practitioners_diaries
from app.practitioners.override_routes import router as overrides
from app.practitioners.routes import router as practitioners
from app.practitioners.time_off_routes import router as time_off
from app.settings import Settings
from app.treatments.routes import router as treatments

# What is asked for most comes first: a path is looked for in this order.
ROUTERS: tuple[Router, ...] = (
    availability,
    articles,
    appointments,
    changes,
    holds,
    courses,
    course_changes,
    course_plans,
    desk,
    treatments,
    practitioners,
    clinic,
    places,
    closures,
    practitioners_diaries,
    overrides,
    time_off,
    patients,
    patients_appointments,
    enquiries,
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
                from app import worker  # here, since a process that only serves does not need it

                await stack.enter_async_context(worker.running(database.conninfo))
            yield

    app = FastAPI(
        title="Meridian",
        summary="The back end of an acupuncture clinic: articles, availability, appointments, courses, enquiries.",
        version=version("meridian"),
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        docs_url=None,
        openapi_url=None,
        # The framework's own setting would put its limit outside the envelope, where it answers in plain text.
        middleware=[
            Middleware(Envelope, max_body_bytes=settings.max_body_bytes),
            Middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes),
        ],
    )
    app.state.settings = settings
    app.state.clock = clock
    app.state.database = database
    app.state.gate = Gate(clock)
    app.state.impact = affected.mark
    app.state.cadence = cadence.warnings
    app.state.memory = Memory(database.reader, enabled=settings.reuse_answers)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    describe(app, ABOUT, audience)
    docs_page.install(app)
    return app
