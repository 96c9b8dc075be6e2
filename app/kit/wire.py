"""What may come in and go out: base classes and scalar types.

Input forbids what it does not know; output has no defaults, so a field that is forgotten is an error and not a null. Scalars are strict: a
number is not a string, a time has an offset, a text has no control characters. Each type says its bounds in the JSON schema too.

One file, a few lines over the usual length, because a reader who looks for a type should find all of them in one place.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from app.kit import time_zones

MIN_YEAR, MAX_YEAR = 2000, 2100
MAX_INT = 2**31 - 1

Day = TypeVar("Day", date, datetime)

_INSTANT = re.compile(
    r"(2\d{3}-\d\d-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.0{1,9})?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_DATE = re.compile(r"2\d{3}-\d\d-\d\d", re.ASCII)
_WALL_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_DECIMAL = re.compile(r"\d{1,7}(?:\.\d{1,2})?", re.ASCII)


class Input(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, validate_default=False, allow_inf_nan=False)


class Output(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def examples(*values: Any) -> ConfigDict:
    """For a class body: `model_config = examples({…})`. They are validated and run by a test."""
    return ConfigDict(json_schema_extra={"examples": list(values)})


def as_facts(models: Iterable[Output]) -> list[dict[str, Any]]:
    """Models as facts of a problem: JSON-ready, without nulls."""
    return [model.model_dump(mode="json", exclude_none=True) for model in models]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("A string is needed")  # noqa: TRY004 pydantic turns only ValueError into a field error
    return value


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    match = _INSTANT.fullmatch(_text(value))
    if match is None:
        raise ValueError("A time such as 2026-12-01T09:00:00Z is needed, in whole seconds and with its offset")
    day, clock, offset = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if offset == 'Z' else offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such time") from None
    return _in_years(found)


def _in_years(value: Day) -> Day:
    if not MIN_YEAR <= value.year <= MAX_YEAR:
        raise ValueError(f"The year must be from {MIN_YEAR} to {MAX_YEAR}")
    return value


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = _text(value)
    if not _DATE.fullmatch(text):
        raise ValueError("A date such as 2026-12-01 is needed")
    try:
        return _in_years(date.fromisoformat(text))
    except ValueError:
        raise ValueError(f"There is no such date between {MIN_YEAR} and {MAX_YEAR}") from None


def format_instant(value: datetime) -> str:
    """UTC, whole seconds: 2026-12-01T09:00:00Z."""
    return value.astimezone(UTC).isoformat(timespec="seconds")[:-6] + "Z"


def _minute_of_day(value: Any) -> int:
    """Minutes from midnight, 0 to 1440. On the wire "HH:MM"; "24:00" is an end."""
    text = _text(value)
    if not _WALL_TIME.fullmatch(text):
        raise ValueError("A wall time from 00:00 to 24:00 is needed")
    return int(text[:2]) * 60 + int(text[3:])


def _stored_minute(value: Any) -> int:
    return value if isinstance(value, int) else _minute_of_day(value)


def format_minute(value: int) -> str:
    return f"{value // 60:02}:{value % 60:02}"


def _uuid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    text = _text(value)
    if not _UUID.fullmatch(text):
        raise ValueError("A UUID such as 0199a3f2-c4b0-7d0f-8f4e-2b7a91c3d5e6 is needed")
    return UUID(text)


def _email(value: Any) -> str:
    """As it was sent. The library would quote the characters that it minds, trim, and take the address out of "Name <address>"."""
    text = _text(value)
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("An e-mail address such as name@example.org is needed") from None
    return text


def _decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    text = _text(value)
    if not _DECIMAL.fullmatch(text):
        raise ValueError("An amount such as 45.00 is needed")
    return Decimal(text)


def _time_zone(value: str) -> str:
    if value not in time_zones.names():
        raise ValueError("An IANA time zone name such as Europe/London is needed")
    return value


# Control characters have no place in a name; bidirectional overrides make one text look like another.
_FORBIDDEN = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
_LINE = rf"[^{_FORBIDDEN}\u0009\u000a\u000d]"
LINE_PATTERN = rf"^{_LINE}*$"
NOT_BLANK_LINE_PATTERN = rf"^{_LINE}*[^{_FORBIDDEN}\s]{_LINE}*$"
TEXT_PATTERN = rf"^[^{_FORBIDDEN}]*$"
NOT_BLANK_TEXT_PATTERN = rf"^[^{_FORBIDDEN}]*[^{_FORBIDDEN}\s][^{_FORBIDDEN}]*$"


def line(max_length: int) -> StringConstraints:
    """For `Annotated[str, line(120)]`: one line that is not blank, without control characters. Lengths are characters."""
    return StringConstraints(strict=True, min_length=1, max_length=max_length, pattern=NOT_BLANK_LINE_PATTERN)


def text(max_length: int, *, blank: bool = True) -> StringConstraints:
    """Several lines: tab, line feed and carriage return are the only control characters."""
    return StringConstraints(
        strict=True,
        min_length=None if blank else 1,
        max_length=max_length,
        pattern=TEXT_PATTERN if blank else NOT_BLANK_TEXT_PATTERN,
    )


def whole(minimum: int, maximum: int = MAX_INT) -> Any:
    """For `Annotated[int, whole(0, 720)]`: a whole number within bounds; never a string, a boolean or 1.0."""
    return Field(strict=True, ge=minimum, le=maximum)


def omitted() -> Any:
    """The default of a PATCH field: leaving it out changes nothing, and null is a value of its own."""
    return Field(default_factory=lambda: None)


class Patch(Input):
    """A JSON Merge Patch (RFC 7396) whose members are all `= omitted()`."""

    def changes(self) -> dict[str, Any]:
        """What was sent, by field."""
        return {name: getattr(self, name) for name in self.model_fields_set}


Flag = Annotated[bool, Field(strict=True)]
Uuid = Annotated[UUID, BeforeValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "With an offset, in whole seconds; answered in UTC",
            "examples": ["2026-12-01T09:00:00Z"],
        }
    ),
]
LocalDate = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "description": "A local calendar day", "examples": ["2026-12-01"]}),
]
_WALL_TIME_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", "examples": ["09:00"]}
)
WallTime = Annotated[int, BeforeValidator(_minute_of_day), PlainSerializer(format_minute, return_type=str), _WALL_TIME_SCHEMA]
# To those who send, a number is no wall time; out of the database it is one.
WallTimeOut = Annotated[int, BeforeValidator(_stored_minute), PlainSerializer(format_minute, return_type=str), _WALL_TIME_SCHEMA]
TimeZoneName = Annotated[
    str,
    Field(strict=True, max_length=64),
    AfterValidator(_time_zone),
    WithJsonSchema({"type": "string", "maxLength": 64, "description": "IANA name", "examples": ["Europe/London"]}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,7}(?:\.[0-9]{1,2})?$", "examples": ["45.00"]}),
]
Currency = Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["GBP"])]
Slug = Annotated[str, Field(strict=True, max_length=80, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", examples=["back-pain"])]
Email = Annotated[
    str,
    BeforeValidator(_email),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254, "examples": ["name@example.org"]}),
]
Phone = Annotated[
    str,
    Field(strict=True, min_length=5, max_length=32, pattern=r"^[+(]?[0-9][0-9 ()./-]*[0-9]$", examples=["020 7946 0958"]),
]


class Money(BaseModel):
    """An amount as a decimal string, and its currency."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True)

    amount: Amount
    currency: Currency
