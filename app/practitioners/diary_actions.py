"""Create, change and delete overrides and time off.

A file of its own, beside that for the practitioner and what is replaced as a whole; every write goes through it all the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from app.diary.actions import bump
from app.identity import audit
from app.identity.actor import Actor
from app.kit.errors import Conflict, InvalidField
from app.practitioners import queries, rules
from app.practitioners.actions import change
from app.practitioners.diary_schemas import (
    MAX_DAYS_OFF,
    OverrideCreate,
    OverridePatch,
    TimeOffCreate,
    TimeOffPatch,
    Window,
)
from app.practitioners.models import Override, Practitioner, TimeOff


class OverrideExists(Conflict):
    code = "override_exists"
    title = "There is an override of this date at this location already; change that one"


async def create_override(session: AsyncSession, actor: Actor, practitioner: Practitioner, wanted: OverrideCreate) -> Override:
    """Raises OverrideExists, and Rejected with every fault."""
    if not await queries.known_locations(session, [wanted.location_id]):
        raise InvalidField("/location_id", "There is no such location", "unknown_id")
    rules.refuse(rules.faults_of_windows(wanted.windows))
    await _lock(session, practitioner)
    if await queries.has_override(session, practitioner, wanted.location_id, wanted.date):
        raise OverrideExists
    override = Override(
        practitioner_id=practitioner.id, location_id=wanted.location_id, date=wanted.date, windows=_stored(wanted.windows)
    )
    await _add(session, practitioner, override)
    audit.record(session, actor, "override.create", "override", override.id, wanted.model_fields_set)
    return override


async def update_override(
    session: AsyncSession, actor: Actor, practitioner: Practitioner, override: Override, patch: OverridePatch
) -> None:
    """Raises Rejected with every fault."""
    changes: dict[str, Any] = patch.changes()
    if "windows" in changes:
        rules.refuse(rules.faults_of_windows(patch.windows))
        changes["windows"] = _stored(patch.windows)
    await _change(session, practitioner, override, changes)
    audit.record(session, actor, "override.update", "override", override.id, changes)


async def delete_override(session: AsyncSession, actor: Actor, practitioner: Practitioner, override: Override) -> None:
    await change(session, practitioner)
    await session.delete(override)
    audit.record(session, actor, "override.delete", "override", override.id)
    await session.flush()  # before somebody asks whom it hits


async def create_time_off(session: AsyncSession, actor: Actor, practitioner: Practitioner, wanted: TimeOffCreate) -> TimeOff:
    """Raises InvalidField."""
    _check_span(wanted.starts_at, wanted.ends_at)
    await _lock(session, practitioner)
    time_off = TimeOff(practitioner_id=practitioner.id, starts_at=wanted.starts_at, ends_at=wanted.ends_at, reason=wanted.reason)
    await _add(session, practitioner, time_off)
    audit.record(session, actor, "time_off.create", "time_off", time_off.id, wanted.model_fields_set)
    return time_off


async def update_time_off(
    session: AsyncSession, actor: Actor, practitioner: Practitioner, time_off: TimeOff, patch: TimeOffPatch
) -> None:
    """Raises InvalidField."""
    changes: dict[str, Any] = patch.changes()
    _check_span(changes.get("starts_at", time_off.starts_at), changes.get("ends_at", time_off.ends_at))
    await _change(session, practitioner, time_off, changes)
    audit.record(session, actor, "time_off.update", "time_off", time_off.id, changes)


async def delete_time_off(session: AsyncSession, actor: Actor, practitioner: Practitioner, time_off: TimeOff) -> None:
    await change(session, practitioner)
    await session.delete(time_off)
    audit.record(session, actor, "time_off.delete", "time_off", time_off.id)
    await session.flush()  # before somebody asks whom it hits


def _check_span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise InvalidField("/ends_at", "This must be after starts_at")
    if ends_at - starts_at > timedelta(days=MAX_DAYS_OFF):
        raise InvalidField("/ends_at", f"This may be at most {MAX_DAYS_OFF} days after starts_at")


def _stored(windows: Sequence[Window]) -> list[dict[str, int]]:
    return [{"starts": window.starts, "ends": window.ends} for window in windows]


async def _lock(session: AsyncSession, practitioner: Practitioner) -> None:
    """Before something is added, for which nobody has to know the version: the one that is there now is moved. Raises NotFound."""
    await bump(session, [practitioner.resource_id])
    await queries.read_again(session, practitioner)


async def _add(session: AsyncSession, practitioner: Practitioner, part: Override | TimeOff) -> None:
    session.add(part)
    practitioner.updated_at = func.clock_timestamp()
    await session.flush()  # the answer shows its id, and the new version


async def _change(session: AsyncSession, practitioner: Practitioner, part: Override | TimeOff, changes: dict[str, Any]) -> None:
    await change(session, practitioner)
    for name, value in changes.items():
        setattr(part, name, value)
    await session.flush()  # the answer shows when
