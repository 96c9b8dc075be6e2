"""Two records of one patient become one. Staff say so, having seen who is alike (`app.patients.likeness`); nothing does it by itself (T10).

Above patients, whose code may not know appointments: what moves is mostly theirs.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.appointments import history, queries
from app.diary import ledger
from app.identity import audit
from app.identity.actor import Actor
from app.kit.batch import Batch
from app.kit.db import driver
from app.kit.errors import Conflict, InvalidField, PreconditionFailed
from app.patients import actions as patients
from app.patients import queries as patient_queries
from app.patients.models import Patient


class MergeConflict(Conflict):
    code = "merge_conflict"
    title = "Both have an appointment at the same time"
    meaning = (
        "A patient cannot be in two places at once: move or cancel one of each pair first. Perhaps they are two people after all."
    )
    example: ClassVar[dict[str, Any]] = {
        "conflicts": [
            {
                "appointment_id": "0199a000-0000-7000-8000-000000000061",
                "with_appointment_id": "0199a000-0000-7000-8000-000000000064",
            }
        ]
    }


async def merge(session: AsyncSession, actor: Actor, patient: Patient, into_id: UUID, fixed_now: datetime | None) -> Patient:
    """Everything of `patient` is the other's from now on; the other, with whatever was not known of them filled in. Raises InvalidField,
    MergeConflict, PreconditionFailed, and PatientGone when one of them is nobody any more."""
    into = await patient_queries.find(session, actor, into_id)
    if into is None or into.id == patient.id:
        raise InvalidField("/into_patient_id", "There is no such other patient", "unknown_id")
    version, both = patient.version, (patient.resource_id, into.resource_id)
    async with Batch(await driver(session)) as batch:
        lock = ledger.lock(batch, both)
        ledger.purge(batch, both, fixed_now)  # what is left of a course that was only held is in nobody's way
        overlapping = ledger.overlapping(batch, *both)
    at = fixed_now or (ledger.locked(lock, both)).at
    for one in (patient, into):
        await session.refresh(one)
        patients.check_is_somebody(one)
    if patient.version != version:
        raise PreconditionFailed
    if conflicts := overlapping.rows:
        raise MergeConflict(
            conflicts=[{"appointment_id": str(one), "with_appointment_id": str(other)} for one, other in conflicts]
        )
    for appointment in await queries.of_patient(session, patient.id):
        before = history.told(appointment)
        appointment.patient_id = into.id
        history.record(session, actor, "merge", at, before, appointment)
    async with Batch(await driver(session)) as batch:
        ledger.hand_over(batch, *both)
    await patient_queries.point_to(session, patient.id, into.id)
    changed = patients.absorb(into, patient)
    audit.record(session, actor, "patient.merge", "patient", patient.id, ["merged_into_id"])
    audit.record(session, actor, "patient.absorb", "patient", into.id, changed)
    await session.flush()  # the answer shows the new version
    return into
