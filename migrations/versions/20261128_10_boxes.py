"""What is taken is kept apart as boxes, which cost less than ranges. The index is built while nobody can write to the table."""

from alembic import op

revision = "20261128_10"
down_revision = "20261128_09"
branch_labels = None
depends_on = None

NAME = "ex_occupancies_no_overlap"


def seconds_of(at: str) -> str:
    return f"date_part('epoch', {at} - '1970-01-01 00:00:00+00'::timestamptz)"


def upgrade() -> None:
    op.create_check_constraint(
        op.f("ck_occupancies_whole_seconds"),
        "occupancies",
        "NOT upper_inf(during) AND lower(during) = lower(during)::timestamptz(0) AND upper(during) = upper(during)::timestamptz(0)",
    )
    op.drop_constraint(NAME, "occupancies")
    across = "resource_id * '1e6'::float8"
    first, last = f"point({across}, {seconds_of('lower(during)')})", f"point({across}, {seconds_of('upper(during)')} - 1)"
    op.execute(f"ALTER TABLE occupancies ADD CONSTRAINT {NAME} EXCLUDE USING gist (box({first}, {last}) WITH &&)")


def downgrade() -> None:
    op.drop_constraint(NAME, "occupancies")
    resource = "int8range(resource_id, resource_id, '[]')"
    op.execute(f"ALTER TABLE occupancies ADD CONSTRAINT {NAME} EXCLUDE USING gist ({resource} WITH &&, during WITH &&)")
    op.drop_constraint(op.f("ck_occupancies_whole_seconds"), "occupancies")
