"""Requests with the channel in which whoever asked wishes to ask."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now no upstream told of such a wish.
    column = sa.Column("wish", sa.String(length=100), nullable=False, server_default=sa.text("''"))
    op.add_column("requests", column)
