"""The short form of `make contract`."""

import psycopg
import pytest

from tests.conftest import database_named
from tests.contract.fuzz import ACTORS, fill, fuzz


@pytest.mark.parametrize("actor", ACTORS)
async def test_schemathesis_finds_nothing(actor: str, server_url: str, template: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"CREATE DATABASE fuzz_{actor} TEMPLATE {template}")
    url = database_named(server_url, f"fuzz_{actor}")
    await fill(url)
    done = fuzz(url, actor, "--max-examples=3", "--seed=1")
    assert done.returncode == 0, done.stdout[-20_000:]
