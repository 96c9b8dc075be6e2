"""The app in a process of its own, with the clock of the tests: `uvicorn --factory tests.contract.served:app`."""

import os

from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import SecretStr

from app.identity import passwords
from app.kit.clock import Clock
from app.main import create_app
from app.settings import Settings
from tests.conftest import NOW


def app() -> FastAPI:
    # Thousands of sign-ins are tried; that each takes a quarter of a second is not what is looked at.
    passwords._hasher = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])
    passwords._NOBODY = passwords._hasher.hash("nobody")
    return create_app(Settings(database_url=SecretStr(os.environ["DATABASE_URL"])), clock=Clock(NOW))
