"""Whether the history and the tables tell the same story. Every function yields what does not fit; nothing is a good answer."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.client import Json
from tests.races import oracle
from tests.races.explained import Explanations
from tests.races.oracle import Violation
from tests.races.premises import Premises
from tests.races.record import Call, Record
from tests.races.timeline import Diary, State, has_ended, states_of

SAME = ("status", "treatment_id", "practitioner_id", "location_id", "place_id", "patient_id", "starts_at", "ends_at")

APPOINTMENTS = "SELECT * FROM appointments WHERE location_id = %(here)s"
LEAVES = "SELECT id FROM time_off WHERE practitioner_id = ANY(%(people)s)"
COURSES = "SELECT DISTINCT course_id AS id FROM appointments WHERE location_id = %(here)s AND course_id IS NOT NULL"
HOLDS = "SELECT id FROM holds WHERE id IN (SELECT hold_id FROM appointments WHERE location_id = %(here)s)"


def judge(database_url: str, record: Record, premises: Premises, monotonic_zero: datetime) -> list[Violation]:
    """Everything there is to say of a run that is over."""
    states = states_of(record, monotonic_zero)
    explanations = Explanations(record, states, Diary(record, states, premises), premises)
    return [
        *oracle.violations(database_url),
        *unresolved(record),
        *replays(record),
        *versions(states),
        *compared(database_url, record, states, premises),
        *explanations.violations(),
    ]


def unresolved(record: Record) -> Iterator[Violation]:
    for call in record.calls:
        if not call.is_resolved:
            yield Violation("unresolved", str(call))


def replays(record: Record) -> Iterator[Violation]:
    """Whoever asks again hears the same, and whoever asks something else under the same key is refused."""
    for call in record.calls:
        first = call.answer
        for again in call.repeats:
            if again.is_definite and (again.status, again.body, again.replayed) != (first.status, first.body, True):
                yield Violation("replay differs", f"{call}; then {again.status} replayed={again.replayed}")
        for other in call.others:
            if other.is_definite and (other.status, other.code) != (422, "idempotency_key_reused"):
                yield Violation("key used for something else", f"{call}; then {other.status} {other.code}")


def versions(states: dict[str, list[State]]) -> Iterator[Violation]:
    """Each change of an appointment has a version of its own, and later changes have later ones. What changed nothing shows what there was."""
    for mine in states.values():
        for one, after in pairwise(mine):
            if one.version == after.version and differ(one.shown, after.shown):
                yield Violation("two answers for one version", f"{one.id} version {one.version}: {one.by}; {after.by}")
            if after.by.until < one.by.since:
                yield Violation("out of order", f"{one.id} version {after.version}: {after.by}; {one.by}")


def compared(database_url: str, record: Record, states: dict[str, list[State]], premises: Premises) -> Iterator[Violation]:
    """The tables hold of these premises what was acknowledged last, and nothing else."""
    here = {"here": premises.location["id"], "people": [one["id"] for one in premises.practitioners]}
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        rows = {str(row["id"]): row for row in connection.execute(APPOINTMENTS, here).fetchall()}
        leaves = {str(row["id"]) for row in connection.execute(LEAVES, here).fetchall()}
        courses = {str(row["id"]) for row in connection.execute(COURSES, here).fetchall()}
        kept = {str(row["id"]) for row in connection.execute(HOLDS, here).fetchall()}
    tags = {call.tag: call for call in record.calls if call.tag}
    for id_ in rows.keys() - states.keys():
        yield Violation("ghost", f"appointment {id_}, asked for by {tags.get(rows[id_]['notes'] or '', 'nobody')}")
    for tag, count in Counter(row["notes"] for row in rows.values()).items():
        if tag and count > 1:
            yield Violation("done twice", f"{count} rows: {tags[tag]}")
    for id_, mine in states.items():
        yield from _kept(rows.get(id_), mine[-1])
    holds = {call.answer.json["id"] for call in record.successes() if call.path == "/v1/holds"}
    for id_ in holds ^ kept:
        yield Violation("lost or ghost", f"hold {id_}")
    for id_ in {call.answer.json["id"] for call in record.successes() if call.path == "/v1/courses"} ^ courses:
        yield Violation("lost or ghost", f"course {id_}")
    there = {call.answer.json["id"] for call in record.successes() if call.act == "leave"}
    gone = {call.subject for call in record.calls if has_ended(call, "leave ends")}
    for id_ in (there - gone) ^ leaves:
        yield Violation("lost or ghost", f"time off {id_}")


def _kept(row: dict[str, Any] | None, last: State) -> Iterator[Violation]:
    if row is None:
        yield Violation("lost", f"appointment {last.id}: {last.by}")
        return
    now = {name: _as_shown(row[name]) for name in SAME}
    told = {name: _as_shown(last.shown[name]) for name in SAME}
    if now != told or row["version"] < last.version:
        wrong = {name: (told[name], now[name]) for name in SAME if told[name] != now[name]}
        yield Violation("lost", f"appointment {last.id} version {last.version}, now {row['version']}: {wrong} after {last.by}")


def differ(one: Json, other: Json) -> bool:
    return any(one[name] != other[name] for name in SAME)


def _as_shown(value: Any) -> Any:
    if isinstance(value, str) and value[-1:] == "Z":
        return datetime.fromisoformat(value)
    return value if value is None or isinstance(value, datetime) else str(value)


def contended_windows(record: Record, premises: Premises, monotonic_zero: datetime) -> dict[tuple[int, str], bool]:
    """Each window that at least two calls wanted to book, and whether it is booked in the end."""
    wanted: defaultdict[tuple[int, str], int] = defaultdict(int)
    for call in record.calls:
        for wish in wishes_of(call):
            if wish.get("practitioner_id"):
                wanted[premises.block_of(wish["starts_at"]), wish["practitioner_id"]] += 1
    booked = {
        (premises.block_of(last.shown["starts_at"]), last.shown["practitioner_id"])
        for *_, last in states_of(record, monotonic_zero).values()
        if last.status in {"pending", "booked"}
    }
    return {window: window in booked for window, count in wanted.items() if count > 1}


def wishes_of(call: Call) -> list[Json]:
    """What a call wanted to take."""
    if call.path == "/v1/appointments":
        return [call.body]
    if call.path == "/v1/courses":
        return list(call.body["sessions"])
    return list(call.body["items"]) if call.path == "/v1/holds" else []
