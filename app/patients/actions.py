"""Create and change patients."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.diary.actions import new_resource
from app.diary.models import PATIENT
from app.identity import audit
from app.identity.actor import Actor
from app.kit.errors import InvalidField
from app.kit.ids import uuid7
from app.patients.models import Patient
from app.patients.schemas import PatientCreate, PatientPatch, Person
from app.patients.search import searchable

BOOKED_BY = "booked by"
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
    if "contacts" in changes:
        changes["contacts"] = [contact.model_dump() for contact in patch.contacts]
    for name, value in changes.items():
        setattr(patient, name, value)
    audit.record(session, actor, "patient.update", "patient", patient.id, changes)
    await session.flush()  # the answer shows the new version


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
