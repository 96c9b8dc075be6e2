"""The migrations build what the models say, and can be taken back."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from app.kit import migrations
from app.kit.db import Database
from app.kit.revisions import MIGRATIONS, head
from app.tables import metadata
from tests.conftest import database_named


@pytest.fixture
def empty(server_url: str, worker_id: str) -> Iterator[URL]:
    """A database without anything."""
    name = f"migrations_{worker_id}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield Database(database_named(server_url, name)).url
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def tables(url: URL) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'jobs')"
        )
        return {str(row[0]) for row in found}


def test_the_newest_schema_is_what_the_models_say(empty: URL) -> None:
    migrations.upgrade(empty)
    engine = create_engine(empty, poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_step_can_be_taken_back_and_again(empty: URL) -> None:
    steps = [revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    migrations.upgrade(empty)
    complete = tables(empty)
    for revision in [*steps[1:], "base"]:
        migrations.downgrade(empty, revision)
    assert tables(empty) <= {"public.alembic_version"}
    for revision in reversed(steps):
        migrations.upgrade(empty, revision)
    assert tables(empty) == complete


def test_the_newest_by_name_is_the_newest() -> None:
    """So that a server need not ask Alembic."""
    assert head() == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_migrating_twice_changes_nothing(empty: URL) -> None:
    migrations.upgrade(empty)
    before = tables(empty)
    migrations.upgrade(empty)
    assert tables(empty) == before
