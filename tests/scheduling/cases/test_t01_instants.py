"""T1: an instant has an offset, and comes back in UTC with whole seconds; a zone is an IANA name."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from app.kit import wire
from tests.scheduling.cases.table import case

INSTANT: TypeAdapter[object] = TypeAdapter(wire.Instant)
ZONE: TypeAdapter[object] = TypeAdapter(wire.TimeZoneName)

TAKEN = [
    case("UTC", "2027-06-07T09:00:00Z", "2027-06-07T09:00:00Z"),
    case("an offset", "2027-06-07T11:00:00+02:00", "2027-06-07T09:00:00Z", source="cal.com #28333"),
    case("an offset of three quarters", "2027-06-07T14:45:00+05:45", "2027-06-07T09:00:00Z"),
    case("the day before in UTC", "2027-06-07T09:30:00+10:00", "2027-06-06T23:30:00Z"),
    case("the day after in UTC", "2027-06-07T20:00:00-07:00", "2027-06-08T03:00:00Z"),
    case("the first 01:30 of a night", "2027-10-31T01:30:00+01:00", "2027-10-31T00:30:00Z"),
    case("the second 01:30 of a night", "2027-10-31T01:30:00+00:00", "2027-10-31T01:30:00Z"),
    case("no fraction in the end", "2027-06-07T09:00:00.000Z", "2027-06-07T09:00:00Z"),
    case("the last second of a day", "2027-06-07T23:59:59Z", "2027-06-07T23:59:59Z"),
    case("the first instant", "2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
    case("the last instant", "2100-12-31T23:59:59Z", "2100-12-31T23:59:59Z"),
]


@pytest.mark.parametrize(("sent", "answered"), TAKEN)
def test_an_instant_is_answered_in_utc(sent: str, answered: str) -> None:
    assert INSTANT.dump_json(INSTANT.validate_json(json.dumps(sent))) == json.dumps(answered).encode()


REFUSED = [
    case("naive", "2027-06-07T09:00:00", source="cal.com #15338"),
    case("naive, to the millisecond", "2027-06-07T09:00:00.000", source="cal.com #22078"),
    case("a zone's name for an offset", "2027-06-07T09:00:00 Europe/London"),
    case("a date", "2027-06-07"),
    case("a space for the T", "2027-06-07 09:00:00Z"),
    case("no seconds", "2027-06-07T09:00Z"),
    case("part of a second", "2027-06-07T09:00:00.5Z"),
    case("a leap second", "2027-06-30T23:59:60Z"),
    case("24:00", "2027-06-07T24:00:00Z"),
    case("30 February", "2027-02-30T09:00:00Z"),
    case("a second before the first", "1999-12-31T23:59:59Z"),
    case("a second after the last", "2101-01-01T00:00:00Z"),
    case("after the last in UTC alone", "2100-12-31T23:59:59-00:01"),
    case("Unix seconds", 1_812_355_200),
    case("Unix seconds as a text", "1812355200"),
    case("nothing", ""),
]


@pytest.mark.parametrize("sent", REFUSED)
def test_what_is_no_instant_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_json(json.dumps(sent))


@pytest.mark.parametrize(
    ("sent", "is_zone"),
    [
        case("a city", "Europe/London", True),
        case("an old name of one", "Asia/Calcutta", True),
        case("UTC", "UTC", True),
        case("small letters", "europe/london", False),
        case("an offset", "+05:45", False),
        case("an offset from UTC", "UTC+2", False),
        case("a city alone", "London", False),
        case("a place that is none", "Europe/Atlantis", False),
        case("a way out of the folder", "../Europe/London", False),
    ],
)
def test_a_zone_is_an_iana_name(sent: str, is_zone: bool) -> None:
    if is_zone:
        assert ZONE.validate_python(sent) == sent
        return
    with pytest.raises(ValidationError):
        ZONE.validate_python(sent)
