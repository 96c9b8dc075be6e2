"""What a route asks the edge for. The functions are `async` because FastAPI would run others in a thread."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.pages import DEFAULT_LIMIT, Cursor, Limit, PageRequest


async def _session(request: Request) -> AsyncSession:
    found: AsyncSession = request.state.session()
    return found


async def _now(request: Request) -> datetime:
    found: datetime = request.app.state.clock.now()
    return found


async def _fixed_now(request: Request) -> datetime | None:
    found: datetime | None = request.app.state.clock.fixed_at
    return found


async def _page(request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> PageRequest:
    asked = sorted((name, value) for name, value in request.query_params.multi_items() if name not in {"cursor", "limit"})
    binding = repr((request.url.path, asked, request.state.caller.key))
    return PageRequest(limit=limit, cursor=cursor, binding=binding, secret=request.app.state.secret)


Session = Annotated[AsyncSession, Depends(_session)]
Now = Annotated[datetime, Depends(_now)]
FixedNow = Annotated[datetime | None, Depends(_fixed_now)]
"""None: the time is the database's."""
PageOf = Annotated[PageRequest, Depends(_page)]
