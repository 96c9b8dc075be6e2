"""Change the clinic's settings; create, change and delete locations and places."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.clinic import queries
from app.clinic.models import Clinic, Location, Place
from app.clinic.schemas import MAX_CANCEL_REASONS, ClinicPatch, LocationCreate, LocationPatch, PlaceCreate, PlacePatch
from app.diary.actions import bump, drop_resource, new_resource
from app.diary.models import PLACE
from app.identity import audit
from app.identity.actor import Actor
from app.kit.errors import Conflict, InvalidField
from app.kit.in_use import delete_unused
from app.kit.slugs import free_slug

OTHER = "other"


class TimeZoneInUse(Conflict):
    code = "time_zone_in_use"
    title = "Appointments were made in this location's time zone, and they keep their wall time"


def _with_other(reasons: list[dict[str, str]], before: list[dict[str, str]]) -> list[dict[str, str]]:
    """The reasons, and `other` as it was where it is left out. Raises InvalidField for a code that is there twice, and for too many."""
    codes = [reason["code"] for reason in reasons]
    for index, code in enumerate(codes):
        if code in codes[:index]:
            raise InvalidField(f"/cancel_reasons/{index}/code", "Another reason has this code", "duplicate")
    if OTHER in codes:
        return reasons
    if len(reasons) == MAX_CANCEL_REASONS:
        raise InvalidField("/cancel_reasons", f"With `other`, there may be at most {MAX_CANCEL_REASONS} reasons", "too_long")
    return [*reasons, *(reason for reason in before if reason["code"] == OTHER)]


async def update_clinic(session: AsyncSession, actor: Actor, clinic: Clinic, patch: ClinicPatch) -> None:
    changes: dict[str, Any] = patch.changes()
    if "cancel_reasons" in changes:
        wanted = [reason.model_dump() for reason in patch.cancel_reasons]
        changes["cancel_reasons"] = _with_other(wanted, clinic.cancel_reasons)
    for name, value in changes.items():
        setattr(clinic, name, value)
    audit.record(session, actor, "clinic.update", "clinic", None, changes)
    await session.flush()  # the answer shows the new version


@asynccontextmanager
async def _watching_zones(session: AsyncSession) -> AsyncIterator[None]:
    """The clinic's answer lists the zones of its locations, so its version moves when that list does: a cached copy would be wrong."""
    before = await queries.active_time_zones(session)
    yield
    await session.flush()
    if await queries.active_time_zones(session) != before:
        await session.execute(update(Clinic).values(version=Clinic.version + 1))


async def create_location(session: AsyncSession, actor: Actor, wanted: LocationCreate) -> Location:
    """Raises SlugTaken."""
    values = wanted.model_dump(exclude={"slug"})
    location = Location(slug=await free_slug(session, Location.slug, wanted=wanted.slug, name=wanted.name), **values)
    async with _watching_zones(session):
        session.add(location)
    audit.record(session, actor, "location.create", "location", location.id, values)
    return location


async def update_location(session: AsyncSession, actor: Actor, location: Location, patch: LocationPatch) -> list[int]:
    """The resources of those whose appointments it may hit. Raises SlugTaken, TimeZoneInUse."""
    changes: dict[str, Any] = patch.changes()
    if changes.get("slug", location.slug) != location.slug:
        changes["slug"] = await free_slug(session, Location.slug, wanted=patch.slug, name=location.name)
    workers: list[int] = []
    zone_moves = changes.get("time_zone", location.time_zone) != location.time_zone
    if zone_moves or changes.get("active", location.active) != location.active:
        # It changes when practitioners can be had there.
        workers = await queries.resources_working_at(session, location)
        await bump(session, workers)
    if zone_moves:
        await queries.lock(session, location)
        if await queries.is_booked(session, location):
            raise TimeZoneInUse
    async with _watching_zones(session):
        for name, value in changes.items():
            setattr(location, name, value)
    audit.record(session, actor, "location.update", "location", location.id, changes)
    return workers


async def delete_location(session: AsyncSession, actor: Actor, location: Location) -> None:
    """Raises InUse while it has places, hours, closures or appointments."""
    async with _watching_zones(session):
        await delete_unused(session, location)
    audit.record(session, actor, "location.delete", "location", location.id)


async def create_place(session: AsyncSession, actor: Actor, location: Location, wanted: PlaceCreate) -> Place:
    values = wanted.model_dump()
    place = Place(location_id=location.id, resource_id=await new_resource(session, PLACE), **values)
    session.add(place)
    await session.flush()  # the trail names its id
    audit.record(session, actor, "place.create", "place", place.id, values)
    return place


async def update_place(session: AsyncSession, actor: Actor, place: Place, patch: PlacePatch) -> None:
    changes: dict[str, Any] = patch.changes()
    await bump(session, [place.resource_id])
    for name, value in changes.items():
        setattr(place, name, value)
    audit.record(session, actor, "place.update", "place", place.id, changes)
    await session.flush()  # the answer shows the new version


async def delete_place(session: AsyncSession, actor: Actor, place: Place) -> None:
    """Raises InUse once an appointment was in it."""
    await bump(session, [place.resource_id])
    await delete_unused(session, place)
    await drop_resource(session, place.resource_id)
    audit.record(session, actor, "place.delete", "place", place.id)
