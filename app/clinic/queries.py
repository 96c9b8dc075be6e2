"""Every SELECT of the clinic, its locations, their places, and when they are shut."""

from datetime import date
from uuid import UUID

from sqlalchemy import Select, Uuid, column, exists, or_, select, table, union
from sqlalchemy.ext.asyncio import AsyncSession

from app.clinic.models import Clinic, Closure, Location, Place
from app.diary.models import Occupancy
from app.identity.actor import Actor
from app.kit.errors import NotFound

# Practitioners stand above the clinic, whose code may not import theirs; whose hours are read in a location's zone is a question for the database.
_hours = table("working_hours", column("practitioner_id", Uuid), column("location_id", Uuid))
_overrides = table("overrides", column("practitioner_id", Uuid), column("location_id", Uuid))
_practitioners = table("practitioners", column("id", Uuid), column("resource_id"))


async def the_clinic(session: AsyncSession) -> Clinic:
    """The one row, which the migrations made."""
    return (await session.scalars(select(Clinic))).one()


async def active_time_zones(session: AsyncSession) -> list[str]:
    zones = select(Location.time_zone).where(Location.active).distinct().order_by(Location.time_zone)
    return list((await session.scalars(zones)).all())


def visible_to(actor: Actor) -> Select[Location]:
    """The public sees where it can go; staff see what is inactive too."""
    statement = select(Location)
    return statement if actor.is_staff else statement.where(Location.active)


async def get(session: AsyncSession, actor: Actor, location_id: UUID) -> Location:
    """Raises NotFound."""
    found = (await session.scalars(visible_to(actor).where(Location.id == location_id))).one_or_none()
    if found is None:
        raise NotFound
    return found


async def resources_working_at(session: AsyncSession, location: Location) -> list[int]:
    """The resources of the practitioners who have hours at the location, on one date or weekly, or appointments from when they had."""
    workers = union(*(select(of.c.practitioner_id).where(of.c.location_id == location.id) for of in (_hours, _overrides)))
    booked = select(Occupancy.resource_id).where(Occupancy.location_id == location.id)
    theirs = select(_practitioners.c.resource_id).where(
        or_(_practitioners.c.id.in_(workers), _practitioners.c.resource_id.in_(booked))
    )
    return list((await session.scalars(theirs)).all())


async def resources_of_practitioners(session: AsyncSession) -> list[int]:
    """Of all."""
    return list((await session.scalars(select(_practitioners.c.resource_id))).all())


async def is_known(session: AsyncSession, location_id: UUID) -> bool:
    return bool(await session.scalar(select(exists().where(Location.id == location_id))))


async def lock(session: AsyncSession, location: Location) -> None:
    """Wait for bookings at the location that are being written, and let none be written until this transaction is over."""
    await session.execute(select(Location.id).where(Location.id == location.id).with_for_update())


async def is_booked(session: AsyncSession, location: Location) -> bool:
    """Whether any appointment that was not cancelled, past or to come, is at the location."""
    return bool(await session.scalar(select(exists().where(Occupancy.location_id == location.id))))


def places_of(location: Location) -> Select[Place]:
    """Only staff see places, and all of them."""
    return select(Place).where(Place.location_id == location.id)


async def get_place(session: AsyncSession, place_id: UUID) -> Place:
    """Raises NotFound."""
    found = await session.get(Place, place_id)
    if found is None:
        raise NotFound
    return found


def closures(from_on: date | None, to_on: date | None, location_id: UUID | None) -> Select[Closure]:
    """Those that touch these dates, both included, and shut this location."""
    statement = select(Closure)
    if from_on is not None:
        statement = statement.where(Closure.to_on >= from_on)
    if to_on is not None:
        statement = statement.where(Closure.from_on <= to_on)
    if location_id is not None:
        statement = statement.where(or_(Closure.location_id == location_id, Closure.location_id.is_(None)))
    return statement


async def get_closure(session: AsyncSession, closure_id: UUID) -> Closure:
    """Raises NotFound."""
    found = await session.get(Closure, closure_id)
    if found is None:
        raise NotFound
    return found


async def dates_imported(session: AsyncSession, source: str, location_id: UUID | None) -> set[date]:
    """On which there is a public holiday of this source at exactly this location, or at all."""
    statement = select(Closure.from_on).where(Closure.source == source, Closure.location_id.is_not_distinct_from(location_id))
    return set((await session.scalars(statement)).all())
