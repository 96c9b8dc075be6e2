"""Overrides, time off, closures, and a version of the catalogue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261124_07"
down_revision = "20261123_06"
branch_labels = None
depends_on = None

# What availability is worked out from, besides the diary.
CATALOGUE = (
    "clinic",
    "locations",
    "places",
    "treatments",
    "practitioners",
    "offers",
    "registrations",
    "working_hours",
    "overrides",
    "time_off",
    "closures",
)


def upgrade() -> None:
    op.create_table(
        "overrides",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("windows", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_overrides_location_id"),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioners.id"], name="fk_overrides_practitioner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
        sa.UniqueConstraint("practitioner_id", "location_id", "date", name="uq_overrides_practitioner_id_location_id_date"),
    )
    op.create_table(
        "time_off",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_time_off_ends_after_start"),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioners.id"], name="fk_time_off_practitioner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_time_off"),
    )
    op.create_index("ix_time_off_practitioner_id_starts_at", "time_off", ["practitioner_id", "starts_at"], unique=False)
    op.create_table(
        "closures",
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=True),
        sa.Column("ends_minute", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_on <= to_on", name="ck_closures_dates"),
        sa.CheckConstraint("(starts_minute IS NULL) = (ends_minute IS NULL)", name="ck_closures_both_or_none"),
        sa.CheckConstraint(
            "starts_minute >= 0 AND starts_minute < ends_minute AND ends_minute <= 1440", name="ck_closures_minutes"
        ),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_closures_location_id"),
        sa.PrimaryKeyConstraint("id", name="pk_closures"),
    )
    op.create_index("ix_closures_to_on", "closures", ["to_on"], unique=False)
    op.add_column("appointments", sa.Column("affected_by", JSONB(), server_default="[]", nullable=False))
    op.create_index(
        "ix_appointments_affected", "appointments", ["starts_at"], unique=False, postgresql_where=sa.text("affected_by <> '[]'")
    )

    op.create_table(
        "catalogue",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("id = 1", name="ck_catalogue_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue"),
    )
    op.execute("INSERT INTO catalogue (id, version) VALUES (1, 1)")
    op.execute(
        """
        CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            this_one CONSTANT bigint := pg_current_xact_id()::text::bigint;
        BEGIN
            UPDATE catalogue SET version = version + 1, changed_by = this_one WHERE changed_by IS DISTINCT FROM this_one;
            RETURN NULL;
        END
        $$
        """
    )
    for table in CATALOGUE:
        # Deferred, so that the row is locked for the time of a COMMIT only: nobody queues for it, nor holds it while waiting for another.
        op.execute(
            f"CREATE CONSTRAINT TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalogue_changed()"
        )


def downgrade() -> None:
    for table in CATALOGUE:
        op.execute(f"DROP TRIGGER catalogue_changed ON {table}")
    op.execute("DROP FUNCTION catalogue_changed")
    op.drop_table("catalogue")
    op.drop_index("ix_appointments_affected", "appointments")
    op.drop_column("appointments", "affected_by")
    op.drop_table("closures")
    op.drop_table("time_off")
    op.drop_table("overrides")
