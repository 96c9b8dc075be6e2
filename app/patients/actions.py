"""Create and change patients."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.diary.actions import bump, new_resource
from app.diary.models import PATIENT
from app.identity import audit
from app.identity.actor import Actor
from app.kit.errors import Conflict, InvalidField
from app.kit.ids import uuid7
from app.patients import queries
from app.patients.models import Patient
from app.patients.schemas import MAX_CONTACTS, MAX_NOTES, PatientCreate, PatientPatch, Person
from app.patients.search import lines_of, searchable

BOOKED_BY = "booked by"
ALSO = "also reached at"
ERASED = "Erased"
# Where the day begins first, it does so this long before it does in UTC.
_EARLIEST_MIDNIGHT = timedelta(hours=14)


def _check_birth(born_on: date | None, now: datetime) -> None:
    """Raises InvalidField for a date that has begun nowhere on Earth."""
    if born_on is not None and born_on > (now + _EARLIEST_MIDNIGHT).date():
        raise InvalidField("/date_of_birth", "This date is yet to come")


async def create(session: AsyncSession, actor: Actor, wanted: PatientCreate, *, now: datetime) -> Patient:
    _check_birth(wanted.date_of_birth, now)
    values = wanted.model_dump()
    patient = Patient(resource_id=await new_resource(session, PATIENT), **values)
    session.add(patient)
    await session.flush()  # the trail names its id
    audit.record(session, actor, "patient.create", "patient", patient.id, wanted.model_fields_set)
    return patient


async def update(session: AsyncSession, actor: Actor, patient: Patient, patch: PatientPatch, *, now: datetime) -> None:
    changes: dict[str, Any] = patch.changes()
    _check_birth(changes.get("date_of_birth"), now)
    check_is_somebody(patient)
    if "contacts" in changes:
        changes["contacts"] = [contact.model_dump() for contact in patch.contacts]
    for name, value in changes.items():
        setattr(patient, name, value)
    audit.record(session, actor, "patient.update", "patient", patient.id, changes)
    await session.flush()  # the answer shows the new version


class PatientGone(Conflict):
    code = "patient_gone"
    title = "This record is nobody's any more"
    meaning = "It was merged into another patient's, which its merged_into_id names, or erased."


class PatientExpected(Conflict):
    code = "patient_expected"
    title = "The patient has appointments to come, which have to be cancelled first"


def check_is_somebody(patient: Patient) -> None:
    """Raises PatientGone."""
    if patient.merged_into_id is not None or patient.erased_at is not None:
        raise PatientGone(merged_into_id=patient.merged_into_id and str(patient.merged_into_id))


def absorb(into: Patient, other: Patient) -> list[str]:
    """What is known of the other only is known of `into`, and the other is nobody. The names of what is new."""
    check_is_somebody(into)
    changed = []
    for name in ("email", "phone", "date_of_birth"):
        if getattr(into, name) is None and getattr(other, name) is not None:
            setattr(into, name, getattr(other, name))
            changed.append(name)
    if other.notes:
        notes = "\n\n".join(filter(None, (into.notes, other.notes)))
        into.notes, changed = notes[:MAX_NOTES], [*changed, "notes"]
    reached = {line for person in [_person(into), *into.contacts] for line in lines_of({**person, "name": None})}
    own = [] if lines_of({**_person(other), "name": None}) == [] else [{**_person(other), "relation": ALSO}]
    further = [one for one in [*own, *other.contacts] if not set(lines_of({**one, "name": None})) <= reached]
    if further:
        into.contacts, changed = [*into.contacts, *further][:MAX_CONTACTS], [*changed, "contacts"]
    other.merged_into_id = into.id
    return changed


async def erase(session: AsyncSession, actor: Actor, patient: Patient, *, now: datetime) -> None:
    """Whoever it was cannot be told from the record any more; that somebody was treated, when and by whom, stays for the books. Links die with it.
    Raises PatientGone, PatientExpected."""
    await bump(session, [patient.resource_id])  # nobody books for them meanwhile
    await session.refresh(patient)
    check_is_somebody(patient)
    if await queries.has_upcoming(session, patient.id, now):
        raise PatientExpected
    patient.name, patient.erased_at = ERASED, now
    patient.email = patient.phone = patient.date_of_birth = patient.notes = None
    patient.contacts = []
    await queries.forget(session, patient.id)
    audit.record(session, actor, "patient.erase", "patient", patient.id, ["erased_at"])
    await session.flush()  # the answer shows the new version


def _person(patient: Patient) -> dict[str, Any]:
    return {"name": patient.name, "email": patient.email, "phone": patient.phone}


def newcomer(person: Person, booked_by: Person | None, *, resource_id: int | None, confirmed: bool) -> dict[str, Any]:
    """The columns of a new patient, for a booking that writes many things in one trip.

    Somebody unknown never becomes an existing patient, however alike: or answers would tell strangers who is treated here, and when. Staff merge
    them later. Whoever booked for somebody else becomes a contact.
    """
    contacts = [] if booked_by is None else [{**booked_by.model_dump(), "relation": BOOKED_BY}]
    who = {"name": person.name, "email": person.email, "phone": person.phone}
    return {
        "id": uuid7(),
        "resource_id": resource_id,
        **who,
        "contacts": contacts,
        "search_text": searchable([who, *contacts]),
        "confirmed": confirmed,
        "version": 1,
    }
