"""Runs the migrations on the connection that `app.kit.migrations` hands over."""

from alembic import context

from app.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
