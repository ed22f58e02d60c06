"""What conversations, long facts, a backlog, and approvals until a moment need to have kept.

Answers with blocks and for all to see; facts told in a card's thread; cards posted anew; a request's turn, and the
line that counts a backlog; the moment until which people approved.
"""

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
    op.add_column(
        "cards", sa.Column("anew_revision", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("votes", sa.Column("until_at", sa.BigInteger(), nullable=True))
    op.add_column("requests", sa.Column("until_at", sa.BigInteger(), nullable=True))
    op.add_column("requests", sa.Column("turn", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE requests SET turn = first_seen_at")
    op.create_table(
        "backlogs",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(length=40), nullable=False),
        sa.Column("ts", sa.String(length=40), nullable=True),
        sa.Column("shown_count", sa.Integer(), nullable=False),
        sa.Column("probed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_backlogs")),
    )
    op.create_index("ix_requests_cause_decided_at", "requests", ["cause", "decided_at"])
    op.create_index("ix_requests_state_turn", "requests", ["state", "turn"])
    op.create_index("ix_requests_turn", "requests", ["turn"])
