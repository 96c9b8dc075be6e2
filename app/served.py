"""What a server process serves. Apart from the command line, so that a process which only serves does not have the rest in its memory."""

from fastapi import FastAPI

from app import settings as app_settings
from app.kit import logs
from app.main import create_app


def served() -> FastAPI:
    settings = app_settings.load()
    logs.configure(settings.log_level)
    return create_app(settings, with_worker=settings.jobs_inside)
