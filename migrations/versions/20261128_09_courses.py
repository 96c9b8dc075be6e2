"""Courses, and the appointments that are their sessions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261128_09"
down_revision = "20261125_08"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "courses",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("question", JSONB(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["treatment_id"], ["treatments.id"], name="fk_courses_treatment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("reference", name="uq_courses_reference"),
    )
    op.add_column("appointments", sa.Column("course_id", sa.Uuid(), nullable=True))
    op.add_column("appointments", sa.Column("session_number", sa.Integer(), nullable=True))
    op.add_column("appointments", sa.Column("pinned", sa.Boolean(), server_default="false", nullable=False))
    op.create_foreign_key("fk_appointments_course_id", "appointments", "courses", ["course_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_appointments_session_of_course"), "appointments", "(course_id IS NULL) = (session_number IS NULL)"
    )
    op.create_index(
        "ix_appointments_course_id",
        "appointments",
        ["course_id"],
        unique=False,
        postgresql_where=sa.text("course_id IS NOT NULL"),
    )
    op.create_index(
        "uq_appointments_course_id_session_number",
        "appointments",
        ["course_id", "session_number"],
        unique=True,
        postgresql_where=sa.text("status IN ('held', 'pending', 'booked', 'arrived', 'fulfilled')"),
    )


def downgrade() -> None:
    """The sessions stay, as appointments; what was held for a course has no hold to belong to, and goes."""
    held = sa.text("SELECT id FROM appointments WHERE status = 'held' AND hold_id IS NULL")
    ids = [row.id for row in op.get_bind().execute(held)]
    for table, column in (
        ("occupancies", "appointment_id"),
        ("appointment_history", "appointment_id"),
        ("patient_links", "appointment_id"),
        ("appointments", "id"),
    ):
        of_held = sa.table(table, sa.column(column, sa.Uuid()))
        op.execute(of_held.delete().where(of_held.c[column].in_(ids)))
    op.drop_index("uq_appointments_course_id_session_number", "appointments")
    op.drop_index("ix_appointments_course_id", "appointments")
    op.drop_constraint(op.f("ck_appointments_session_of_course"), "appointments")
    op.drop_constraint("fk_appointments_course_id", "appointments")
    for column in ("pinned", "session_number", "course_id"):
        op.drop_column("appointments", column)
    op.drop_table("courses")
