"""Is the process alive, and can it serve?"""

from typing import Literal

from fastapi import Request
from pydantic import ConfigDict
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kit import revisions
from app.kit.errors import Unavailable
from app.kit.routing import Router
from app.kit.wire import Output

router = Router("Health")


class NotReady(Unavailable):
    code = "not_ready"
    title = "The database is not there, or not migrated"


class HealthOut(Output):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"]


@router.operation(
    "GET", "/healthz/live", id="getLiveness", permission="health:read", summary="Is the process alive", response_model=HealthOut
)
async def get_liveness() -> HealthOut:
    return HealthOut(status="ok")


@router.operation(
    "GET",
    "/healthz/ready",
    id="getReadiness",
    permission="health:read",
    summary="Is the database there and migrated",
    response_model=HealthOut,
    raises=(NotReady,),
)
async def get_readiness(request: Request) -> HealthOut:
    try:
        revision = await revisions.current(request.app.state.database)
    except (DBAPIError, PoolTimeout) as error:
        raise NotReady from error
    if revision != revisions.head():
        raise NotReady
    return HealthOut(status="ok")
