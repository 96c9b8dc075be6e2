"""When each appointment was what, as far as those could tell who were told of it.

A state is possible from the moment its change was asked for until the moment the next change was acknowledged: between asking and hearing nobody
outside knows on which side of the COMMIT the world is. What is refused is explained by what was possible at some moment of the call.
"""

import math
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from app.kit.wire import format_instant
from tests.client import Json
from tests.races.premises import Premises, stretches
from tests.races.record import Call, Record

_SHOWING = ("/v1/appointments", "/v1/holds", "/v1/courses")
OCCUPYING = {"held", "pending", "booked", "arrived", "fulfilled"}
Span = tuple[datetime, datetime]
CLOCKS_DIFFER_SECONDS = 0.1


@dataclass(frozen=True)
class State:
    """An appointment as an answer showed it; possible from `since`, and not after `until`, by the monotonic clock."""

    id: str
    version: int
    status: str
    shown: Json
    by: Call
    since: float
    until: float = math.inf


@dataclass(frozen=True)
class Taken:
    """Some time of somebody or something that may have been taken while `since` to `until` lasted. `by`: an appointment, or leave."""

    span: Span
    since: float
    until: float
    by: str


def states_of(record: Record, monotonic_zero: datetime) -> dict[str, list[State]]:
    """Of every appointment, in order of version. `monotonic_zero`: what the wall clock showed when the monotonic one was at zero."""
    found: defaultdict[str, list[State]] = defaultdict(list)
    for call in record.successes():
        for shown in shown_by(call):
            found[shown["id"]].append(State(shown["id"], shown["version"], shown["status"], shown, call, call.since))
    for state in list(_released(record, found)):
        found[state.id].append(state)
    for mine in found.values():
        mine.sort(key=lambda state: state.version)
        mine[:] = [*(replace(one, until=after.by.until) for one, after in pairwise(mine)), mine[-1]]
        mine[:] = [_until_expiry(one, monotonic_zero) for one in mine]
    return dict(found)


def shown_by(call: Call) -> list[Json]:
    """The appointments that a success shows as they are now."""
    body = call.answer.json
    if call.method == "GET" or not isinstance(body, dict) or not call.path.startswith(_SHOWING):
        return []
    return [body] if call.path.startswith("/v1/appointments") else list(body["appointments"])


def _until_expiry(state: State, monotonic_zero: datetime) -> State:
    if state.status != "held":
        return state
    ends = (datetime.fromisoformat(state.shown["held_until"]) - monotonic_zero).total_seconds()
    return replace(state, until=min(state.until, ends + CLOCKS_DIFFER_SECONDS))


def _released(record: Record, found: dict[str, list[State]]) -> Iterator[State]:
    """What was given back with its hold, of which the answer shows nothing. What had been booked before stays booked."""
    for call in record.calls:
        if has_ended(call, "release"):
            for mine in [found[id_] for id_ in call.also]:
                last = max(mine, key=lambda state: state.version)
                if last.status == "held":
                    yield State(last.id, last.version + 1, "cancelled", {**last.shown, "status": "cancelled"}, call, call.since)


class Diary:
    """What was taken when, of each practitioner, place and patient, by what was acknowledged."""

    def __init__(self, record: Record, states: dict[str, list[State]], premises: Premises) -> None:
        self._treatments: dict[str, Any] = {one["id"]: one for one in premises.treatments}
        self._taken: defaultdict[tuple[str, datetime], list[Taken]] = defaultdict(list)
        for mine in states.values():
            for state in mine:
                if state.status in OCCUPYING:
                    self._note(state)
        for leave in leaves_of(record):
            self._add(leave.span, f"leave {leave.by}", leave)

    def taken(self, of: str, spans: list[Span], call: Call, without: Container[str] = ()) -> bool:
        """Whether any of this may have been taken at some moment of the call, by other appointments than some."""
        return any(
            one.span[0] < end
            and start < one.span[1]
            and one.since <= call.until
            and one.until >= call.since
            and one.by not in without
            for start, end in spans
            for hour in _hours((start, end))
            for one in self._taken[of, hour]
        )

    def needs(self, treatment_id: str, starts_at: str, what: str) -> list[Span]:
        return list(stretches(self._treatments[treatment_id], datetime.fromisoformat(starts_at), what))

    def attended(self, treatment_id: str, starts_at: str) -> list[Span]:
        """Without the buffers."""
        bare = {**self._treatments[treatment_id], "buffer_before_minutes": 0, "buffer_after_minutes": 0}
        return list(stretches(bare, datetime.fromisoformat(starts_at), "practitioner"))

    def _note(self, state: State) -> None:
        for what in ("practitioner", "place", "patient"):
            of = state.shown[f"{what}_id"]
            if of is not None:
                for span in self.needs(state.shown["treatment_id"], state.shown["starts_at"], what):
                    self._add(span, of, Taken(span, state.since, state.until, state.id))

    def _add(self, span: Span, of: str, taken: Taken) -> None:
        for hour in _hours(span):
            self._taken[of, hour].append(taken)


def leaves_of(record: Record) -> list[Taken]:
    """Time off that was acknowledged, each until it was deleted. `by` is the practitioner."""
    ended = {call.subject: call.until for call in record.calls if has_ended(call, "leave ends")}
    return [
        Taken(
            (datetime.fromisoformat(shown["starts_at"]), datetime.fromisoformat(shown["ends_at"])),
            call.since,
            ended.get(shown["id"], math.inf),
            call.path.split("/")[3],
        )
        for call in record.successes()
        if call.act == "leave"
        for shown in [call.answer.json]
    ]


def has_ended(call: Call, act: str) -> bool:
    """It did, or found that it had: who deletes again without having heard is told that there is no such thing."""
    return call.act == act and call.is_resolved and (call.succeeded or (call.was_unknown and call.answer.status == 404))


def moved_by(starts_at: str, by: timedelta) -> str:
    return format_instant(datetime.fromisoformat(starts_at) + by)


def _hours(span: Span) -> Iterator[datetime]:
    """Every hour that it touches, for looking up."""
    at = span[0].replace(minute=0, second=0, microsecond=0)
    while at < span[1]:
        yield at
        at += timedelta(hours=1)
