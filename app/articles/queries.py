"""Every SELECT of articles.

The page of one article is what the public reads most, so `read` sends its statement by the driver: the same through the session takes three times
as long. Everything else is asked through the session.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from sqlalchemy import ColumnElement, Select, String, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, load_only, with_expression

from app.articles.models import Article, ArticleAuthor, ArticleTopic, ArticleTreatment, Topic
from app.articles.schemas import ArticleOut, ArticleSummaryOut
from app.identity.actor import Actor
from app.identity.policy import allows
from app.kit.db import driver
from app.kit.errors import NotFound

PUBLISHED = "published"


def may_write(actor: Actor) -> bool:
    return allows("articles:write", actor.role)


def _list_of(statement: Select[Any], item: Any) -> ColumnElement[list[Any]]:
    """A subquery's column as one array, so that an article and all that it names are one row of one query."""
    return func.array(statement.correlate(Article).scalar_subquery(), type_=ARRAY(item))


_TOPICS = _list_of(
    select(Topic.slug)
    .join(ArticleTopic, ArticleTopic.topic_id == Topic.id)
    .where(ArticleTopic.article_id == Article.id)
    .order_by(ArticleTopic.position),
    String,
)
_AUTHOR_IDS = _list_of(
    select(ArticleAuthor.practitioner_id).where(ArticleAuthor.article_id == Article.id).order_by(ArticleAuthor.position), Uuid
)
_TREATMENT_IDS = _list_of(
    select(ArticleTreatment.treatment_id).where(ArticleTreatment.article_id == Article.id).order_by(ArticleTreatment.position),
    Uuid,
)
_LISTS = (
    with_expression(Article.topics, _TOPICS),
    with_expression(Article.author_ids, _AUTHOR_IDS),
    with_expression(Article.treatment_ids, _TREATMENT_IDS),
)
_IN_LISTS = load_only(
    *(getattr(Article, column.key) for column in Article.__table__.columns if column.key in ArticleSummaryOut.model_fields),
    raiseload=True,
)


def visible_to(actor: Actor) -> Select[Article]:
    """Everybody sees what is published; whoever writes articles sees the rest too."""
    statement = select(Article).options(*_LISTS)
    return statement if may_write(actor) else statement.where(Article.status == PUBLISHED)


def listed(actor: Actor, *, status: str, topic: str | None, treatment_id: UUID | None) -> Select[Article]:
    """Without what is read on the article's own page."""
    statement = visible_to(actor).where(Article.status == status).options(_IN_LISTS)
    if topic is not None:
        links = select(ArticleTopic.article_id).join(Topic, Topic.id == ArticleTopic.topic_id).where(Topic.slug == topic)
        statement = statement.where(Article.id.in_(links))
    if treatment_id is not None:
        links = select(ArticleTreatment.article_id).where(ArticleTreatment.treatment_id == treatment_id)
        statement = statement.where(Article.id.in_(links))
    return statement


async def read(session: AsyncSession, actor: Actor, slug_or_id: str) -> ArticleOut:
    """An article as it is answered. Raises NotFound."""
    found_id = as_id(slug_or_id)
    sql, parameters = _page(every_status=may_write(actor), by_id=found_id is not None)
    async with (await driver(session)).cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql, {**parameters, "key": found_id or slug_or_id})
        found = await cursor.fetchone()
    if found is None:
        raise NotFound
    return ArticleOut.model_validate(found)


@cache
def _page(*, every_status: bool, by_id: bool) -> tuple[bytes, dict[str, Any]]:
    """The statement of `read` as the driver takes it, and its parameters but for "key". Who sees what is as in `visible_to`."""
    statement = select(
        *Article.__table__.columns,
        _TOPICS.label("topics"),
        _AUTHOR_IDS.label("author_ids"),
        _TREATMENT_IDS.label("treatment_ids"),
    ).where((Article.id if by_id else Article.slug) == bindparam("key"))
    if not every_status:
        statement = statement.where(Article.status == PUBLISHED)
    compiled = statement.compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
    return str(compiled).encode(), dict(compiled.params)


async def get(session: AsyncSession, actor: Actor, slug_or_id: str) -> Article:
    """For a change. Raises NotFound."""
    found_id = as_id(slug_or_id)
    which = Article.slug == slug_or_id if found_id is None else Article.id == found_id
    found = (await session.scalars(visible_to(actor).where(which))).one_or_none()
    if found is None:
        raise NotFound
    return found


async def written(session: AsyncSession, article: Article) -> Article:
    """The article as a reader gets it, after a change: what it names read again."""
    statement = select(Article).options(*_LISTS).where(Article.id == article.id).execution_options(populate_existing=True)
    return (await session.scalars(statement)).one()


def as_id(slug_or_id: str) -> UUID | None:
    """No article has a slug that reads as an id."""
    try:
        return UUID(slug_or_id)
    except ValueError:
        return None


def topics_visible_to(actor: Actor) -> Select[Topic]:
    """Everybody sees the topics that have a published article; whoever writes articles sees all."""
    count = (
        select(func.count())
        .select_from(ArticleTopic)
        .join(Article, Article.id == ArticleTopic.article_id)
        .where(ArticleTopic.topic_id == Topic.id, Article.status == PUBLISHED)
        .correlate(Topic)
        .scalar_subquery()
    )
    statement = select(Topic).options(with_expression(Topic.published_articles, count))
    return statement if may_write(actor) else statement.where(count > 0)


async def topic_ids(session: AsyncSession, slugs: Iterable[str]) -> dict[str, UUID]:
    rows = await session.execute(select(Topic.slug, Topic.id).where(Topic.slug.in_(slugs)))
    return {row.slug: row.id for row in rows}


async def existing(session: AsyncSession, column: InstrumentedAttribute[UUID], ids: Iterable[UUID]) -> set[UUID]:
    """Which of these ids are in that column."""
    return set((await session.scalars(select(column).where(column.in_(ids)))).all())
