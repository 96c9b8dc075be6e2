"""Time off. A file of its own, since it is a resource of its own with the five operations that has."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.diary.impact import AffectedAppointment, Impact, ImpactOf, with_affected
from app.identity.actor import CurrentActor
from app.kit import etag
from app.kit.errors import PreconditionFailed, PreconditionRequired
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.wire import LocalDate, Uuid
from app.practitioners import diary_actions, queries
from app.practitioners.diary_routes import ForReading, links_below
from app.practitioners.diary_schemas import TimeOffChanged, TimeOffCreate, TimeOffOut, TimeOffPatch
from app.practitioners.models import Practitioner, TimeOff

router = Router("Practitioners")


async def _found(session: Session, practitioner: ForReading, time_off_id: Uuid) -> TimeOff:
    return await queries.get_time_off(session, practitioner, time_off_id)


Found = Annotated[TimeOff, Depends(_found)]


async def _for_change(practitioner: ForReading, time_off: Found, if_match: etag.IfMatch = None) -> TimeOff:
    """Found and matched before the body's rules are looked at."""
    etag.require_match(if_match, practitioner)
    return time_off


ForChange = Annotated[TimeOff, Depends(_for_change)]


def _shown(practitioner: Practitioner, time_off: TimeOff) -> TimeOffOut:
    return TimeOffOut.model_validate({**time_off.__dict__, "version": practitioner.version})


async def _hit(
    impact: Impact, session: Session, now: datetime, practitioner: Practitioner, time_off: TimeOff
) -> list[AffectedAppointment]:
    return await impact(session, now, [practitioner.resource_id], {"time_off"}, time_off.starts_at, time_off.ends_at)


@router.operation(
    "GET",
    "/v1/practitioners/{practitioner_id}/time-off",
    id="listTimeOff",
    permission="hours:read",
    summary="When a practitioner is away, by start",
    response_model=Page[TimeOffOut],
)
async def list_time_off(
    session: Session,
    practitioner: ForReading,
    page: PageOf,
    from_: Annotated[
        LocalDate | None, Query(alias="from", description="First day of the clinic's time zone; what began before counts too")
    ] = None,
    to: Annotated[LocalDate | None, Query(description="Last day of the clinic's time zone")] = None,
) -> Page[TimeOffOut]:
    statement = await queries.time_off_of(session, practitioner, from_, to)
    found, cursor = await paginate(session, statement, page, [TimeOff.starts_at, TimeOff.id], descending=False)
    return Page(items=[_shown(practitioner, time_off) for time_off in found], next_cursor=cursor)


@router.operation(
    "POST",
    "/v1/practitioners/{practitioner_id}/time-off",
    id="createTimeOff",
    permission="hours:write",
    summary="Take a practitioner out of the diary for a while",
    status=201,
    response_model=TimeOffChanged,
    responses=links_below("time_off_id", "getTimeOff", "updateTimeOff", "deleteTimeOff"),
)
async def create_time_off(
    session: Session,
    actor: CurrentActor,
    practitioner: ForReading,
    body: TimeOffCreate,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> TimeOffChanged:
    time_off = await diary_actions.create_time_off(session, actor, practitioner, body)
    response.headers["Location"] = f"/v1/practitioners/{practitioner.id}/time-off/{time_off.id}"
    etag.tagged(response, practitioner)
    affected = await _hit(impact, session, now, practitioner, time_off)
    return with_affected(TimeOffChanged, _shown(practitioner, time_off), affected)


@router.operation(
    "GET",
    "/v1/practitioners/{practitioner_id}/time-off/{time_off_id}",
    id="getTimeOff",
    permission="hours:read",
    summary="One time off",
    response_model=TimeOffOut,
)
async def get_time_off(request: Request, practitioner: ForReading, time_off: Found, response: Response) -> TimeOffOut | Response:
    return etag.tagged_or_not_modified(request, response, _shown(practitioner, time_off))


@router.operation(
    "PATCH",
    "/v1/practitioners/{practitioner_id}/time-off/{time_off_id}",
    id="updateTimeOff",
    permission="hours:write",
    summary="Change a time off",
    response_model=TimeOffChanged,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def update_time_off(
    session: Session,
    actor: CurrentActor,
    practitioner: ForReading,
    time_off: ForChange,
    body: TimeOffPatch,
    response: Response,
    impact: ImpactOf,
    now: Now,
) -> TimeOffChanged:
    await diary_actions.update_time_off(session, actor, practitioner, time_off, body)
    etag.tagged(response, practitioner)
    affected = await _hit(impact, session, now, practitioner, time_off)
    return with_affected(TimeOffChanged, _shown(practitioner, time_off), affected)


@router.operation(
    "DELETE",
    "/v1/practitioners/{practitioner_id}/time-off/{time_off_id}",
    id="deleteTimeOff",
    permission="hours:write",
    summary="Put a practitioner back into the diary",
    status=204,
    raises=(PreconditionFailed, PreconditionRequired),
)
async def delete_time_off(
    session: Session, actor: CurrentActor, practitioner: ForReading, time_off: ForChange, impact: ImpactOf, now: Now
) -> None:
    await diary_actions.delete_time_off(session, actor, practitioner, time_off)
    await _hit(impact, session, now, practitioner, time_off)  # nobody now; those whom it hit are well again
