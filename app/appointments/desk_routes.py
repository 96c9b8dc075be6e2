"""What the front desk reads all day: a location's day, an appointment by whatever the caller says, and how it came to be as it is."""

from app.appointments import day, desk_queries, queries
from app.appointments.day_schemas import (
    AppointmentSearch,
    AppointmentsFound,
    Change,
    HistoryEntryOut,
    HistoryOut,
    LocationDay,
)
from app.appointments.models import HistoryEntry
from app.appointments.routes import MemoryOf
from app.identity.actor import CurrentActor
from app.kit.routing import Router
from app.kit.session import FixedNow, Now, Session
from app.kit.wire import LocalDate, Uuid

router = Router("Appointments")

_BY = {"user": "staff", "link": "patient", "anonymous": "public"}


@router.operation(
    "GET",
    "/v1/locations/{location_id}/day",
    id="getDay",
    permission="diary:read",
    summary="The day of a location: who works, who comes, what is free, who is late",
    response_model=LocationDay,
)
async def get_day(
    session: Session,
    actor: CurrentActor,
    memory: MemoryOf,
    fixed_now: FixedNow,
    location_id: Uuid,
    on: LocalDate,
) -> LocationDay:
    return await day.day_of(session, memory, actor, location_id, on, fixed_now)


@router.operation(
    "POST",
    "/v1/appointments/search",
    id="searchAppointments",
    permission="diary:read",
    summary="Find appointments by reference, name, e-mail address or telephone",
    response_model=AppointmentsFound,
)
async def search_appointments(
    session: Session, actor: CurrentActor, now: Now, fixed_now: FixedNow, body: AppointmentSearch
) -> AppointmentsFound:
    found, more = await desk_queries.search(session, actor, body.q, body.limit, fixed_now)
    return AppointmentsFound(items=[day.known(one, name, phone, actor, now) for one, name, phone in found], more=more)


@router.operation(
    "GET",
    "/v1/appointments/{appointment_id:uuid}/history",
    id="getAppointmentHistory",
    permission="diary:read",
    summary="Who did what to an appointment, when, and what it changed",
    response_model=HistoryOut,
)
async def get_appointment_history(session: Session, actor: CurrentActor, appointment_id: Uuid) -> HistoryOut:
    appointment = await queries.get(session, actor, appointment_id)
    rows = (await session.execute(desk_queries.history_of(appointment.id))).all()
    return HistoryOut(items=[_entry(entry, name) for entry, name in rows])


def _entry(entry: HistoryEntry, name: str | None) -> HistoryEntryOut:
    kind, _, subject = entry.actor_key.partition(":")
    return HistoryEntryOut(
        at=entry.at,
        verb=entry.verb,
        by=_BY.get(kind, "system"),
        user_id=subject if kind == "user" else None,
        name=name,
        changes=[Change(field=field, before=before, after=after) for field, (before, after) in entry.changes.items()],
        request_id=entry.request_id,
    )
