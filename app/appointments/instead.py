"""What is free instead of a start that cannot be had, and until when what stands against it lasts. Apart from `booking`, which decides.

The search is one for everybody who is refused around the same days and is kept like any other, so that a refusal costs little more than a booking.
It is read on the connection of the request, inside its transaction: that gives its locks back first and has written nothing, so that what it sees is
what is committed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.appointments.refusal import MAX_ALTERNATIVES, Near, alternatives, nearest, refusal
from app.appointments.schemas import Alternative, Refusal
from app.availability.candidates import Caller
from app.availability.explain import sure, united
from app.availability.free import Free
from app.availability.memory import Memory
from app.availability.search import MAX_ATTEMPTS
from app.availability.view import Select
from app.diary import ledger
from app.kit.db import Connection
from app.kit.errors import Unavailable
from app.scheduling import slots
from app.scheduling.obstacles import Code
from app.scheduling.zones import local_date, midnight

NEARBY, AROUND = timedelta(days=2), timedelta(days=14)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refused:
    """A start that cannot be had, with somebody or with anybody (None), and what stands against it. `index` counts from 0 in the request."""

    index: int
    starts_at: int
    practitioner_id: UUID | None
    location_id: UUID
    reasons: Sequence[slots.Reason]


class _Seen(NamedTuple):
    """`until` when what stands against a start lasts, where that is seen; what is free near it; and whether looking further would tell no more."""

    until: Mapping[Code, int | None]
    near: Sequence[Near]
    is_all: bool


@dataclass(frozen=True, slots=True)
class Instead:
    """`at` is the time for which the rules are asked; `without`: appointments that do not count, since they are moving. `locked`: there
    are locks to be given back first."""

    connection: Connection
    memory: Memory[Free]
    caller: Caller
    at: datetime
    fixed_now: datetime | None
    without: Collection[UUID]
    locked: bool

    async def told(self, refused: Refused, select: Select, *, shared: bool) -> tuple[Refusal, list[Alternative]]:
        """`shared`: the search is the same for everybody who asks for this treatment there."""
        start = refused.starts_at
        codes = [code for code, _ in united(refused.reasons)]
        if codes == [Code.HOLD_LIMIT]:
            return refusal(refused.index, start, [slots.Reason(Code.HOLD_LIMIT)], staff=self.caller.staff), []
        shared = shared and not self.without and self.caller.patient_resource_id is None
        # Mostly the days beside it tell all that there is to tell.
        found = await self._look(refused, select, NEARBY, shared=shared)
        if not found.is_all:
            found = await self._look(refused, select, AROUND, shared=shared)
        reasons = [slots.Reason(code, found.until.get(code)) for code in codes]
        return refusal(refused.index, start, reasons, staff=self.caller.staff), alternatives(refused.index, found.near)

    async def _look(self, refused: Refused, select: Select, around: timedelta, *, shared: bool) -> _Seen:
        now, start, wanted = int(self.at.timestamp()), refused.starts_at, refused.practitioner_id
        free = await self._free(refused, select, around, shared=shared)
        # What was looked at to decide ends soon after the start: until when a reason lasts is seen here.
        until = dict(united(sure(free.reasons(start, now, wanted), free.range)))
        near = nearest(start, free.found(now, wanted), wanted)
        from_at, to_at = free.span
        reach = to_at - start if from_at <= now else min(start - from_at, to_at - start)
        is_all = len(near) == MAX_ALTERNATIVES and near[-1].seconds <= reach and None not in until.values()
        return _Seen(until, near, is_all)

    async def _free(self, refused: Refused, select: Select, around: timedelta, *, shared: bool) -> Free:
        caller = replace(self.caller, held=0, hold_limit=None)
        outdated = None
        for _ in range(MAX_ATTEMPTS):
            catalogue = await select(outdated)
            span = self._span(catalogue.locations[refused.location_id].time_zone, refused.starts_at, around)
            key = (catalogue.treatment.id, None, refused.location_id, *span, caller)
            kept = self.memory.search(key) if shared else None
            if kept is not None and kept.catalogue.version == catalogue.version:
                free = kept
            else:
                free = Free(catalogue, caller, refused.location_id, *span, self.without)
                if shared:
                    self.memory.keep(key, free)
            if await free.refresh(self.connection, self.fixed_now, ledger.give_back if self.locked else None) is not None:
                return free
            outdated = catalogue.version
        raise Unavailable

    def _span(self, zone: str, start: int, around: timedelta) -> tuple[int, int]:
        """Whole days, so that whoever is refused on the same day asks the same."""
        today, on = local_date(zone, int(self.at.timestamp())), local_date(zone, start)
        return midnight(zone, max(on - around, today)), midnight(zone, max(on, today) + around + DAY)
