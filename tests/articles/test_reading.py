"""Reading articles and topics: what is seen by whom, how it is cached, what it costs."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.articles.browser import executable_nodes
from tests.client import Client, problem
from tests.conftest import NOW
from tests.make import make_article, make_practitioner, make_treatment, make_user

FOR_READERS, FOR_EDITORS = "public, max-age=60", "private, no-cache"


@pytest.mark.parametrize("role", [None, "receptionist", "practitioner", "editor", "admin"])
async def test_drafts_are_for_whoever_writes_articles(app: FastAPI, database: Database, editor: Client, role: str | None) -> None:
    draft, published = await make_article(editor, topics=["secret"]), await make_article(editor, publish=True, topics=["sleep"])
    writes = role in {"editor", "admin"}
    async with Client.of(app, token=await make_user(database, role=role) if role else None) as client:
        for key in ("id", "slug"):
            assert await client.read(f"/v1/articles/{published[key]}") == published
            response = await client.get(f"/v1/articles/{draft[key]}")
            if writes:
                assert response.json() == draft
                assert response.headers["cache-control"] == "no-store"
            else:
                problem(response, 404, "not_found")
        listed = {
            status: [item["id"] for item in (await client.read("/v1/articles", status=status))["items"]]
            for status in ("draft", "in_review", "published", "archived")
        }
        assert listed == {"draft": [draft["id"]] * writes, "in_review": [], "published": [published["id"]], "archived": []}
        assert [item["id"] for item in (await client.read("/v1/articles"))["items"]] == [published["id"]]
        topics = (await client.read("/v1/topics"))["items"]
        assert [topic["slug"] for topic in topics] == ["secret"] * writes + ["sleep"]


async def test_an_unknown_article_is_not_found(public: Client, editor: Client) -> None:
    for client in (public, editor):
        problem(await client.get("/v1/articles/nothing-here"), 404, "not_found")
        problem(await client.get("/v1/articles/0199a000-0000-7000-8000-00000000dead"), 404, "not_found")
        problem(await client.get("/v1/articles/No%20Slug"), 422, "invalid")


async def test_a_published_article_is_cached_until_it_changes(editor: Client, public: Client) -> None:
    made = await make_article(editor, publish=True)
    path = f"/v1/articles/{made['slug']}"
    first = await public.get(path)
    assert (first.headers["etag"], first.headers["cache-control"]) == ('"2"', FOR_READERS)
    assert first.headers["vary"] == "Authorization"
    assert first.headers["content-type"] == "application/json"
    for tag in ('"2"', 'W/"2"', '"1", "2"', "*"):
        again = await public.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"2"')
        assert again.headers["cache-control"] == FOR_READERS
    # An editor who waited for a cache would change a version that is gone.
    assert (await editor.get(path)).headers["cache-control"] == FOR_EDITORS
    await editor.change(path, {"title": "Sleeping well"}, version=2)
    changed = await public.get(path, headers={"If-None-Match": '"2"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["title"]) == (200, '"3"', "Sleeping well")
    await editor.change(f"{path}/unpublish", None, version=3, method="POST")
    gone = await public.get(path, headers={"If-None-Match": '"3"'})
    problem(gone, 404, "not_found")
    assert gone.headers["cache-control"] == "no-store"
    draft = await editor.get(path, headers={"If-None-Match": '"4"'})
    assert (draft.status_code, draft.headers["cache-control"]) == (304, "no-store")


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/topics"])
async def test_lists_of_what_is_published_are_cached_until_they_change(editor: Client, public: Client, path: str) -> None:
    made = await make_article(editor, publish=True, topics=["sleep"])
    first = await public.get(path)
    assert first.headers["cache-control"] == FOR_READERS
    tag = first.headers["etag"]
    assert (await public.get(path, headers={"If-None-Match": tag})).status_code == 304
    assert (await editor.get(path)).headers["cache-control"] == FOR_EDITORS
    await editor.change(f"/v1/articles/{made['id']}/archive", None, version=2, method="POST")
    changed = await public.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()) == (200, {"items": []})


async def test_lists_of_drafts_are_not_stored(editor: Client) -> None:
    response = await editor.get("/v1/articles", params={"status": "draft"})
    assert response.headers["cache-control"] == "no-store"


async def test_a_list_is_newest_first_in_pages(editor: Client, public: Client, clock: Clock) -> None:
    made = [await make_article(editor, title=f"Number {number}") for number in range(5)]
    # Published in another order than written, the last two in the same second.
    for hours, article in zip((3, 1, 4, 5, 5), made, strict=True):
        clock.fixed_at = NOW + timedelta(hours=hours)
        await editor.change(f"/v1/articles/{article['id']}/publish", None, version=1, method="POST")
    found, cursor = [], None
    while True:
        page = await public.read("/v1/articles", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [item["title"] for item in page["items"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
        assert len(page["items"]) == 2
    assert found == [f"Number {number}" for number in (4, 3, 2, 0, 1)]


async def test_an_item_of_a_list_is_the_article_without_its_body(editor: Client, public: Client) -> None:
    made = await make_article(editor, publish=True, topics=["sleep"])
    [item] = (await public.read("/v1/articles"))["items"]
    assert item == {
        name: value for name, value in made.items() if name not in {"html", "headings", "body_markdown", "references"}
    }


async def test_lists_are_narrowed_by_topic_and_treatment(admin: Client, public: Client) -> None:
    treatments = [(await make_treatment(admin))["id"] for _ in range(2)]
    first = await make_article(admin, publish=True, topics=["sleep", "pain"], treatment_ids=treatments)
    second = await make_article(admin, publish=True, topics=["pain"], treatment_ids=treatments[:1])

    async def found(**filters: str) -> list[str]:
        return [item["id"] for item in (await public.read("/v1/articles", **filters))["items"]]

    assert await found(topic="pain") == [second["id"], first["id"]]
    assert await found(topic="sleep") == [first["id"]]
    assert await found(topic="nothing") == []
    assert await found(treatment_id=treatments[0]) == [second["id"], first["id"]]
    assert await found(treatment_id=treatments[1], topic="pain") == [first["id"]]
    assert await found(treatment_id=treatments[1], topic="knees") == []


async def test_topics_count_what_is_published(editor: Client, public: Client) -> None:
    await make_article(editor, publish=True, topics=["sleep", "back-pain"])
    await make_article(editor, publish=True, topics=["sleep"])
    await make_article(editor, topics=["sleep", "knees"])
    counted = [
        {"slug": "back-pain", "name": "Back pain", "published_articles": 1},
        {"slug": "sleep", "name": "Sleep", "published_articles": 2},
    ]
    assert (await public.read("/v1/topics"))["items"] == counted
    knees = {"slug": "knees", "name": "Knees", "published_articles": 0}
    assert (await editor.read("/v1/topics"))["items"] == [counted[0], knees, counted[1]]
    page = await public.read("/v1/topics", limit=1)
    assert page["items"] == counted[:1]
    assert (await public.read("/v1/topics", limit=1, cursor=page["next_cursor"])) == {"items": counted[1:]}


async def test_two_editors_make_the_same_topics_at_once(editor: Client, admin: Client) -> None:
    topics = [f"topic-{number}" for number in range(10)]
    made = await asyncio.gather(
        *(
            make_article(client, title=f"By {side}", topics=order)
            for side, (client, order) in enumerate([(editor, topics), (admin, topics[::-1])] * 4)
        )
    )
    assert [article["topics"] for article in made] == [topics, topics[::-1]] * 4
    assert len((await editor.read("/v1/topics"))["items"]) == 10


async def test_reading_costs_one_query(admin: Client, public: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"author_ids": [(await make_practitioner(admin))["id"]], "treatment_ids": [(await make_treatment(admin))["id"]]}
    made = [
        await make_article(admin, publish=True, title=f"Number {number}", topics=["sleep", "pain"], **named)
        for number in range(3)
    ]
    sent: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(self: psycopg.AsyncCursor[Any], query: Any, *arguments: Any, **options: Any) -> Any:
        sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return await execute(self, query, *arguments, **options)

    # At the driver, since one article is read without the session, where `counted_queries` listens.
    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    one = [f"/v1/articles/{made[0][key]}" for key in ("slug", "id")]
    for path in (*one, "/v1/articles", "/v1/articles?topic=pain", "/v1/topics"):
        sent.clear()
        assert (await public.get(path)).status_code == 200
        assert len(sent) == 1, sent
        assert ("body_markdown" in sent[0]) == (path in one)  # a list does not load what it does not show


async def test_what_is_read_is_safe(editor: Client, public: Client) -> None:
    harm = "<script>alert(1)</script> [x](java&Tab;script:alert(1)) <img src=x onerror=alert(1)>"
    made = await make_article(editor, publish=True, title=harm, summary=harm, body_markdown=f"## {harm}\n\n{harm}")
    read = await public.read(f"/v1/articles/{made['id']}")
    assert executable_nodes(read["html"]) == []
    assert (read["title"], read["summary"]) == (harm, harm)  # plain text, which clients escape like any other
