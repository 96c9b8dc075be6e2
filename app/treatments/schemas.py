"""The wire of treatments."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kit.wire import Flag, Input, Instant, Money, Output, Patch, Slug, examples, line, omitted, text, whole

MAX_PHASES = 12
MAX_DAY_MINUTES = 24 * 60

Audience = Literal["all", "new", "returning"]
PlaceKind = Annotated[str, Field(strict=True, max_length=40, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", examples=["room"])]
Buffer = Annotated[int, whole(0, 240)]
Step = Annotated[int, whole(5, 240)]
NoticeMinutes = Annotated[int, whole(0, 60 * 24 * 60)]
HorizonDays = Annotated[int, whole(1, 730)]


class Phase(Input):
    """A part of a treatment: how long it is, and whether the practitioner is needed."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, json_schema_extra={"examples": [{"minutes": 15, "attended": True}]}
    )

    minutes: Annotated[int, whole(1, 480)]
    attended: Flag


Phases = Annotated[list[Phase], Field(min_length=1, max_length=MAX_PHASES)]

EXAMPLE = {
    "name": "Follow-up treatment",
    "summary": "Needles in, a rest on the couch, needles out.",
    "phases": [{"minutes": 15, "attended": True}, {"minutes": 20, "attended": False}, {"minutes": 10, "attended": True}],
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 5,
    "step_minutes": 15,
    "place_kind": "room",
    "price": {"amount": "48.00", "currency": "GBP"},
    "audience": "all",
    "needs_approval": False,
    "bookable_online": True,
    "notice_minutes": None,
    "horizon_days": None,
    "change_notice_minutes": None,
    "active": True,
}


class TreatmentCreate(Input):
    """Nulls fall back on the clinic's settings. `place_kind` null: no place is needed."""

    model_config = examples(EXAMPLE)

    name: Annotated[str, line(120)]
    slug: Slug | None = Field(default=None, description="Derived from the name when left out")
    summary: Annotated[str, text(1000)] | None = None
    phases: Phases = Field(description="At least one of them attended")
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    step_minutes: Step | None = None
    place_kind: PlaceKind | None = None
    price: Money
    audience: Audience = "all"
    needs_approval: Flag = False
    bookable_online: Flag = True
    notice_minutes: NoticeMinutes | None = None
    horizon_days: HorizonDays | None = None
    change_notice_minutes: NoticeMinutes | None = None
    active: Flag = True


class TreatmentPatch(Patch):
    """What is left out stays as it is."""

    model_config = examples({"price": {"amount": "52.00", "currency": "GBP"}})

    name: Annotated[str, line(120)] = omitted()
    slug: Slug = omitted()
    summary: Annotated[str, text(1000)] | None = omitted()
    phases: Phases = omitted()
    buffer_before_minutes: Buffer = omitted()
    buffer_after_minutes: Buffer = omitted()
    step_minutes: Step | None = omitted()
    place_kind: PlaceKind | None = omitted()
    price: Money = omitted()
    audience: Audience = omitted()
    needs_approval: Flag = omitted()
    bookable_online: Flag = omitted()
    notice_minutes: NoticeMinutes | None = omitted()
    horizon_days: HorizonDays | None = omitted()
    change_notice_minutes: NoticeMinutes | None = omitted()
    active: Flag = omitted()


class TreatmentOut(Output):
    """What is offered. `duration_minutes` is the sum of the phases."""

    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-000000000021",
            **EXAMPLE,
            "slug": "follow-up-treatment",
            "duration_minutes": 45,
            "created_at": "2026-11-01T09:00:00Z",
            "updated_at": "2026-11-01T09:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    name: str
    slug: str
    summary: str | None
    phases: list[Phase]
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int | None
    place_kind: str | None
    price: Money
    audience: Audience
    needs_approval: bool
    bookable_online: bool
    notice_minutes: int | None
    horizon_days: int | None
    change_notice_minutes: int | None
    active: bool
    created_at: Instant
    updated_at: Instant
    version: int
