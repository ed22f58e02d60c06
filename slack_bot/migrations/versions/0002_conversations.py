"""Answers with blocks and for all to see, facts told in a card's thread, the line that counts a backlog."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "inbox", sa.Column("answer_blocks", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column(
        "inbox", sa.Column("answer_public", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "cards", sa.Column("told_revision", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_table(
        "backlogs",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(length=40), nullable=False),
        sa.Column("ts", sa.String(length=40), nullable=True),
        sa.Column("shown_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_backlogs")),
    )
    op.create_index("ix_requests_cause_decided_at", "requests", ["cause", "decided_at"])
