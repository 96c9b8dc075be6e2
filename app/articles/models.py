"""Tables: articles, topics, and what an article names: topics, authors, treatments, each in the order given."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, query_expression

from app.kit.db import Base, Record
from app.kit.ids import uuid7


class Article(Record, Base):
    """`html`, `headings` and `reading_minutes` are made of `body_markdown` when it is written, so that reading makes nothing.

    `published_at` is when it first went public; it stays when the article is taken back. The lists of what it names are filled by `queries`.
    """

    __tablename__ = "articles"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'in_review', 'published', 'archived')", name="status"),
        CheckConstraint("status <> 'published' OR published_at IS NOT NULL", name="published_at"),
        Index("ix_articles_status_published_at_id", "status", "published_at", "id"),
    )

    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    body_markdown: Mapped[str]
    html: Mapped[str]
    headings: Mapped[list[Any]]
    reading_minutes: Mapped[int]
    language: Mapped[str]
    reviewer_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioners.id"))
    references: Mapped[list[Any]]
    status: Mapped[str]
    published_at: Mapped[datetime | None]
    last_reviewed_on: Mapped[date | None]

    topics: Mapped[list[str]] = query_expression()
    author_ids: Mapped[list[UUID]] = query_expression()
    treatment_ids: Mapped[list[UUID]] = query_expression()


class Topic(Base):
    """The condition or body area that articles are about. Made by the first article that names it."""

    __tablename__ = "topics"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]

    published_articles: Mapped[int] = query_expression()


class ArticleTopic(Base):
    __tablename__ = "article_topics"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), primary_key=True, index=True)
    position: Mapped[int]


class ArticleAuthor(Base):
    __tablename__ = "article_authors"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioners.id"), primary_key=True, index=True)
    position: Mapped[int]


class ArticleTreatment(Base):
    __tablename__ = "article_treatments"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    treatment_id: Mapped[UUID] = mapped_column(ForeignKey("treatments.id"), primary_key=True, index=True)
    position: Mapped[int]
