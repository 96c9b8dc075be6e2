"""A file from the command line's side: it becomes a draft, or is refused in one sentence."""

from pathlib import Path

import pytest

from app.articles import actions
from app.articles.plain_text import UnreadableText
from app.identity.actor import system_actor
from app.kit.db import Database, commit
from tests.client import Client, problem


async def test_a_file_becomes_a_draft(database: Database, admin: Client, public: Client, tmp_path: Path) -> None:
    path = tmp_path / "feet.txt"
    path.write_bytes(b"Cold feet\r\n\r\nSocks <b>help</b>.\r\n\r\nWhy *now*\r\n\r\nIt is winter.")
    async with database.writing() as session:
        article = await actions.import_file(session, system_actor("an-import"), path, language="en-GB")
        await commit(session)
    read = await admin.read("/v1/articles/cold-feet")
    assert (read["id"], read["status"], read["topics"], read["language"]) == (str(article.id), "draft", [], "en-GB")
    assert read["headings"] == [{"level": 2, "text": "Why *now*", "id": "why-now"}]
    assert read["summary"] == "Socks <b>help</b>."
    assert "<p>Socks &lt;b&gt;help&lt;/b&gt;.</p>" in read["html"]
    problem(await public.get("/v1/articles/cold-feet"), 404, "not_found")
    trail = await admin.read("/v1/audit-entries", request_id="an-import")
    assert [entry["action"] for entry in trail["items"]] == ["article.create"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"\xff", "UTF-8"), (b"T\n\n" + b"a " * 60_000, "longer than"), (b"a" * (1024 * 1024 + 1), "larger than")],
)
async def test_a_file_that_cannot_become_an_article_is_refused(
    database: Database, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    async with database.writing() as session:
        with pytest.raises(UnreadableText, match=message):
            await actions.import_file(session, system_actor("an-import"), path)
