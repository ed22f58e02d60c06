"""What a move leaves behind beside the request's row: its record, and what the requester is to be told."""

from typing import Any

from sqlalchemy import insert, select

from slack_bot.audit import Record, records
from slack_bot.ledger import Ledger, cards, inbox
from slack_bot.rows import UNDECIDED, CardRow, CardState, RequestRow, cards_of
from tests.slack_bot.examples import NOW

NOBODY_ANSWERED: dict[str, Any] = dict(UNDECIDED)
"""The fields of a row that waits as if nobody had answered it."""


def last_record(ledger: Ledger) -> Record:
    """The newest of all records."""
    with ledger.read() as connection:
        return records(connection)[-1]


def outcomes(ledger: Ledger) -> list[dict[str, Any]]:
    """What waits in the inbox though nobody sent it: all that was set down of each."""
    query = select(inbox).where(inbox.c.kind == "outcome").order_by(inbox.c.id)
    with ledger.read() as connection:
        found = [dict(row) for row in connection.execute(query).mappings()]
    return [{name: value for name, value in one.items() if name != "id"} for one in found]


def carded(
    ledger: Ledger, row: RequestRow, state: CardState = CardState.POSTED, channel: str = "C01"
) -> CardRow:
    """A card of the request, in whose thread people were reminded and the backup was called."""
    card = {
        "request_key": row.key,
        "channel": channel,
        "state": state,
        "claimed_at": NOW,
        "claimed_by": "one",
        "ts": f"1.{channel}",
        "shown_look": row.look,
        "lost_because": "",
        "reminders": 3,
        "reminded_at": NOW,
        "backup_at": NOW,
    }
    with ledger.write() as tx:
        tx.execute(insert(cards).values(**card))
    return cards_by_channel(ledger, row)[channel]


def cards_by_channel(ledger: Ledger, row: RequestRow) -> dict[str, CardRow]:
    """The request's cards as they stand."""
    with ledger.read() as connection:
        return {card.channel: card for card in cards_of(connection, row.key)}
