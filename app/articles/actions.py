"""Write, publish and take back articles. A body is rendered here, when it is written, and never when it is read."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.articles import plain_text, queries
from app.articles.models import Article, ArticleAuthor, ArticleTopic, ArticleTreatment, Topic
from app.articles.plain_text import UnreadableText
from app.articles.queries import PUBLISHED
from app.articles.schemas import MAX_BODY_LENGTH, ArticleCreate, ArticlePatch
from app.clinic.queries import the_clinic
from app.identity import audit
from app.identity.actor import Actor
from app.kit.errors import Conflict, InvalidField
from app.kit.slugs import free_slug
from app.practitioners.models import Practitioner
from app.treatments.models import Treatment

if TYPE_CHECKING:
    from app.articles.markdown import Rendered

_PLAIN_FIELDS = ("title", "summary", "language", "reviewer_id", "references")
_MOVES: dict[str, tuple[frozenset[str], str]] = {
    "submit": (frozenset({"draft"}), "in_review"),
    "publish": (frozenset({"draft", "in_review"}), PUBLISHED),
    "unpublish": (frozenset({"in_review", PUBLISHED, "archived"}), "draft"),
    "archive": (frozenset({"draft", "in_review", PUBLISHED}), "archived"),
}


class WrongArticleStatus(Conflict):
    """`allowed` are the statuses in which this can be done."""

    code = "wrong_article_status"
    title = "The article's status does not allow this"


class ArticleIncomplete(Conflict):
    """`missing` names the empty fields."""

    code = "article_incomplete"
    title = "An article needs a summary and a body before it can be published"


async def create(session: AsyncSession, actor: Actor, wanted: ArticleCreate) -> Article:
    """A draft. Raises InvalidField for somebody or something that does not exist, SlugTaken."""
    values = wanted.model_dump()
    await _check_named(session, values)
    article = Article(status="draft", slug=await _slug_for(session, wanted.slug, wanted.title))
    _set(article, values)
    await _set_body(article, wanted.body_markdown)
    session.add(article)
    await session.flush()  # the links and the trail name its id
    await _link(session, article.id, values)
    audit.record(session, actor, "article.create", "article", article.id, wanted.model_fields_set)
    return await queries.written(session, article)


async def update(session: AsyncSession, actor: Actor, article: Article, patch: ArticlePatch) -> Article:
    """Raises InvalidField, also when a published article would lose its summary or body; SlugTaken."""
    changes = patch.model_dump(include=patch.model_fields_set)
    await _check_named(session, changes)
    slug = article.slug
    if changes.get("slug", slug) != slug:
        slug = await _slug_for(session, patch.slug, article.title)
    # All questions are asked; from here on what changes is sent in one statement, and so is one new version.
    if changes.get("reviewer_id", article.reviewer_id) != article.reviewer_id:
        article.last_reviewed_on = None  # the new reviewer has not seen it yet
    article.slug = slug
    _set(article, changes)
    if "body_markdown" in changes:
        await _set_body(article, patch.body_markdown)
    if article.status == PUBLISHED and (missing := _missing(article)):
        raise InvalidField(f"/{missing[0]}", "A published article needs this")
    if changes:
        # What an article names stands in other tables; it is a new version of the article all the same.
        article.updated_at = func.clock_timestamp()
    await _link(session, article.id, changes)
    audit.record(session, actor, "article.update", "article", article.id, changes)
    await session.flush()  # the answer shows the new version
    return await queries.written(session, article)


async def move(session: AsyncSession, actor: Actor, article: Article, verb: str, now: datetime) -> Article:
    """`submit`, `publish`, `unpublish` (back to draft, from review and archive too) or `archive`.

    Raises WrongArticleStatus; ArticleIncomplete when there is too little to publish.
    """
    allowed, status = _MOVES[verb]
    if article.status not in allowed:
        raise WrongArticleStatus(allowed=sorted(allowed))
    if status == PUBLISHED:
        if missing := _missing(article):
            raise ArticleIncomplete(missing=missing)
        if article.reviewer_id is not None:
            zone = ZoneInfo((await the_clinic(session)).time_zone)
            article.last_reviewed_on = now.astimezone(zone).date()
        article.published_at = article.published_at or now
    article.status = status
    audit.record(session, actor, f"article.{verb}", "article", article.id, ["status"])
    await session.flush()  # the answer shows the new version
    return await queries.written(session, article)


async def import_article(session: AsyncSession, actor: Actor, text: str, *, language: str = "en") -> Article:
    """A draft without topics, made of plain text. Raises UnreadableText."""
    found = plain_text.parse(text)
    if len(found.body_markdown) > MAX_BODY_LENGTH:
        raise UnreadableText(f"The text is longer than an article may be, which is {MAX_BODY_LENGTH} characters.")
    wanted = ArticleCreate(title=found.title, summary=found.summary, body_markdown=found.body_markdown, language=language)
    return await create(session, actor, wanted)


async def import_file(session: AsyncSession, actor: Actor, path: Path, *, language: str = "en") -> Article:
    """As `import_article`, of a UTF-8 file. Raises UnreadableText, and OSError when the file cannot be read."""
    content = await asyncio.to_thread(_read, path)
    return await import_article(session, actor, plain_text.decode(content), language=language)


def _read(path: Path) -> bytes:
    """Enough of the file to see that it is too long."""
    with path.open("rb") as file:
        return file.read(plain_text.MAX_BYTES + 1)


async def _slug_for(session: AsyncSession, wanted: str | None, title: str) -> str:
    """A slug that does not read as an id, since articles are found by either."""
    if wanted is not None and queries.as_id(wanted):
        raise InvalidField("/slug", "A slug may not look like an id")
    slug = await free_slug(session, Article.slug, wanted=wanted, name=title)
    return slug if queries.as_id(slug) is None else await free_slug(session, Article.slug, wanted=None, name=f"article {title}")


def _set(article: Article, values: Mapping[str, Any]) -> None:
    for name in _PLAIN_FIELDS:
        if name in values:
            setattr(article, name, values[name])


def _rendered(body_markdown: str) -> "Rendered":
    from app.articles.markdown import render  # here, since few processes ever write an article

    return render(body_markdown)


async def _set_body(article: Article, body_markdown: str) -> None:
    """In a thread: a long text takes long enough to keep others waiting."""
    rendered = await asyncio.to_thread(_rendered, body_markdown)
    article.body_markdown = body_markdown
    article.html = rendered.html
    article.headings = rendered.headings_as_data()
    article.reading_minutes = rendered.reading_minutes


def _missing(article: Article) -> list[str]:
    """A body that renders to nothing, such as a lone link definition, is missing too."""
    shown = {"summary": article.summary, "body_markdown": article.html}
    return [name for name, value in shown.items() if not value.strip()]


async def _check_named(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Raises InvalidField for a practitioner or treatment that does not exist."""
    await _check_ids(session, Practitioner.id, values.get("author_ids", ()), "/author_ids/{}")
    await _check_ids(session, Practitioner.id, [one for one in [values.get("reviewer_id")] if one], "/reviewer_id")
    await _check_ids(session, Treatment.id, values.get("treatment_ids", ()), "/treatment_ids/{}")


