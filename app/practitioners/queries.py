"""Every SELECT of practitioners, what they offer, their registrations, hours, overrides and time off."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.clinic.models import Clinic, Location
from app.identity.actor import Actor
from app.kit.errors import NotFound
from app.practitioners.models import Offer, Override, Practitioner, TimeOff, WorkingHours
from app.scheduling import zones
from app.treatments.models import Treatment


def visible_to(actor: Actor) -> Select[Practitioner]:
    """The public sees whom it can come to; staff see who is inactive too."""
    statement = select(Practitioner).options(selectinload(Practitioner.offers), selectinload(Practitioner.registrations))
    return statement if actor.is_staff else statement.where(Practitioner.active)


def offering(statement: Select[Practitioner], treatment_id: UUID) -> Select[Practitioner]:
    offers = select(Offer.practitioner_id).where(Offer.treatment_id == treatment_id)
    return statement.where(Practitioner.id.in_(offers))


def working_at(statement: Select[Practitioner], location_id: UUID) -> Select[Practitioner]:
    """Those with working hours at the location, at whatever dates."""
    hours = select(WorkingHours.practitioner_id).where(WorkingHours.location_id == location_id)
    return statement.where(Practitioner.id.in_(hours))


async def get(session: AsyncSession, actor: Actor, practitioner_id: UUID) -> Practitioner:
    """Raises NotFound."""
    return await _one(session, visible_to(actor).where(Practitioner.id == practitioner_id))


async def by_slug(session: AsyncSession, slug: str) -> Practitioner:
    """Raises NotFound."""
    return await _one(session, select(Practitioner).where(Practitioner.slug == slug))


async def get_diary_of(session: AsyncSession, actor: Actor, practitioner_id: UUID) -> Practitioner:
    """With working hours. The front desk sees everybody's, a practitioner their own. Raises NotFound."""
    statement = visible_to(actor).options(selectinload(Practitioner.hours)).where(Practitioner.id == practitioner_id)
    if not actor.at_front_desk:
        # A user who is nobody's practitioner has none here, and so sees nothing.
        statement = statement.where(Practitioner.id == actor.practitioner_id)
    return await _one(session, statement)


async def _one(session: AsyncSession, statement: Select[Practitioner]) -> Practitioner:
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound
    return found


async def read_again(session: AsyncSession, practitioner: Practitioner) -> None:
    """As it is now that its resource is locked. Raises NotFound when it was deleted meanwhile."""
    statement = select(Practitioner).where(Practitioner.id == practitioner.id).execution_options(populate_existing=True)
    await _one(session, statement)


async def has_override(session: AsyncSession, practitioner: Practitioner, location_id: UUID, on: date) -> bool:
    of_date = exists().where(
        Override.practitioner_id == practitioner.id, Override.location_id == location_id, Override.date == on
    )
    return bool(await session.scalar(select(of_date)))


async def get_override(session: AsyncSession, practitioner: Practitioner, override_id: UUID) -> Override:
    """Raises NotFound, for that of somebody else too."""
    mine = select(Override).where(Override.practitioner_id == practitioner.id, Override.id == override_id)
    found = (await session.scalars(mine)).one_or_none()
    if found is None:
        raise NotFound
    return found


def overrides_of(
    practitioner: Practitioner, from_on: date | None, to_on: date | None, location_id: UUID | None
) -> Select[Override]:
    """Both dates included."""
    statement = select(Override).where(Override.practitioner_id == practitioner.id)
    if from_on is not None:
        statement = statement.where(Override.date >= from_on)
    if to_on is not None:
        statement = statement.where(Override.date <= to_on)
    return statement if location_id is None else statement.where(Override.location_id == location_id)


async def zone_of(session: AsyncSession, location_id: UUID) -> str:
    return (await session.scalars(select(Location.time_zone).where(Location.id == location_id))).one()


async def get_time_off(session: AsyncSession, practitioner: Practitioner, time_off_id: UUID) -> TimeOff:
    """Raises NotFound, for that of somebody else too."""
    mine = select(TimeOff).where(TimeOff.practitioner_id == practitioner.id, TimeOff.id == time_off_id)
    found = (await session.scalars(mine)).one_or_none()
    if found is None:
        raise NotFound
    return found


async def time_off_of(
    session: AsyncSession, practitioner: Practitioner, from_on: date | None, to_on: date | None
) -> Select[TimeOff]:
    """What touches these dates of the clinic's own zone, both included: leave is at no location."""
    statement = select(TimeOff).where(TimeOff.practitioner_id == practitioner.id)
    if from_on is None and to_on is None:
        return statement
    zone = (await session.scalars(select(Clinic.time_zone))).one()
    if from_on is not None:
        statement = statement.where(TimeOff.ends_at > _midnight(zone, from_on))
    if to_on is not None:
        statement = statement.where(TimeOff.starts_at < _midnight(zone, to_on + timedelta(days=1)))
    return statement


def _midnight(zone: str, on: date) -> datetime:
    return datetime.fromtimestamp(zones.midnight(zone, on), UTC)


async def known_treatments(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    return set((await session.scalars(select(Treatment.id).where(Treatment.id.in_(ids)))).all())


async def known_locations(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    return set((await session.scalars(select(Location.id).where(Location.id.in_(ids)))).all())
