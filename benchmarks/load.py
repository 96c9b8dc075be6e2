"""The HTTP client: keep-alive HTTP/1.1 on loopback, in a process of its own so that it shares no interpreter with what it measures.

It knows just enough of HTTP for these answers: a status line, a Content-Length, and that 204 and 304 have no body. A library would cost more than
the bare route that it is to measure. What this one costs, under 0.1 ms a request, is part of every figure, of F's as of the product's.

What is `moved` before each request is not part of its time.
"""

import asyncio
import contextlib
import gc
import itertools
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import psycopg

from app.diary import ledger
from benchmarks.figures import Sample

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"
_BODILESS = (b"204", b"304")
GRACE_SECONDS = 30
# What moves versions need not survive a crash, and so does not wait for the disk that others write to.
_HASTY = "-c synchronous_commit=off"

Step = Callable[[], Awaitable[object]]


class UnexpectedAnswerError(RuntimeError):
    """A server answered something else than what is measured."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Resources whose versions are moved before each request, as a booking moves them: no diary of theirs can be known from before."""

    conninfo: str
    resource_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A short stretch of load. It ends after `seconds`, or when `requests` are used up; `repeat` starts them again from the first.

    With `moved` each client that repeats has one of the requests to itself, so that what is read for one serves no other.
    """

    port: int
    requests: Sequence[bytes]
    status: int
    clients: int
    seconds: float
    repeat: bool = True
    moved: Moved | None = None


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END + body


def run(wanted: Slice) -> tuple[Sample, int]:
    """Make the load; what it met with, and how many of the requests were sent. Raises UnexpectedAnswerError."""
    gc.collect()
    gc.disable()
    try:
        return asyncio.run(_run(wanted))
    finally:
        gc.enable()


async def _run(wanted: Slice) -> tuple[Sample, int]:
    async with contextlib.AsyncExitStack() as stack:
        steps = [await _step(wanted.moved, stack) for _ in range(wanted.clients)]
        return await _send(wanted, steps)


async def _step(moved: Moved | None, stack: contextlib.AsyncExitStack) -> Step | None:
    """What one client does before each request, on a connection of its own."""
    if moved is None:
        return None
    connection = await psycopg.AsyncConnection.connect(moved.conninfo, autocommit=True, options=_HASTY)
    stack.push_async_callback(connection.close)
    return partial(connection.execute, ledger.LOCK, (list(moved.resource_ids),), prepare=True)


async def _send(wanted: Slice, steps: Sequence[Step | None]) -> tuple[Sample, int]:
    connections = [await asyncio.open_connection("127.0.0.1", wanted.port, limit=1 << 20) for _ in range(wanted.clients)]
    latencies: list[float] = []
    started = perf_counter()
    deadline = started + wanted.seconds
    status = str(wanted.status).encode()
    try:
        async with asyncio.timeout(wanted.seconds + GRACE_SECONDS if math.isfinite(wanted.seconds) else None):
            await asyncio.gather(
                *(
                    _client(reader, writer, requests, status, deadline, latencies, step)
                    for (reader, writer), requests, step in zip(connections, _shares(wanted), steps, strict=True)
                )
            )
        elapsed = perf_counter() - started
    finally:
        for _, writer in connections:
            writer.close()
            await writer.wait_closed()
    return Sample.of(latencies, elapsed), len(latencies)


def _shares(wanted: Slice) -> Iterable[Iterator[bytes]]:
    """What each client sends: all take from the same, or each has its own."""
    if wanted.repeat and wanted.moved is not None:
        return [itertools.repeat(one) for one in wanted.requests[: wanted.clients]]
    return itertools.repeat(itertools.cycle(wanted.requests) if wanted.repeat else iter(wanted.requests), wanted.clients)


async def _client(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Iterator[bytes],
    status: bytes,
    deadline: float,
    latencies: list[float],
    step: Step | None,
) -> None:
    """Sends a request as soon as the last one is answered."""
    while perf_counter() < deadline and (request := next(requests, None)) is not None:
        if step is not None:
            await step()
        sent_at = perf_counter()
        writer.write(request)
        head, body = await read_answer(reader)
        latencies.append(perf_counter() - sent_at)
        if status_of(head) != status:
            raise UnexpectedAnswerError(f"The server answered {(head + body)[:1000].decode(errors='replace')}")


async def read_answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body. Raises UnexpectedAnswerError for one whose length is not said."""
    head = await reader.readuntil(_END)
    if status_of(head) in _BODILESS:
        return head, b""
    length = _LENGTH.search(head)
    if length is None:
        raise UnexpectedAnswerError("The server sent an answer without Content-Length.")
    return head, await reader.readexactly(int(length[1]))


def status_of(head: bytes) -> bytes:
    return head[9:12]
