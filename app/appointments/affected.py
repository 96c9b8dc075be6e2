"""Which upcoming appointments can no longer be kept, after somebody took time away: marked here, and shown until somebody deals with them (T12).

A file of its own: it is called through `app.diary.impact` by features that stand below this one.
"""

from collections.abc import Collection
from datetime import date, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import queries
from app.appointments.models import Appointment
from app.availability.candidates import footprint_of, reach
from app.availability.directory import load_directory, phases_of
from app.availability.queries import load_calendar
from app.availability.rows import Calendar, Directory
from app.diary.impact import AffectedAppointment
from app.kit.db import driver
from app.scheduling import slots
from app.scheduling.facts import Facts
from app.scheduling.hours import Schedule, schedule
from app.scheduling.obstacles import Code

# What takes time away. What else may be said against an appointment, were it booked now, does not undo it.
CODES: Final = frozenset({Code.CLOSED, Code.CLOSURE, Code.TIME_OFF, Code.NOT_OFFERED, Code.REGISTRATION})


async def mark(
    session: AsyncSession,
    now: datetime,
    resource_ids: Collection[int],
    codes: Collection[str],
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> list[AffectedAppointment]:
    """See `app.diary.impact.Impact`. A fixed number of statements, and one more if anything changes."""
    upcoming = await queries.upcoming_of(session, resource_ids, now)
    if not upcoming:
        return []
    connection = await driver(session)
    directory = await load_directory(connection)
    first, last = (int(at.timestamp()) for at in (upcoming[0].starts_at, max(one.ends_at for one in upcoming)))
    range_ = reach(directory.locations.values(), first, last)
    calendar = await load_calendar(connection, {one.practitioner_id for one in upcoming}, range_)
    for (practitioner_id, location_id), some in groupby(sorted(upcoming, key=_where), key=_where):
        hours = _schedule(directory, calendar, practitioner_id, location_id, (range_.from_on, range_.to_on))
        for appointment in some:
            found = _codes(directory, calendar, appointment, hours)
            if found != appointment.affected_by:
                appointment.affected_by = found
    await session.flush()
    return [
        AffectedAppointment.model_validate(one)
        for one in upcoming
        if (from_at is None or one.ends_at > from_at)
        and (until_at is None or one.starts_at < until_at)
        and not set(codes).isdisjoint(one.affected_by)
    ]


def _where(appointment: Appointment) -> tuple[UUID, UUID]:
    return appointment.practitioner_id, appointment.location_id


def _schedule(
    directory: Directory, calendar: Calendar, practitioner_id: UUID, location_id: UUID, dates: tuple[date, date]
) -> Schedule:
    return schedule(
        directory.practitioners[practitioner_id].hours.get(location_id, ()),
        directory.locations[location_id].time_zone,
        *dates,
        calendar.overrides.get((practitioner_id, location_id), ()),
        calendar.closures_at(location_id),
    )


def _codes(directory: Directory, calendar: Calendar, appointment: Appointment, hours: Schedule) -> list[str]:
    """What is said against the appointment where it is, with the phases and buffers it was booked with, by the function that lets it be booked; but
    for what staff set aside for it."""
    practitioner, start = directory.practitioners[appointment.practitioner_id], int(appointment.starts_at.timestamp())
    facts = Facts(
        now=start,
        staff=True,
        footprint=footprint_of(
            phases_of(appointment.phases),
            buffer_before_minutes=appointment.buffer_before_minutes,
            buffer_after_minutes=appointment.buffer_after_minutes,
        ),
        step_minutes=1,
        notice_minutes=0,
        horizon_days=0,
        offered=practitioner.active and directory.locations[appointment.location_id].active,
        schedule=hours,
        time_off=calendar.time_off.get(practitioner.id, ()),
        occupied=(),
        registered_until=practitioner.registered_until,
    )
    known = {one["rule"] for one in appointment.overrides}
    return [code.value for code, _ in slots.reasons(facts, start) if code in CODES and code.value not in known]
