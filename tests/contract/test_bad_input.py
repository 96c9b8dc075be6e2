"""What should not come in is refused by every operation there is: with a problem, without an echo, and nothing is written."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import unquote, urlencode

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.kit.db import Database
from app.tables import metadata
from tests.client import Client, Json
from tests.contract import bad_values, example_world
from tests.contract.document import Operation, errors_of, named, operations


@pytest.fixture
async def admin(app: FastAPI, database: Database) -> AsyncIterator[Client]:
    """The administrator of the example world."""
    await example_world.build(database)
    async with Client.of(app, token=example_world.ADMIN_TOKEN) as client:
        yield client


async def _content(database: Database) -> dict[str, str]:
    """What is in every table, told by a checksum."""
    async with database.reading() as session:
        return {
            table.name: (
                await session.execute(text(f"SELECT md5(string_agg(t::text, ';' ORDER BY t::text)) FROM {table.name} t"))
            ).scalar_one()
            for table in metadata.sorted_tables
        }


class Sender:
    """Sends to one operation, and remembers what was not as it should be."""

    def __init__(self, client: Client, operation: Operation) -> None:
        self.client, self.operation = client, operation
        self.wrong: list[str] = []

    async def send(self, kind: str, *, url: str | None = None, **request: Any) -> httpx.Response:
        headers = {"If-Match": "*"} if "If-Match" in self.operation.headers() else {}
        response = await self.client.request(
            self.operation.method.upper(),
            url or self.operation.url(),
            **{**request, "headers": {**headers, **request.get("headers", {})}},
        )
        if response.status_code >= 500:
            self.wrong.append(f"{kind}: {response.status_code}")
        elif response.status_code >= 400:
            if response.headers["content-type"] != "application/problem+json":
                self.wrong.append(f"{kind}: {response.status_code} is {response.headers['content-type']}")
            if any(canary in response.text.lower() for canary in bad_values.CANARIES):
                self.wrong.append(f"{kind}: an echo in {response.text}")
        return response

    async def refused(self, kind: str, **request: Any) -> None:
        response = await self.send(kind, **request)
        if response.is_success:
            self.wrong.append(f"{kind}: {response.status_code}")

    async def refused_or_kept(self, kind: str, body: Json, **request: Any) -> None:
        """What the schema allows may be against a rule that it cannot say; where it is taken, it is taken as it was sent."""
        response = await self.send(kind, **request)
        if response.is_success and response.content:
            self.wrong += [f"{kind}: {difference}" for difference in _differences(body, response.json())]


def _differences(sent: Json, answered: Json) -> Iterator[str]:
    """Texts of what was sent that the answer has otherwise."""
    for name, value in sent.items():
        told = answered.get(name)
        if isinstance(value, dict) and isinstance(told, dict):
            yield from _differences(value, told)
        elif isinstance(value, str) and isinstance(told, str) and bad_values.CANARY in value and value != told:
            yield f"{name} came back as {told[:60]!r}"


def _encoded(operation: Operation, body: Json) -> dict[str, Any]:
    content = (
        bad_values.text_of(body) if operation.media_type == "application/json" else urlencode(body, errors="replace").encode()
    )
    return {"content": content, "headers": {"Content-Type": operation.media_type}}


def _as_parsed(body: Json) -> Json:
    """As a JSON schema sees it; what JSON cannot say at all stands as something that no schema allows."""
    if isinstance(body, bad_values.Raw):
        return 0 if body.token == "-0" else {"not": "JSON"}
    if isinstance(body, dict):
        return {name: _as_parsed(value) for name, value in body.items()}
    if isinstance(body, list):
        return [_as_parsed(value) for value in body]
    return body.replace("\ud800", "\x00") if isinstance(body, str) else body


def _not_as_described(schema: Json, value: str) -> bool:
    if schema.get("type") != "string":
        return True  # the table has no small number and no id
    return bool(errors_of(schema, unquote(value, errors="replace").replace("\ufffd", "\x00")))


WITH_BODY = [operation for operation in operations() if operation.media_type is not None]


@pytest.mark.parametrize("operation", **named(WITH_BODY))
async def test_bodies(operation: Operation, admin: Client, database: Database) -> None:
    sender = Sender(admin, operation)
    before = await _content(database)
    allowed: list[tuple[str, Json]] = []
    for kind, body in bad_values.mutations(operation.bodies[0]):
        if operation.media_type != "application/json":
            if any(not isinstance(value, str) for value in body.values()):
                continue  # a form has nothing but texts
            body = {name: value for name, value in body.items() if value}  # an empty one was left out
        if kind.endswith(bad_values.UNKNOWN) or errors_of(operation.body_schema, _as_parsed(body)):
            await sender.refused(kind, **_encoded(operation, body))
        else:
            allowed.append((kind, body))
    example = _encoded(operation, operation.bodies[0])["content"]
    for kind, content, media_type in bad_values.whole_bodies(example, str(operation.media_type)):
        if kind == "nothing" and not operation.spec["requestBody"].get("required"):
            continue
        headers = {} if media_type is None else {"Content-Type": media_type}
        await sender.refused(kind, content=content, headers=headers)
    assert sender.wrong == []
    assert await _content(database) == before
    for kind, body in allowed:
        await sender.refused_or_kept(kind, body, **_encoded(operation, body))
    assert sender.wrong == []


@pytest.mark.parametrize("operation", **named(operations()))
async def test_addresses_and_headers(operation: Operation, admin: Client, database: Database) -> None:
    sender = Sender(admin, operation)
    before = await _content(database)
    body = operation.content(operation.bodies[0])
    for parameter in operation.parameters("path"):
        for kind, value in bad_values.IN_ADDRESSES:
            await sender.refused(f"{parameter['name']}: {kind}", url=operation.address(**{parameter["name"]: value}), **body)
    address, query = operation.address(), operation.query()
    for parameter in operation.parameters("query"):
        name = parameter["name"]
        others = urlencode([(other, value) for other, value in query if other != name])
        for kind, value in bad_values.IN_ADDRESSES:
            if _not_as_described(parameter["schema"], value):
                await sender.refused(f"{name}: {kind}", url=f"{address}?{others}&{name}={value}")
        if parameter["schema"].get("type") != "array":
            twice = f"{name}={parameter.get('example', 1)}"
            await sender.refused(f"{name}: twice", url=f"{address}?{others}&{twice}&{twice}")
    known = urlencode(query)
    await sender.refused("an unknown parameter", url=f"{address}?{known}&{bad_values.CANARY}=1", **body)
    for name in ["Accept", "Authorization", *operation.headers()]:
        for value in bad_values.IN_HEADERS[name]:
            await sender.refused(f"{name}: {value[:20]}", headers={name: value}, **body)
    await sender.refused("a long address", url=f"{address}?{known}&{'a' * 9_000}=1", **body)
    await sender.refused("long headers", headers={"X-Long": bad_values.CANARY * 4_000}, **body)
    assert sender.wrong == []
    assert await _content(database) == before
