"""The wire of what hangs below a practitioner and says that on some days it is otherwise: overrides, time off.

A file of its own, as their routes have one; with what changes of hours and registrations are answered with.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.diary.impact import AFFECTED, Affecting
from app.kit.wire import Input, Instant, LocalDate, Output, Patch, Uuid, WallTime, WallTimeOut, examples, line, omitted
from app.practitioners.schemas import PractitionerOut, RegistrationsOut, WorkingHoursOut

MAX_WINDOWS, MAX_DAYS_OFF = 20, 400

_TIMES = {"created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-01T09:00:00Z", "version": 1}
_WINDOW: dict[str, Any] = {"starts": "12:00", "ends": "20:00"}
_OVERRIDE: dict[str, Any] = {
    "location_id": "0199a000-0000-7000-8000-000000000005",
    "date": "2026-12-02",
    "windows": [_WINDOW],
}
_OVERRIDE_OUT = {
    "id": "0199a000-0000-7000-8000-000000000012",
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    **_OVERRIDE,
    **_TIMES,
}
_TIME_OFF: dict[str, Any] = {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-05T00:00:00Z", "reason": "Conference"}
_TIME_OFF_OUT = {
    "id": "0199a000-0000-7000-8000-000000000013",
    "practitioner_id": "0199a000-0000-7000-8000-000000000011",
    **_TIME_OFF,
    **_TIMES,
}
_UNHARMED: dict[str, Any] = {"affected": [], "affected_total": 0}


def _example(model: type[Output]) -> dict[str, Any]:
    extra: Any = model.model_config["json_schema_extra"]
    return dict(extra["examples"][0])


class Window(Input):
    """Hours in wall time of the location."""

    model_config = examples(_WINDOW)

    starts: WallTime
    ends: WallTime = Field(
        description="Not after `starts`: on the next day. 24:00 is the end of the day. Never equal to `starts`"
    )


Windows = Annotated[
    list[Window],
    Field(max_length=MAX_WINDOWS, description="Instead of the weekly hours of that date at that location. None: closed"),
]


class OverrideCreate(Input):
    """Other hours on one date at one location, or none; a day that is otherwise closed can be opened so."""

    model_config = examples(_OVERRIDE)

    location_id: Uuid
    date: LocalDate
    windows: Windows


class OverridePatch(Patch):
    """What is left out stays as it is. The list replaces the whole list; location and date are for good."""

    model_config = examples({"windows": []})

    windows: Windows = omitted()


class WindowOut(Output):
    """Hours in wall time of the location."""

    model_config = examples(_WINDOW)

    starts: WallTimeOut
    ends: WallTimeOut


class OverrideOut(Output):
    """Other hours on one date at one location."""

    model_config = examples(_OVERRIDE_OUT)

    id: UUID
    practitioner_id: UUID
    location_id: UUID
    date: LocalDate
    windows: list[WindowOut]
    created_at: Instant
    updated_at: Instant
    version: int = Field(description="The practitioner's, which is the ETag")


class OverrideChanged(OverrideOut, Affecting):
    """An override, and the appointments that it hits."""

    model_config = examples({**_OVERRIDE_OUT, "affected": [AFFECTED], "affected_total": 1})


class TimeOffCreate(Input):
    """Leave, wherever the practitioner works."""

    model_config = examples(_TIME_OFF)

    starts_at: Instant
    ends_at: Instant = Field(description=f"After `starts_at`, by {MAX_DAYS_OFF} days at most")
    reason: Annotated[str, line(200)] | None = Field(default=None, description="Only staff see it")


class TimeOffPatch(Patch):
    """What is left out stays as it is."""

    model_config = examples({"ends_at": "2026-12-04T00:00:00Z"})

    starts_at: Instant = omitted()
    ends_at: Instant = omitted()
    reason: Annotated[str, line(200)] | None = omitted()


class TimeOffOut(Output):
    """Leave, from one instant to another."""

    model_config = examples(_TIME_OFF_OUT)

    id: UUID
    practitioner_id: UUID
    starts_at: Instant
    ends_at: Instant
    reason: str | None
    created_at: Instant
    updated_at: Instant
    version: int = Field(description="The practitioner's, which is the ETag")


class TimeOffChanged(TimeOffOut, Affecting):
    """Leave, and the appointments that it hits."""

    model_config = examples({**_TIME_OFF_OUT, "affected": [{**AFFECTED, "affected_by": ["time_off"]}], "affected_total": 1})


class WorkingHoursChanged(WorkingHoursOut, Affecting):
    """The weekly pattern, and the appointments that are outside it now. Its ETag is the practitioner's."""

    model_config = examples({**_example(WorkingHoursOut), **_UNHARMED})


class RegistrationsChanged(RegistrationsOut, Affecting):
    """All registrations, and the appointments that none of them covers now. Their ETag is the practitioner's."""

    model_config = examples({**_example(RegistrationsOut), **_UNHARMED})


class PractitionerChanged(PractitionerOut, Affecting):
    """Who treats, and the appointments that they may no longer keep."""

    model_config = examples({**_example(PractitionerOut), **_UNHARMED})
