"""A client that never forgets: one address, one key for each thing it asks, sent again to another server until it hears what was done."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.client import Json
from tests.races.record import IN_PROGRESS, Call, Record, Sending

TIMEOUT_SECONDS = 20.0
PATIENCE_SECONDS = 120.0
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
OTHER = {"not what was asked": True}


@dataclass
class Doors:
    """Where the servers are, and which of them take no new requests just now, as a load balancer would know."""

    bases: Sequence[str]
    closed: set[int] = field(default_factory=set)

    def pick(self, dice: random.Random, avoid: int | None = None) -> int:
        numbers = range(len(self.bases))
        best = [number for number in numbers if number not in self.closed and number != avoid]
        return dice.choice(best or [number for number in numbers if number not in self.closed] or list(numbers))


class Caller:
    """One client with its own connections. `repeats` is how often, of a hundred answers, it asks for the same again, and with another body."""

    def __init__(self, number: int, doors: Doors, record: Record, *, repeats: int = 5, patience: float = TIMEOUT_SECONDS) -> None:
        self.number = number
        self.dice = random.Random(number)  # noqa: S311
        self._doors, self._record, self._repeats = doors, record, repeats
        # Each has an address of its own: to the clinic, whoever has no credential is known by it.
        address = f"127.0.{1 + number // 250}.{1 + number % 250}"
        transport = httpx.AsyncHTTPTransport(verify=False, local_address=address, limits=httpx.Limits(max_connections=None))
        self._http = httpx.AsyncClient(transport=transport, timeout=patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, act: str, method: str, path: str, body: Json = None, **more: Any) -> Call:
        """Send, and send again with the same key while the answer leaves it open what was done; now and then once more to compare."""
        call = Call(act, method, path, body, key=str(uuid4()), **more)
        self._record.add(call)
        await self.resolve(call)
        if call.is_kept and self.dice.randrange(100) < self._repeats:
            await self.repeat(call)
        return call

    async def resolve(self, call: Call) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        server = self._doors.pick(self.dice)
        for pause in (*PAUSES, *[1.0] * int(PATIENCE_SECONDS)):
            call.sendings.append(await self.send(call, server, call.body))
            if call.answer.is_definite or time.monotonic() > give_up_at:
                return
            await asyncio.sleep(pause * self.dice.uniform(0.5, 1))
            server = self._doors.pick(self.dice, avoid=None if call.answer.code == IN_PROGRESS else server)

    async def repeat(self, call: Call) -> None:
        """The same again, of another server; and something else under the same key."""
        call.repeats.append(await self.send(call, self._doors.pick(self.dice, avoid=call.answer.server), call.body))
        if isinstance(call.body, dict):
            call.others.append(await self.send(call, self._doors.pick(self.dice), {**call.body, **OTHER}))

    async def send(self, call: Call, server: int, body: Json) -> Sending:
        headers = {"Idempotency-Key": call.key} if call.key else {}
        if call.token is not None:
            headers["Authorization"] = f"Bearer {call.token}"
        if call.version is not None:
            headers["If-Match"] = f'"{call.version}"'
        if call.hold_token is not None:
            headers["Hold-Token"] = call.hold_token
        sent_at = time.monotonic()
        self._record.pending[server].add(call)
        try:
            heard = await self._http.request(call.method, self._doors.bases[server] + call.path, json=body, headers=headers)
        except httpx.TransportError as error:
            return Sending(server, sent_at, time.monotonic(), None, trouble=type(error).__name__)
        finally:
            self._record.pending[server].discard(call)
        return Sending(
            server,
            sent_at,
            time.monotonic(),
            heard.status_code,
            heard.content,
            heard.headers.get("content-type", ""),
            heard.headers.get("idempotent-replayed") == "true",
        )
