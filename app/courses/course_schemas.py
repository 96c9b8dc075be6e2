"""The wire of courses: what makes one, and what is told of it. Apart from the question, which is long."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from app.appointments.schemas import APPOINTMENT, AppointmentOut, AppointmentPreview, Overrides, PatientHere
from app.courses.progress import Attention, Status
from app.courses.schemas import LOCATION, PRACTITIONER, SESSIONS_MAX, TREATMENT, CourseQuestion, CourseWishes
from app.kit.wire import Flag, Input, Instant, Output, Patch, Uuid, examples, line, omitted, text, whole

COURSE_ID = "0199a000-0000-7000-8000-000000000071"
COURSE_VERSION = 3
_PATIENT = "0199a000-0000-7000-8000-000000000051"
_QUESTION: dict[str, Any] = {
    "treatment_id": TREATMENT,
    "location_id": LOCATION,
    "sessions": 2,
    "cadence": [{"sessions": 2, "target_days": 14, "min_days": 10, "max_days": 18}],
    "earliest_on": "2026-12-16",
    "latest_on": "2027-01-29",
    "preferred_time": "10:00",
}
_SESSION = {"starts_at": "2026-12-16T10:00:00Z", "practitioner_id": PRACTITIONER, "location_id": LOCATION}
_CREATE: dict[str, Any] = {
    "patient_id": _PATIENT,
    "treatment_id": TREATMENT,
    "title": "Shoulder, winter",
    "question": _QUESTION,
    "sessions": [_SESSION, {**_SESSION, "starts_at": "2026-12-30T10:00:00Z"}],
}


def _each_once(found: list[int]) -> list[int]:
    if len(set(found)) < len(found):
        raise ValueError("Each may be named once")
    return found


Title = Annotated[str, line(200)]
Notes = Annotated[str, text(2000)]
Indexes = Annotated[
    list[Annotated[int, whole(0, SESSIONS_MAX - 1)]], Field(min_length=1, max_length=SESSIONS_MAX), AfterValidator(_each_once)
]
Numbers = Annotated[list[Annotated[int, whole(1, SESSIONS_MAX)]], Field(max_length=SESSIONS_MAX), AfterValidator(_each_once)]


class SessionWanted(Input):
    """One session, as a plan has it. `index` says which of the course's it is, counted from 0; left out, it is the place in the list."""

    model_config = examples(_SESSION, {**_SESSION, "index": 0, "pinned": True})

    index: Annotated[int, whole(0, SESSIONS_MAX - 1)] | None = None
    starts_at: Instant
    practitioner_id: Uuid
    location_id: Uuid
    treatment_id: Uuid | None = Field(default=None, description="Left out: what the question says of its phase, or the course's")
    place_id: Uuid | None = Field(default=None, description="Left out, the clinic chooses")
    pinned: Flag = Field(default=False, description="No replan moves it")
    overrides: Overrides = Field(default=[], description="Rules that do not count for this session")


class CourseCreate(Input):
    """All of its sessions, or none: `patient` for somebody new, or `patient_id`. With a `question` of more sessions than are sent, and where some of
    those that are sent are not meant, `accept` says which ones are."""

    model_config = examples(_CREATE, {**_CREATE, "validate_only": True}, {**_CREATE, "hold": True})

    patient: PatientHere | None = None
    patient_id: Uuid | None = None
    treatment_id: Uuid
    title: Title | None = None
    notes: Notes | None = None
    question: CourseQuestion | None = Field(
        default=None, description="What the course was planned with; it is kept, without a cursor, and replanning uses it"
    )
    sessions: Annotated[list[SessionWanted], Field(min_length=1, max_length=SESSIONS_MAX)]
    hold: Flag = Field(default=False, description="Keep them for a few minutes; confirming the course books them")
    accept: Indexes | None = Field(default=None, description="The indexes of the sessions that are to be written, and no others")
    overrides: Overrides = Field(default=[], description="Rules that do not count for any of its sessions")
    validate_only: Flag = Field(default=False, description="Check everything, write nothing; answered with 200")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        starts = [one.starts_at for one in self.sessions]
        if sorted(set(starts)) != starts:
            raise ValueError("The sessions stand in the order in which they take place")
        indexes = self.indexes()
        if sorted(set(indexes)) != indexes:
            raise ValueError("The sessions stand in the order of their index")
        if self.accept is not None and not set(self.accept) <= set(indexes):
            raise ValueError("Only sessions that are sent can be accepted")
        if self.question is not None and indexes[-1] >= self.question.sessions:
            raise ValueError("The question has fewer sessions")
        if self.hold and (self.overrides or any(one.overrides for one in self.sessions)):
            raise ValueError("Rules are set aside where a course is booked, not where it is held")
        return self

    def indexes(self) -> list[int]:
        return [place if one.index is None else one.index for place, one in enumerate(self.sessions)]


