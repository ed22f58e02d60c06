"""Votes with who gave them as they were then; cards with what they show of the policy, and with reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (
        # Whoever voted before had to pass the policy as it was, of which nothing is left to count again.
        (
            "votes",
            sa.Column("standing", sa.String(length=20), nullable=False, server_default=sa.text("'member'")),
        ),
        ("votes", sa.Column("groups", sa.Text(), nullable=False, server_default=sa.text("'[]'"))),
        ("votes", sa.Column("in_channel", sa.Boolean(), nullable=False, server_default=sa.false())),
        (
            "cards",
            sa.Column("shown_policy", sa.String(length=25), nullable=False, server_default=sa.text("''")),
        ),
        ("votes", sa.Column("email", sa.Text(), nullable=False, server_default=sa.text("''"))),
        ("cards", sa.Column("reminders", sa.Integer(), nullable=False, server_default=sa.text("0"))),
        ("cards", sa.Column("reminded_at", sa.BigInteger())),
        ("cards", sa.Column("backup_at", sa.BigInteger())),
        # Of older cards nobody knows when people saw what: silence counts from when they are drawn again.
        (
            "cards",
            sa.Column("shown_question", sa.String(length=16), nullable=False, server_default=sa.text("''")),
        ),
        ("cards", sa.Column("shown_at", sa.BigInteger())),
        ("cards", sa.Column("proven_at", sa.BigInteger())),
        ("requests", sa.Column("deciders", sa.Text(), nullable=False, server_default=sa.text("''"))),
    ):
        op.add_column(table, column)
    # Until now one person decided, wherever one did.
    op.execute("UPDATE requests SET deciders = decided_by")
