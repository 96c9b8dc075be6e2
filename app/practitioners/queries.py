"""Every SELECT of practitioners, what they offer, their registrations and hours."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.clinic.models import Location
from app.identity.actor import Actor
from app.kit.errors import NotFound
from app.practitioners.models import Offer, Practitioner, WorkingHours
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


async def known_treatments(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    return set((await session.scalars(select(Treatment.id).where(Treatment.id.in_(ids)))).all())


async def known_locations(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    return set((await session.scalars(select(Location.id).where(Location.id.in_(ids)))).all())
