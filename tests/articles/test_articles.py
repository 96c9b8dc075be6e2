"""Articles over HTTP: writing, publishing, taking back, and who may."""

from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from app.kit.clock import Clock
from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.make import make_article, make_practitioner, make_treatment, make_user
from tests.trail import trail_of

NOBODY = "0199a000-0000-7000-8000-00000000dead"


async def test_a_draft_repeats_what_was_sent_and_adds_what_is_read(admin: Client, editor: Client) -> None:
    treatment = await make_treatment(admin)
    authors = [await make_practitioner(admin, name=name) for name in ("Wu Lan", "Ada Brook")]
    sent = {
        "title": "Rest & sleep",
        "summary": "Nights.",
        "body_markdown": "# Evenings\n\nDim *the* lights.\n\n# Mornings",
        "topics": ["sleep", "anxiety"],
        "language": "en-GB",
        "author_ids": [author["id"] for author in authors],
        "reviewer_id": authors[1]["id"],
        "references": [{"title": "On sleep", "url": "https://example.org/a?b=c", "year": 1999, "source": None}],
        "treatment_ids": [treatment["id"]],
    }
    response = await editor.send_json("POST", "/v1/articles", sent)
    made = response.json()
    assert (response.status_code, response.headers["etag"]) == (201, '"1"')
    assert response.headers["location"] == f"/v1/articles/{made['id']}"
    added = {
        "slug": "rest-sleep",
        "status": "draft",
        "html": '<h2 id="evenings">Evenings</h2>\n<p>Dim <em>the</em> lights.</p>\n<h2 id="mornings">Mornings</h2>\n',
        "headings": [{"level": 2, "text": text, "id": text.lower()} for text in ("Evenings", "Mornings")],
        "reading_minutes": 1,
        "published_at": None,
        "last_reviewed_on": None,
        "version": 1,
    }
    assert made == {**sent, **added, **{name: made[name] for name in ("id", "created_at", "updated_at")}}
    assert await editor.read(f"/v1/articles/{made['id']}") == made
    assert await trail_of(admin, response) == [("article.create", made["id"], sorted(sent))]


async def test_a_title_is_enough_for_a_draft(editor: Client) -> None:
    made = await editor.create("/v1/articles", {"title": "Later"})
    assert (made["summary"], made["html"], made["topics"], made["language"]) == ("", "", [], "en")


async def test_a_patch_changes_what_is_sent_and_nothing_else(admin: Client, editor: Client) -> None:
    made = await make_article(editor, topics=["sleep", "anxiety"])
    body = {"body_markdown": "## Noon\n\n" + "word " * 300, "topics": ["anxiety", "pain"]}
    response = await editor.send_json("PATCH", f"/v1/articles/{made['slug']}", body, **{"If-Match": '"1"'})
    changed = response.json()
    assert (response.headers["etag"], changed["version"]) == ('"2"', 2)
    assert (changed["topics"], changed["headings"][0]["id"], changed["reading_minutes"]) == (["anxiety", "pain"], "noon", 2)
    assert "Evenings" not in changed["html"]
    assert (changed["title"], changed["summary"], changed["slug"]) == (made["title"], made["summary"], made["slug"])
    assert await trail_of(admin, response) == [("article.update", made["id"], sorted(body))]


@pytest.mark.parametrize("field", ["topics", "author_ids", "treatment_ids"])
async def test_what_an_article_names_is_part_of_its_version(admin: Client, editor: Client, field: str) -> None:
    named = {
        "topics": "sleep",
        "author_ids": (await make_practitioner(admin))["id"],
        "treatment_ids": (await make_treatment(admin))["id"],
    }
    made = await make_article(editor)
    path = f"/v1/articles/{made['id']}"
    added = await editor.change(path, {field: [named[field]]}, version=1)
    assert (added[field], added["version"]) == ([named[field]], 2)
    emptied = await editor.change(path, {field: []}, version=2)
    assert (emptied[field], emptied["version"]) == ([], 3)


async def test_a_patch_of_nothing_is_no_new_version(editor: Client) -> None:
    made = await make_article(editor)
    assert await editor.change(f"/v1/articles/{made['id']}", {}, version=1) == made


