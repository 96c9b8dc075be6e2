"""The wire of course plans: what is answered. Apart from the question, which is long."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.availability.schemas import ReasonCode
from app.courses.schemas import LOCATION, PRACTITIONER, TREATMENT
from app.kit.wire import Instant, LocalDate, Output, examples


class Start(Output):
    """A time that could be had instead, the others being as planned."""

    starts_at: Instant
    local_start: str
    practitioner_id: UUID
    location_id: UUID


WhyNot = ReasonCode | Literal["away", "min_gap", "max_gap", "latest_on", "max_practitioner_changes"]


class PlannedSession(Output):
    """A session of a plan; without a start where there is none that would do, and then with reasons."""

    index: int = Field(description="Counted from 0")
    treatment_id: UUID
    starts_at: Instant | None
    ends_at: Instant | None
    local_start: str | None
    practitioner_id: UUID | None
    location_id: UUID | None
    place_id: UUID | None = Field(description="The place that would be taken just now")
    gap_days: int | None = Field(description="Local days since the session before that is planned")
    reasons: list[WhyNot] = Field(
        description="Why there is none: the rules of time, of the dates that it might have had; `min_gap`, `max_gap`: free, but too near or too far;"
        " `away`: the patient cannot come on any of these dates; `latest_on`: the gaps before it reach beyond the latest date;"
        " `max_practitioner_changes`: it could be, with another practitioner than may be"
    )
    nearest_on: LocalDate | None = Field(description="The nearest date on which it could be, whatever the gaps")
    alternatives: list[Start] = Field(description="Up to three, the best first")


class PlanCost(Output):
    """What a plan was chosen by, in this order: the less the better."""

    sessions_left_out: int
    preference: int = Field(description="The practitioners' positions in the list that was given, added up")
    practitioner_changes: int
    deviation_days: int = Field(description="From the target gaps, and of the first session from `earliest_on`")
    minutes_away: int = Field(description="From the preferred time of day")
    ends_at: Instant | None


_PLAN = {
    "sessions": [
        {
            "index": 0,
            "treatment_id": TREATMENT,
            "starts_at": "2026-12-16T10:00:00Z",
            "ends_at": "2026-12-16T10:45:00Z",
            "local_start": "2026-12-16T10:00:00+00:00",
            "practitioner_id": PRACTITIONER,
            "location_id": LOCATION,
            "place_id": "0199a000-0000-7000-8000-000000000006",
            "gap_days": None,
            "reasons": [],
            "nearest_on": None,
            "alternatives": [
                {
                    "starts_at": "2026-12-16T09:45:00Z",
                    "local_start": "2026-12-16T09:45:00+00:00",
                    "practitioner_id": PRACTITIONER,
                    "location_id": LOCATION,
                },
                {
                    "starts_at": "2026-12-16T10:15:00Z",
                    "local_start": "2026-12-16T10:15:00+00:00",
                    "practitioner_id": PRACTITIONER,
                    "location_id": LOCATION,
                },
                {
                    "starts_at": "2026-12-16T09:30:00Z",
                    "local_start": "2026-12-16T09:30:00+00:00",
                    "practitioner_id": PRACTITIONER,
                    "location_id": LOCATION,
                },
            ],
        },
        {
            "index": 1,
            "treatment_id": TREATMENT,
            "starts_at": "2026-12-30T10:00:00Z",
            "ends_at": "2026-12-30T10:45:00Z",
            "local_start": "2026-12-30T10:00:00+00:00",
            "practitioner_id": PRACTITIONER,
            "location_id": LOCATION,
            "place_id": "0199a000-0000-7000-8000-000000000006",
            "gap_days": 14,
            "reasons": [],
            "nearest_on": None,
            "alternatives": [
                {
                    "starts_at": "2026-12-30T09:45:00Z",
                    "local_start": "2026-12-30T09:45:00+00:00",
                    "practitioner_id": PRACTITIONER,
                    "location_id": LOCATION,
                },
                {
                    "starts_at": "2026-12-30T10:15:00Z",
                    "local_start": "2026-12-30T10:15:00+00:00",
                    "practitioner_id": PRACTITIONER,
                    "location_id": LOCATION,
                },
                {
                    "starts_at": "2026-12-30T09:30:00Z",
                    "local_start": "2026-12-30T09:30:00+00:00",
                    "practitioner_id": PRACTITIONER,
                    "location_id": LOCATION,
                },
            ],
        },
    ],
    "cost": {
        "sessions_left_out": 0,
        "preference": 0,
        "practitioner_changes": 0,
        "deviation_days": 0,
        "minutes_away": 0,
        "ends_at": "2026-12-30T10:45:00Z",
    },
    "complete": True,
    "next_cursor": "eyJ…",
}


class CoursePlan(Output):
    """The best plan there is. It is kept for nobody: book or hold what it proposes."""

    model_config = examples(_PLAN)

    sessions: list[PlannedSession]
    cost: PlanCost
    complete: bool
    next_cursor: Annotated[str | None, Field(exclude_if=lambda cursor: cursor is None)] = None
