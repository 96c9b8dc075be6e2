"""The wire of closures. A file of its own, as their routes have one."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AliasChoices, Field

from app.diary.impact import AFFECTED, Affecting
from app.kit.wire import (
    MAX_YEAR,
    MIN_YEAR,
    Input,
    Instant,
    LocalDate,
    Output,
    Patch,
    Uuid,
    WallTime,
    WallTimeOut,
    examples,
    line,
    omitted,
    whole,
)

MAX_DAYS, MAX_YEARS = 400, 5

_CLOSURE: dict[str, Any] = {
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "from_on": "2026-12-02",
    "to_on": "2026-12-02",
    "starts": None,
    "ends": "12:00",
    "reason": "The boiler is repaired",
}
_CLOSURE_OUT: dict[str, Any] = {
    "id": "0199a000-0000-7000-8000-000000000007",
    **_CLOSURE,
    "starts": "00:00",
    "source": None,
    "created_at": "2026-11-01T09:00:00Z",
    "updated_at": "2026-11-01T09:00:00Z",
    "version": 1,
}
_HOLIDAY: dict[str, Any] = {
    **_CLOSURE_OUT,
    "id": "0199a000-0000-7000-8000-000000000008",
    "location_id": None,
    "from_on": "2027-01-01",
    "to_on": "2027-01-01",
    "starts": None,
    "ends": None,
    "reason": "New Year's Day",
    "source": "GB-ENG",
}
_AFFECTED: dict[str, Any] = {"affected": [{**AFFECTED, "affected_by": ["closure"]}], "affected_total": 1}

Why = Annotated[str, line(200)]
_DATES = f"Not before `from_on`; {MAX_DAYS} days at most, both included"
_STARTS = "On each of the dates. Null: 00:00, or, where `ends` is null too, the whole day"
_ENDS = "After `starts`, on the same date. Null: 24:00, or, where `starts` is null too, the whole day"


class ClosureCreate(Input):
    """Dates on which a location, or every location, is shut: all day, or the same part of each day."""

    model_config = examples(_CLOSURE)

    location_id: Uuid | None = Field(default=None, description="Null: every location")
    from_on: LocalDate
    to_on: LocalDate = Field(description=_DATES)
    starts: WallTime | None = Field(default=None, description=_STARTS)
    ends: WallTime | None = Field(default=None, description=_ENDS)
    reason: Why


class ClosurePatch(Patch):
    """What is left out stays as it is."""

    model_config = examples({"to_on": "2026-12-03"})

    location_id: Uuid | None = omitted()
    from_on: LocalDate = omitted()
    to_on: LocalDate = omitted()
    starts: WallTime | None = omitted()
    ends: WallTime | None = omitted()
    reason: Why = omitted()


class ClosureOut(Output):
    """Dates on which a location, or every location, is shut."""

    model_config = examples(_CLOSURE_OUT)

    id: UUID
    location_id: UUID | None
    from_on: LocalDate
    to_on: LocalDate
    starts: WallTimeOut | None = Field(validation_alias=AliasChoices("starts_minute", "starts"))
    ends: WallTimeOut | None = Field(validation_alias=AliasChoices("ends_minute", "ends"))
    reason: str
    source: str | None = Field(description="Of a public holiday that was imported: country and subdivision")
    created_at: Instant
    updated_at: Instant
    version: int


class ClosureChanged(ClosureOut, Affecting):
    """A closure, and the appointments that it hits."""

    model_config = examples({**_CLOSURE_OUT, **_AFFECTED})


class HolidaysWanted(Input):
    """Public holidays of a country, or of a part of it that has its own, become closures: ordinary ones from then on."""

    model_config = examples({"country": "GB", "subdivision": "ENG", "years": [2027], "location_id": None})

    country: Annotated[str, Field(strict=True, pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2", examples=["GB"])]
    subdivision: (
        Annotated[str, Field(strict=True, pattern=r"^[A-Z0-9]{1,3}$", description="ISO 3166-2, without the country")] | None
    ) = Field(default=None, examples=["ENG"])
    years: Annotated[list[Annotated[int, whole(MIN_YEAR, MAX_YEAR)]], Field(min_length=1, max_length=MAX_YEARS)]
    location_id: Uuid | None = Field(default=None, description="Null: every location")


class HolidaysImported(Affecting):
    """What was made, by date, and whom it hits."""

    model_config = examples({"items": [_HOLIDAY], "skipped": 0, "affected": [], "affected_total": 0})

    items: list[ClosureOut]
    skipped: int = Field(description="How many were there already: of the same country and subdivision, location and date")
