"""The wire of availability. The models of slots describe; that answer itself is put together in `answer`."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.kit.wire import Instant, LocalDate, Output, examples

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


ReasonCode = Literal[
    "past",
    "notice",
    "horizon",
    "grid",
    "closed",
    "closure",
    "time_off",
    "busy",
    "travel",
    "place_busy",
    "patient_busy",
    "not_offered",
    "registration",
    "audience",
    "daily_limit",
    "patient_limit",
    "hold_limit",
]


class Reason(Output):
    """Why a start cannot be had: one of the codes of the rules of time. `until`: the first instant at which this reason is gone."""

    code: ReasonCode
    until: Instant | None = None


class ClosureFact(Output):
    """The closure that stands against a start."""

    id: UUID
    location_id: UUID | None
    from_on: LocalDate
    to_on: LocalDate
    reason: str


class TimeOffFact(Output):
    """The leave that stands against a start."""

    id: UUID
    practitioner_id: UUID
    starts_at: Instant
    ends_at: Instant
    reason: str | None


class ReasonInDetail(Output):
    """A reason, and what is behind it. Which closure and whose leave is for staff; the public gets null."""

    code: ReasonCode
    until: Instant | None = Field(
        description="The first instant at which this reason is gone, where that is known; of leave for staff only"
    )
    closure: ClosureFact | None
    time_off: TimeOffFact | None


class CandidateOut(Output):
    """What stands against one practitioner; nothing if they can be booked."""

    practitioner_id: UUID
    reasons: list[ReasonInDetail]


def _explained(**until: str) -> dict[str, Any]:
    reasons = [
        {"code": code, "until": f"2026-12-02T{clock}:00Z", "closure": None, "time_off": None} for code, clock in until.items()
    ]
    candidate = {"practitioner_id": "0199a000-0000-7000-8000-000000000011", "reasons": reasons}
    return {"bookable": False, "reasons": reasons, "candidates": [candidate]}


class ExplanationOut(Output):
    """Whether a start can be booked, and everything that stands against it."""

    model_config = examples(
        _explained(busy="09:15", place_busy="09:50", patient_busy="09:45"), _explained(busy="09:15", place_busy="09:50")
    )

    bookable: bool = Field(description="Whether there is a candidate without a reason")
    reasons: list[ReasonInDetail] = Field(description="Those of all candidates, each code once, in the order of the rules")
    candidates: list[CandidateOut] = Field(description="Whoever was asked for, else everybody who offers the treatment")
