"""The wire of the clinic, its locations and their places."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.diary.impact import AFFECTED, Affecting
from app.kit.wire import (
    Currency,
    Flag,
    Input,
    Instant,
    Output,
    Patch,
    Slug,
    TimeZoneName,
    examples,
    line,
    omitted,
    text,
    whole,
)

MAX_CANCEL_REASONS = 30
MAX_NOTICE_MINUTES = 60 * 24 * 60
MAX_POSITION = 9_999

ReasonCode = Annotated[str, Field(strict=True, max_length=40, pattern=r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$", examples=["unwell"])]
PlaceKind = Annotated[Slug, Field(max_length=40, description="What a treatment asks for in `place_kind`", examples=["room"])]
Step = Annotated[int, whole(5, 240)]
Notice = Annotated[int, whole(0, MAX_NOTICE_MINUTES)]
HorizonDays = Annotated[int, whole(1, 730)]
HoldMinutes = Annotated[int, whole(1, 10)]
Travel = Annotated[int, whole(0, 240)]
HoldsPerClient = Annotated[int, whole(1, 24)]
UpcomingPerPatient = Annotated[int, whole(1, 100)]
Position = Annotated[int, whole(0, MAX_POSITION)]

_TIMES = {"created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-01T09:00:00Z", "version": 1}
_CLINIC = {
    "name": "Harbour Street Acupuncture",
    "time_zone": "Europe/London",
    "currency": "GBP",
    "step_minutes": 15,
    "notice_minutes": 120,
    "horizon_days": 90,
    "hold_minutes": 10,
    "change_notice_minutes": 1440,
    "travel_minutes": 30,
    "holds_per_client": 3,
    "upcoming_per_patient": 10,
    "cancel_reasons": [{"code": "unwell", "label": "I am unwell"}, {"code": "other", "label": "Other"}],
}
_LOCATION = {
    "name": "Harbour Street",
    "slug": "harbour-street",
    "time_zone": "Europe/London",
    "address": "4 Harbour Street\nExampleton",
    "active": True,
}
_PLACE = {"name": "Room 1", "kind": "room", "position": 1, "active": True}


class CancelReason(Input):
    """Why an appointment is cancelled: a code for programs, a label for people."""

    model_config = examples({"code": "unwell", "label": "I am unwell"})

    code: ReasonCode
    label: Annotated[str, line(120)]


class ClinicPatch(Patch):
    """What is left out stays as it is. A list of reasons replaces the whole list; `other` is kept even when left out."""

    model_config = examples({"notice_minutes": 240, "cancel_reasons": [{"code": "unwell", "label": "I am unwell"}]})

    name: Annotated[str, line(120)] = omitted()
    time_zone: TimeZoneName = omitted()
    currency: Currency = omitted()
    step_minutes: Step = omitted()
    notice_minutes: Notice = omitted()
    horizon_days: HorizonDays = omitted()
    hold_minutes: HoldMinutes = omitted()
    change_notice_minutes: Notice = omitted()
    travel_minutes: Travel = omitted()
    holds_per_client: HoldsPerClient = omitted()
    upcoming_per_patient: UpcomingPerPatient = omitted()
    cancel_reasons: Annotated[list[CancelReason], Field(max_length=MAX_CANCEL_REASONS)] = omitted()


class ClinicSettings(Output):
    """What is stored of the clinic."""

    name: str
    time_zone: str
    currency: str
    step_minutes: int
    notice_minutes: int
    horizon_days: int
    hold_minutes: int
    change_notice_minutes: int
    travel_minutes: int
    holds_per_client: int
    upcoming_per_patient: int
    cancel_reasons: list[CancelReason]
    created_at: Instant
    updated_at: Instant
    version: int


class ClinicOut(ClinicSettings):
    """The clinic, and the policy that clients must show."""

    model_config = examples({**_CLINIC, **_TIMES, "time_zones": ["Europe/London"], "tzdata_version": "2026a"})

    time_zones: list[str] = Field(description="Of the active locations, in alphabetical order")
    tzdata_version: str = Field(description="Edition of the time-zone database that wall times are resolved with")


class LocationCreate(Input):
    """Wall times at a location, such as working hours, are read in its time zone."""

    model_config = examples(_LOCATION)

    name: Annotated[str, line(120)]
    slug: Slug | None = Field(default=None, description="Derived from the name when left out")
    time_zone: TimeZoneName
    address: Annotated[str, text(500)] | None = None
    active: Flag = True


class LocationPatch(Patch):
    """What is left out stays as it is. The time zone stays once appointments were made in it."""

    model_config = examples({"address": "5 Harbour Street\nExampleton"})

    name: Annotated[str, line(120)] = omitted()
    slug: Slug = omitted()
    time_zone: TimeZoneName = omitted()
    address: Annotated[str, text(500)] | None = omitted()
    active: Flag = omitted()


class LocationOut(Output):
    """An address with a time zone."""

    model_config = examples({"id": "0199a000-0000-7000-8000-000000000005", **_LOCATION, **_TIMES})

    id: UUID
    name: str
    slug: str
    time_zone: str
    address: str | None
    active: bool
    created_at: Instant
    updated_at: Instant
    version: int


class LocationChanged(LocationOut, Affecting):
    """An address with a time zone, and the appointments that cannot be kept there now."""

    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-000000000005",
            **_LOCATION,
            "active": False,
            **_TIMES,
            "affected": [{**AFFECTED, "affected_by": ["not_offered"]}],
            "affected_total": 1,
        }
    )


class PlaceCreate(Input):
    """A room, bed or chair for one patient at a time. A group room with four chairs is four places."""

    model_config = examples(_PLACE)

    name: Annotated[str, line(120)]
    kind: PlaceKind
    position: Position = Field(default=0, description="Among places that would do, the lowest is taken first")
    active: Flag = True


class PlacePatch(Patch):
    """What is left out stays as it is."""

    model_config = examples({"active": False})

    name: Annotated[str, line(120)] = omitted()
    kind: PlaceKind = omitted()
    position: Position = omitted()
    active: Flag = omitted()


class PlaceOut(Output):
    """A room, bed or chair."""

    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-000000000006",
            "location_id": "0199a000-0000-7000-8000-000000000005",
            **_PLACE,
            **_TIMES,
        }
    )

    id: UUID
    location_id: UUID
    name: str
    kind: str
    position: int
    active: bool
    created_at: Instant
    updated_at: Instant
    version: int
