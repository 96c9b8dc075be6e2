"""Create, change and delete treatments. Appointments keep what they were booked with, whatever happens here."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.identity import audit
from app.identity.actor import Actor
from app.kit.errors import InvalidField
from app.kit.in_use import delete_unused
from app.kit.slugs import free_slug
from app.treatments.models import Treatment
from app.treatments.schemas import MAX_DAY_MINUTES, Phase, TreatmentCreate, TreatmentPatch


def check_phases(phases: list[Phase], pointer: str = "/phases") -> None:
    """Raises InvalidField when nobody attends or the whole is longer than a day."""
    if not any(phase.attended for phase in phases):
        raise InvalidField(pointer, "At least one phase must be attended")
    if sum(phase.minutes for phase in phases) > MAX_DAY_MINUTES:
        raise InvalidField(pointer, "The phases together may not be longer than 24 hours")


async def create(session: AsyncSession, actor: Actor, wanted: TreatmentCreate) -> Treatment:
    check_phases(wanted.phases)
    values = wanted.model_dump(exclude={"slug", "price", "phases"})
    treatment = Treatment(
        slug=await free_slug(session, Treatment.slug, wanted=wanted.slug, name=wanted.name),
        phases=[phase.model_dump() for phase in wanted.phases],
        price=wanted.price,
        **values,
    )
    session.add(treatment)
    await session.flush()  # the trail names its id, and a slug taken meanwhile is heard of here
    audit.record(session, actor, "treatment.create", "treatment", treatment.id, values)
    return treatment


async def update(session: AsyncSession, actor: Actor, treatment: Treatment, patch: TreatmentPatch) -> Treatment:
    changes: dict[str, Any] = patch.changes()
    if "phases" in changes:
        check_phases(patch.phases)
        changes["phases"] = [phase.model_dump() for phase in patch.phases]
    if changes.get("slug", treatment.slug) != treatment.slug:
        changes["slug"] = await free_slug(session, Treatment.slug, wanted=patch.slug, name=treatment.name)
    for name, value in changes.items():
        setattr(treatment, name, value)
    audit.record(session, actor, "treatment.update", "treatment", treatment.id, changes)
    await session.flush()  # the answer shows the new version
    return treatment


async def delete(session: AsyncSession, actor: Actor, treatment: Treatment) -> None:
    """Raises InUse while somebody offers it or anything was booked."""
    await delete_unused(session, treatment)
    audit.record(session, actor, "treatment.delete", "treatment", treatment.id)
