"""The short forms of `make race`: a few seconds each on three real processes. Nothing is said of time, and nothing may be wrong."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.conftest import database_named
from tests.races.crosswise import crosswise
from tests.races.everything import storm
from tests.races.fleet import Server, running
from tests.races.grounds import servers
from tests.races.keys import keys
from tests.races.one_practitioner import queue
from tests.races.report import Report
from tests.races.storm import Size

Grounds = tuple[str, list[Server]]

pytestmark = pytest.mark.xdist_group("storms")


@pytest.fixture(scope="module")
def grounds(server_url: str, template: str, worker_id: str) -> Iterator[Grounds]:
    """A database of its own and three processes on it; every test has premises of its own."""
    name = f"storms_{worker_id}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = database_named(server_url, name)
    with running(servers(url)) as fleet:
        yield url, fleet


def clean(report: Report) -> None:
    assert not report.violations, str(report)


async def test_a_storm_leaves_nothing_behind_that_nobody_was_told_of(grounds: Grounds) -> None:
    url, fleet = grounds
    clean(await storm(url, [server.base for server in fleet], Size(clients=24, attempts=300, blocks=4)))


async def test_who_wants_the_same_practitioner_queues_and_gets_in(grounds: Grounds) -> None:
    url, fleet = grounds
    clean(await queue(url, [server.base for server in fleet], clients=16, each=4))


async def test_holds_in_any_order_wait_for_each_other_and_never_for_ever(grounds: Grounds) -> None:
    url, fleet = grounds
    clean(await crosswise(url, [server.base for server in fleet], clients=12, seconds=3))


async def test_a_key_is_used_once_however_often_it_is_sent(grounds: Grounds) -> None:
    url, fleet = grounds
    clean(await keys(url, fleet, count=40, clients=12, kill_seconds=1))
