"""Enquiries."""

import sqlalchemy as sa
from alembic import op

revision = "20261123_06"
down_revision = "20261123_05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enquiries",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("article_id", sa.Uuid(), nullable=True),
        sa.Column("treatment_id", sa.Uuid(), nullable=True),
        sa.Column("wished", sa.String(), nullable=True),
        sa.Column("consent_version", sa.String(), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('new', 'open', 'answered', 'closed', 'spam')", name="ck_enquiries_state"),
        sa.CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name="ck_enquiries_contact"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_enquiries_article_id"),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name="fk_enquiries_assignee_id"),
        sa.ForeignKeyConstraint(["treatment_id"], ["treatments.id"], name="fk_enquiries_treatment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_enquiries"),
        sa.UniqueConstraint("reference", name="uq_enquiries_reference"),
    )
    op.create_index("ix_enquiries_article_id", "enquiries", ["article_id"], unique=False)
    op.create_index("ix_enquiries_state_id", "enquiries", ["state", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("enquiries")
