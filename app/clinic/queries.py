"""Every SELECT of the clinic, its locations and their places."""

from uuid import UUID

from sqlalchemy import Select, Uuid, column, exists, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from app.clinic.models import Clinic, Location, Place
from app.diary.models import Occupancy
from app.identity.actor import Actor
from app.kit.errors import NotFound

# Practitioners stand above the clinic, whose code may not import theirs; whose hours are read in a location's zone is a question for the database.
_hours = table("working_hours", column("practitioner_id", Uuid), column("location_id", Uuid))
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
    """The resources of the practitioners who have hours at the location."""
    workers = select(_hours.c.practitioner_id).where(_hours.c.location_id == location.id)
    return list((await session.scalars(select(_practitioners.c.resource_id).where(_practitioners.c.id.in_(workers)))).all())


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
