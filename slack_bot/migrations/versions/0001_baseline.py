"""The first tables: inbox, requests, votes, cards, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("request_key", sa.String(length=12), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_request_key", "audit", ["request_key"], unique=False)
    op.create_table(
        "inbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("once_key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("handled_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answer_due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("once_key", name=op.f("uq_inbox_once_key")),
    )
    op.create_index(op.f("ix_inbox_answer_due_at"), "inbox", ["answer_due_at"], unique=False)
    op.create_index(op.f("ix_inbox_due_at"), "inbox", ["due_at"], unique=False)
    op.create_table(
        "requests",
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("upstream", sa.String(length=40), nullable=False),
        sa.Column("upstream_id", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("look", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=True),
        sa.Column("cause", sa.String(length=20), nullable=True),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=False),
        sa.Column("decided_by_name", sa.Text(), nullable=False),
        sa.Column("decided_in", sa.String(length=20), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("intent_at", sa.BigInteger(), nullable=True),
        sa.Column("intent_by", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("seen_pending", sa.Integer(), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("outcome_status", sa.String(length=20), nullable=False),
        sa.Column("outcome_by", sa.Text(), nullable=False),
        sa.Column("outcome_detail", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_requests")),
        sa.UniqueConstraint("upstream", "upstream_id", name=op.f("uq_requests_upstream_upstream_id")),
    )
    op.create_index("ix_requests_state_first_seen_at", "requests", ["state", "first_seen_at"], unique=False)
    op.create_index("ix_requests_upstream_state", "requests", ["upstream", "state"], unique=False)
    op.create_table(
        "cards",
        sa.Column("request_key", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(length=40), nullable=False),
        sa.Column("ts", sa.String(length=40), nullable=True),
        sa.Column("shown_look", sa.Integer(), nullable=False),
        sa.Column("lost_because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["request_key"], ["requests.key"], name=op.f("fk_cards_request_key")),
        sa.PrimaryKeyConstraint("request_key", "channel", name=op.f("pk_cards")),
    )
    op.create_index("ix_cards_channel_ts", "cards", ["channel", "ts"], unique=False)
    op.create_index("ix_cards_state", "cards", ["state"], unique=False)
    op.create_table(
        "votes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("request_key", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.String(length=20), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("voted_at", sa.BigInteger(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_votes_inbox_id")),
        sa.ForeignKeyConstraint(["request_key"], ["requests.key"], name=op.f("fk_votes_request_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_votes")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_votes_inbox_id")),
    )
    op.create_index("ix_votes_request_key_revision", "votes", ["request_key", "revision"], unique=False)
