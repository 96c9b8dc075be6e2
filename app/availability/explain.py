"""Why a start can or cannot be had: the question that a booking is asked, put for everybody who might do it, and what is behind the answer.

Beside `search`, because that one looks for starts and this one looks at one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from app.availability import queries
from app.availability.candidates import DAY_SECONDS, REACH_SECONDS, Caller, Candidate, Situation
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.rows import Catalogue, ClosureRow, Range, TimeOffRow
from app.availability.schemas import CandidateOut, ClosureFact, ExplanationOut, ReasonInDetail, TimeOffFact
from app.availability.search import select
from app.availability.view import Subject, look
from app.kit.db import Connection
from app.scheduling import slots
from app.scheduling.footprint import forbidden_starts
from app.scheduling.intervals import FOREVER, containing
from app.scheduling.obstacles import Code
from app.scheduling.slots import Reason
from app.scheduling.zones import midnight

# So far ahead it is known when what is closed or full opens again.
LOOKS_AHEAD_SECONDS = 14 * DAY_SECONDS
_OF_CALENDAR = (Code.CLOSURE, Code.TIME_OFF)
_OF_DIARIES = (Code.BUSY, Code.TRAVEL, Code.PLACE_BUSY, Code.PATIENT_BUSY, Code.DAILY_LIMIT)


@dataclass(frozen=True, slots=True)
class Doubt:
    """ "Why not then?" `starts_at` in Unix seconds; no practitioner: whoever offers the treatment."""

    treatment_id: UUID
    location_id: UUID
    practitioner_id: UUID | None
    starts_at: int


async def explain(
    memory: Memory[Free], connection: Connection, doubt: Doubt, caller: Caller, fixed_now: datetime | None
) -> ExplanationOut:
    """Raises InvalidField."""
    wanted = None if doubt.practitioner_id is None else [doubt.practitioner_id]

    async def catalogue(older_than: int | None) -> Catalogue:
        return await select(memory, connection, doubt.treatment_id, wanted, doubt.location_id, older_than=older_than)

    start = doubt.starts_at
    subject = Subject(catalogue, doubt.location_id, caller, start, start + LOOKS_AHEAD_SECONDS)
    [sight] = await look(connection, [subject], fixed_now)
    situation = sight.situation()
    against = [sure(slots.reasons(situation.facts(one), start), sight.range) for one in sight.who]
    codes = {reason.code for reasons in against for reason in reasons}
    leave: list[TimeOffRow] = []
    closures: list[ClosureRow] = []
    if caller.staff and codes & {Code.TIME_OFF, Code.CLOSURE}:
        who = [one.practitioner.id for one in sight.who]
        leave, closures = await queries.load_away(connection, who, doubt.location_id, sight.range)
    found: list[CandidateOut] = []
    for one, reasons in zip(sight.who, against, strict=True):
        told = [_told(reason, staff=caller.staff) for reason in reasons]
        if leave or closures:
            told = [_detailed(reason, situation, one, start, leave, closures) for reason in told]
        found.append(CandidateOut(practitioner_id=one.practitioner.id, reasons=told))
    everything = [reason for reasons in against for reason in reasons] or ([] if found else [Reason(Code.NOT_OFFERED)])
    return ExplanationOut(
        bookable=not all(against) if found else False,
        reasons=[_told(reason, staff=caller.staff) for reason in united(everything)],
        candidates=found,
    )


def _told(reason: Reason, *, staff: bool) -> ReasonInDetail:
    until = told_until(*reason, staff=staff)
    return ReasonInDetail(code=reason.code.value, until=until, closure=None, time_off=None)


def _detailed(
    reason: ReasonInDetail,
    situation: Situation,
    one: Candidate,
    start: int,
    leave: Sequence[TimeOffRow],
    closures: Sequence[ClosureRow],
) -> ReasonInDetail:
    """With the first leave or closure that would stand against the start by itself."""
    if reason.code == Code.TIME_OFF.value:
        for row in leave:
            taken = [(int(row.starts_at.timestamp()), int(row.ends_at.timestamp()))]
            if row.practitioner_id == one.practitioner.id and containing(forbidden_starts(one.footprint.attended, taken), start):
                return reason.model_copy(update={"time_off": TimeOffFact.model_validate(row)})
    if reason.code == Code.CLOSURE.value:
        for closure in closures:
            shut = situation.schedule_with(one, (closure.as_rule(),)).shut
            if containing(forbidden_starts((one.footprint.patient,), shut), start):
                return reason.model_copy(update={"closure": ClosureFact.model_validate(closure)})
    return reason


def sure(reasons: Iterable[Reason], known: Range) -> list[Reason]:
    """Without an end where that is only the end of what is known."""
    of_calendar, of_diaries = midnight("UTC", known.to_on + queries.AWAY), known.to_at - REACH_SECONDS
    ends = dict.fromkeys(_OF_CALENDAR, of_calendar) | dict.fromkeys(_OF_DIARIES, of_diaries)
    return [Reason(code, None if until is None or until > ends.get(code, FOREVER) else until) for code, until in reasons]


def united(reasons: Iterable[Reason]) -> list[Reason]:
    """Those of several candidates: each code once, in the order of the rules, gone when the first candidate is rid of it."""
    until: dict[Code, int | None] = {}
    for code, at in reasons:
        known = until.get(code, at)
        until[code] = None if known is None or at is None else min(known, at)
    return [Reason(code, until[code]) for code in Code if code in until]


def told_until(code: Code, until: int | None, *, staff: bool) -> datetime | None:
    """When a reason is gone, as far as it may be said: until when somebody is on leave is for staff."""
    return None if until is None or (code is Code.TIME_OFF and not staff) else datetime.fromtimestamp(until, UTC)
