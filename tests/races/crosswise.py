"""Everybody holds several practitioners and rooms at once, or a course of them, each in an order of their own: nobody waits for ever (B8)."""

import asyncio
import time
from contextlib import AsyncExitStack
from itertools import count

from tests.client import Json
from tests.races import report
from tests.races.caller import Caller
from tests.races.course_taker import CourseTaker
from tests.races.grounds import deadlocks
from tests.races.register import Register
from tests.races.report import Report
from tests.races.storm import Size, Storm
from tests.races.verdicts import judge

# So few blocks that all of them meet.
BLOCKS = 3


async def crosswise(database_url: str, bases: list[str], *, clients: int, seconds: float) -> Report:
    storm = await Storm.prepared(database_url, bases, Size(clients, 0, BLOCKS))
    ends_at = time.monotonic() + seconds
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(Caller(number, storm.doors, storm.record)) for number in range(clients)]
        await asyncio.gather(*(_keep_holding(storm, caller, ends_at) for caller in callers))
    violations = await asyncio.to_thread(judge, database_url, storm.record, storm.premises, storm.monotonic_zero)
    found = report.of(
        f"B8: {clients} clients hold two to four practitioners in any order, {seconds:.0f} s", storm.record, violations
    )
    report.add_deadlocks(found, storm.record, await asyncio.to_thread(deadlocks, database_url) - storm.deadlocks_before)
    return found


async def _keep_holding(storm: Storm, caller: Caller, ends_at: float) -> None:
    """Hold, and give it back; every other time a course."""
    taker = CourseTaker(caller, storm.premises, Register(storm.premises), storm.staff)
    for block in count(caller.number):
        if time.monotonic() > ends_at:
            return
        if caller.dice.randrange(2):
            await taker.hold_and_cancel(block % BLOCKS)
            continue
        items = _items(storm, caller, block % BLOCKS)
        made = await caller.ask("hold", "POST", "/v1/holds", {"items": items})
        if made.succeeded:
            hold = made.answer.json
            ids = tuple(one["id"] for one in hold["appointments"])
            path = f"/v1/holds/{hold['id']}"
            await caller.ask("release", "DELETE", path, hold_token=hold["token"], subject=ids[0], also=ids)


def _items(storm: Storm, caller: Caller, block: int) -> list[Json]:
    """With as many practitioners as there are items, and a room for each that needs one."""
    premises, dice = storm.premises, caller.dice
    people = dice.sample(premises.practitioners, dice.randint(2, len(premises.practitioners)))
    return [
        premises.wish(premises.start_in(block, dice), treatment=dice.choice(premises.treatments[:2]), practitioner_id=one["id"])
        for one in people
    ]
