"""What the rules may know of a patient. Apart from `queries`, which is about the clinic and its diaries."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.availability.rows import PatientRow
from app.diary import ledger
from app.identity.actor import Actor
from app.identity.policy import PATIENT as LINK
from app.kit.batch import ask
from app.kit.db import Connection

# Somebody returns who has had a treatment (T13); what is yet to come counts but for an appointment that is moving.
PATIENT = f"""
SELECT p.id, p.resource_id,
       EXISTS (SELECT FROM appointments a WHERE a.patient_id = p.id AND a.status = 'fulfilled'),
       (SELECT count(*) FROM appointments a WHERE a.patient_id = p.id AND a.status IN ('pending', 'booked', 'arrived')
                                                AND a.starts_at > {ledger.NOW} AND a.id <> ALL(%(without)s::uuid[]))
FROM patients p
"""

# The front desk knows every patient, a practitioner those whom they have appointments with.
KNOWN_PATIENT = f"""{PATIENT}
WHERE p.id = %(patient_id)s AND p.merged_into_id IS NULL AND p.erased_at IS NULL AND (%(whole_diary)s OR EXISTS (
    SELECT FROM appointments a WHERE a.patient_id = p.id AND a.practitioner_id = %(practitioner_id)s
))
"""

PATIENT_OF_LINK = f"{PATIENT} WHERE p.id = (SELECT patient_id FROM appointments WHERE id = %(appointment_id)s)"


async def load_patient(
    connection: Connection, actor: Actor, patient_id: UUID | None, fixed_now: datetime | None, without: Collection[UUID] = ()
) -> PatientRow | None:
    """The one asked for, or the one whose link the actor is. None when there is none that the actor may know of. `without`: appointments that do not
    count, since they are moving."""
    statement = PATIENT_OF_LINK if actor.role == LINK else KNOWN_PATIENT
    parameters = {
        "patient_id": patient_id,
        "now": fixed_now,
        "without": list(without),
        "whole_diary": actor.at_front_desk,
        "practitioner_id": actor.practitioner_id,
        "appointment_id": actor.appointment_id,
    }
    rows = (await ask(connection, statement, parameters)).rows
    return PatientRow(*rows[0]) if rows else None
