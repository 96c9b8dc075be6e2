"""One table of what should not come in. Whatever a kind says, it holds a canary that no answer may repeat."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.client import Json

CANARY = "c4n4ry"
DIGITS = "27182818284"
UNKNOWN = "an unknown field"
_RAW = "@raw:"


@dataclass(frozen=True)
class Raw:
    """A JSON token that Python would not write."""

    token: str


def text_of(body: Json) -> bytes:
    """JSON with raw tokens in it, escapes for whatever is not ASCII."""
    written = json.dumps(body, default=lambda raw: f"{_RAW}{raw.token}@")
    for token in (value.token for _, value in VALUES if isinstance(value, Raw)):
        written = written.replace(f'"{_RAW}{token}@"', token)
    return written.encode()


# Put in the place of every field, one after the other. Which of them a field may take is for its schema to say.
VALUES: tuple[tuple[str, Any], ...] = (
    ("null", None),
    ("true", True),
    ("a number for a string", int(DIGITS)),
    ("a string for a number", f"1{CANARY}"),
    ("an object", {CANARY: CANARY}),
    ("an array", [CANARY]),
    ("an empty string", ""),
    ("blanks", "   "),
    ("NUL", f"{CANARY}\x00"),
    ("a lone surrogate", f"{CANARY}\ud800"),
    ("control characters", f"{CANARY}\x07\x1b[2J"),
    ("a bidirectional override", f"{CANARY}\u202egnp.exe"),
    ("HTML", f"<script>alert('{CANARY}')</script>"),
    ("SQL", f"{CANARY}'); DROP TABLE appointments; --"),
    ("a template", f"{CANARY}{{{{7*7}}}}${{jndi:ldap://x}} %s %(x)s \\"),
    ("letters of many kinds", f"{CANARY} Zoë 李 🙂 e\u0301"),
    ("a long string", CANARY * 20_000),
    ("like an address", f"{CANARY}@{CANARY}..example"),
    ("10^400", Raw(DIGITS + "0" * 390)),
    ("1e999", Raw("1e999")),
    ("NaN", Raw("NaN")),
    ("Infinity", Raw("-Infinity")),
    ("int64 and one", 2**63),
    ("negative", -int(DIGITS)),
    ("negative zero", Raw("-0")),
    ("a fraction", 1.5),
    ("the year 1", "0001-01-01T07:41:29Z"),
    ("the year 1999", "1999-12-31T07:41:29Z"),
    ("the year 9999", "9999-12-31T07:41:29Z"),
    ("a date of the year 9999", "9999-12-31"),
    ("no such date", "2027-02-30"),
    ("a time without an offset", "2026-12-03T07:41:29"),
    ("an offset that is none", "2026-12-03T07:41:29+99:99"),
    ("a leap second", "2026-12-31T23:59:60Z"),
    ("a UUID of nothing", "0199a000-dead-7000-8000-000000000000"),
    ("a UUID and more", "0199a000-dead-7000-8000-000000000000/.."),
    ("1,001 items", [CANARY] * 1_001),
)
# Times are told from the examples in messages by their seconds, ids by their second part.
CANARIES = (CANARY, DIGITS, "07:41:29", "-dead-")


def mutations(example: Json) -> Iterator[tuple[str, Json]]:
    """The example with each of its fields replaced, left out, or joined by one that is unknown, at every level."""
    yield UNKNOWN, {**example, CANARY: 1}
    for name, old in example.items():
        yield f"{name}: left out", {other: value for other, value in example.items() if other != name}
        for kind, value in VALUES:
            yield f"{name}: {kind}", {**example, name: value}
        if isinstance(old, dict):
            for kind, inner in mutations(old):
                yield f"{name}/{kind}", {**example, name: inner}
        if isinstance(old, list) and old and isinstance(old[0], dict):
            for kind, inner in mutations(old[0]):
                yield f"{name}/0/{kind}", {**example, name: [inner, *old[1:]]}
        elif isinstance(old, list):
            for kind, value in VALUES:
                yield f"{name}/0: {kind}", {**example, name: [value, *old[1:]]}


def whole_bodies(example: bytes, media_type: str) -> Iterator[tuple[str, bytes, str | None]]:
    """Kind, body and content type of what is wrong before any field is."""
    yield "another content type", example, f"text/{CANARY}"
    yield "no content type", example, None
    yield "two megabytes", example + b" " * 2_000_000 + CANARY.encode(), media_type
    yield "nothing", b"", media_type
    if media_type != "application/json":
        yield "not UTF-8", example + b"\xff" + CANARY.encode(), media_type
        yield "not UTF-8, in an escape", example + b"%ff" + CANARY.encode(), media_type
        yield "every field twice", example + b"&" + example, media_type
        return
    yield "not UTF-8", example.replace(b'"', b'"\xff', 1) + CANARY.encode(), media_type
    yield "the content type of a form", example, "application/x-www-form-urlencoded"
    yield "a NUL between", example + b"\x00", media_type
    yield "a byte order mark", b"\xef\xbb\xbf" + example, media_type
    yield "UTF-16", example.decode().encode("utf-16"), media_type
    yield "cut off", example[:-1], media_type
    yield "something behind", example + CANARY.encode(), media_type
    yield "deep arrays", b"[" * 100_000, media_type
    yield "deep objects", b'{"' + CANARY.encode() + b'":' + b'{"a":' * 50 + b"1" + b"}" * 51, media_type
    yield "a name twice", example[:-1] + b", " + _first_member_of(example) + b"}", media_type
    yield "an unknown name twice", example[:-1] + b', "%s": 1, "%s": 1}' % (CANARY.encode(), CANARY.encode()), media_type
    for token in ("null", "[]", "1", f'"{CANARY}"', "NaN", "1e999", DIGITS + "0" * 5_000, f"[{', '.join(['1'] * 1_001)}]"):
        yield f"only {token[:20]}", token.encode(), media_type


def _first_member_of(example: bytes) -> bytes:
    name, value = next(iter(json.loads(example).items()))
    return json.dumps({name: value}).encode()[1:-1]


# In the place of a parameter's value, as it stands in an address.
IN_ADDRESSES: tuple[tuple[str, str], ...] = (
    ("NUL", f"{CANARY}%00"),
    ("not UTF-8", f"{CANARY}%ff"),
    ("a surrogate", f"{CANARY}%ed%a0%80"),
    ("a way up", f"..%2f..%2f{CANARY}"),
    ("a word", CANARY.upper()),
    ("a long word", CANARY.upper() * 500),
    ("a blank", "%20"),
    ("HTML", f"%3Cscript%3E{CANARY}"),
    ("a large number", DIGITS + "0" * 390),
    ("a negative number", f"-{DIGITS}"),
    ("not a number", "NaN"),
    ("the year 1", "0001-01-01"),
    ("the year 9999", "9999-12-31"),
    ("no such date", "2027-02-30"),
)
IN_HEADERS: dict[str, tuple[str, ...]] = {
    "If-Match": (CANARY, f'"{CANARY}', f'"{CANARY * 100}"', f'"{CANARY}", x', ""),
    "Idempotency-Key": (CANARY, CANARY * 100, f"{CANARY} with blanks in", ""),
    "Hold-Token": (CANARY, CANARY * 100, f"{CANARY} with blanks in", ""),
    "Accept": (f"text/{CANARY}", "application/json;q=0"),
    "Authorization": (f"Basic {CANARY}", f"Bearer {CANARY}", "Bearer", ""),
}
