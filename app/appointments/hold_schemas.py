"""The wire of holds. Apart from that of appointments, which is long."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.appointments.schemas import APPOINTMENT, AppointmentOut
from app.kit.wire import Input, Instant, Output, Uuid, examples

MAX_ITEMS = 24

_ITEM = {
    "treatment_id": "0199a000-0000-7000-8000-000000000021",
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "starts_at": "2026-12-02T09:00:00Z",
}
HOLD_ID = "0199a000-0000-7000-8000-000000000062"
HOLD_TOKEN = "mht_example-example-example"  # noqa: S105 an example
_HELD: dict[str, Any] = {
    **APPOINTMENT,
    "id": "0199a000-0000-7000-8000-000000000063",
    "reference": "AP-9Q2M-7F3D",
    "status": "held",
    "starts_at": "2026-12-02T11:00:00Z",
    "ends_at": "2026-12-02T11:45:00Z",
    "local_start": "2026-12-02T11:00:00+00:00",
    "patient_id": None,
    "hold_id": HOLD_ID,
    "held_until": "2026-12-01T08:05:00Z",
    "created_at": "2026-12-01T07:55:00Z",
    "updated_at": "2026-12-01T07:55:00Z",
}
_HOLD: dict[str, Any] = {
    "id": HOLD_ID,
    "expires_at": "2026-12-01T08:05:00Z",
    "extended": False,
    "created_at": "2026-12-01T07:55:00Z",
    "appointments": [_HELD],
}


class HoldItem(Input):
    """One sitting. No `practitioner_id`: the clinic chooses."""

    model_config = examples(_ITEM)

    treatment_id: Uuid
    practitioner_id: Uuid | None = None
    location_id: Uuid
    starts_at: Instant


class HoldCreate(Input):
    """All of them are held, or none. Whose they will be is said when they are booked."""

    model_config = examples({"items": [_ITEM]})

    items: Annotated[list[HoldItem], Field(min_length=1, max_length=MAX_ITEMS)]


class HoldOut(Output):
    """What is kept, and until when: from `expires_at` on it is gone, whether or not anybody does anything."""

    model_config = examples(_HOLD)

    id: UUID
    expires_at: Instant
    extended: bool = Field(description="Whether it was extended, which it can be once")
    created_at: Instant
    appointments: list[AppointmentOut] = Field(description="Those that were booked meanwhile among them")


class HoldMade(HoldOut):
    """`token` proves whose it is, and is shown this once; it is sent in Hold-Token."""

    model_config = examples({**_HOLD, "token": HOLD_TOKEN})

    token: str
