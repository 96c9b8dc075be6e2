"""Holds: anybody who may book may keep some times for a few minutes."""

from typing import Annotated

from fastapi import Header, Request, Response

from app.appointments import hold_queries, holding
from app.appointments.hold_schemas import HOLD_TOKEN, HoldCreate, HoldMade, HoldOut
from app.appointments.holding import HoldExpired, HoldExtended
from app.appointments.models import Hold
from app.appointments.refusal import SlotUnavailable
from app.appointments.routes import BOOKING_KEPT_HOURS, MemoryOf
from app.appointments.schemas import shown
from app.identity.actor import Actor, CurrentActor
from app.identity.policy import ANONYMOUS
from app.kit.network import network_of
from app.kit.routing import Router
from app.kit.session import FixedNow, Session
from app.kit.wire import Uuid

router = Router("Holds")

Proof = Annotated[
    str | None,
    Header(alias="Hold-Token", description="The token that came with the hold", examples=[HOLD_TOKEN], max_length=100),
]


def _client(request: Request, actor: Actor) -> str:
    """Whose holds are counted together. All who are anonymous are one caller, but not one client."""
    return network_of(request, request.app.state.secret) if actor.role == ANONYMOUS else actor.key


@router.operation(
    "POST",
    "/v1/holds",
    id="createHold",
    permission="appointments:hold",
    summary="Keep some times for a few minutes",
    status=201,
    response_model=HoldMade,
    raises=(SlotUnavailable,),
    needs_key=True,
    keep_answer_hours=BOOKING_KEPT_HOURS,
)
async def create_hold(
    request: Request,
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    body: HoldCreate,
    response: Response,
) -> HoldMade:
    made = await holding.hold(session, memory, actor, _client(request, actor), body, fixed_now)
    response.headers["Location"] = f"/v1/holds/{made.hold.id}"
    appointments = [shown(one, actor) for one in made.appointments]
    return HoldMade.model_validate({**_values(made.hold), "appointments": appointments, "token": made.token})


@router.operation(
    "GET",
    "/v1/holds/{hold_id}",
    id="getHold",
    permission="appointments:hold",
    summary="What a hold keeps, and until when",
    response_model=HoldOut,
)
async def get_hold(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, hold_id: Uuid, hold_token: Proof = None
) -> HoldOut:
    found = await holding.find(session, hold_id, hold_token)
    return await _shown(session, actor, found, fixed_now)


@router.operation(
    "POST",
    "/v1/holds/{hold_id}/extend",
    id="extendHold",
    permission="appointments:hold",
    summary="Keep them for as long again, once",
    response_model=HoldOut,
    raises=(HoldExpired, HoldExtended),
)
async def extend_hold(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, hold_id: Uuid, hold_token: Proof = None
) -> HoldOut:
    found = await holding.find(session, hold_id, hold_token)
    await holding.extend(session, actor, found, fixed_now)
    return await _shown(session, actor, found, fixed_now)


@router.operation(
    "DELETE",
    "/v1/holds/{hold_id}",
    id="releaseHold",
    permission="appointments:hold",
    summary="Give back what a hold still keeps",
    status=204,
    raises=(HoldExpired,),
)
async def release_hold(
    session: Session, actor: CurrentActor, fixed_now: FixedNow, hold_id: Uuid, hold_token: Proof = None
) -> None:
    await holding.release(session, actor, await holding.find(session, hold_id, hold_token), fixed_now)


async def _shown(session: Session, actor: Actor, hold: Hold, fixed_now: FixedNow) -> HoldOut:
    appointments = await hold_queries.all_of_hold(session, hold.id, fixed_now)
    return HoldOut.model_validate({**_values(hold), "appointments": [shown(one, actor) for one in appointments]})


def _values(hold: Hold) -> dict[str, object]:
    return {name: getattr(hold, name) for name in ("id", "expires_at", "extended", "created_at")}
