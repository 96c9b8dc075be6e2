"""Create, change and delete closures; import public holidays as closures.

A file of its own, beside that for the clinic and its locations. A closure is everybody's: each change of one moves the versions of all
practitioners' resources, before it is written.
"""

from asyncio import to_thread
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.clinic import public_holidays, queries
from app.clinic.closure_schemas import MAX_DAYS, ClosureCreate, ClosurePatch, HolidaysWanted
from app.clinic.models import Closure
from app.diary.actions import bump
from app.identity import audit
from app.identity.actor import Actor
from app.kit.errors import InvalidField
from app.kit.wire import format_minute

_END_OF_DAY = 24 * 60


class Changed(NamedTuple):
    """What was made, changed or deleted, and the resources of those whose appointments it may hit: locked."""

    closure: Closure
    resource_ids: list[int]


class Imported(NamedTuple):
    """The closures that were made, how many were there already, and resources as above."""

    closures: list[Closure]
    skipped: int
    resource_ids: list[int]


async def create(session: AsyncSession, actor: Actor, wanted: ClosureCreate) -> Changed:
    """Raises InvalidField."""
    await _check_location(session, wanted.location_id)
    _check_dates(wanted.from_on, wanted.to_on)
    starts, ends = _part_of_day(wanted.starts, wanted.ends)
    closure = Closure(
        location_id=wanted.location_id,
        from_on=wanted.from_on,
        to_on=wanted.to_on,
        starts_minute=starts,
        ends_minute=ends,
        reason=wanted.reason,
        source=None,
    )
    resource_ids = await _bump_everybody(session)
    session.add(closure)
    await session.flush()  # the trail names its id
    audit.record(session, actor, "closure.create", "closure", closure.id, wanted.model_fields_set)
    return Changed(closure, resource_ids)


async def update(session: AsyncSession, actor: Actor, closure: Closure, patch: ClosurePatch) -> Changed:
    """Raises InvalidField."""
    changes: dict[str, Any] = patch.changes()
    named = set(changes)
    await _check_location(session, changes.get("location_id"))
    _check_dates(changes.get("from_on", closure.from_on), changes.get("to_on", closure.to_on))
    if {"starts", "ends"} & named:
        starts, ends = changes.pop("starts", closure.starts_minute), changes.pop("ends", closure.ends_minute)
        changes["starts_minute"], changes["ends_minute"] = _part_of_day(starts, ends)
    resource_ids = await _bump_everybody(session)
    for name, value in changes.items():
        setattr(closure, name, value)
    audit.record(session, actor, "closure.update", "closure", closure.id, named)
    await session.flush()  # the answer shows the new version
    return Changed(closure, resource_ids)


async def delete(session: AsyncSession, actor: Actor, closure: Closure) -> Changed:
    resource_ids = await _bump_everybody(session)
    await session.delete(closure)
    audit.record(session, actor, "closure.delete", "closure", closure.id)
    await session.flush()  # before somebody asks whom it hits
    return Changed(closure, resource_ids)


async def import_holidays(session: AsyncSession, actor: Actor, wanted: HolidaysWanted) -> Imported:
    """Those that are there already are left as they are. Raises InvalidField."""
    await _check_location(session, wanted.location_id)
    for index, year in enumerate(wanted.years):
        if year in wanted.years[:index]:
            raise InvalidField(f"/years/{index}", "This year is named twice", "duplicate")
    found = await to_thread(public_holidays.of, wanted.country, wanted.subdivision, wanted.years)
    source = wanted.country if wanted.subdivision is None else f"{wanted.country}-{wanted.subdivision}"
    resource_ids = await _bump_everybody(session)
    there = await queries.dates_imported(session, source, wanted.location_id)
    closures = [
        Closure(
            location_id=wanted.location_id,
            from_on=on,
            to_on=on,
            starts_minute=None,
            ends_minute=None,
            reason=name,
            source=source,
        )
        for on, name in found
        if on not in there
    ]
    session.add_all(closures)
    await session.flush()  # the answer shows their ids
    audit.record(session, actor, "closure.import", "closure", None, wanted.model_fields_set)
    return Imported(closures, len(found) - len(closures), resource_ids)


async def _check_location(session: AsyncSession, location_id: UUID | None) -> None:
    if location_id is not None and not await queries.is_known(session, location_id):
        raise InvalidField("/location_id", "There is no such location", "unknown_id")


def _check_dates(from_on: date, to_on: date) -> None:
    if to_on < from_on:
        raise InvalidField("/to_on", "This may not be before from_on")
    if (to_on - from_on).days >= MAX_DAYS:
        raise InvalidField("/to_on", f"There may be at most {MAX_DAYS} days, both included")


def _part_of_day(starts: int | None, ends: int | None) -> tuple[int | None, int | None]:
    """Both or none: where one is left out, it is the day's."""
    if starts is None and ends is None:
        return None, None
    starts, ends = starts or 0, _END_OF_DAY if ends is None else ends
    if starts == _END_OF_DAY:
        raise InvalidField("/starts", f"{format_minute(_END_OF_DAY)} is an end; a start is 23:59 at the latest")
    if ends <= starts:
        raise InvalidField("/ends", "This must be after starts; a closure over midnight is two")
    return starts, ends


async def _bump_everybody(session: AsyncSession) -> list[int]:
    resource_ids = await queries.resources_of_practitioners(session)
    await bump(session, resource_ids)
    return resource_ids
