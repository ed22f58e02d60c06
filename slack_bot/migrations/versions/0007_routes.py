"""Requests with the channels to which a route sends them, and by which routes that was found."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now there were no routes: none is taken.
    taken = sa.Column("routed_by", sa.String(length=16), nullable=False, server_default=sa.text("''"))
    op.add_column("requests", taken)
    to = sa.Column("routed_to", sa.Text(), nullable=False, server_default=sa.text("''"))
    op.add_column("requests", to)
    op.create_index("ix_requests_state_routed_by_routed_to", "requests", ["state", "routed_by", "routed_to"])
