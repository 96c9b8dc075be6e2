"""PostgreSQL is gone for a while: what every route says meanwhile, and how soon all is well again (O5)."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.client import Json
from tests.races.oracle import Violation
from tests.races.weather import Weather, pg_ctl

RETRY_AFTER_MAX = 2
METHODS = ("get", "post", "put", "patch", "delete")
WITHOUT_DATABASE = ("/healthz/live",)
FORM = "application/x-www-form-urlencoded"


@dataclass
class Outage:
    """What was found during one."""

    asked: int = 0
    slowest: float = 0.0
    back_at: float = 0.0
    wrong: list[Violation] = field(default_factory=list)


async def endure(weather: Weather, seconds: float) -> Outage:
    """Stop PostgreSQL, ask every process for everything, and start it again; nothing else is struck meanwhile."""
    found = Outage()
    async with weather.calm:
        await weather.all_ready()
        async with _client(weather, 0) as client:
            document = (await client.get("/openapi.json")).json()
        over_at = time.monotonic() + seconds
        await asyncio.to_thread(pg_ctl, weather.cluster, "stop", "-m", "fast")
        for number in range(len(weather.fleet)):
            async with _client(weather, number) as client:
                await _ask_everything(client, document, weather.storm.staff, found, over_at)
        await asyncio.sleep(max(over_at - time.monotonic(), 0))
        await asyncio.to_thread(weather.cluster.revive)
        found.back_at = time.monotonic()
        weather.struck["full stops of PostgreSQL"] += 1
        # Until somebody succeeds nothing else may be blamed.
        await asyncio.sleep(5)
    return found


async def _ask_everything(client: httpx.AsyncClient, document: Json, staff: str, found: Outage, over_at: float) -> None:
    """Of one process, until the time is over."""
    for method, path, takes_form in _operations(document):
        if time.monotonic() > over_at:
            return
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
        form = {"username": "a@b.example", "password": "x" * 12} if path.endswith("/token") else {"token": staff}
        body: dict[str, Any] = {"data": form} if takes_form else {"json": {}}
        if not path.startswith("/healthz") and not path.endswith("/token"):
            headers["Authorization"] = f"Bearer {staff}"
        sent_at = time.monotonic()
        answer = await client.request(method, path, headers=headers, **({} if method == "GET" else body))
        found.slowest = max(found.slowest, time.monotonic() - sent_at)
        found.asked += 1
        if wrong := _wrong(path, answer):
            found.wrong.append(Violation("answer without a database", f"{method} {path}: {wrong}"))


def _wrong(path: str, answer: httpx.Response) -> str:
    """What is not as promised, if anything."""
    if path in WITHOUT_DATABASE:
        return "" if answer.status_code == 200 else str(answer.status_code)
    if answer.status_code != 503:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.headers["content-type"] != "application/problem+json":
        return answer.headers["content-type"]
    after = answer.headers.get("retry-after", "")
    return "" if after.isdecimal() and int(after) <= RETRY_AFTER_MAX else f"Retry-After {after!r}"


def _operations(document: Json) -> Iterator[tuple[str, str, bool]]:
    """Method, path with an id of nothing in it, and whether it takes a form."""
    for path, item in document["paths"].items():
        named = [part if not part.startswith("{") else str(uuid4()) for part in path.split("/")]
        for method in METHODS:
            if method in item:
                yield method.upper(), "/".join(named), FORM in item[method].get("requestBody", {}).get("content", {})


def _client(weather: Weather, number: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=weather.fleet[number].base, timeout=30)
