"""The answer to "when can I come?", as bytes. A model over thousands of starts would cost more than the search, so the few forms that the JSON has
are put together here, and what one window's free starts look like is remembered.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from app.availability.candidates import Candidate
from app.availability.free import Found
from app.scheduling.slots import Opening


def first_start(found: Iterable[Found]) -> tuple[int, Candidate] | None:
    """The earliest start of all; of equals that of the candidate named first."""
    firsts = [
        (opening.first + opening.step * ((opening.mask & -opening.mask).bit_length() - 1), index, one.candidate)
        for index, one in enumerate(found)
        for opening in one.openings[:1]
    ]
    return min(
        ((start, candidate) for start, _, candidate in sorted(firsts, key=lambda first: first[:2])),
        key=lambda one: one[0],
        default=None,
    )


def limited(found: list[Found], limit: int) -> list[Found]:
    """Only the earliest starts, `limit` of them over all candidates; of equals those of the candidate named first."""
    starts = sorted((start, index) for index, one in enumerate(found) for opening in one.openings for start in opening.starts())
    kept: dict[int, list[Opening]] = {}
    for start, index in starts[:limit]:
        kept.setdefault(index, []).append(Opening(start, 1, 1))
    return [Found(found[index].candidate, kept[index]) for index in sorted(kept)]


def encode(zone: str, found: Iterable[Found], next_available: tuple[int, Candidate] | None) -> bytes:
    """The body of GET /v1/availability. Days are dates of `zone`, and a start stands under its own."""
    days: dict[str, list[bytes]] = {}
    for one in found:
        by_date: dict[str, list[bytes]] = {}
        for opening in one.openings:
            for on, starts in _encoded_starts(zone, opening):
                by_date.setdefault(on, []).append(starts)
        head = _encoded_head(one.candidate.practitioner.id, one.candidate.location.id, one.candidate.duration_minutes)
        for on, lists in by_date.items():
            days.setdefault(on, []).append(head + b",".join(lists) + b"]}")
    encoded = b",".join(b'{"date":"%b","openings":[%b]}' % (on.encode(), b",".join(days[on])) for on in sorted(days))
    upcoming = b"null" if next_available is None else _encoded_next(zone, *next_available)
    return b'{"time_zone":%b,"days":[%b],"next_available":%b}' % (json.dumps(zone).encode(), encoded, upcoming)


@lru_cache(maxsize=1 << 14)
def _encoded_starts(zone: str, opening: Opening) -> tuple[tuple[str, bytes], ...]:
    """For each local date, the starts as JSON strings between commas."""
    by_date: dict[str, list[str]] = {}
    for start in opening.starts():
        text = local_text(zone, start)
        by_date.setdefault(text[:10], []).append(f'"{text}"')
    return tuple((on, ",".join(texts).encode()) for on, texts in by_date.items())


@lru_cache(maxsize=1024)
def _encoded_head(practitioner_id: UUID, location_id: UUID, duration_minutes: int) -> bytes:
    return (
        f'{{"practitioner_id":"{practitioner_id}","location_id":"{location_id}","duration_minutes":{duration_minutes},"starts":['
    ).encode()


def _encoded_next(zone: str, start: int, candidate: Candidate) -> bytes:
    return json.dumps(
        {
            "starts_at": local_text(zone, start),
            "practitioner_id": str(candidate.practitioner.id),
            "location_id": str(candidate.location.id),
        }
    ).encode()


def local_text(zone: str, at: int) -> str:
    """A wall time with its offset, to the second: 2026-12-01T09:00:00+00:00."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).isoformat(timespec="seconds")
