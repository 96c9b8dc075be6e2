"""The wire of appointments."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.availability.schemas import Reason
from app.kit.wire import Flag, Input, Instant, Money, Output, Uuid, examples, text
from app.patients.schemas import Person
from app.treatments.schemas import Phase

Status = Literal["pending", "booked", "cancelled"]

_BOOKING = {
    "treatment_id": "0199a000-0000-7000-8000-000000000021",
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "starts_at": "2026-12-02T09:00:00Z",
    "patient": {"name": "Robin Example", "email": "robin@mail.example"},
}
_APPOINTMENT = {
    "id": "0199a000-0000-7000-8000-000000000061",
    "reference": "AP-7F3K-9Q2M",
    "status": "booked",
    "treatment_id": "0199a000-0000-7000-8000-000000000021",
    "treatment_name": "Follow-up treatment",
    "phases": [{"minutes": 15, "attended": True}, {"minutes": 20, "attended": False}, {"minutes": 10, "attended": True}],
    "duration_minutes": 45,
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "place_id": "0199a000-0000-7000-8000-000000000006",
    "patient_id": "0199a000-0000-7000-8000-000000000051",
    "starts_at": "2026-12-02T09:00:00Z",
    "ends_at": "2026-12-02T09:45:00Z",
    "time_zone": "Europe/London",
    "local_start": "2026-12-02T09:00:00+00:00",
    "price": {"amount": "52.00", "currency": "GBP"},
    "notes": None,
    "cancelled_at": None,
    "cancel_reason": None,
    "affected": False,
    "affected_by": [],
    "created_at": "2026-12-01T08:30:00Z",
    "updated_at": "2026-12-01T08:30:00Z",
    "version": 1,
}


class PatientHere(Person):
    """Who comes. A stranger leaves an e-mail address or a telephone number. `booked_by`: a parent, a carer."""

    model_config = examples(_BOOKING["patient"])

    booked_by: Person | None = None


class AppointmentCreate(Input):
    """`patient` for somebody new, or, by staff, `patient_id`. No `practitioner_id`: the clinic chooses."""

    model_config = examples(_BOOKING, {**_BOOKING, "validate_only": True})

    treatment_id: Uuid
    practitioner_id: Uuid | None = None
    location_id: Uuid
    starts_at: Instant
    patient: PatientHere | None = None
    patient_id: Uuid | None = Field(default=None, description="Staff only")
    place_id: Uuid | None = Field(default=None, description="Staff only; left out, the clinic chooses")
    notes: Annotated[str, text(2000)] | None = None
    validate_only: Flag = Field(default=False, description="Check everything, write nothing; answered with 200")


class AppointmentPreview(Output):
    """What would be made. `place_id` is the place that would be taken just now."""

    model_config = examples(
        {
            name: value
            for name, value in _APPOINTMENT.items()
            if name
            not in {
                "id",
                "reference",
                "patient_id",
                "cancelled_at",
                "cancel_reason",
                "affected",
                "affected_by",
                "created_at",
                "updated_at",
                "version",
            }
        }
    )

    status: Status
    treatment_id: UUID
    treatment_name: str
    phases: list[Phase]
    duration_minutes: int
    practitioner_id: UUID
    location_id: UUID
    place_id: UUID | None
    starts_at: Instant
    ends_at: Instant
    time_zone: str
    local_start: str = Field(description="Wall time at the location, with its offset", examples=["2026-12-02T09:00:00+00:00"])
    price: Money
    notes: str | None


class AppointmentOut(AppointmentPreview):
    """One sitting."""

    model_config = examples(_APPOINTMENT)

    id: UUID
    reference: str = Field(description="To read out over the telephone")
    patient_id: UUID
    cancelled_at: Instant | None
    cancel_reason: str | None
    affected: bool = Field(description="Whether it can no longer be kept as it is, since time was taken away after it was booked")
    affected_by: list[str] = Field(description="Why: `closed`, `closure`, `time_off`, `registration`, `not_offered`")
    created_at: Instant
    updated_at: Instant
    version: int


class AppointmentMade(AppointmentOut):
    """What was booked. The public also gets `manage_token`, this once; sent as a bearer token it opens this appointment."""

    model_config = examples({**_APPOINTMENT, "manage_token": "mpl_Zk3…"})

    manage_token: str | None = Field(description="For the public only; null for staff")


class CancelBody(Input):
    """`reason` is one of the clinic's cancel reasons."""

    model_config = examples({"reason": "other"})

    reason: Annotated[str, Field(strict=True, max_length=40, pattern=r"^[a-z0-9_]+$")] = "other"


class Refusal(Output):
    index: int = Field(description="Which of the sessions asked for, counted from 0")
    starts_at: Instant
    reasons: list[Reason]


class Alternative(Output):
    index: int
    starts_at: Instant
    local_start: str
    practitioner_id: UUID
    location_id: UUID
