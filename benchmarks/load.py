"""The HTTP client: keep-alive HTTP/1.1 on loopback, in a process of its own so that it shares no interpreter with what it measures.

It knows just enough of HTTP for these answers: a status line, a Content-Length, and that 204 and 304 have no body. A library would cost more than
the bare route that it is to measure. What this one costs, under 0.1 ms a request, is part of every figure, of F's as of the product's.
"""

import asyncio
import gc
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks.figures import Sample

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_END = b"\r\n\r\n"
_BODILESS = (b"204", b"304")
GRACE_SECONDS = 30


class UnexpectedAnswerError(RuntimeError):
    """A server answered something else than what is measured."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A short stretch of load. It ends after `seconds`, or when `requests` are used up; `repeat` starts them again from the first."""

    port: int
    requests: Sequence[bytes]
    status: int
    clients: int
    seconds: float
    repeat: bool = True


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
    requests = itertools.cycle(wanted.requests) if wanted.repeat else iter(wanted.requests)
    connections = [await asyncio.open_connection("127.0.0.1", wanted.port, limit=1 << 20) for _ in range(wanted.clients)]
    latencies: list[float] = []
    started = perf_counter()
    deadline = started + wanted.seconds
    status = str(wanted.status).encode()
    try:
        async with asyncio.timeout(wanted.seconds + GRACE_SECONDS):
            await asyncio.gather(
                *(_client(reader, writer, requests, status, deadline, latencies) for reader, writer in connections)
            )
        elapsed = perf_counter() - started
    finally:
        for _, writer in connections:
            writer.close()
            await writer.wait_closed()
    return Sample.of(latencies, elapsed), len(latencies)


async def _client(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Iterator[bytes],
    status: bytes,
    deadline: float,
    latencies: list[float],
) -> None:
    """Sends a request as soon as the last one is answered."""
    while (sent_at := perf_counter()) < deadline and (request := next(requests, None)) is not None:
        writer.write(request)
        head = await reader.readuntil(_END)
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length and head[9:12] not in _BODILESS else b""
        latencies.append(perf_counter() - sent_at)
        if head[9:12] != status:
            raise UnexpectedAnswerError(f"The server answered {(head + body)[:1000].decode(errors='replace')}")
        if not length and head[9:12] not in _BODILESS:
            raise UnexpectedAnswerError("The server sent an answer without Content-Length.")
