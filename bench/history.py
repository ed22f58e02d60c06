"""A ledger with as many cards as a busy bot has after months, written as the poller and the publisher write it.

Slack takes one card a second, so ten thousand real ones take three hours. Here the real poller reads the real
list into the ledger; then each card is entered as posted, with its record in the audit log, as the publisher
does it once Slack has answered. All the requests wait: the poller holds and compares every one of them.
"""

import time
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import insert

from bench.bot import AUDIT_KEY, ledger_url
from bench.workspace import CHANNEL, Workspace
from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.blocks import mark_of
from slack_bot.channel_store import ChannelStore
from slack_bot.clock import now_us
from slack_bot.ledger import Ledger, cards
from slack_bot.poller import ApprovalPoller
from slack_bot.rows import CardRow, CardState, RequestRow, State, requests_in
from upstream_client.privilege_manager import PrivManClient

AT_ONCE = 500
BY = "bench"


def write_history(workspace: Workspace, folder: Path, count: int) -> None:
    """``count`` requests wait upstream and have their cards; ``folder`` is the bot's, with its channels.json."""
    workspace.control.file_requests(count)
    at = workspace.at
    client = PrivManClient(at.privman_url, at.privman_username, at.privman_password)
    ledger = Ledger(ledger_url(folder), AUDIT_KEY)
    try:
        ApprovalPoller(client, ledger, now_us, changed=lambda: None).poll()
        _post_all(ledger, _mark(folder))
    finally:
        client.close()
        ledger.close()


def _mark(folder: Path) -> str:
    """Of the policy that the cards show; with another one the bot would draw them all again."""
    (channel,) = ChannelStore.read(folder / "channels.json").all()
    return mark_of(channel.policy)


def _post_all(ledger: Ledger, mark: str) -> None:
    with ledger.read() as connection:
        rows = requests_in(connection, PrivManClient.name, State.PENDING)
    began = int(time.time())
    numbered = list(enumerate(rows))
    for first in range(0, len(numbered), AT_ONCE):
        some = numbered[first : first + AT_ONCE]
        with ledger.write() as tx:
            posted = [_posted(row, f"{began}.{number:06}", mark) for number, row in some]
            tx.execute(insert(cards), [asdict(card) for card in posted])
            for card in posted:
                key, ts = card.request_key, card.ts
                audit.append(tx, now_us(), Kind.CARD_POSTED, key, channel=card.channel, ts=ts)


def _posted(row: RequestRow, ts: str, mark: str) -> CardRow:
    return CardRow(row.key, CHANNEL, CardState.POSTED, now_us(), BY, ts, row.look, "", shown_policy=mark)
