"""A bot that asks more than one person, and what its cards say of it."""

from dataclasses import replace
from typing import Any

from sqlalchemy import update

from slack_bot.blocks import Card
from slack_bot.ledger import requests
from slack_bot.policy import Approvals, ChannelPolicy, Terms
from slack_bot.rows import body_of
from tests.rig import APPROVALS, APPROVER, APPROVERS, SECOND_APPROVER, Rig
from tests.slack_bot.shown import lines
from upstream_client.models import Risk

TWO = Approvals(2, 2, 2, 2)
NAMED = ChannelPolicy(users=(APPROVER, SECOND_APPROVER))
ASKED_BY = {"email": "requester@example.com"}
"""The fields of a request of which it can be told who asked."""


def of_group(**terms: Any) -> ChannelPolicy:
    """The approvers' group decides on these terms."""
    return replace(APPROVERS, terms=Terms(**terms))


def ask_rated(rig: Rig, risk: Risk, **fields: Any) -> str:
    """Somebody asks for something so risky, and the card shows it; the request's id upstream."""
    request = rig.ask(**fields)
    asked = replace(rig.row().asked, risk=risk)
    with rig.ledger.write() as tx:
        this = update(requests).where(requests.c.key == rig.row().key)
        tx.execute(this.values(body=body_of(asked), look=requests.c.look + 1))
    rig.run("publisher")
    return request


def approved_by(rig: Rig, user: str, **more: Any) -> None:
    """Somebody approves, and everything comes to rest."""
    rig.press(user, "approve_request", **more)
    rig.run()


def approvals_line(rig: Rig, channel: str = APPROVALS) -> str:
    """What the newest card says of its approvals, "" where it says nothing."""
    blocks = rig.card(channel)["blocks"]
    if not any(block.get("block_id") == "approvals" for block in blocks):
        return ""
    return "\n".join(lines(Card("", blocks, {}), "approvals"))
