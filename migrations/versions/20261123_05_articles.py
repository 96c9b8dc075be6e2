"""Articles, topics, and what articles name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261123_05"
down_revision = "20261123_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("body_markdown", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("headings", JSONB(), nullable=False),
        sa.Column("reading_minutes", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("references", JSONB(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_reviewed_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'in_review', 'published', 'archived')", name="ck_articles_status"),
        sa.CheckConstraint("status <> 'published' OR published_at IS NOT NULL", name="ck_articles_published_at"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["practitioners.id"], name="fk_articles_reviewer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.UniqueConstraint("slug", name="uq_articles_slug"),
    )
    op.create_index("ix_articles_status_published_at_id", "articles", ["status", "published_at", "id"], unique=False)
    op.create_table(
        "topics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
        sa.UniqueConstraint("slug", name="uq_topics_slug"),
    )
    _create_link("article_topics", "topic_id", "topics")
    _create_link("article_authors", "practitioner_id", "practitioners")
    _create_link("article_treatments", "treatment_id", "treatments")


def _create_link(table: str, column: str, target: str) -> None:
    op.create_table(
        table,
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column(column, sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=f"fk_{table}_article_id"),
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}"),
        sa.PrimaryKeyConstraint("article_id", column, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_{column}", table, [column], unique=False)


def downgrade() -> None:
    op.drop_table("article_treatments")
    op.drop_table("article_authors")
    op.drop_table("article_topics")
    op.drop_table("topics")
    op.drop_table("articles")