class CoursePatch(Patch):
    """What is left out stays. `question` replaces the one that is kept; `pinned` lists the numbers of the sessions that no replan moves, and no
    others."""

    model_config = examples({"title": "Shoulder, winter and spring", "pinned": [2]})

    title: Title | None = omitted()
    notes: Notes | None = omitted()
    question: CourseQuestion = omitted()
    pinned: Numbers = omitted()


class CourseExtend(Input):
    """So many sessions more, in the cadence of the last phase. They have no time yet: a replan proposes it."""

    model_config = examples({"sessions": 2})

    sessions: Annotated[int, whole(1, SESSIONS_MAX)]


Reason = Annotated[str, Field(strict=True, max_length=40, pattern=r"^[a-z0-9_]+$")]


class CourseCancel(Input):
    """`reason` is one of the clinic's cancel reasons."""

    model_config = examples({"reason": "other"})

    reason: Reason = "other"


class OffCadenceOut(Output):
    """The local days since the session before it are not what the cadence says."""

    session_number: int
    gap_days: int
    min_days: int
    max_days: int


class CourseProgress(Output):
    """Counted from the sessions each time it is told. `planned` is the sum of the others."""

    planned: int
    held: int
    booked: int = Field(description="Yet to be fulfilled")
    fulfilled: int
    missed: int
    left_out: int = Field(description="Without a time, when a later one took place or the course was cancelled")
    unbooked: int = Field(description="Without a time, and yet to be booked")


_SUMMARY: dict[str, Any] = {
    "id": COURSE_ID,
    "reference": "CO-7F3K-9Q2T",
    "status": "active",
    "title": "Shoulder, winter",
    "notes": None,
    "patient_id": _PATIENT,
    "treatment_id": TREATMENT,
    "progress": {"planned": 2, "held": 0, "booked": 2, "fulfilled": 0, "missed": 0, "left_out": 0, "unbooked": 0},
    "attention": [],
    "next_at": "2026-12-16T10:00:00Z",
    "held_until": None,
    "paused_at": None,
    "cancelled_at": None,
    "created_at": "2026-12-01T08:30:00Z",
    "updated_at": "2026-12-01T08:30:00Z",
    "version": 3,
}
_FIRST: dict[str, Any] = {
    **APPOINTMENT,
    "id": "0199a000-0000-7000-8000-000000000066",
    "reference": "AP-2M9Q-7F3K",
    "course_id": COURSE_ID,
    "session_number": 1,
    "starts_at": "2026-12-16T10:00:00Z",
    "ends_at": "2026-12-16T10:45:00Z",
    "local_start": "2026-12-16T10:00:00+00:00",
}
_SECOND: dict[str, Any] = {
    **_FIRST,
    "id": "0199a000-0000-7000-8000-000000000065",
    "reference": "AP-3D7F-K9Q2",
    "session_number": 2,
    "starts_at": "2026-12-30T10:00:00Z",
    "ends_at": "2026-12-30T10:45:00Z",
    "local_start": "2026-12-30T10:00:00+00:00",
}
_COURSE: dict[str, Any] = {
    **_SUMMARY,
    "question": CourseWishes.model_validate(_QUESTION).model_dump(mode="json"),
    "off_cadence": [],
    "appointments": [_FIRST, _SECOND],
}


class CourseSummary(Output):
    """A course without its sessions. `version` moves with the course and with each of its sessions."""

    model_config = examples(_SUMMARY)

    id: UUID
    reference: str = Field(description="To read out over the telephone")
    status: Status
    title: str | None
    notes: str | None = Field(description="For staff")
    patient_id: UUID
    treatment_id: UUID
    progress: CourseProgress
    attention: list[Attention] = Field(
        description="Why somebody should look after it: `gap_overdue`, the next session should have been by now; `affected`, a session can no"
        " longer be kept; `unbooked`, sessions have no time. For staff"
    )
    next_at: Instant | None = Field(description="When the next session starts")
    held_until: Instant | None = Field(description="Only while it is held: it is gone then unless it is confirmed")
    paused_at: Instant | None
    cancelled_at: Instant | None
    created_at: Instant
    updated_at: Instant
    version: int


class CourseOut(CourseSummary):
    """A course and its sessions; those that were cancelled among them."""

    model_config = examples(_COURSE)

    question: CourseWishes | None = Field(description="What it was planned with; for staff")
    off_cadence: list[OffCadenceOut] = Field(description="Gaps that are not what the cadence says; for staff")
    appointments: list[AppointmentOut] = Field(description="By session number")


class CoursePreview(Output):
    """What would be made, session by session."""

    model_config = examples(
        {
            "appointments": [
                {name: value for name, value in one.items() if name in AppointmentPreview.model_fields}
                for one in (_FIRST, _SECOND)
            ]
        }
    )

    appointments: list[AppointmentPreview]
