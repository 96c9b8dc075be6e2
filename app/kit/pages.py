"""Lists in pages: a keyset, and a cursor that is opaque, signed, and good for one question of one caller only."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field, WithJsonSchema
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.errors import InvalidField

DEFAULT_LIMIT, MAX_LIMIT = 25, 100
_SIGNATURE_BYTES = 16

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items a page has at most")]
Cursor = Annotated[str | None, Query(max_length=1000, min_length=1, description="`next_cursor` of the page before")]


class Page(BaseModel, Generic[Item]):
    """A page of a list. `next_cursor` is absent at the end."""

    items: list[Item]
    next_cursor: Annotated[
        str | None,
        Field(exclude_if=lambda cursor: cursor is None),
        WithJsonSchema({"type": "string", "description": "Sent as `cursor`"}),
    ] = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a route knows of the page that is asked for.

    `binding` says which question the cursor belongs to: the route, its filters, its sort and the caller.
    """

    limit: int
    cursor: str | None
    binding: str
    secret: bytes

    def _signature(self, payload: bytes) -> bytes:
        return hmac.digest(self.secret, hashlib.sha256(self.binding.encode()).digest() + payload, "sha256")[:_SIGNATURE_BYTES]

    def encode(self, values: Sequence[Any]) -> str:
        payload = json.dumps([str(value) for value in values], separators=(",", ":"), ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(self._signature(payload) + payload).decode().rstrip("=")

    def decode(self) -> list[str] | None:
        """The values that the page starts after; None for the first page. Raises InvalidField for a cursor of another question."""
        if self.cursor is None:
            return None
        try:
            raw = base64.b64decode(self.cursor + "=" * (-len(self.cursor) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(payload)):
            raise InvalidField("cursor", "This cursor does not belong to this question", "cursor")
        found: list[str] = json.loads(payload)
        return found


Column = InstrumentedAttribute[Any] | ColumnElement[Any]


async def paginate(
    session: AsyncSession, statement: Select[Any], page: PageRequest, keys: Sequence[Column], *, descending: bool = True
) -> tuple[list[Any], str | None]:
    """The entities of one page and the cursor of the next.

    `keys` are the columns that the list is sorted by, the last of them unique; all in one direction.
    """
    after = page.decode()
    if after is not None:
        place, bound = tuple_(*keys), tuple_(*(_typed(key, value) for key, value in zip(keys, after, strict=True)))
        statement = statement.where(place < bound if descending else place > bound)
    statement = statement.order_by(*(key.desc() if descending else key.asc() for key in keys)).limit(page.limit + 1)
    found = list((await session.scalars(statement)).all())
    if len(found) <= page.limit:
        return found, None
    found = found[: page.limit]
    return found, page.encode([getattr(found[-1], str(key.key)) for key in keys])


def _typed(key: Column, value: str) -> Any:
    kind = key.type.python_type
    if kind is UUID:
        return UUID(value)
    if kind is str:
        return value
    return kind.fromisoformat(value)
