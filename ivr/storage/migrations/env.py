"""Alembic's entry: runs migrations on the connection, and inside the transaction, that the caller holds."""

from alembic import context

from ivr.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
