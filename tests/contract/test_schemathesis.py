"""The short form of `make contract`.

Of what is for staff only, whoever is anonymous hears 401, as tests/identity/test_policy.py asks of each. Here that is left out, two of three.
"""

import psycopg
import pytest

from tests.conftest import database_named
from tests.contract.document import operations
from tests.contract.fuzz import ACTORS, fill, fuzz


@pytest.mark.parametrize("actor", ACTORS)
async def test_schemathesis_finds_nothing(actor: str, server_url: str, template: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"CREATE DATABASE fuzz_{actor} TEMPLATE {template}")
    url = database_named(server_url, f"fuzz_{actor}")
    await fill(url)
    open_to_all = [one.id for one in operations() if not one.staff_only]
    chosen = [] if ACTORS[actor] else [f"--include-operation-id-regex=^({'|'.join(open_to_all)})$"]
    done = fuzz(url, actor, "--max-examples=3", "--seed=1", *chosen)
    assert done.returncode == 0, done.stdout[-20_000:]
