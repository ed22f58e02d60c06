"""What is left for the clerk to tell: what became of a request, to whoever asked for it."""

import json

from sqlalchemy import Connection, insert

from slack_bot.ledger import inbox
from slack_bot.rows import RequestRow

OUTCOME = "outcome"
"""The kind of what nobody sent us: a request was settled, and the requester may want to know."""


def tell_requester(tx: Connection, now: int, row: RequestRow) -> None:
    """Puts it into the inbox, once for each time that the request is settled. ``row`` is as it was before."""
    asked = row.asked
    if not asked.requester and not asked.requester_email:
        return
    tx.execute(
        insert(inbox).values(
            once_key=f"{OUTCOME}:{row.key}:{row.version}",
            kind=OUTCOME,
            channel="",
            user_id="",
            payload=json.dumps({"request": row.key, "version": row.version + 1}),
            reply_to="",
            received_at=now,
            due_at=now,
            result="",
            answer="",
        )
    )
