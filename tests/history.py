"""An appointment written straight into the tables, for rules about what has a history and for nothing else; booking has tests of its own."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from app.appointments.models import Appointment
from app.diary.models import Occupancy
from app.kit.db import Database
from app.kit.ids import new_reference, uuid7
from app.patients.models import Patient
from tests.client import Json

STARTS_AT = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
ENDS_AT = datetime(2026, 12, 2, 10, 30, tzinfo=UTC)


async def write_appointment(
    database: Database,
    *,
    treatment: Json,
    practitioner: Json,
    location: Json,
    patient: Json,
    place: Json | None = None,
    status: str = "booked",
) -> None:
    """Half an hour; the patient is occupied by it unless it is cancelled."""
    values: dict[str, Any] = {
        "treatment_id": UUID(treatment["id"]),
        "practitioner_id": UUID(practitioner["id"]),
        "location_id": UUID(location["id"]),
        "patient_id": UUID(patient["id"]),
        "place_id": UUID(place["id"]) if place else None,
    }
    async with database.writing() as session:
        appointment = Appointment(
            id=uuid7(),
            reference=new_reference("AP"),
            status=status,
            treatment_name=treatment["name"],
            phases=treatment["phases"],
            buffer_before_minutes=0,
            buffer_after_minutes=0,
            starts_at=STARTS_AT,
            ends_at=ENDS_AT,
            time_zone=location["time_zone"],
            wall_start=STARTS_AT.replace(tzinfo=None),
            price_amount=Decimal(40),
            price_currency="GBP",
            **values,
        )
        session.add(appointment)
        await session.flush()
        if status != "cancelled":
            resource_id = (await session.scalars(select(Patient.resource_id).where(Patient.id == values["patient_id"]))).one()
            session.add(
                Occupancy(
                    appointment_id=appointment.id,
                    resource_id=resource_id,
                    during=Range(STARTS_AT, ENDS_AT),
                    location_id=values["location_id"],
                )
            )
        await session.commit()
