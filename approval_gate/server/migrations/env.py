"""Alembic's entry: migrates over the connection, and in the transaction, that the database hands in."""

from alembic import context

from approval_gate.server.database import VERSION_TABLE, metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, version_table=VERSION_TABLE)
context.run_migrations()
