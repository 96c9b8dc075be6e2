"""Create, change and delete practitioners; replace their hours and registrations.

Whatever is changed moves the practitioner's version, which is the ETag of all that hangs below, and that of the resource, by which answers about
availability are reused.
"""

from itertools import chain
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from app.diary.actions import bump, drop_resource, new_resource
from app.diary.models import PRACTITIONER
from app.identity import audit
from app.identity.actor import Actor
from app.kit.ids import uuid7
from app.kit.in_use import delete_unused
from app.kit.slugs import free_slug
from app.practitioners import queries, rules
from app.practitioners.models import Offer, Override, Practitioner, Registration, TimeOff, WorkingHours
from app.practitioners.schemas import HoursPut, PractitionerCreate, PractitionerPatch, RegistrationsPut
from app.practitioners.schemas import Offer as OfferWanted
from app.practitioners.schemas import Registration as RegistrationWanted


async def create(session: AsyncSession, actor: Actor, wanted: PractitionerCreate) -> Practitioner:
    """Raises SlugTaken, and Rejected with every fault."""
    await _check(session, wanted.languages, wanted.treatments, wanted.registrations)
    values = wanted.model_dump(include={"name", "bio", "languages", "daily_limit", "active"})
    practitioner = Practitioner(
        hours=[],
        slug=await free_slug(session, Practitioner.slug, wanted=wanted.slug, name=wanted.name),
        resource_id=await new_resource(session, PRACTITIONER),
        offers=_offers(wanted.treatments),
        registrations=_registrations(wanted.registrations),
        **values,
    )
    session.add(practitioner)
    await session.flush()  # the trail names its id
    audit.record(session, actor, "practitioner.create", "practitioner", practitioner.id, wanted.model_fields_set)
    return practitioner


async def update(session: AsyncSession, actor: Actor, practitioner: Practitioner, patch: PractitionerPatch) -> None:
    """Raises SlugTaken, and Rejected with every fault."""
    changes: dict[str, Any] = patch.changes()
    named = set(changes)
    await _check(session, changes.get("languages", []), changes.get("treatments", []), changes.get("registrations", []))
    if changes.get("slug", practitioner.slug) != practitioner.slug:
        changes["slug"] = await free_slug(session, Practitioner.slug, wanted=patch.slug, name=practitioner.name)
    if "treatments" in changes:
        changes["offers"] = _offers(changes.pop("treatments"))
    if "registrations" in changes:
        changes["registrations"] = _registrations(changes.pop("registrations"))
    await change(session, practitioner, **changes)
    audit.record(session, actor, "practitioner.update", "practitioner", practitioner.id, named)


async def replace_hours(session: AsyncSession, actor: Actor, practitioner: Practitioner, wanted: HoursPut) -> None:
    """Raises Rejected with every fault."""
    known = await queries.known_locations(session, {line.location_id for line in wanted.items})
    rules.refuse(rules.faults_of_hours(wanted.items, known))
    hours = [
        WorkingHours(starts_minute=line.starts, ends_minute=line.ends, **line.model_dump(exclude={"starts", "ends"}))
        for line in wanted.items
    ]
    await change(session, practitioner, hours=hours)
    audit.record(session, actor, "practitioner.hours", "practitioner", practitioner.id, ["working_hours"])


async def replace_registrations(
    session: AsyncSession, actor: Actor, practitioner: Practitioner, wanted: RegistrationsPut
) -> None:
    """Raises Rejected with every fault."""
    rules.refuse(rules.faults_of_registrations(wanted.items, "/items"))
    await change(session, practitioner, registrations=_registrations(wanted.items))
    audit.record(session, actor, "practitioner.registrations", "practitioner", practitioner.id, ["registrations"])


async def delete(session: AsyncSession, actor: Actor, practitioner: Practitioner) -> None:
    """With hours, offers and whatever else is a part of it. Raises InUse once a user, an article or an appointment names it."""
    await bump(session, [practitioner.resource_id])
    for part in (Override, TimeOff):
        await session.execute(delete_rows(part).where(part.practitioner_id == practitioner.id))
    await delete_unused(session, practitioner)
    await drop_resource(session, practitioner.resource_id)
    audit.record(session, actor, "practitioner.delete", "practitioner", practitioner.id)


async def _check(
    session: AsyncSession, languages: list[str], offers: list[OfferWanted], registrations: list[RegistrationWanted]
) -> None:
    known = await queries.known_treatments(session, {offer.treatment_id for offer in offers})
    rules.refuse(
        chain(
            rules.faults_of_languages(languages),
            rules.faults_of_offers(offers, known),
            rules.faults_of_registrations(registrations, "/registrations"),
        )
    )


async def change(session: AsyncSession, practitioner: Practitioner, **changes: Any) -> None:
    """Every write of an existing practitioner goes through here, so that none forgets a version.

    The new time writes the row, and so moves its version, when only rows below it change.
    """
    await bump(session, [practitioner.resource_id])
    for name, value in changes.items():
        setattr(practitioner, name, value)
    practitioner.updated_at = func.clock_timestamp()
    await session.flush()  # the answer shows the new version


def _offers(wanted: list[OfferWanted]) -> list[Offer]:
    return [
        Offer(
            treatment_id=offer.treatment_id,
            price_amount=offer.price and offer.price.amount,
            price_currency=offer.price and offer.price.currency,
            phases=None if offer.phases is None else [phase.model_dump() for phase in offer.phases],
        )
        for offer in sorted(wanted, key=lambda offer: offer.treatment_id)
    ]


def _registrations(wanted: list[RegistrationWanted]) -> list[Registration]:
    """In the order in which they are read again: the latest first, else as sent."""
    latest_first = sorted(wanted, key=lambda registration: registration.valid_until, reverse=True)
    ids = sorted(uuid7() for _ in wanted)
    return [Registration(id=id, **registration.model_dump()) for id, registration in zip(ids, latest_first, strict=True)]  # noqa: A001
