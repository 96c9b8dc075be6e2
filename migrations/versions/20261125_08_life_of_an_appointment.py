"""Holds, every state of an appointment, overbooking, the history of an appointment, merged patients."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE

revision = "20261125_08"
down_revision = "20261124_07"
branch_labels = None
depends_on = None

# As the naming convention made it of a name that had followed it already.
OLD_CHECK = "ck_appointments_ck_appointments_status"
STATES = "'held', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'no_show'"


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.UniqueConstraint("hash", name="uq_holds_hash"),
    )
    op.create_index("ix_holds_client_expires_at", "holds", ["client", "expires_at"], unique=False)
    op.create_index("ix_holds_expires_at", "holds", ["expires_at"], unique=False)

    op.alter_column("appointments", "patient_id", nullable=True)
    op.drop_constraint(op.f(OLD_CHECK), "appointments")
    op.create_check_constraint(op.f("ck_appointments_status"), "appointments", f"status IN ({STATES})")
    op.add_column("appointments", sa.Column("hold_id", sa.Uuid(), nullable=True))
    op.add_column("appointments", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointments", sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointments", sa.Column("fulfilled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointments", sa.Column("no_show_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("appointments", sa.Column("overrides", JSONB(), server_default="[]", nullable=False))
    op.add_column("appointments", sa.Column("overbooked", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("appointments", sa.Column("late", sa.Boolean(), server_default="false", nullable=False))
    op.create_foreign_key("fk_appointments_hold_id", "appointments", "holds", ["hold_id"], ["id"])
    op.create_check_constraint(op.f("ck_appointments_somebody"), "appointments", "patient_id IS NOT NULL OR hold_id IS NOT NULL")
    op.create_check_constraint(op.f("ck_appointments_held_until"), "appointments", "(status = 'held') = (held_until IS NOT NULL)")
    op.create_index(
        "ix_appointments_hold_id", "appointments", ["hold_id"], unique=False, postgresql_where=sa.text("hold_id IS NOT NULL")
    )

    op.add_column("occupancies", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_occupancies_resource_id",
        "occupancies",
        ["resource_id"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_table(
        "claims",
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("during", TSTZRANGE(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)", name=op.f("ck_claims_half_open")
        ),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_claims_appointment_id"),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_claims_location_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_claims_resource_id"),
        sa.PrimaryKeyConstraint("resource_id", "during", "appointment_id", name="pk_claims"),
    )
    op.create_index("ix_claims_appointment_id", "claims", ["appointment_id"], unique=False)

    op.create_table(
        "appointment_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_key", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_appointment_history_appointment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_history"),
    )
    op.create_index("ix_appointment_history_appointment_id", "appointment_history", ["appointment_id"], unique=False)

    op.add_column("patients", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.add_column("patients", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key("fk_patients_merged_into_id", "patients", "patients", ["merged_into_id"], ["id"])
    op.create_index("ix_patients_merged_into_id", "patients", ["merged_into_id"], unique=False)


def downgrade() -> None:
    """What the old schema has no word for becomes what it has: who came was booked, who did not was cancelled, and holds are gone."""
    op.drop_index("ix_patients_merged_into_id", "patients")
    op.drop_constraint("fk_patients_merged_into_id", "patients")
    op.drop_column("patients", "erased_at")
    op.drop_column("patients", "merged_into_id")
    op.drop_table("appointment_history")
    op.drop_table("claims")
    op.execute(
        "DELETE FROM occupancies WHERE expires_at IS NOT NULL"
        " OR appointment_id IN (SELECT id FROM appointments WHERE patient_id IS NULL)"
    )
    op.drop_index("ix_occupancies_resource_id", "occupancies")
    op.drop_column("occupancies", "expires_at")
    op.execute("DELETE FROM appointments WHERE patient_id IS NULL")
    for check in ("held_until", "somebody", "status"):
        op.drop_constraint(op.f(f"ck_appointments_{check}"), "appointments")
    op.execute("UPDATE appointments SET status = 'booked' WHERE status IN ('arrived', 'fulfilled')")
    op.execute(
        "UPDATE appointments SET status = 'cancelled', cancelled_at = no_show_at, cancel_reason = 'other' WHERE status = 'no_show'"
    )
    op.create_check_constraint(op.f(OLD_CHECK), "appointments", "status IN ('pending', 'booked', 'cancelled')")
    op.drop_index("ix_appointments_hold_id", "appointments")
    op.drop_constraint("fk_appointments_hold_id", "appointments")
    for column in ("late", "overbooked", "overrides", "no_show_at", "fulfilled_at", "arrived_at", "held_until", "hold_id"):
        op.drop_column("appointments", column)
    op.alter_column("appointments", "patient_id", nullable=False)
    op.drop_table("holds")
