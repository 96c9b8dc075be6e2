"""Appointments, and the ledger of occupied time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint

revision = "20261123_03"
down_revision = "20261123_02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointments",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("treatment_name", sa.String(), nullable=False),
        sa.Column("phases", JSONB(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("wall_start", sa.DateTime(), nullable=False),
        sa.Column("price_amount", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("price_currency", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'booked', 'cancelled')", name="ck_appointments_status"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_appointments_ends_after_start"),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_appointments_location_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name="fk_appointments_patient_id"),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_appointments_place_id"),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioners.id"], name="fk_appointments_practitioner_id"),
        sa.ForeignKeyConstraint(["treatment_id"], ["treatments.id"], name="fk_appointments_treatment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
        sa.UniqueConstraint("reference", name="uq_appointments_reference"),
    )
    op.create_index("ix_appointments_patient_id_starts_at", "appointments", ["patient_id", "starts_at"], unique=False)
    op.create_index("ix_appointments_place_id_starts_at", "appointments", ["place_id", "starts_at"], unique=False)
    op.create_index("ix_appointments_practitioner_id_starts_at", "appointments", ["practitioner_id", "starts_at"], unique=False)
    op.create_index("ix_appointments_starts_at_id", "appointments", ["starts_at", "id"], unique=False)
    op.create_table(
        "occupancies",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("during", TSTZRANGE(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        ExcludeConstraint(
            (sa.text("int8range(resource_id, resource_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            using="gist",
            name="ex_occupancies_no_overlap",
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)", name="ck_occupancies_half_open"
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_occupancies_appointment_id"),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_occupancies_location_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_occupancies_resource_id"),
        sa.PrimaryKeyConstraint("appointment_id", "resource_id", "during", name="pk_occupancies"),
    )


def downgrade() -> None:
    op.drop_table("occupancies")
    op.drop_table("appointments")