async def _check_ids(session: AsyncSession, column: InstrumentedAttribute[UUID], ids: Sequence[UUID], pointer: str) -> None:
    if not ids:
        return
    existing = await queries.existing(session, column, ids)
    for index, one in enumerate(ids):
        if one not in existing:
            raise InvalidField(pointer.format(index), "There is no such thing", "not_found")


async def _link(session: AsyncSession, article_id: UUID, values: Mapping[str, Any]) -> None:
    """Replace those lists of what the article names that are in `values`."""
    if "topics" in values:
        known = await _topics(session, values["topics"])
        await _replace(session, ArticleTopic.topic_id, article_id, [known[slug] for slug in values["topics"]])
    if "author_ids" in values:
        await _replace(session, ArticleAuthor.practitioner_id, article_id, values["author_ids"])
    if "treatment_ids" in values:
        await _replace(session, ArticleTreatment.treatment_id, article_id, values["treatment_ids"])


async def _replace(session: AsyncSession, column: InstrumentedAttribute[UUID], article_id: UUID, ids: Sequence[UUID]) -> None:
    link = column.class_
    await session.execute(delete(link).where(link.article_id == article_id))
    if ids:
        rows = [{"article_id": article_id, column.key: one, "position": position} for position, one in enumerate(ids)]
        await session.execute(insert(link), rows)


async def _topics(session: AsyncSession, slugs: Sequence[str]) -> dict[str, UUID]:
    """Ids by slug, of topics that exist from now on. In order, so that two editors with the same new topics do not wait for each other."""
    if not slugs:
        return {}
    rows = [{"slug": slug, "name": slug.replace("-", " ").capitalize()} for slug in sorted(slugs)]
    await session.execute(insert(Topic).values(rows).on_conflict_do_nothing(index_elements=[Topic.slug]))
    return await queries.topic_ids(session, slugs)
