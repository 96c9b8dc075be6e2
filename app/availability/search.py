"""Finds what is free: what is known of the clinic, the question's free starts brought up to date, and beyond an empty range the next."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.availability import answer, directory, patient_queries
from app.availability.candidates import Caller
from app.availability.free import Answer, Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue, Directory, PatientRow, catalogue_of
from app.identity.actor import Actor
from app.kit.db import Connection
from app.kit.errors import InvalidField, Unavailable
from app.scheduling.zones import local_date, midnight

MAX_DAYS = 62
MAX_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Question:
    """ "When can I come?" Dates are local and inclusive; None in `practitioner_ids` and `location_id` means any."""

    treatment_id: UUID
    from_on: date
    to_on: date
    practitioner_ids: Collection[UUID] | None = None
    location_id: UUID | None = None
    time_zone: str | None = None
    limit: int | None = None


def check_range(from_on: date, to_on: date) -> None:
    """Raises InvalidField when the range is reversed or too long."""
    if to_on < from_on:
        raise InvalidField("to", "The range ends before it begins")
    if (to_on - from_on).days >= MAX_DAYS:
        raise InvalidField("to", f"A range may have at most {MAX_DAYS} days")


async def select(
    memory: Memory[Free],
    connection: Connection,
    treatment_id: UUID,
    practitioner_ids: Collection[UUID] | None,
    location_id: UUID | None,
    *,
    prefix: str = "",
    older_than: int | None = None,
) -> Catalogue:
    """The catalogue for a question. `older_than`: a version that is known to be outdated. Raises InvalidField for an id that means
    nothing; `prefix` "/" makes its pointer one into a body."""
    known = await memory.directory(connection, older_than=older_than)
    unknown = _unknown(known, treatment_id, practitioner_ids, location_id)
    if unknown is not None and await directory.current_version(connection) != known.version:
        known = await memory.directory(connection, older_than=known.version)
        unknown = _unknown(known, treatment_id, practitioner_ids, location_id)
    if unknown is not None:
        raise InvalidField(f"{prefix}{unknown}_id", f"There is no such {unknown}", "unknown_id")
    return catalogue_of(known, treatment_id, None if practitioner_ids is None else frozenset(practitioner_ids))


def _unknown(
    known: Directory, treatment_id: UUID, practitioner_ids: Collection[UUID] | None, location_id: UUID | None
) -> str | None:
    if treatment_id not in known.treatments:
        return "treatment"
    if not all(one in known.practitioners for one in practitioner_ids or ()):
        return "practitioner"
    return "location" if location_id is not None and location_id not in known.locations else None


async def known_patient(
    connection: Connection,
    actor: Actor,
    patient_id: UUID | None,
    fixed_now: datetime | None,
    pointer: str,
    without: Collection[UUID] = (),
) -> tuple[Caller, PatientRow]:
    """Staff asking for a patient whom they may know of, or a patient whose own link it is. Raises InvalidField at `pointer`."""
    patient = await patient_queries.load_patient(connection, actor, patient_id, fixed_now, without)
    if patient is None:
        raise InvalidField(pointer, "There is no such patient", "unknown_id")
    caller = Caller(
        staff=actor.keeps_diary,
        returning=patient.returning,
        patient_resource_id=patient.resource_id,
        upcoming=patient.upcoming,
    )
    return caller, patient


def zone_of(catalogue: Catalogue, question: Question) -> str:
    """The zone asked for, else the one that the locations share, else the clinic's."""
    if question.time_zone is not None:
        return question.time_zone
    if question.location_id is not None:
        return catalogue.locations[question.location_id].time_zone
    zones = {catalogue.locations[at].time_zone for one in catalogue.practitioners for at in one.hours}
    return zones.pop() if len(zones) == 1 else catalogue.treatment.clinic_time_zone


