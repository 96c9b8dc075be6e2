"""How many statements a piece of code sends to the database, through SQLAlchemy or straight to the driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from fastapi import FastAPI


@contextmanager
def counted_queries(_: FastAPI) -> Iterator[list[str]]:
    """The statements sent while the block runs, in order: `with counted_queries(app) as sent: …`."""
    sent: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noting(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return await execute(cursor, query, *arguments, **options)

    psycopg.AsyncCursor.execute = noting  # type: ignore[method-assign, assignment]
    try:
        yield sent
    finally:
        psycopg.AsyncCursor.execute = execute  # type: ignore[method-assign]
