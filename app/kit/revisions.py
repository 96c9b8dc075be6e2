"""Which revision the database is at, and which the program knows. Without Alembic, which a server that only looks need not have in its memory."""

from functools import lru_cache
from pathlib import Path

from sqlalchemy import text

from app.kit.db import Database

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@lru_cache(maxsize=1)
def head() -> str:
    """The newest revision that this program knows. Each is named after its file's date and number, so that the last by name is the newest."""
    newest = max(path.stem for path in (MIGRATIONS / "versions").glob("2*.py"))
    return "_".join(newest.split("_")[:2])


async def current(database: Database) -> str | None:
    """The revision that the database is at; None before the first. Raises what the driver raises when it does not answer."""
    async with database.reading() as session:
        if await session.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return None
        found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
        return found