async def search(
    memory: Memory[Free], connection: Connection, question: Question, caller: Caller, fixed_now: datetime | None
) -> Answer:
    """One trip where the clinic is known already, another one where the range is empty. Raises InvalidField."""
    outdated = None
    for _ in range(MAX_ATTEMPTS):
        catalogue = await select(
            memory, connection, question.treatment_id, question.practitioner_ids, question.location_id, older_than=outdated
        )
        found = await _answer(memory, connection, catalogue, question, caller, fixed_now)
        if found is not None:
            return found
        outdated = catalogue.version
    raise Unavailable


async def everything_free(
    memory: Memory[Free],
    connection: Connection,
    question: Question,
    caller: Caller,
    fixed_now: datetime | None,
    *,
    without: Collection[UUID] = (),
    as_kept: Callable[[Catalogue], Catalogue] | None = None,
) -> tuple[Free, int]:
    """What may start on the question's dates, those of each location, and the time by then; however long the range. `without`: appointments that do
    not count, since they are moving; `as_kept` makes the catalogue one for an appointment that keeps what it was booked with. Raises InvalidField."""
    outdated = None
    for _ in range(MAX_ATTEMPTS):
        catalogue = await select(
            memory,
            connection,
            question.treatment_id,
            question.practitioner_ids,
            question.location_id,
            prefix="/",
            older_than=outdated,
        )
        zones = {one.time_zone for one in catalogue.locations_at(question.location_id)}
        from_at = min(midnight(zone, question.from_on) for zone in zones)
        to_at = max(midnight(zone, question.to_on + timedelta(days=1)) for zone in zones)
        if without or as_kept is not None:
            kept = catalogue if as_kept is None else as_kept(catalogue)
            free = Free(kept, caller, question.location_id, from_at, to_at, without)
        else:
            free = _free(memory, catalogue, question, caller, from_at, to_at)
        at = await free.refresh(connection, fixed_now)
        if at is not None:
            return free, int(at.timestamp())
        outdated = catalogue.version
    raise Unavailable


async def _answer(
    memory: Memory[Free],
    connection: Connection,
    catalogue: Catalogue,
    question: Question,
    caller: Caller,
    fixed_now: datetime | None,
) -> Answer | None:
    """None when the catalogue has changed meanwhile."""
    zone = zone_of(catalogue, question)
    from_at, to_at = midnight(zone, question.from_on), midnight(zone, question.to_on + timedelta(days=1))
    free = _free(memory, catalogue, question, caller, from_at, to_at)
    at = await free.refresh(connection, fixed_now)
    if at is None:
        return None
    now = int(at.timestamp())
    told = free.told((zone, question.limit), now, free.changes)
    if told is not None:
        return told
    found = list(free.found(now))
    upcoming = answer.first_start(found)
    if upcoming is not None:
        some = found if question.limit is None else answer.limited(found, question.limit)
        body = answer.encode(zone, some, upcoming)
        return free.tell((zone, question.limit), now, upcoming[0], body, free.changes)
    # From a midnight on, so that whoever asks next asks the same.
    beyond = max(to_at, midnight(zone, local_date(zone, now)))
    horizon = midnight(zone, local_date(zone, now) + timedelta(days=catalogue.treatment.horizon_days + 2))
    if beyond < horizon:
        further = _free(memory, catalogue, question, caller, beyond, horizon)
        if await further.refresh(connection, fixed_now) is None:
            return None
        upcoming = answer.first_start(further.found(now))
    return Answer.of(answer.encode(zone, [], upcoming))


def _free(memory: Memory[Free], catalogue: Catalogue, question: Question, caller: Caller, from_at: int, to_at: int) -> Free:
    """As it was kept, if the catalogue is still the same. What is asked for a patient is not kept: hardly anybody asks it twice."""
    who = None if question.practitioner_ids is None else tuple(sorted(question.practitioner_ids))
    key = (question.treatment_id, who, question.location_id, from_at, to_at, caller)
    kept = memory.search(key)
    if kept is not None and kept.catalogue.version == catalogue.version:
        return kept
    free = Free(catalogue, caller, question.location_id, from_at, to_at)
    if caller.patient_resource_id is None:
        memory.keep(key, free)
    return free
