"""The day of a location, as the front desk reads it: in one call and a fixed number of statements, however full the day is.

A file of its own: it puts together what practitioners, places and appointments are, which nothing else does.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import desk_queries
from app.appointments.day_schemas import Gap, KnownAppointment, LocationDay, PlaceDay, PractitionerDay, Span
from app.appointments.desk_queries import Named
from app.appointments.models import Appointment
from app.appointments.schemas import shown
from app.appointments.states import BOOKED
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.queries import Known, ask_calendar, ask_diaries, diaries_of, read_calendar, read_diaries
from app.availability.rows import Calendar, Diaries, Directory, Range
from app.identity.actor import Actor
from app.kit.batch import Batch
from app.kit.db import Connection, driver
from app.kit.errors import NotFound
from app.scheduling.hours import schedule
from app.scheduling.intervals import Interval, intersect, subtract, union
from app.scheduling.zones import midnight

DAY = timedelta(days=1)


async def day_of(
    session: AsyncSession, memory: Memory[Free], actor: Actor, location_id: UUID, on: date, fixed_now: datetime | None
) -> LocationDay:
    """What the actor may see of it. Raises NotFound."""
    connection = await driver(session)
    directory = await memory.directory(connection)
    if location_id not in directory.locations:
        # Somebody may have made it since the directory was read.
        directory = await memory.directory(connection, older_than=directory.version)
    if location_id not in directory.locations:
        raise NotFound
    zone = directory.locations[location_id].time_zone
    appointments = await desk_queries.of_day(session, actor, location_id, on, fixed_now)
    practitioners = await desk_queries.practitioners_of(session, actor)
    places = await desk_queries.places_of(session, location_id)
    day = _Day(directory, location_id, zone, on)
    resources = [one.resource_id for one in (*practitioners, *places)]
    calendar, diaries, now = await day.read(connection, [one.id for one in practitioners], resources, fixed_now)
    there = {one.practitioner_id for one, _, _ in appointments}
    return LocationDay(
        location_id=location_id,
        date=on,
        time_zone=zone,
        practitioners=[
            found
            for one in practitioners
            for found in [day.of_practitioner(one, calendar, diaries)]
            if found.hours or one.id in there
        ],
        places=[day.of_place(one, diaries) for one in places],
        appointments=[known(one, name, phone, actor, now) for one, name, phone in appointments],
    )


def known(appointment: Appointment, name: str | None, phone: str | None, actor: Actor, now: datetime) -> KnownAppointment:
    """With who comes, and for how long they have been waited for."""
    due = now - appointment.starts_at
    late = due // timedelta(minutes=1) if appointment.status == BOOKED and due >= timedelta(minutes=1) else None
    values = shown(appointment, actor).__dict__
    return KnownAppointment.model_validate({**values, "patient_name": name, "patient_phone": phone, "late_minutes": late})


class _Day:
    """A local date of a location, as instants."""

    def __init__(self, directory: Directory, location_id: UUID, zone: str, on: date) -> None:
        self._directory, self._location_id, self._zone, self._on = directory, location_id, zone, on
        self._whole: Interval = (midnight(zone, on), midnight(zone, on + DAY))

    async def read(
        self, connection: Connection, practitioner_ids: Sequence[UUID], resource_ids: Sequence[int], fixed_now: datetime | None
    ) -> tuple[Calendar, Diaries, datetime]:
        range_ = Range(*self._whole, self._on, self._on)
        async with Batch(connection) as batch:
            calendar = ask_calendar(batch, practitioner_ids, range_)
            diaries = ask_diaries(batch, [], Known.nothing(resource_ids), [self._whole], fixed_now)
        read = read_diaries(diaries)
        return read_calendar(calendar), diaries_of(read.moved), read.at

    def of_practitioner(self, one: Named, calendar: Calendar, diaries: Diaries) -> PractitionerDay:
        who = self._directory.practitioners.get(one.id)
        hours = schedule(
            () if who is None else who.hours.get(self._location_id, ()),
            self._zone,
            self._on,
            self._on,
            calendar.overrides.get((one.id, self._location_id), ()),
            calendar.closures_at(self._location_id),
        )
        windows = self._within(union(sorted((window.opens_at, window.closes_at) for window in hours.windows)))
        working = _without(windows, hours.shut)
        away = self._within(union(calendar.time_off.get(one.id, ())))
        taken = union(sorted([*diaries.occupied.get(one.resource_id, ()), *away]))
        return PractitionerDay(
            practitioner_id=one.id,
            name=one.name,
            hours=_spans(working),
            time_off=_spans(away),
            gaps=[
                Gap(starts_at=_at(start), ends_at=_at(end), minutes=(end - start) // 60)
                for start, end in _without(working, taken)
            ],
        )

    def of_place(self, one: Named, diaries: Diaries) -> PlaceDay:
        taken = self._within(union(sorted(diaries.occupied.get(one.resource_id, ()))))
        return PlaceDay(place_id=one.id, name=one.name, kind=one.kind, taken=_spans(taken))

    def _within(self, intervals: Sequence[Interval]) -> list[Interval]:
        return intersect(intervals, [self._whole])


def _without(intervals: Iterable[Interval], holes: Sequence[Interval]) -> list[Interval]:
    return [part for one in intervals for part in subtract(one, holes)]


def _spans(intervals: Iterable[Interval]) -> list[Span]:
    return [Span(starts_at=_at(start), ends_at=_at(end)) for start, end in intervals]


def _at(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)
