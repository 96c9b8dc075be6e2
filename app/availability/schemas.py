"""The wire of availability. The models describe; the answer itself is put together in `answer`."""

from uuid import UUID

from pydantic import Field

from app.kit.wire import LocalDate, Output, examples

_EXAMPLE_START = {
    "starts_at": "2026-12-02T09:00:00+00:00",
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    "location_id": "0199a000-0000-7000-8000-000000000005",
}

LocalStart = str


class OpeningOut(Output):
    """Free starts of one practitioner at one location on one day."""

    practitioner_id: UUID
    location_id: UUID
    duration_minutes: int
    starts: list[LocalStart] = Field(description="Wall times of the answer's zone, each with its offset; ascending")


class DayOut(Output):
    date: LocalDate
    openings: list[OpeningOut]


class NextAvailableOut(Output):
    starts_at: LocalStart
    practitioner_id: UUID
    location_id: UUID


class AvailabilityOut(Output):
    """Days without a free start are left out."""

    model_config = examples(
        {
            "time_zone": "Europe/London",
            "days": [
                {
                    "date": "2026-12-02",
                    "openings": [
                        {
                            "practitioner_id": "0199a000-0000-7000-8000-000000000011",
                            "location_id": "0199a000-0000-7000-8000-000000000005",
                            "duration_minutes": 45,
                            "starts": ["2026-12-02T09:00:00+00:00", "2026-12-02T09:15:00+00:00"],
                        }
                    ],
                }
            ],
            "next_available": _EXAMPLE_START,
        }
    )

    time_zone: str
    days: list[DayOut]
    next_available: NextAvailableOut | None = Field(
        description="The first start of the answer; where the range has none, the first after it, up to the horizon"
    )
