"""The clinic and who and what is in it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261123_02"
down_revision = "20261123_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clinic",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("change_notice_minutes", sa.Integer(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("holds_per_client", sa.Integer(), nullable=False),
        sa.Column("upcoming_per_patient", sa.Integer(), nullable=False),
        sa.Column("cancel_reasons", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_clinic_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_clinic"),
    )
    op.create_table(
        "locations",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_locations"),
        sa.UniqueConstraint("slug", name="uq_locations_slug"),
    )
    op.create_table(
        "resources",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('practitioner', 'place', 'patient')", name="ck_resources_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_resources"),
    )
    op.create_table(
        "treatments",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("phases", JSONB(), nullable=False),
        sa.Column("buffer_before_minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_after_minutes", sa.Integer(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=True),
        sa.Column("place_kind", sa.String(), nullable=True),
        sa.Column("price_amount", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("price_currency", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("bookable_online", sa.Boolean(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=True),
        sa.Column("horizon_days", sa.Integer(), nullable=True),
        sa.Column("change_notice_minutes", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_treatments"),
        sa.UniqueConstraint("slug", name="uq_treatments_slug"),
    )
    op.create_table(
        "patients",
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("contacts", JSONB(), server_default="[]", nullable=False),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_patients_resource_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
        sa.UniqueConstraint("resource_id", name="uq_patients_resource_id"),
    )
    op.create_table(
        "places",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_places_location_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_places_resource_id"),
        sa.PrimaryKeyConstraint("id", name="pk_places"),
        sa.UniqueConstraint("resource_id", name="uq_places_resource_id"),
    )
    op.create_index("ix_places_location_id_kind", "places", ["location_id", "kind"], unique=False)
    op.create_table(
        "practitioners",
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("bio", sa.String(), nullable=True),
        sa.Column("languages", JSONB(), nullable=False),
        sa.Column("daily_limit", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name="fk_practitioners_resource_id"),
        sa.PrimaryKeyConstraint("id", name="pk_practitioners"),
        sa.UniqueConstraint("resource_id", name="uq_practitioners_resource_id"),
        sa.UniqueConstraint("slug", name="uq_practitioners_slug"),
    )
    op.create_table(
        "offers",
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("price_amount", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("price_currency", sa.String(), nullable=True),
        sa.Column("phases", JSONB(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioners.id"], name="fk_offers_practitioner_id"),
        sa.ForeignKeyConstraint(["treatment_id"], ["treatments.id"], name="fk_offers_treatment_id"),
        sa.PrimaryKeyConstraint("practitioner_id", "treatment_id", name="pk_offers"),
    )
    op.create_index("ix_offers_treatment_id", "offers", ["treatment_id"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioners.id"], name="fk_registrations_practitioner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_registrations"),
    )
    op.create_index("ix_registrations_practitioner_id", "registrations", ["practitioner_id"], unique=False)
    op.create_table(
        "working_hours",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("every_weeks", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_minute <> ends_minute", name="ck_working_hours_not_empty"),
        sa.CheckConstraint(
            "starts_minute BETWEEN 0 AND 1439 AND ends_minute BETWEEN 0 AND 1440", name="ck_working_hours_minutes"
        ),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="ck_working_hours_weekday"),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name="fk_working_hours_location_id"),
        sa.ForeignKeyConstraint(["practitioner_id"], ["practitioners.id"], name="fk_working_hours_practitioner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_working_hours"),
    )
    op.create_index("ix_working_hours_practitioner_id", "working_hours", ["practitioner_id"], unique=False)

    op.execute(
        sa.text(
            "INSERT INTO clinic (id, name, time_zone, currency, step_minutes, notice_minutes, horizon_days, hold_minutes,"
            " change_notice_minutes, travel_minutes, holds_per_client, upcoming_per_patient, cancel_reasons, version)"
            " VALUES (1, 'Clinic', 'Europe/London', 'GBP', 15, 120, 90, 10, 1440, 0, 3, 10, CAST(:reasons AS jsonb), 1)"
        ).bindparams(reasons='[{"code": "other", "label": "Other"}]')
    )


def downgrade() -> None:
    op.drop_table("working_hours")
    op.drop_table("registrations")
    op.drop_table("offers")
    op.drop_table("practitioners")
    op.drop_table("places")
    op.drop_table("patients")
    op.drop_table("treatments")
    op.drop_table("resources")
    op.drop_table("locations")
    op.drop_table("clinic")
