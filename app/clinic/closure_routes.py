"""Closures: for the front desk to write. A file of its own, since they are a resource of their own with the operations that has."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.clinic import closure_actions as actions
from app.clinic import queries
from app.clinic.closure_schemas import (
    ClosureChanged,
    ClosureCreate,
    ClosureOut,
    ClosurePatch,
    HolidaysImported,
    HolidaysWanted,
)
from app.clinic.models import Closure
from app.diary.impact import AffectedAppointment, Affecting, Impact, ImpactOf, around, with_affected
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.wire import LocalDate, Uuid

router = Router("Clinic")

# One of those that were made, for there is no address of all of them.
_LINKS = {"getClosure": {"operationId": "getClosure", "parameters": {"path.closure_id": "$response.body#/items/0/id"}}}


async def _for_change(session: Session, closure_id: Uuid, if_match: etag.IfMatch = None) -> Closure:
    """Found and matched before the body's rules are looked at."""
    closure = await queries.get_closure(session, closure_id)
    etag.require_match(if_match, closure)
    return closure


ForChange = Annotated[Closure, Depends(_for_change)]


async def _hit(
    impact: Impact, session: Session, now: datetime, resource_ids: Collection[int], closures: Sequence[Closure]
) -> list[AffectedAppointment]:
    """Whom these closures hit, and not others between their dates."""
    if not closures:
        return []
    span = around(min(closure.from_on for closure in closures), max(closure.to_on for closure in closures))
    found = await impact(session, now, resource_ids, {"closure"}, *span)
    return [appointment for appointment in found if any(_touches(closure, appointment) for closure in closures)]


def _touches(closure: Closure, appointment: AffectedAppointment) -> bool:
    starts = datetime.fromisoformat(appointment.local_start)
    ends = starts + (appointment.ends_at - appointment.starts_at) - timedelta(seconds=1)
    here = closure.location_id in {None, appointment.location_id}
    return here and starts.date() <= closure.to_on and closure.from_on <= ends.date()


@router.operation(
    "GET",
    "/v1/closures",
    id="listClosures",
    permission="closures:read",
    summary="When the clinic is shut, by first date",
    response_model=Page[ClosureOut],
)
async def list_closures(
    session: Session,
    page: PageOf,
    from_: Annotated[LocalDate | None, Query(alias="from", description="First local day; what began before counts too")] = None,
    to: Annotated[LocalDate | None, Query(description="Last local day")] = None,
    location_id: Annotated[
        Uuid | None, Query(description="Only those that shut this location, which those of every location do")
    ] = None,
) -> Page[ClosureOut]:
    statement = queries.closures(from_, to, location_id)
    found, cursor = await paginate(session, statement, page, [Closure.from_on, Closure.id], descending=False)
    return Page(items=found, next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/closures",
    id="createClosure",
    permission="closures:write",
    summary="Shut the clinic, or a location",
    status=201,
    response_model=ClosureChanged,
)
async def create_closure(
    session: Session, actor: CurrentActor, body: ClosureCreate, response: Response, impact: ImpactOf, now: Now
) -> ClosureChanged:
    made = await actions.create(session, actor, body)
    response.headers["Location"] = f"/v1/closures/{made.closure.id}"
    etag.tagged(response, made.closure)
    affected = await _hit(impact, session, now, made.resource_ids, [made.closure])
    return with_affected(ClosureChanged, ClosureOut.model_validate(made.closure), affected)


@router.operation(
    "POST",
    "/v1/closures/import",
    id="importClosures",
    permission="closures:write",
    summary="Make closures of public holidays",
    status=201,
    response_model=HolidaysImported,
    responses={201: {"links": _LINKS}},
)
async def import_closures(
    session: Session, actor: CurrentActor, body: HolidaysWanted, response: Response, impact: ImpactOf, now: Now
) -> HolidaysImported:
    made = await actions.import_holidays(session, actor, body)
    first, last = min(body.years), max(body.years)
    response.headers["Location"] = f"/v1/closures?from={first}-01-01&to={last}-12-31"
    affected = await _hit(impact, session, now, made.resource_ids, made.closures)
    items = [ClosureOut.model_validate(closure) for closure in made.closures]
    return HolidaysImported(items=items, skipped=made.skipped, **dict(with_affected(Affecting, None, affected)))


@router.operation(
    "GET",
    "/v1/closures/{closure_id:uuid}",
    id="getClosure",
    permission="closures:read",
    summary="One closure",
    response_model=ClosureOut,
)
async def get_closure(request: Request, session: Session, closure_id: Uuid, response: Response) -> Closure | Response:
    return etag.tagged_or_not_modified(request, response, await queries.get_closure(session, closure_id))


@router.operation(
    "PATCH",
    "/v1/closures/{closure_id:uuid}",
    id="updateClosure",
    permission="closures:write",
    summary="Change a closure",
    response_model=ClosureChanged,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def update_closure(
    session: Session,
    actor: CurrentActor,
    closure: ForChange,
    body: ClosurePatch,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> ClosureChanged:
    changed = await actions.update(session, actor, closure, body)
    etag.tagged(response, closure)
    affected = await _hit(impact, session, now, changed.resource_ids, [closure])
    return with_affected(ClosureChanged, ClosureOut.model_validate(closure), affected)


@router.operation(
    "DELETE",
    "/v1/closures/{closure_id:uuid}",
    id="deleteClosure",
    permission="closures:write",
    summary="Open the clinic again",
    status=204,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def delete_closure(session: Session, actor: CurrentActor, closure: ForChange, impact: ImpactOf, now: Now) -> None:
    changed = await actions.delete(session, actor, closure)
    await _hit(impact, session, now, changed.resource_ids, [closure])  # nobody now; those whom it hit are well again
