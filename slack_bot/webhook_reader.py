"""The webhook reader: hands what Xerotier sent by itself, and the inbox has kept, to its client."""

import threading
from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy import Connection

from slack_bot import inbox
from slack_bot.approvals.later import is_open
from slack_bot.clock import MINUTE
from slack_bot.inbox import Item
from slack_bot.ledger import Ledger
from slack_bot.rows import FINAL, key_of, request_by_key
from upstream_client.exceptions import NotUnderstood
from upstream_client.xerotier import Event, XerotierClient, read_event

REMEMBERED: Final = 24 * 60 * MINUTE
"""What came in this time before a start is handed on again: the client remembers nothing over a restart."""
OVERTAKEN: Final = 1_000
"""PostgreSQL gives a row its number before others see it: of so many, the newer may be seen first."""

log = structlog.get_logger(__name__)


class WebhookReader:
    """Reconciler: inbox → what the client has heard. Each replica has one, and each hands on all that came."""

    def __init__(self, ledger: Ledger, take: Callable[[Event], None], now: int) -> None:
        """``take`` is the client's; it has the list looked at. ``now`` is when the process started."""
        self._ledger = ledger
        self._take = take
        self._since = now - REMEMBERED
        self._after: int | None = None
        self._read = set[int]()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """No other event; the next start hands it on."""
        self._stopping.set()

    def work(self, _now: int) -> None:
        """Hands on what came since the last time, each once, but what was settled since.

        One is loaded at a time: a day's bodies may be more than there is room for.
        """
        with self._ledger.read() as connection:
            if self._after is None:
                self._after = inbox.newest(connection, self._since) - OVERTAKEN
            newest = inbox.newest(connection)
            came = inbox.webhooks(connection, self._after)
        self._read &= set(came)
        for item_id in came:
            if self._stopping.is_set():
                return
            if item_id not in self._read:
                self._read.add(item_id)
                self._hand_on(item_id)
        self._after = max(self._after, newest - OVERTAKEN)

    def _hand_on(self, item_id: int) -> None:
        with self._ledger.read() as connection:
            item = inbox.item_of(connection, item_id)
            event = self._event(item, connection) if item.received_at >= self._since else None
        if event is not None:
            self._take(event)

    def _event(self, item: Item, connection: Connection) -> Event | None:
        """What the item tells; None where that is nothing any more."""
        try:
            event = read_event(item.payload.encode(), item.received_at)
        except NotUnderstood as error:
            log.warning("a webhook that was kept cannot be read any more", item=item.id, why=str(error))
            return None
        return None if event is None or _is_settled(event, item, connection) else event


def _is_settled(event: Event, item: Item, connection: Connection) -> bool:
    """Whether what it tells of was settled after it came: told again, it would seem to wait.

    How it ended is news as long as nobody knows that.
    """
    row = request_by_key(connection, key_of(XerotierClient.name, event.approval_id))
    if row is None or row.state not in FINAL or (event.is_end and is_open(row)):
        return False
    return (row.settled_at or 0) >= item.received_at
