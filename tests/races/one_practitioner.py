"""Everybody wants the same practitioner, each another time: they queue, and the queue moves (B5)."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

from app.kit.wire import format_instant
from tests.races import report
from tests.races.caller import Caller
from tests.races.grounds import deadlocks
from tests.races.premises import STEP, STRANGER
from tests.races.report import Report
from tests.races.storm import Size, Storm
from tests.races.verdicts import judge

SECONDS_MAX = 2.0
RATIO_MAX = 10.0


async def queue(database_url: str, bases: list[str], *, clients: int, each: int) -> Report:
    """Every client books a few times in a row, none of which anybody else wants."""
    storm = await Storm.prepared(database_url, bases, Size(clients, clients * each, 1))
    async with AsyncExitStack() as stack:
        callers = [
            await stack.enter_async_context(Caller(number, storm.doors, storm.record, repeats=0)) for number in range(clients)
        ]
        await asyncio.gather(*(_book(storm, caller, range(caller.number, clients * each, clients)) for caller in callers))
    violations = await asyncio.to_thread(judge, database_url, storm.record, storm.premises, storm.monotonic_zero)
    found = report.of(f"B5: {clients} clients, one practitioner", storm.record, violations)
    p50, p99 = report.times(storm.record.successes())
    found.add("p99 / p50", f"{p99 / p50:.1f}", f"<= {RATIO_MAX:.0f}", kept=p99 <= RATIO_MAX * p50)
    found.add("p99", f"{p99:.2f} s", f"<= {SECONDS_MAX:.0f} s", kept=p99 <= SECONDS_MAX)
    found.none_of("refused, though nobody else wanted it", sum(not call.succeeded for call in storm.record.calls))
    report.add_deadlocks(found, storm.record, await asyncio.to_thread(deadlocks, database_url) - storm.deadlocks_before)
    return found


async def _book(storm: Storm, caller: Caller, numbers: range) -> None:
    premises = storm.premises
    for number in numbers:
        tag = str(uuid4())
        wish = premises.wish(
            format_instant(premises.first + number * STEP),
            treatment=premises.treatments[0],
            practitioner_id=premises.practitioners[0]["id"],
        )
        await caller.ask("book", "POST", "/v1/appointments", {**wish, "patient": STRANGER, "notes": tag}, tag=tag)
