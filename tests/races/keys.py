"""Every key is sent several times at once, to several processes, some of which are killed meanwhile: done once, answered the same (B9)."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import uuid4

from app.kit.wire import format_instant
from tests.client import Json
from tests.races import report
from tests.races.caller import Caller
from tests.races.fleet import Server
from tests.races.grounds import ready
from tests.races.oracle import Violation
from tests.races.premises import STEP, STRANGER
from tests.races.record import Call
from tests.races.report import Report
from tests.races.storm import Size, Storm
from tests.races.verdicts import judge

AT_ONCE_MAX = 10
DAYS = 70
# One key in so many is also used by somebody else, and one wants a time that is gone.
STOLEN, HOPELESS = 7, 9


@dataclass
class Twins:
    """Those that send one key at once."""

    storm: Storm
    callers: list[Caller]
    wrong: list[Violation] = field(default_factory=list)
    sent: int = 0

    async def use(self, number: int, first: Caller) -> None:
        """One key, from two to ten times."""
        body = self._booking(0 if number % HOPELESS == 1 else number)
        key, tag = str(uuid4()), body["notes"]
        together = first.dice.sample(self.callers, first.dice.randint(2, min(AT_ONCE_MAX, len(self.callers))))
        calls = [Call("book", "POST", "/v1/appointments", body, key=key, tag=tag) for _ in together]
        self.sent += len(calls)
        await asyncio.gather(*(caller.resolve(call) for caller, call in zip(together, calls, strict=True)))
        done = self._as_one(calls)
        self.storm.record.add(done)
        if done.is_resolved:
            await first.repeat(done)
            if number % STOLEN == 0:
                await self._steal(done, first)

    def _as_one(self, calls: list[Call]) -> Call:
        """The one that did it, with the others as repeats of it."""
        originals = [call for call in calls if call.is_resolved and not call.answer.replayed]
        if len(originals) > 1:
            self.wrong.append(Violation("done twice", "; ".join(map(str, originals))))
        done = originals[0] if originals else calls[0]
        done.repeats = [call.answer for call in calls if call is not done and call.is_resolved]
        unheard = [sending for call in calls if call is not done for sending in call.sendings if not sending.is_definite]
        done.sendings = [*sorted(unheard, key=lambda sending: sending.sent_at), *done.sendings]
        return done

    async def _steal(self, done: Call, thief: Caller) -> None:
        """Somebody else with the same key hears nothing of the answer, and is answered for themselves."""
        mine = Call("book with another's key", done.method, done.path, done.body, key=done.key, token=self.storm.staff)
        await thief.resolve(mine)
        self.storm.record.add(mine)
        if mine.is_resolved and (mine.answer.replayed or mine.answer.body == done.answer.body):
            self.wrong.append(Violation("answer of somebody else", f"{mine}; {done}"))

    def _booking(self, number: int) -> Json:
        """The time of this number: with each practitioner in turn, day after day."""
        premises = self.storm.premises
        practitioners = premises.practitioners
        start = format_instant(premises.first + (number // len(practitioners)) % (DAYS * 48) * 2 * STEP)
        wish = premises.wish(
            start, treatment=premises.treatments[-1], practitioner_id=practitioners[number % len(practitioners)]["id"]
        )
        return {**wish, "patient": STRANGER, "notes": str(uuid4())}


async def keys(database_url: str, fleet: list[Server], *, count: int, clients: int = 24, kill_seconds: float = 10) -> Report:
    storm = await Storm.prepared(database_url, [server.base for server in fleet], Size(clients, count, 1))
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(Caller(number, storm.doors, storm.record)) for number in range(clients)]
        twins = Twins(storm, callers)
        killer = asyncio.create_task(_kill(fleet, kill_seconds))
        left = iter(range(count))
        lanes = callers[: max(clients // 4, 1)]
        await asyncio.gather(*(_use(twins, lane, left) for lane in lanes))
        killer.cancel()
        (kills,) = await asyncio.gather(killer, return_exceptions=True)
    for server in fleet:
        await ready(server)
    violations = await asyncio.to_thread(judge, database_url, storm.record, storm.premises, storm.monotonic_zero)
    found = report.of(f"B9: {count} keys, each sent 2 to {AT_ONCE_MAX} times at once", storm.record, [*twins.wrong, *violations])
    found.add("requests with one key at once", twins.sent)
    found.add("kill -9 meanwhile", kills)
    return found


async def _use(twins: Twins, lane: Caller, left: Iterator[int]) -> None:
    for number in left:
        await twins.use(number, lane)


async def _kill(fleet: list[Server], seconds: float) -> int:
    """One process after the other, and start it again; how many, when cancelled."""
    kills = 0
    try:
        while True:
            server = fleet[kills % len(fleet)]
            await asyncio.sleep(seconds)
            server.kill()
            kills += 1
            server.start()
            await ready(server)
    except asyncio.CancelledError:
        return kills
