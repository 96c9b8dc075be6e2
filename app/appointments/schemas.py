"""The wire of appointments."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from app.appointments.models import Appointment
from app.availability.schemas import Reason
from app.identity.actor import Actor
from app.kit.wire import Flag, Input, Instant, Money, Output, Uuid, examples, line, text
from app.patients.schemas import Person
from app.treatments.schemas import Phase

Status = Literal["held", "expired", "pending", "booked", "arrived", "fulfilled", "cancelled", "no_show"]
# What staff may set aside (T16). Never: place_busy, patient_busy, not_offered, registration.
Rule = Literal["past", "grid", "closed", "closure", "time_off", "busy", "travel", "daily_limit", "audience"]

_BOOKING = {
    "treatment_id": "0199a000-0000-7000-8000-000000000021",
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "starts_at": "2026-12-02T09:00:00Z",
    "patient": {"name": "Robin Example", "email": "robin@mail.example"},
}
APPOINTMENT: dict[str, Any] = {
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
    "course_id": None,
    "session_number": None,
    "pinned": False,
    "starts_at": "2026-12-02T09:00:00Z",
    "ends_at": "2026-12-02T09:45:00Z",
    "time_zone": "Europe/London",
    "local_start": "2026-12-02T09:00:00+00:00",
    "price": {"amount": "52.00", "currency": "GBP"},
    "notes": None,
    "hold_id": None,
    "held_until": None,
    "arrived_at": None,
    "fulfilled_at": None,
    "no_show_at": None,
    "cancelled_at": None,
    "cancel_reason": None,
    "overrides": [],
    "overbooked": False,
    "late": False,
    "affected": False,
    "affected_by": [],
    "created_at": "2026-12-01T08:30:00Z",
    "updated_at": "2026-12-01T08:30:00Z",
    "version": 1,
}


HoldToken = Annotated[
    str, Field(strict=True, min_length=16, max_length=100, pattern=r"^[A-Za-z0-9_-]+$", examples=["mht_example-example-example"])
]


class PatientHere(Person):
    """Who comes. A stranger leaves an e-mail address or a telephone number. `booked_by`: a parent, a carer."""

    model_config = examples(_BOOKING["patient"])

    booked_by: Person | None = None


class Override(Input):
    """A rule that staff set aside, and why."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"examples": [{"rule": "closed", "reason": "Comes straight from the night shift"}]},
    )

    rule: Rule
    reason: Annotated[str, line(200)]


def _each_once(overrides: list[Override]) -> list[Override]:
    if len({one.rule for one in overrides}) < len(overrides):
        raise ValueError("Each rule may be named once")
    return overrides


Overrides = Annotated[list[Override], Field(max_length=len(get_args(Rule))), AfterValidator(_each_once)]


class AppointmentCreate(Input):
    """`patient` for somebody new, or, by staff, `patient_id`. No `practitioner_id`: the clinic chooses. With the token of a hold, here or in the
    header Hold-Token, what it keeps is booked."""

    model_config = examples(_BOOKING, {**_BOOKING, "validate_only": True})

    treatment_id: Uuid
    practitioner_id: Uuid | None = None
    location_id: Uuid
    starts_at: Instant
    patient: PatientHere | None = None
    patient_id: Uuid | None = Field(default=None, description="Staff only")
    place_id: Uuid | None = Field(default=None, description="Staff only; left out, the clinic chooses")
    hold_token: HoldToken | None = None
    notes: Annotated[str, text(2000)] | None = None
    overrides: Overrides = Field(default=[], description="Staff only: rules that do not count this time")
    validate_only: Flag = Field(default=False, description="Check everything, write nothing; answered with 200")


class AppointmentPreview(Output):
    """What would be made. `place_id` is the place that would be taken just now."""

    model_config = examples(
        {
            name: value
            for name, value in APPOINTMENT.items()
            if name
            not in {
                "id",
                "reference",
                "patient_id",
                "course_id",
                "session_number",
                "pinned",
                "hold_id",
                "held_until",
                "arrived_at",
                "fulfilled_at",
                "no_show_at",
                "late",
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
    overrides: list[Override] = Field(description="Rules that staff set aside for it; for staff")
    overbooked: bool = Field(description="Whether others have some of the practitioner's time that it is booked for; for staff")


class AppointmentOut(AppointmentPreview):
    """One sitting. `status` is as of this moment: what was held reads as `expired` from `held_until` on."""

    model_config = examples(APPOINTMENT)

    id: UUID
    reference: str = Field(description="To read out over the telephone")
    patient_id: UUID | None = Field(description="Who comes; nobody yet while it is held, unless for a course")
    course_id: UUID | None = Field(description="The course that it is a session of")
    session_number: int | None = Field(description="Which session of its course, counted from 1")
    pinned: bool = Field(description="Whether no replan of its course moves it: somebody chose just this time")
    hold_id: UUID | None
    held_until: Instant | None
    arrived_at: Instant | None
    fulfilled_at: Instant | None
    no_show_at: Instant | None
    cancelled_at: Instant | None
    cancel_reason: str | None
    late: bool = Field(description="Whether it was cancelled or moved when patients no longer may")
    affected: bool = Field(description="Whether it can no longer be kept as it is, since time was taken away after it was booked")
    affected_by: list[str] = Field(description="Why: `closed`, `closure`, `time_off`, `registration`, `not_offered`")
    created_at: Instant
    updated_at: Instant
    version: int


def shown(appointment: Appointment, actor: Actor) -> AppointmentOut:
    """To staff all of it; why staff set a rule aside is not for the public."""
    values = {name: getattr(appointment, name) for name in AppointmentOut.model_fields} | {"status": appointment.state}
    if actor.is_public:
        values |= {"overrides": [], "overbooked": False}
    return AppointmentOut.model_validate(values)


class AppointmentMade(AppointmentOut):
    """What was booked. The public also gets `manage_token`, this once; sent as a bearer token it opens this appointment."""

    model_config = examples({**APPOINTMENT, "manage_token": "mpl_Zk3…"})

    manage_token: str | None = Field(description="For the public only; null for staff")


class CancelBody(Input):
    """`reason` is one of the clinic's cancel reasons."""

    model_config = examples({"reason": "other"})

    reason: Annotated[str, Field(strict=True, max_length=40, pattern=r"^[a-z0-9_]+$")] = "other"


class ConfirmBody(Input):
    """`overrides`: rules that do not count this time, beside those that were set aside when it was booked."""

    model_config = examples({"overrides": []})

    overrides: Overrides = Field(default=[])


class RescheduleBody(Input):
    """When, and if they change with whom and where. `place_id` and `overrides` are for staff."""

    model_config = examples({"starts_at": "2026-12-02T10:00:00Z"})

    starts_at: Instant
    practitioner_id: Uuid | None = Field(default=None, description="Left out: with whom it is")
    location_id: Uuid | None = Field(default=None, description="Left out: where it is")
    place_id: Uuid | None = Field(default=None, description="Staff only; left out, where it is if that is free")
    overrides: Overrides = Field(default=[], description="Staff only: rules that do not count this time")


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
