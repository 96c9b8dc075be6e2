"""Migrations, run from inside the program; several processes may start at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, create_engine, text
from sqlalchemy.pool import NullPool

from app.kit.revisions import MIGRATIONS

_LOCK = 7_106_553  # any number that nothing else takes as an advisory lock


def _config() -> Config:
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    return found


@contextmanager
def _locked(url: URL) -> Iterator[Config]:
    """Alembic's configuration on a connection that holds the lock of migrations."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"options": "-c TimeZone=UTC"})
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        # From here on a migration that has to wait for a busy table gives up instead of stopping everybody behind it.
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        yield config
        connection.commit()


def upgrade(url: URL, target: str = "head") -> None:
    """Bring the database up to `target`. Waits for another process that is at it."""
    with _locked(url) as config:
        command.upgrade(config, target)


def downgrade(url: URL, target: str) -> None:
    """Take the database back to `target`, "base" being empty."""
    with _locked(url) as config:
        command.downgrade(config, target)
