"""The wire of replans: what is asked, what is proposed, and what is applied."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from app.courses.plan_schemas import PlanCost, Start, WhyNot
from app.courses.schemas import LOCATION, PRACTITIONER, SESSIONS_MAX
from app.kit.wire import Flag, Input, Instant, LocalDate, Output, Uuid, examples, whole

APPOINTMENT_ID = "0199a000-0000-7000-8000-000000000065"
_FROM: dict[str, Any] = {
    "starts_at": "2026-12-30T10:00:00Z",
    "local_start": "2026-12-30T10:00:00+00:00",
    "practitioner_id": PRACTITIONER,
    "location_id": LOCATION,
}
_MOVE: dict[str, Any] = {
    "session_number": 2,
    "appointment_id": APPOINTMENT_ID,
    "from": _FROM,
    "to": {**_FROM, "starts_at": "2027-01-13T10:00:00Z", "local_start": "2027-01-13T10:00:00+00:00"},
    "reasons": ["cadence"],
}


class ReplanBody(Input):
    """What is to be different; nothing: only what has to. The rest is asked of the question that the course keeps."""

    model_config = examples({"practitioner_ids": [PRACTITIONER], "from_session_number": 2}, {})

    earliest_on: LocalDate | None = Field(default=None, description="Nothing new before this date; left out, today")
    latest_on: LocalDate | None = Field(default=None, description="Nothing new after it; left out, what the question says")
    practitioner_ids: Annotated[list[Uuid], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Who is to treat from a session on, who is wished for first"
    )
    from_session_number: Annotated[int, whole(1, SESSIONS_MAX)] = Field(
        default=1, description="The session from which `practitioner_ids` count"
    )
    rebook_missed: Flag = Field(default=False, description="Plan a time for sessions that the patient missed, too")

    @model_validator(mode="after")
    def _not_reversed(self) -> Self:
        if self.earliest_on is not None and self.latest_on is not None and self.latest_on < self.earliest_on:
            raise ValueError("The latest date is not before the earliest")
        return self


class MoveOut(Output):
    """A session that is to be somewhere else; without an appointment, one that is to be booked."""

    model_config = examples(_MOVE) | ConfigDict(populate_by_name=True)

    session_number: int
    appointment_id: UUID | None
    from_: Start | None = Field(alias="from")
    to: Start
    reasons: list[str] = Field(
        description="Why: what the appointment is affected by; `practitioner`, since another one is wished for; `wishes`, since it is not where"
        " and when the question has it; `cadence`, for the gaps; `unbooked`, it has no time"
    )


class Unplaced(Output):
    """A session for which nothing was found. If it has an appointment, that stays as it is."""

    session_number: int
    appointment_id: UUID | None
    reasons: list[WhyNot | Literal["pinned"]] = Field(
        description="As of a plan's session that has no time; with `pinned`, what the appointment is affected by: only a person may move it"
    )
    nearest_on: LocalDate | None = Field(description="The nearest date on which it could be, whatever the gaps")
    alternatives: list[Start] = Field(description="Up to three, the best first")


class ReplanCost(PlanCost):
    """What the proposal was chosen by, in this order: the less the better. Of the sessions that may still move, and what comes just before them."""

    sessions_moved: int


class Replan(Output):
    """A proposal; nothing is written. Send its `moves`, or some of them, to `apply`, with If-Match for its `version`."""

    model_config = examples(
        {
            "version": 3,
            "moves": [_MOVE],
            "unplaced": [],
            "complete": True,
            "cost": {
                "sessions_left_out": 0,
                "sessions_moved": 1,
                "preference": 0,
                "practitioner_changes": 0,
                "deviation_days": 0,
                "minutes_away": 0,
                "ends_at": "2027-01-13T10:45:00Z",
            },
        }
    )

    version: int = Field(description="Of the course, as the proposal was made for it")
    moves: list[MoveOut] = Field(description="As few as possible; by session number")
    unplaced: list[Unplaced]
    complete: bool
    cost: ReplanCost


class Whereabouts(Input):
    """`local_start` may stand there as a proposal has it; it is not looked at."""

    model_config = examples(_FROM)

    starts_at: Instant
    practitioner_id: Uuid
    location_id: Uuid
    local_start: Annotated[str, Field(strict=True, max_length=40)] | None = None


class Move(Input):
    """As it was proposed, or as somebody has changed it. `from` and `reasons` are not looked at."""

    model_config = examples(_MOVE) | ConfigDict(populate_by_name=True)

    session_number: Annotated[int, whole(1, SESSIONS_MAX)]
    appointment_id: Uuid | None = Field(default=None, description="The session's; null for one that has no time yet")
    from_: Whereabouts | None = Field(default=None, alias="from")
    to: Whereabouts
    reasons: Annotated[list[Annotated[str, Field(strict=True, max_length=40)]], Field(max_length=20)] = Field(default=[])


def _each_once(moves: list[Move]) -> list[Move]:
    if len({one.session_number for one in moves}) < len(moves):
        raise ValueError("Each session may be named once")
    return moves


class ApplyBody(Input):
    """All of them are made, or none."""

    model_config = examples({"moves": [_MOVE]})

    moves: Annotated[list[Move], Field(min_length=1, max_length=SESSIONS_MAX), AfterValidator(_each_once)]
