"""The wire of practitioners: who treats, what they offer, their registrations and weekly hours."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, ConfigDict, Field

from app.kit.wire import (
    Flag,
    Input,
    Instant,
    LocalDate,
    Money,
    Output,
    Patch,
    Slug,
    Uuid,
    WallTime,
    WallTimeOut,
    examples,
    line,
    omitted,
    text,
    whole,
)
from app.treatments.schemas import Phase, Phases

MAX_OFFERS, MAX_LANGUAGES, MAX_REGISTRATIONS, MAX_HOURS, MAX_WEEKS = 100, 20, 20, 100, 52

Language = Annotated[
    str, Field(strict=True, max_length=35, pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$", description="BCP 47", examples=["en"])
]
DailyLimit = Annotated[int, whole(1, 100)]

_OFFER: dict[str, Any] = {
    "treatment_id": "0199a000-0000-7000-8000-000000000021",
    "price": {"amount": "52.00", "currency": "GBP"},
    "phases": None,
}
_REGISTRATION: dict[str, Any] = {"body": "Example Acupuncture Council", "number": "EX-104-27", "valid_until": "2027-12-31"}
_HOURS: dict[str, Any] = {
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "weekday": 3,
    "starts": "09:00",
    "ends": "17:30",
    "valid_from": "2026-12-01",
    "valid_until": None,
    "every_weeks": 2,
}
_EXAMPLE = {
    "name": "Mira Okonjo",
    "slug": "mira-okonjo",
    "bio": "Treats necks, shoulders and the people they belong to.",
    "languages": ["en", "pt-BR"],
    "treatments": [_OFFER],
    "daily_limit": 12,
    "registrations": [_REGISTRATION],
    "active": True,
}


class Offer(Input):
    """A treatment that a practitioner offers. Null price or phases are the treatment's own."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_OFFER]})

    treatment_id: Uuid
    price: Money | None = None
    phases: Phases | None = Field(default=None, description="At least one of them attended")


class Registration(Input):
    """With a professional body. Bookable on dates up to and including `valid_until`."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_REGISTRATION]})

    body: Annotated[str, line(120)]
    number: Annotated[str, line(60)]
    valid_until: LocalDate


class Hours(Input):
    """One line of a weekly pattern, in wall time of the location."""

    model_config = examples(_HOURS)

    location_id: Uuid
    weekday: Annotated[int, whole(1, 7)] = Field(description="ISO: 1 is Monday")
    starts: WallTime
    ends: WallTime = Field(
        description="Not after `starts`: on the next day. 24:00 is the end of the day. Never equal to `starts`"
    )
    valid_from: LocalDate | None = Field(default=None, description="First date on which these hours may start")
    valid_until: LocalDate | None = Field(default=None, description="Last date on which these hours may start")
    every_weeks: Annotated[int, whole(1, MAX_WEEKS)] = Field(
        default=1, description="More than 1: counted from the week of `valid_from`, which is then needed"
    )


Languages = Annotated[list[Language], Field(max_length=MAX_LANGUAGES)]
Offers = Annotated[list[Offer], Field(max_length=MAX_OFFERS)]
Registrations = Annotated[list[Registration], Field(max_length=MAX_REGISTRATIONS)]


class HoursPut(Input):
    """The whole pattern; what was there before is replaced. Hours that overlap or touch at one location are one window."""

    model_config = examples({"items": [_HOURS]})

    items: Annotated[list[Hours], Field(max_length=MAX_HOURS)]


class RegistrationsPut(Input):
    """All registrations; what was there before is replaced."""

    model_config = examples({"items": [_REGISTRATION]})

    items: Registrations


class PractitionerCreate(Input):
    """Who treats. Bookable for what they offer, where they have working hours, on dates that a registration covers."""

    model_config = examples(_EXAMPLE)

    name: Annotated[str, line(120)]
    slug: Slug | None = Field(default=None, description="Derived from the name when left out")
    bio: Annotated[str, text(4000)] | None = None
    languages: Languages = Field(default=[])
    treatments: Offers = Field(default=[])
    daily_limit: DailyLimit | None = Field(default=None, description="Appointments on one local day at most; null: no limit")
    registrations: Registrations = Field(default=[])
    active: Flag = True


class PractitionerPatch(Patch):
    """What is left out stays as it is. A list replaces the whole list."""

    model_config = examples({"daily_limit": 10})

    name: Annotated[str, line(120)] = omitted()
    slug: Slug = omitted()
    bio: Annotated[str, text(4000)] | None = omitted()
    languages: Languages = omitted()
    treatments: Offers = omitted()
    daily_limit: DailyLimit | None = omitted()
    registrations: Registrations = omitted()
    active: Flag = omitted()


class OfferOut(Output):
    """A treatment that a practitioner offers; the treatment itself may be inactive for now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OFFER]})

    treatment_id: UUID
    price: Money | None
    phases: list[Phase] | None


class PractitionerOut(Output):
    """Who treats."""

    model_config = examples(
        {
            "id": "0199a000-0000-7000-8000-000000000011",
            **_EXAMPLE,
            "created_at": "2026-11-01T09:00:00Z",
            "updated_at": "2026-11-01T09:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    name: str
    slug: str
    bio: str | None
    languages: list[str]
    treatments: list[OfferOut] = Field(validation_alias=AliasChoices("offers", "treatments"))
    daily_limit: int | None
    registrations: list[Registration] = Field(description="The latest first")
    active: bool
    created_at: Instant
    updated_at: Instant
    version: int


class HoursOut(Output):
    """One line of a weekly pattern."""

    model_config = examples(_HOURS)

    location_id: UUID
    weekday: int
    starts: WallTimeOut = Field(validation_alias=AliasChoices("starts_minute", "starts"))
    ends: WallTimeOut = Field(validation_alias=AliasChoices("ends_minute", "ends"))
    valid_from: LocalDate | None
    valid_until: LocalDate | None
    every_weeks: int


class WorkingHoursOut(Output):
    """The weekly pattern, by weekday and start. Its ETag is the practitioner's."""

    model_config = examples({"items": [_HOURS]})

    items: list[HoursOut]


class RegistrationsOut(Output):
    """All registrations, the latest first. Their ETag is the practitioner's."""

    model_config = examples({"items": [_REGISTRATION]})

    items: list[Registration]
