"""The whole of B1: a storm over three processes, and then the tables and the history are compared."""

import asyncio

from tests.races import report
from tests.races.grounds import deadlocks
from tests.races.report import Report
from tests.races.storm import Size, Storm
from tests.races.verdicts import contended_windows, judge

BOOKED_SHARE_MIN = 0.99


async def storm(database_url: str, bases: list[str], size: Size) -> Report:
    blown = await Storm.prepared(database_url, bases, size)
    await blown.blow()
    violations = await asyncio.to_thread(judge, database_url, blown.record, blown.premises, blown.monotonic_zero)
    found = report.of(f"B1: {size.clients} clients, {len(bases)} processes", blown.record, violations)
    windows = contended_windows(blown.record, blown.premises, blown.monotonic_zero)
    share = sum(windows.values()) / len(windows)
    found.add("contended windows", len(windows))
    found.add("of these booked in the end", f"{share:.1%}", f">= {BOOKED_SHARE_MIN:.0%}", kept=share >= BOOKED_SHARE_MIN)
    report.add_deadlocks(found, blown.record, await asyncio.to_thread(deadlocks, database_url) - blown.deadlocks_before)
    return found