@pytest.mark.parametrize("verb", ["", "/submit", "/publish", "/unpublish", "/archive"])
async def test_a_change_needs_the_version_that_was_read(editor: Client, verb: str) -> None:
    made = await make_article(editor)
    path, method = f"/v1/articles/{made['id']}{verb}", "POST" if verb else "PATCH"
    problem(await editor.send_json(method, path, None if verb else {"title": "Other"}), 428, "if_match_required")
    # A stale version is told before the body's faults are.
    problem(await editor.send_json(method, path, None if verb else {"title": 7}, **{"If-Match": '"9"'}), 412, "version_changed")
    assert await editor.read(f"/v1/articles/{made['id']}") == made


STATUSES = {"draft": (), "in_review": ("submit",), "published": ("publish",), "archived": ("archive",)}
MOVES = {
    ("draft", "submit"): "in_review",
    ("draft", "publish"): "published",
    ("draft", "archive"): "archived",
    ("in_review", "publish"): "published",
    ("in_review", "unpublish"): "draft",
    ("in_review", "archive"): "archived",
    ("published", "unpublish"): "draft",
    ("published", "archive"): "archived",
    ("archived", "unpublish"): "draft",
}


@pytest.mark.parametrize("verb", ["submit", "publish", "unpublish", "archive"])
@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_leads_to_some_others(admin: Client, public: Client, status: str, verb: str) -> None:
    article = await make_article(admin)
    path = f"/v1/articles/{article['id']}"
    for step in STATUSES[status]:
        article = await admin.change(f"{path}/{step}", None, version=article["version"], method="POST")
    assert article["status"] == status
    response = await admin.send_json("POST", f"{path}/{verb}", None, **{"If-Match": f'"{article["version"]}"'})
    expected = MOVES.get((status, verb))
    if expected is None:
        refused = problem(response, 409, "wrong_article_status")
        assert refused["allowed"] == sorted(before for before, move in MOVES if move == verb)
        assert await admin.read(path) == article
        return
    moved = response.json()
    assert (moved["status"], moved["version"]) == (expected, article["version"] + 1)
    assert response.headers["etag"] == f'"{moved["version"]}"'
    assert await trail_of(admin, response) == [(f"article.{verb}", article["id"], ["status"])]
    assert (await public.get(path)).status_code == (200 if expected == "published" else 404)


async def test_the_first_publishing_is_the_date_of_an_article(editor: Client, clock: Clock) -> None:
    made = await make_article(editor, publish=True)
    path = f"/v1/articles/{made['id']}"
    assert made["published_at"] == "2026-12-01T08:00:00Z"
    back = await editor.change(f"{path}/unpublish", None, version=2, method="POST")
    clock.fixed_at = datetime(2026, 12, 24, 8, 0, tzinfo=UTC)
    again = await editor.change(f"{path}/publish", None, version=3, method="POST")
    assert back["published_at"] == again["published_at"] == made["published_at"]


