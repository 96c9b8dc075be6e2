"""Finds what is free: loads, asks the core for each candidate, and looks beyond an empty range."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.availability import answer, queries
from app.availability.answer import Found
from app.availability.candidates import Caller, Candidate, Situation, candidates, local_dates, reach, resource_ids
from app.availability.rows import Catalogue, PatientRow
from app.identity.actor import Actor
from app.kit.db import Connection
from app.kit.errors import InvalidField
from app.scheduling.slots import openings
from app.scheduling.zones import local_date, midnight

MAX_DAYS = 62


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


async def load(
    connection: Connection,
    treatment_id: UUID,
    practitioner_ids: Collection[UUID] | None,
    location_id: UUID | None,
    prefix: str = "",
) -> Catalogue:
    """The catalogue. Raises InvalidField for an id that means nothing; `prefix` "/" makes its pointer one into a body."""
    catalogue = await queries.load_catalogue(connection, treatment_id, practitioner_ids)
    if catalogue is None:
        raise InvalidField(f"{prefix}treatment_id", "There is no such treatment", "unknown_id")
    if practitioner_ids is not None and len(catalogue.practitioners) < len(set(practitioner_ids)):
        raise InvalidField(f"{prefix}practitioner_id", "There is no such practitioner", "unknown_id")
    if location_id is not None and location_id not in catalogue.locations:
        raise InvalidField(f"{prefix}location_id", "There is no such location", "unknown_id")
    return catalogue


async def known_patient(
    connection: Connection, actor: Actor, patient_id: UUID, fixed_now: datetime | None, pointer: str
) -> tuple[Caller, PatientRow]:
    """Staff asking for a patient whom they may know of. Raises InvalidField at `pointer`."""
    patient = await queries.load_patient(connection, actor, patient_id, fixed_now)
    if patient is None:
        raise InvalidField(pointer, "There is no such patient", "unknown_id")
    return Caller(staff=True, returning=patient.returning, patient_resource_id=patient.resource_id), patient


def zone_of(catalogue: Catalogue, found: Collection[Candidate], wanted: str | None) -> str:
    """The zone asked for, else the one that the locations share, else the clinic's."""
    zones = {candidate.location.time_zone for candidate in found}
    if wanted is not None:
        return wanted
    return zones.pop() if len(zones) == 1 else catalogue.treatment.clinic_time_zone


async def search(connection: Connection, question: Question, caller: Caller, fixed_now: datetime | None) -> bytes:
    """The encoded answer. Three trips at most: catalogue, diaries, and diaries up to the horizon when the range is empty."""
    catalogue = await load(connection, question.treatment_id, question.practitioner_ids, question.location_id)
    who = candidates(catalogue, None if question.location_id is None else [question.location_id])
    zone = zone_of(catalogue, who, question.time_zone)
    now = int((fixed_now or catalogue.treatment.now).timestamp())
    if not who:
        return answer.encode(zone, [], None)
    from_at, to_at = midnight(zone, question.from_on), midnight(zone, question.to_on + timedelta(days=1))
    found = await _free(connection, catalogue, who, caller, now, from_at, to_at)
    upcoming = answer.first_start(found)
    if upcoming is None:
        horizon = midnight(zone, local_date(zone, now) + timedelta(days=catalogue.treatment.horizon_days + 2))
        beyond = max(to_at, now)
        if beyond < horizon:
            upcoming = answer.first_start(await _free(connection, catalogue, who, caller, now, beyond, horizon))
    elif question.limit is not None:
        found = answer.limited(found, question.limit)
    return answer.encode(zone, found, upcoming)


async def _free(
    connection: Connection, catalogue: Catalogue, who: list[Candidate], caller: Caller, now: int, from_at: int, to_at: int
) -> list[Found]:
    diaries = await queries.load_diaries(connection, catalogue, resource_ids(catalogue, who, caller), *reach(from_at, to_at))
    from_on, to_on = local_dates(who, from_at, to_at)
    situation = Situation(catalogue, diaries, caller, now=now, from_on=from_on, to_on=to_on)
    return [Found(candidate, openings(situation.facts(candidate), from_at, to_at)) for candidate in who]
