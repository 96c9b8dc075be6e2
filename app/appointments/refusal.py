"""What is answered when a start cannot be had: every reason, and what is free instead."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from app.appointments.schemas import Alternative, Refusal
from app.availability.answer import local_text
from app.availability.candidates import Candidate
from app.availability.explain import told_until
from app.availability.free import Found
from app.availability.schemas import Reason
from app.kit.errors import Conflict
from app.kit.wire import as_facts
from app.scheduling import slots
from app.scheduling.slots import Opening

MAX_ALTERNATIVES = 5
# Another practitioner is worth waiting a day to avoid.
_CHANGE_OF_PRACTITIONER_SECONDS = 24 * 60 * 60
_FIRST = itemgetter(0)


class SlotUnavailable(Conflict):
    code = "slot_unavailable"
    title = "This time cannot be booked"
    example: ClassVar[dict[str, Any]] = {
        "refusals": [
            {"index": 0, "starts_at": "2026-12-02T09:00:00Z", "reasons": [{"code": "busy", "until": "2026-12-02T09:45:00Z"}]}
        ],
        "alternatives": [
            {
                "index": 0,
                "starts_at": "2026-12-02T09:45:00Z",
                "local_start": "2026-12-02T09:45:00+00:00",
                "practitioner_id": "0199a000-0000-7000-8000-000000000011",
                "location_id": "0199a000-0000-7000-8000-000000000005",
            }
        ],
    }

    def __init__(self, refusals: Sequence[Refusal] = (), alternatives: Sequence[Alternative] = ()) -> None:
        codes = sorted({reason.code for refusal in refusals for reason in refusal.reasons})
        detail = f"This time cannot be booked: {', '.join(codes)}." if codes else None
        super().__init__(detail, refusals=as_facts(refusals), alternatives=as_facts(alternatives))


def refusal(index: int, start: int, reasons: Iterable[slots.Reason], *, staff: bool) -> Refusal:
    """`reasons` in the order of the rules. Until when somebody is on leave is for staff."""
    told = [Reason(code=code.value, until=told_until(code, until, staff=staff)) for code, until in reasons]
    return Refusal(index=index, starts_at=_instant(start), reasons=told)


class Near(NamedTuple):
    """A free start, and how far it is from the one refused."""

    seconds: int
    starts_at: int
    who: int
    candidate: Candidate


def nearest(start: int, found: Iterable[Found], wanted: UUID | None) -> list[Near]:
    """Up to five free starts, the nearest first; one with another practitioner than the one wanted counts as a day further off. `found`: of the one
    wanted first."""
    ranked: list[Near] = []
    for one in found:
        who = one.candidate.practitioner.id
        further = 0 if wanted in {None, who} else _CHANGE_OF_PRACTITIONER_SECONDS
        if len(ranked) == MAX_ALTERNATIVES and ranked[-1].seconds < further:
            break  # nor has anybody after this one what is nearer
        ranked += [Near(abs(at - start) + further, at, who.int, one.candidate) for at in _around(one.openings, start)]
        ranked = sorted(ranked, key=itemgetter(0, 1, 2))[:MAX_ALTERNATIVES]
    return ranked


def alternatives(index: int, found: Iterable[Near]) -> list[Alternative]:
    """As they are told. `index` counts from 0 in the request."""
    return [
        Alternative(
            index=index,
            starts_at=_instant(one.starts_at),
            local_start=local_text(one.candidate.location.time_zone, one.starts_at),
            practitioner_id=one.candidate.practitioner.id,
            location_id=one.candidate.location.id,
        )
        for one in found
    ]


def _around(openings: Sequence[Opening], start: int) -> Iterator[int]:
    """The five free starts on either side of one; nothing further off is looked at."""
    first_after = bisect_right(openings, start, key=_FIRST)
    later = (at for opening in islice(openings, max(first_after - 1, 0), None) for at in opening.starts() if at >= start)
    earlier = (at for number in reversed(range(first_after)) for at in reversed(openings[number].starts()) if at < start)
    yield from islice(later, MAX_ALTERNATIVES)
    yield from islice(earlier, MAX_ALTERNATIVES)


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
