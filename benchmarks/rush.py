"""Many who want one and the same time at once: all but one of them are refused, and nobody waits long for it.

What the answers to a crowd are held against is what one who comes alone waits, measured in the same way.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from benchmarks import load
from benchmarks.load import UnexpectedAnswerError

ALONE = 1
SIZES = (ALONE, 2, 4, 8, 16, 32, 64)
# How much of a booking that comes alone each answer to a crowd takes.
BOUND = 1.2
SECONDS_MAX = 30
# So many requests a round at least: a small rush is over soon, and says little by itself.
_REQUESTS_MIN = 16


@dataclass(frozen=True, slots=True)
class Rush:
    """In milliseconds: until the last answer, until that of the one who got the time, and until those of half of the others if there are any."""

    total: float
    winner: float
    losers: float | None


def repetitions(size: int) -> int:
    """In one round."""
    return max(_REQUESTS_MIN // size, 1)


def run(port: int, requests: Sequence[bytes]) -> Rush:
    """Send all at once, each over a connection of its own. Raises UnexpectedAnswerError unless exactly one is answered with 201 and the others
    with the refusal of a time that is taken."""
    return asyncio.run(_run(port, requests))


async def _run(port: int, requests: Sequence[bytes]) -> Rush:
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in requests]
    began = perf_counter()
    try:
        async with asyncio.timeout(SECONDS_MAX):
            answers = await asyncio.gather(
                *(_ask(reader, writer, request) for (reader, writer), request in zip(connections, requests, strict=True))
            )
    finally:
        for _, writer in connections:
            writer.close()
            await writer.wait_closed()
    winners = [at for at, head, _ in answers if load.status_of(head) == b"201"]
    losers = [at for at, head, body in answers if load.status_of(head) == b"409" and b'"slot_unavailable"' in body]
    if len(winners) != 1 or len(losers) != len(requests) - 1:
        unexpected = "\n".join((head + body)[:500].decode(errors="replace") for _, head, body in answers)
        raise UnexpectedAnswerError(f"Of {len(requests)} who wanted one time {len(winners)} got it:\n{unexpected}")
    total = max(at for at, _, _ in answers)
    return Rush(1000 * (total - began), 1000 * (winners[0] - began), 1000 * (median(losers) - began) if losers else None)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[float, bytes, bytes]:
    """When the answer was there, its head and its body."""
    writer.write(request)
    head, body = await load.read_answer(reader)
    return perf_counter(), head, body
