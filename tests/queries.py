"""How many statements a piece of code sends to the database, through SQLAlchemy or in pipelines of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from app.kit.pipeline import Answer, Pipeline


@contextmanager
def counted_queries(_: FastAPI) -> Iterator[list[str]]:
    """The statements sent while the block runs, in order: `with counted_queries(app) as sent: …`."""
    sent: list[str] = []
    by_driver, in_pipeline = psycopg.AsyncCursor.execute, Pipeline.execute

    async def noting(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return await by_driver(cursor, query, *arguments, **options)

    def noting_too(pipeline: Pipeline, statement: str, *arguments: Any, **options: Any) -> Answer:
        sent.append(statement)
        return in_pipeline(pipeline, statement, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", noting)
        patch.setattr(Pipeline, "execute", noting_too)
        yield sent
