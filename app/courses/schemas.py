"""The wire of course plans: what is asked."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from app.kit.wire import Input, Instant, LocalDate, Uuid, WallTime, examples, whole

SESSIONS_MAX = 24
GAP_DAYS_MAX = 180
DAY_MINUTES = 24 * 60

TREATMENT = "0199a000-0000-7000-8000-000000000021"
PRACTITIONER = "0199a000-0000-7000-8000-000000000011"
LOCATION = "0199a000-0000-7000-8000-000000000005"
_QUESTION = {
    "treatment_id": TREATMENT,
    "location_id": LOCATION,
    "sessions": 2,
    "cadence": [{"sessions": 2, "target_days": 14, "min_days": 10, "max_days": 18}],
    "earliest_on": "2026-12-16",
    "latest_on": "2027-01-06",
    "preferred_time": "10:00",
    "practitioner_ids": [PRACTITIONER],
}


class PhaseOfCadence(Input):
    """So many sessions, and the local days between each of them and the session before."""

    model_config = examples({"sessions": 6, "target_days": 7, "min_days": 5, "max_days": 10})

    sessions: Annotated[int, whole(1, SESSIONS_MAX)]
    target_days: Annotated[int, whole(1, GAP_DAYS_MAX)]
    min_days: Annotated[int, whole(1, GAP_DAYS_MAX)]
    max_days: Annotated[int, whole(1, GAP_DAYS_MAX)]
    treatment_id: Uuid | None = Field(default=None, description="Of these sessions; left out, the course's")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.min_days <= self.target_days <= self.max_days:
            raise ValueError("The target lies from the least to the most days")
        return self


class TimeOfDay(Input):
    """From one wall time to another of the same day."""

    model_config = examples({"starts": "09:00", "ends": "12:00"})

    starts: WallTime
    ends: WallTime

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.starts >= self.ends:
            raise ValueError("A window ends after it starts")
        return self


class Dates(Input):
    """Both included."""

    model_config = examples({"from_on": "2026-12-24", "to_on": "2027-01-02"})

    from_on: LocalDate
    to_on: LocalDate

    @model_validator(mode="after")
    def _not_reversed(self) -> Self:
        if self.to_on < self.from_on:
            raise ValueError("It ends before it begins")
        return self


class FixedSession(Input):
    """A session that is settled. `index` counts from 0."""

    model_config = examples(
        {"index": 0, "starts_at": "2026-12-02T10:00:00Z", "practitioner_id": PRACTITIONER, "location_id": LOCATION}
    )

    index: Annotated[int, whole(0, SESSIONS_MAX - 1)]
    starts_at: Instant
    practitioner_id: Uuid
    location_id: Uuid


def _each_once(found: list[Any]) -> list[Any]:
    if len(set(found)) < len(found):
        raise ValueError("Each may be named once")
    return found


def _each_index_once(found: list[FixedSession]) -> list[FixedSession]:
    _each_once([one.index for one in found])
    return found


class CourseWishes(Input):
    """What course is wished for. The gap before a session follows the phase that the session belongs to; that of the first is not looked at.

    Dates and wall times are those of the location. `practitioner_ids` are those who come into question, who is wished for first; left out, everybody.
    """

    model_config = examples(_QUESTION)

    treatment_id: Uuid
    location_id: Uuid | None = Field(default=None, description="Left out: any")
    patient_id: Uuid | None = Field(default=None, description="Whose other appointments count")
    sessions: Annotated[int, whole(1, SESSIONS_MAX)]
    cadence: Annotated[list[PhaseOfCadence], Field(min_length=1, max_length=SESSIONS_MAX)]
    earliest_on: LocalDate
    latest_on: LocalDate | None = Field(
        default=None, description="Of the last session; left out, eight weeks later than the longest gaps would have it"
    )
    weekdays: Annotated[list[Annotated[int, whole(1, 7)]], Field(max_length=7), AfterValidator(_each_once)] = Field(
        default=[], description="ISO: 1 is Monday; none: any"
    )
    windows: Annotated[list[TimeOfDay], Field(max_length=12)] = Field(
        default=[], description="A session lies wholly in one of them; none: any time of day"
    )
    preferred_time: WallTime | None = Field(default=None, description="At which sessions should start")
    away: Annotated[list[Dates], Field(max_length=50)] = Field(default=[], description="When the patient cannot come")
    practitioner_ids: Annotated[list[Uuid], Field(min_length=1, max_length=50), AfterValidator(_each_once)] | None = None
    max_practitioner_changes: Annotated[int, whole(0, SESSIONS_MAX - 1)] | None = None
    fixed: Annotated[list[FixedSession], Field(max_length=SESSIONS_MAX), AfterValidator(_each_index_once)] = Field(default=[])

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if sum(phase.sessions for phase in self.cadence) != self.sessions:
            raise ValueError("The sessions of the cadence add up to the course's")
        if self.latest_on is not None and self.latest_on < self.earliest_on:
            raise ValueError("The latest date is not before the earliest")
        if any(one.index >= self.sessions for one in self.fixed):
            raise ValueError("A fixed session is one of the course's")
        return self


class CourseQuestion(CourseWishes):
    """The same, for which the best plan is asked, or with a cursor the next best."""

    model_config = examples(_QUESTION)

    cursor: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="`next_cursor` of an answer to the same question: the next best plan"
    )
