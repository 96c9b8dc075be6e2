"""What a server process serves. Apart from the command line, so that a process which only serves does not have the rest in its memory."""

import gc

from fastapi import FastAPI

from app import settings as app_settings
from app.kit import logs
from app.main import create_app

_YOUNG_MAX = 3_000


def served() -> FastAPI:
    settings = app_settings.load()
    logs.configure(settings.log_level)
    return settled(create_app(settings, with_worker=settings.jobs_inside))


def settled(app: FastAPI) -> FastAPI:
    """What an application is made of stays as long as its process. The collector would look through all of it again and again, which takes it a tenth
    of a second in the middle of a request; from now on it looks at what came later, and less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_MAX, 10, 10)
    return app
