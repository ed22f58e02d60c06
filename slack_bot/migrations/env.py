"""Alembic's entry: migrates over the connection, and in the transaction, that the ledger hands in."""

from alembic import context

from slack_bot.ledger import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
