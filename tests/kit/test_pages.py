"""Lists in pages: every item once, whatever happens in between, and a cursor is good for one question of one caller."""

import base64
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import pytest
from fastapi import FastAPI, Query
from sqlalchemy import select

from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import PageOf, Session
from app.treatments.models import Treatment
from tests.client import Client, problem
from tests.kit.small_app import OPEN, small_app
from tests.make import make_treatment, make_user

NAMES = ["Zoë", "Ear", "Ear", "Ear", "Moxa", "Ear", "ear", "C" * 120, "👩" * 120, "Moxa"]


Sort = Annotated[Literal["name", "-name", "created_at", "id"], Query()]


def lists() -> Router:
    router = Router("Small")

    async def found(session: Session, page: PageOf, sort: str, names: list[str] | None) -> Page[str]:
        statement = select(Treatment) if names is None else select(Treatment).where(Treatment.name.in_(names))
        column = {"name": Treatment.name, "-name": Treatment.name, "created_at": Treatment.created_at, "id": Treatment.id}[sort]
        keys: list[Any] = [column] if sort == "id" else [column, Treatment.id]
        items, cursor = await paginate(session, statement, page, keys, descending=sort.startswith("-"))
        return Page(items=[str(item.id) for item in items], next_cursor=cursor)

    @router.operation("GET", "/one", id="one", permission=OPEN, summary="One")
    async def one(
        session: Session, page: PageOf, sort: Sort = "name", name: Annotated[list[str] | None, Query()] = None
    ) -> Page[str]:
        return await found(session, page, sort, name)

    @router.operation("GET", "/other", id="other", permission=OPEN, summary="Other")
    async def other(session: Session, page: PageOf, sort: Sort = "name") -> Page[str]:
        return await found(session, page, sort, None)

    return router


@pytest.fixture
def lister(database: Database, clock: Clock) -> FastAPI:
    return small_app(database, lists(), clock)


@pytest.fixture
async def reader(lister: FastAPI) -> AsyncIterator[Client]:
    async with Client.of(lister) as client:
        yield client


async def walk(client: Client, path: str, **parameters: Any) -> list[list[str]]:
    """The pages, in order."""
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await client.read(path, **parameters, **cursor)
        pages.append(page["items"])
        assert page.keys() == ({"items", "next_cursor"} if "next_cursor" in page else {"items"})
        if "next_cursor" not in page:
            return pages
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "id"])
async def test_a_walk_meets_every_item_once_and_in_order(admin: Client, reader: Client, sort: str) -> None:
    made = [await make_treatment(admin, name=name) for name in NAMES]
    (whole,) = await walk(reader, "/one", sort=sort, limit=100)
    assert sorted(whole) == sorted(one["id"] for one in made)
    for limit in (1, 3, 9, 10, 11):
        pages = await walk(reader, "/one", sort=sort, limit=limit)
        assert [item for page in pages for item in page] == whole
        assert {len(page) for page in pages[:-1]} <= {limit}
        assert 1 <= len(pages[-1]) <= limit


async def test_an_empty_list_has_one_page(reader: Client) -> None:
    assert await reader.read("/one") == {"items": []}


async def test_what_comes_and_goes_in_between_moves_nothing_else(admin: Client, reader: Client) -> None:
    made = [(await make_treatment(admin, name=name))["id"] for name in "BDFH"]
    first = await reader.read("/one", sort="name", limit=2)
    before, after = [(await make_treatment(admin, name=name))["id"] for name in ("A", "G")]
    await admin.delete(f"/v1/treatments/{made[1]}", headers={"If-Match": '"1"'})  # where the cursor stands
    rest = await reader.read("/one", sort="name", limit=10, cursor=first["next_cursor"])
    assert (first["items"], rest["items"]) == (made[:2], [made[2], after, made[3]])
    assert before not in rest["items"]


async def test_a_cursor_is_good_for_one_question_of_one_caller(
    admin: Client, lister: FastAPI, reader: Client, database: Database
) -> None:
    for name in ("A", "B", "C"):
        await make_treatment(admin, name=name)
    asked = {"sort": "name", "name": ["A", "B", "C"]}
    cursor = (await reader.read("/one", limit=1, **asked))["next_cursor"]
    of_the_other_route = (await reader.read("/one", limit=1, sort="name"))["next_cursor"]
    assert len((await reader.read("/one", limit=2, cursor=cursor, **asked))["items"]) == 2  # another limit is no other question
    async with Client.of(lister, token=await make_user(database, role="admin")) as someone:
        others = [
            await someone.get("/one", params={**asked, "cursor": cursor}),
            await reader.get("/other", params={"sort": "name", "cursor": of_the_other_route}),
            await reader.get("/one", params={**asked, "sort": "-name", "cursor": cursor}),
            await reader.get("/one", params={**asked, "name": ["A", "B"], "cursor": cursor}),
            await reader.get("/one", params={"sort": "name", "cursor": cursor}),
        ]
    for refused in others:
        assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == ["cursor"]


async def test_a_cursor_that_was_touched_is_refused(admin: Client, reader: Client) -> None:
    for name in ("A", "B", "C"):
        await make_treatment(admin, name=name)
    cursor = (await reader.read("/one", limit=1))["next_cursor"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    touched = [bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1 :]]) for at in range(len(raw))]
    forged = [base64.urlsafe_b64encode(one).decode() for one in (*touched, raw[:-1], raw + b" ", raw[16:], b"")]
    for wrong in [*forged[::5], forged[-4], forged[-3], forged[-2], "!", "é", "AAAA", "null", "x" * 1000, "\x00"]:
        refused = problem(await reader.get("/one", params={"limit": 1, "cursor": wrong}), 422, "invalid")
        assert [error["pointer"] for error in refused["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=-1", "limit=1.5", "limit=", "limit=ten", "cursor=", "cursor=" + "x" * 3000]
)
async def test_a_page_has_its_bounds(reader: Client, query: str) -> None:
    problem(await reader.get(f"/one?{query}"), 422, "invalid")
