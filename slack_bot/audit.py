"""The audit log: what happened, in order, written in the transaction that made it happen."""

import json
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select

from slack_bot.ledger import audit

THE_BOT = "bot"
"""The actor of what nobody asked for: seen, posted, sent."""


class Kind(StrEnum):
    """What a record tells of."""

    REQUEST_SEEN = "request_seen"
    REQUEST_CHANGED = "request_changed"
    REQUEST_GONE = "request_gone"
    REQUEST_BACK = "request_back"
    CARD_POSTED = "card_posted"
    CARD_LOST = "card_lost"
    VOTE = "vote"
    DECIDED = "decided"
    REFUSAL = "refusal"
    SECURITY = "security_event"
    INTENT = "intent"
    NOT_SENT = "not_sent"
    NOT_CONFIRMED = "not_confirmed"
    OUTCOME = "outcome"
    CHANNEL_REGISTERED = "channel_registered"
    CHANNEL_CHANGED = "channel_changed"
    CHANNEL_REMOVED = "channel_removed"
    SCHEDULE_CHANGED = "schedule_changed"
    CHANGED_OUTSIDE = "changed_outside"
    """A channel or schedule is not what we wrote: somebody else changed the stored state."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the log. ``at`` is in microseconds since 1970 UTC."""

    id: int
    at: int
    kind: str
    request_key: str | None
    actor: str
    detail: dict[str, object]


def append(
    tx: Connection, now: int, kind: Kind, request_key: str | None, actor: str = THE_BOT, **detail: object
) -> None:
    """Adds a record to the transaction: it stands if, and only if, the change it tells of stands."""
    text = json.dumps(detail, sort_keys=True, ensure_ascii=False)
    tx.execute(
        insert(audit).values(at=now, kind=kind.value, request_key=request_key, actor=actor, detail=text)
    )


def records(connection: Connection, request_key: str | None = None) -> list[Record]:
    """All records in order, or those of one request."""
    query = select(audit).order_by(audit.c.id)
    if request_key is not None:
        query = query.where(audit.c.request_key == request_key)
    return [
        Record(row.id, row.at, row.kind, row.request_key, row.actor, json.loads(row.detail))
        for row in connection.execute(query)
    ]
