"""The scalar types of the wire: what each takes, what it makes of it, and that its JSON schema says no more than that."""

import json
import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated, Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from app.kit import wire

LINE = Annotated[str, wire.line(20)]
TEXT = Annotated[str, wire.text(20)]
SAID = Annotated[str, wire.text(20, blank=False)]
COUNT = Annotated[int, wire.whole(0, 720)]

A_UUID = "0199a000-0000-7000-8000-000000000001"


def both(kind: Any, value: object) -> tuple[Any, str]:
    """The value that comes in by the wire, and how it goes out again."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    read = adapter.validate_json(json.dumps(value))
    return read, adapter.dump_json(read).decode()


@pytest.mark.parametrize(
    ("kind", "sent", "answered"),
    [
        (wire.Instant, "2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
        (wire.Instant, "2026-12-01T09:00:00+00:00", "2026-12-01T09:00:00Z"),
        (wire.Instant, "2026-12-01T09:00:00-00:00", "2026-12-01T09:00:00Z"),
        (wire.Instant, "2026-12-01T09:00:00.000Z", "2026-12-01T09:00:00Z"),
        (wire.Instant, "2026-12-01T14:45:00+05:45", "2026-12-01T09:00:00Z"),
        (wire.Instant, "2026-11-30T21:00:00-12:00", "2026-12-01T09:00:00Z"),
        (wire.Instant, "2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        (wire.Instant, "2100-12-31T23:59:59Z", "2100-12-31T23:59:59Z"),
        (wire.Instant, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        (wire.LocalDate, "2024-02-29", "2024-02-29"),
        (wire.LocalDate, "2000-01-01", "2000-01-01"),
        (wire.LocalDate, "2100-12-31", "2100-12-31"),
        (wire.WallTime, "00:00", "00:00"),
        (wire.WallTime, "24:00", "24:00"),
        (wire.Uuid, A_UUID, A_UUID),
        (wire.Uuid, A_UUID.upper(), A_UUID),
        (wire.Amount, "45", "45.00"),
        (wire.Amount, "0.5", "0.50"),
        (wire.Amount, "9999999.99", "9999999.99"),
        (wire.Email, "Name.Of+Tag@Example.org", "Name.Of+Tag@Example.org"),
        (wire.Email, "ü@bücher.org", "ü@bücher.org"),
        (wire.Phone, "+44 (0)20 7946-0958", "+44 (0)20 7946-0958"),
        (wire.Phone, "020 7946 0958", "020 7946 0958"),
        (wire.Slug, "back-pain-2", "back-pain-2"),
        (wire.TimeZoneName, "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        (wire.TimeZoneName, "UTC", "UTC"),
        (wire.Currency, "GBP", "GBP"),
        (LINE, " Zoë 👩‍⚕️ Ⅷ ", " Zoë 👩‍⚕️ Ⅷ "),
        (LINE, "👩" * 20, "👩" * 20),
        (TEXT, "one\n\ttwo\r\n", "one\n\ttwo\r\n"),
        (TEXT, "", ""),
    ],
)
def test_what_is_taken_and_how_it_is_answered(kind: Any, sent: str, answered: str) -> None:
    assert json.loads(both(kind, sent)[1]) == answered
    # The format "email" is older than addresses in other scripts.
    assert jsonschema_rs.is_valid(TypeAdapter(kind).json_schema(), sent, validate_formats=sent.isascii())


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        (
            wire.Instant,
            [
                "2026-12-01T09:00:00",  # of no place
                "2026-12-01T09:00Z",
                "2026-12-01 09:00:00Z",
                "2026-12-01t09:00:00Z",
                "2026-12-01T09:00:00z",
                "2026-12-01T09:00:00.5Z",
                "2026-12-01T09:00:00,000Z",
                "2016-12-31T23:59:60Z",  # a leap second
                "2026-12-01T24:00:00Z",
                "2026-12-01T09:60:00Z",
                "2026-13-01T09:00:00Z",
                "2026-02-29T09:00:00Z",
                "2026-12-01T09:00:00+0100",
                "2026-12-01T09:00:00+01",
                "2026-12-01T09:00:00+24:00",
                "2026-12-01T09:00:00+05:99",
                "2026-12-01T09:00:00 Z",
                "1999-12-31T23:59:59Z",
                "2000-01-01T00:00:00+01:00",
                "2101-01-01T00:00:00Z",
                "2100-12-31T23:59:59-01:00",
                "2026-W49-2T09:00:00Z",
                "２０26-12-01T09:00:00Z",
                "2026-12-01T09:00:00Z\n",
                "now",
                "",
                1_800_000_000,
                1.5,
                True,
                None,
                ["2026-12-01T09:00:00Z"],
            ],
        ),
        (
            wire.LocalDate,
            [
                "1999-12-31",
                "2101-01-01",
                "2026-02-29",
                "2026-2-9",
                "20261201",
                "2026-W49-2",
                "2026-12-01T00:00:00Z",
                "٢٠٢٦-12-01",
                20261201,
            ],
        ),
        (wire.WallTime, ["9:00", "24:01", "23:60", "09:00:00", "0900", "09:00Z", "٠٩:00", 540, 9.0, True, None]),
        (
            wire.Uuid,
            [
                f"{{{A_UUID}}}",
                f"urn:uuid:{A_UUID}",
                A_UUID.replace("-", ""),
                A_UUID[:-1],
                A_UUID + "0",
                A_UUID + "\n",
                "",
                1,
                None,
            ],
        ),
        (
            wire.Amount,
            ["-1", "+1", "1.", ".5", "1.005", "1,00", "1e2", "NaN", "10000000", "٤", " 1", "1\n", "", 45, 45.0, True, None],
        ),
        (
            wire.Email,
            [
                "name",
                "name@host",
                "@example.org",
                "name@",
                "a b@example.org",
                "Name <name@example.org>",
                " name@example.org",
                "name@example.org\n",
                "name@example.org\r\nBcc: all@example.org",
                "name@[127.0.0.1]",
                "name@ex\u0000ample.org",
                "name@\u202eexample.org",
                f"{'n' * 250}@example.org",
                7,
                None,
            ],
        ),
        (wire.Phone, ["1234", "call me", "12345\n", "+٤٤ 20 7946", "0" * 33, "12;345", 2079460958, None]),
        (wire.Slug, ["", "Back-Pain", "back_pain", "-back", "back-", "back--pain", "bäck", "a" * 81, "back-pain\n", 1]),
        (wire.TimeZoneName, ["", "Europe/Nowhere", "europe/london", "../../etc/passwd", "localtime", "Factory", "+01:00", 1]),
        (wire.Currency, ["gbp", "GB", "GBPX", "£", 1]),
        (
            LINE,
            [
                "",
                " ",
                "\u3000",
                "a\nb",
                "a\tb",
                "a\u0000",
                "a\u0085b",
                "a\u2028b",
                "a\u202eb",
                "a\u2066b",
                "\ufeffa",
                "a\u007f",
                "a" * 21,
                1,
                None,
            ],
        ),
        (TEXT, ["a\u0000", "a\u000bb", "a\u001b[2J", "a\u202eb", "a\u2029b", "a" * 21, 1, None]),
        (SAID, ["", " \n\t", "\u3000"]),
        (COUNT, [-1, 721, 1.0, 1.5, "1", True, None, 10**30]),
        (wire.Flag, [0, 1, "true", "on", None]),
    ],
)
def test_what_is_refused(kind: Any, refused: list[object]) -> None:
    taken = []
    for value in refused:
        with suppress(ValidationError):
            taken.append((value, both(kind, value)))
    assert taken == []


@pytest.mark.parametrize("kind", [wire.WallTime, wire.Amount, wire.Slug, wire.Phone, wire.Currency, LINE, TEXT, SAID])
def test_what_the_schema_allows_is_taken(kind: Any) -> None:
    schema = TypeAdapter(kind).json_schema()
    free = kind in {LINE, TEXT, SAID}
    # The schema has the last word: Python's `$` lets one line feed pass, and lengths are not in the pattern.
    values = st.text(max_size=20) if free else st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)

    @given(values.filter(lambda value: jsonschema_rs.is_valid(schema, value)))
    def check(value: str) -> None:
        both(kind, value)

    check()


def test_a_schema_with_a_format_allows_what_the_format_allows() -> None:
    @given(st.dates(date(2000, 1, 2), date(2100, 12, 30)), st.times(), st.integers(-1439, 1439), st.uuids())
    def check(day: date, clock: time, offset_minutes: int, some: object) -> None:
        zone = timezone(timedelta(minutes=offset_minutes))
        moment = datetime.combine(day, clock.replace(microsecond=0), zone)
        assert both(wire.Instant, moment.isoformat())[0] == moment
        assert both(wire.LocalDate, str(day))[0] == day
        assert both(wire.Uuid, str(some))[0] == some

    check()
    assert [TypeAdapter(kind).json_schema()["format"] for kind in (wire.Instant, wire.LocalDate, wire.Uuid, wire.Email)] == [
        "date-time",
        "date",
        "uuid",
        "email",
    ]


def test_a_wall_time_out_of_the_database_is_a_number() -> None:
    assert TypeAdapter(wire.WallTimeOut).dump_json(TypeAdapter(wire.WallTimeOut).validate_python(1440)) == b'"24:00"'
    assert TypeAdapter(wire.LocalDate).validate_python(date(2026, 12, 1)) == date(2026, 12, 1)


class _Change(wire.Patch):
    name: LINE = wire.omitted()
    summary: LINE | None = wire.omitted()
    steps: Annotated[int, Field(ge=1)] = wire.omitted()


@pytest.mark.parametrize(
    ("sent", "changes"),
    [({}, {}), ({"summary": None}, {"summary": None}), ({"name": "N", "steps": 2}, {"name": "N", "steps": 2})],
)
def test_a_patch_tells_what_was_left_out_from_what_is_null(sent: dict[str, Any], changes: dict[str, Any]) -> None:
    assert _Change.model_validate(sent).changes() == changes


@pytest.mark.parametrize("sent", [{"name": None}, {"steps": None}, {"other": 1}])
def test_a_patch_takes_null_only_where_null_is_a_value(sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _Change.model_validate(sent)