async def test_the_review_has_the_clinics_date_and_ends_with_its_reviewer(admin: Client, editor: Client, clock: Clock) -> None:
    clock.fixed_at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # in London it is the 2nd
    first, second = [await make_practitioner(admin, name=name) for name in ("Wu Lan", "Ada Brook")]
    made = await make_article(editor, publish=True, reviewer_id=first["id"])
    assert made["last_reviewed_on"] == "2026-07-02"
    path = f"/v1/articles/{made['id']}"
    same = await editor.change(path, {"reviewer_id": first["id"], "summary": "Shorter."}, version=2)
    assert same["last_reviewed_on"] == "2026-07-02"
    assert (await editor.change(path, {"reviewer_id": second["id"]}, version=3))["last_reviewed_on"] is None
    assert (await make_article(editor, publish=True))["last_reviewed_on"] is None


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"summary": " "}, ["summary"]),
        ({"body_markdown": "\n"}, ["body_markdown"]),
        ({"body_markdown": "[a]: /b"}, ["body_markdown"]),
        ({"summary": "", "body_markdown": ""}, ["summary", "body_markdown"]),
    ],
)
async def test_what_is_published_has_a_summary_and_a_body(editor: Client, changes: Json, missing: list[str]) -> None:
    draft = await make_article(editor, **changes)
    path = f"/v1/articles/{draft['id']}"
    refused = await editor.send_json("POST", f"{path}/publish", None, **{"If-Match": '"1"'})
    assert problem(refused, 409, "article_incomplete")["missing"] == missing
    published = await make_article(editor, publish=True)
    path = f"/v1/articles/{published['id']}"
    refused = await editor.send_json("PATCH", path, changes, **{"If-Match": '"2"'})
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [f"/{missing[0]}"]
    assert await editor.read(path) == published


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"author_ids": [NOBODY]}, "/author_ids/0", id="an author nobody knows"),
        pytest.param({"reviewer_id": NOBODY}, "/reviewer_id", id="a reviewer nobody knows"),
        pytest.param({"treatment_ids": [NOBODY]}, "/treatment_ids/0", id="a treatment that is not offered"),
        pytest.param({"author_ids": [NOBODY, NOBODY]}, "/author_ids", id="an author twice"),
        pytest.param({"topics": ["a", "a"]}, "/topics", id="a topic twice"),
        pytest.param({"topics": ["Back Pain"]}, "/topics/0", id="a topic that is no slug"),
        pytest.param({"topics": [f"t{number}" for number in range(21)]}, "/topics", id="too many topics"),
        pytest.param({"title": " "}, "/title", id="a blank title"),
        pytest.param({"title": "a" * 201}, "/title", id="a long title"),
        pytest.param({"summary": "a\nb"}, "/summary", id="a summary of two lines"),
        pytest.param({"body_markdown": "a" * 100_001}, "/body_markdown", id="a body without end"),
        pytest.param({"body_markdown": "\u0000"}, "/body_markdown", id="NUL"),
        pytest.param({"language": "english"}, "/language", id="no language"),
        pytest.param({"slug": "Two Words"}, "/slug", id="no slug"),
        pytest.param({"slug": NOBODY}, "/slug", id="a slug that reads as an id"),
        pytest.param({"references": [{"title": "A", "url": "javascript:alert(1)"}]}, "/references/0/url", id="a harmful link"),
        pytest.param({"references": [{"title": "A", "url": "https://e.example/ b"}]}, "/references/0/url", id="no link"),
        pytest.param({"references": [{"title": "A", "year": 999}]}, "/references/0/year", id="no year"),
        pytest.param({"status": "published"}, "", id="a status is not set but moved to"),
        pytest.param({"html": "<script>"}, "", id="HTML is not sent"),
    ],
)
async def test_what_makes_no_sense_is_refused(editor: Client, changes: Json, pointer: str) -> None:
    refused = await editor.send_json("POST", "/v1/articles", {"title": "A", **changes})
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]
    made = await make_article(editor)
    refused = await editor.send_json("PATCH", f"/v1/articles/{made['id']}", changes, **{"If-Match": '"1"'})
    assert [error["pointer"] for error in problem(refused, 422, "invalid")["errors"]] == [pointer]


async def test_slugs_are_unique_and_never_read_as_ids(editor: Client) -> None:
    first, second = await make_article(editor), await make_article(editor)
    assert (first["slug"], second["slug"]) == ("sleeping-better", "sleeping-better-2")
    path = f"/v1/articles/{second['id']}"
    problem(await editor.send_json("PATCH", path, {"slug": first["slug"]}, **{"If-Match": '"1"'}), 409, "slug_taken")
    assert (await editor.change(path, {"slug": "better-sleep"}, version=1))["slug"] == "better-sleep"
    assert (await make_article(editor, title=first["id"]))["slug"] == f"article-{first['id']}"


WRITES = [
    ("POST", ""),
    ("PATCH", "/{id}"),
    *(("POST", f"/{{id}}/{verb}") for verb in ("submit", "publish", "unpublish", "archive")),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_editors_and_administrators_write(app: FastAPI, database: Database, admin: Client, method: str, path: str) -> None:
    made = await make_article(admin)
    path = f"/v1/articles{path.format(id=made['id'])}"
    for role in ("receptionist", "practitioner"):
        async with Client.of(app, token=await make_user(database, role=role)) as client:
            problem(await client.send_json(method, path, {"title": "A"}, **{"If-Match": '"1"'}), 403, "forbidden")
    async with Client.of(app) as client:
        problem(await client.send_json(method, path, {"title": "A"}, **{"If-Match": '"1"'}), 401, "unauthenticated")
    assert await admin.read(f"/v1/articles/{made['id']}") == made
