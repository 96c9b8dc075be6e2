"""The wire of what the front desk reads: a location's day, what a search finds, an appointment's history."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.appointments.schemas import APPOINTMENT, AppointmentOut
from app.kit.pages import DEFAULT_LIMIT, MAX_LIMIT
from app.kit.wire import Input, Instant, LocalDate, Output, examples, line, whole

_PRACTITIONER_ID, _PLACE_ID = APPOINTMENT["practitioner_id"], APPOINTMENT["place_id"]
_KNOWN: dict[str, Any] = {
    **APPOINTMENT,
    "patient_name": "Tobias Abara",
    "patient_phone": "07700 900123",
    "late_minutes": None,
}


class Span(Output):
    """From one instant to another, which is not part of it."""

    starts_at: Instant
    ends_at: Instant


class Gap(Span):
    """Time in which a practitioner works and has nothing to do."""

    minutes: int


class KnownAppointment(AppointmentOut):
    """With who comes, for whoever is at the front desk."""

    model_config = examples(_KNOWN)

    patient_name: str | None
    patient_phone: str | None
    late_minutes: int | None = Field(
        description="So long ago it should have begun, and nobody has arrived; null if that is not so"
    )


class PractitionerDay(Output):
    """When somebody works at the location on that day, and what of it is free. Times are within the local day."""

    practitioner_id: UUID
    name: str
    hours: list[Span] = Field(description="As they are on that date, closures taken out")
    time_off: list[Span]
    gaps: list[Gap] = Field(description="What of the hours neither appointments, here or elsewhere, nor leave take")


class PlaceDay(Output):
    """A room, bed or chair, and when it is taken, buffers included."""

    place_id: UUID
    name: str
    kind: str
    taken: list[Span]


class LocationDay(Output):
    """A day of a location in one answer. Expired holds, and those given back, are not in it."""

    model_config = examples(
        {
            "location_id": APPOINTMENT["location_id"],
            "date": "2026-12-02",
            "time_zone": "Europe/London",
            "practitioners": [
                {
                    "practitioner_id": _PRACTITIONER_ID,
                    "name": "Mira Okonjo",
                    "hours": [{"starts_at": "2026-12-02T09:00:00Z", "ends_at": "2026-12-02T17:30:00Z"}],
                    "time_off": [],
                    "gaps": [
                        {"starts_at": "2026-12-02T09:15:00Z", "ends_at": "2026-12-02T09:35:00Z", "minutes": 20},
                        {"starts_at": "2026-12-02T09:50:00Z", "ends_at": "2026-12-02T17:30:00Z", "minutes": 460},
                    ],
                }
            ],
            "places": [
                {
                    "place_id": _PLACE_ID,
                    "name": "Room 1",
                    "kind": "room",
                    "taken": [{"starts_at": "2026-12-02T09:00:00Z", "ends_at": "2026-12-02T09:50:00Z"}],
                }
            ],
            "appointments": [_KNOWN],
        }
    )

    location_id: UUID
    date: LocalDate
    time_zone: str
    practitioners: list[PractitionerDay] = Field(
        description="Whoever works there, or has an appointment there, on that day; by name"
    )
    places: list[PlaceDay] = Field(description="By position")
    appointments: list[KnownAppointment] = Field(description="That start on that day, by start")


class AppointmentSearch(Input):
    """Sent as a body, since names do not belong in addresses and logs."""

    model_config = examples({"q": "abara"}, {"q": "+44 7700 900123", "limit": 10})

    q: Annotated[str, line(100)] = Field(
        description="A reference as it was heard; or parts of a name or e-mail address, or a telephone, of the patient or of a contact"
    )
    limit: Annotated[int, whole(1, MAX_LIMIT)] = Field(default=DEFAULT_LIMIT, description="How many are answered at most")


class AppointmentsFound(Output):
    """The nearest to now first; `more` says that there are others."""

    model_config = examples({"items": [_KNOWN], "more": False})

    items: list[KnownAppointment]
    more: bool


class Change(Output):
    """A field before and after."""

    field: str
    before: Any
    after: Any


class HistoryEntryOut(Output):
    """One step: who took it, when, and what it changed."""

    at: Instant
    verb: str = Field(description="What was done, as the operations are called; `settle`: time that it waited for became free")
    by: str = Field(description="`staff`, `patient` by a private link, `public`, or `system`")
    user_id: UUID | None
    name: str | None = Field(description="Of the member of staff")
    changes: list[Change]
    request_id: str


class HistoryOut(Output):
    """From the first step to the last."""

    model_config = examples(
        {
            "items": [
                {
                    "at": "2026-12-01T08:30:00Z",
                    "verb": "book",
                    "by": "public",
                    "user_id": None,
                    "name": None,
                    "changes": [
                        {"field": "status", "before": None, "after": "booked"},
                        {"field": "starts_at", "before": None, "after": "2026-12-02T09:00:00Z"},
                    ],
                    "request_id": "0199a3f2c4b07d0f8f4e2b7a91c3d5e6",
                }
            ]
        }
    )

    items: list[HistoryEntryOut]
