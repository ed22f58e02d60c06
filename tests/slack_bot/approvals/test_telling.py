"""What is left for the clerk to tell to whoever asked."""

import json
from dataclasses import replace

import pytest

from slack_bot import approvals
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger
from tests.slack_bot.approvals.told import outcomes
from tests.slack_bot.examples import NOW, REQUEST, added, read
from upstream_client.models import Seen, Status

LATER = NOW + 7 * SECOND


@pytest.mark.parametrize(
    ("requester", "email", "told"),
    [("PC-1\\Requester", "", 1), ("", "requester@example.com", 1), ("", "", 0)],
)
def test_it_is_told_wherever_the_request_names_somebody(
    sqlite_ledger: Ledger, requester: str, email: str, told: int
) -> None:
    row = added(sqlite_ledger, replace(REQUEST, requester=requester, requester_email=email))
    with sqlite_ledger.write() as tx:
        approvals.gone(tx, LATER, row, Seen(Status.EXPIRED))
    assert len(outcomes(sqlite_ledger)) == told


def test_it_lies_in_the_inbox_due_at_once_once_for_each_end(sqlite_ledger: Ledger) -> None:
    row = added(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        approvals.gone(tx, LATER, row, Seen(Status.EXPIRED))
    settled = read(sqlite_ledger)
    (one,) = outcomes(sqlite_ledger)
    assert json.loads(one.pop("payload")) == {"request": row.key, "version": settled.version}
    assert one == {
        "once_key": f"outcome:{row.key}:{row.version}",
        "kind": "outcome",
        "channel": "",
        "user_id": "",
        "reply_to": "",
        "received_at": LATER,
        "due_at": LATER,
        "handled_at": None,
        "result": "",
        "answer": "",
        "answer_due_at": None,
        "answer_blocks": "",
        "answer_public": False,
    }
