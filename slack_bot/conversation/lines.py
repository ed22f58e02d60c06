"""Lines that nobody waits for as an answer: they are kept in the inbox, and said until Slack takes them."""

import json

from sqlalchemy import Connection, insert

from slack_bot import ledger
from slack_bot.blocks import Message
from slack_bot.conversation.asked import Announcement, Asked
from slack_bot.inbox import Item

ANNOUNCEMENT = "announcement"
"""The kind of what nobody sent us: a line that waits to be said."""


def announce(tx: Connection, asked: Asked, announcement: Announcement) -> None:
    """To everybody in a channel."""
    _leave(tx, asked, announcement.channel, announcement.text, public=True)


def announce_message(tx: Connection, asked: Asked, channel: str, message: Message, request_key: str) -> None:
    """To everybody in a channel, with its layout; what became of it is on record with the request it is about."""
    blocks = json.dumps(message.blocks)
    _leave(tx, asked, channel, message.text, public=True, blocks=blocks, about=request_key)


def announced_request(item: Item) -> str:
    """The key of the request that an announcement is about, "" where it is about none."""
    if item.kind != ANNOUNCEMENT:
        return ""
    about = json.loads(item.payload).get("request")
    return about if isinstance(about, str) else ""


def say_meanwhile(tx: Connection, asked: Asked, text: str) -> None:
    """To whoever asked, alone, before there is an answer."""
    _leave(tx, asked, asked.item.channel, text, public=False)


def _leave(
    tx: Connection,
    asked: Asked,
    channel: str,
    text: str,
    *,
    public: bool,
    blocks: str = "",
    about: str = "",
) -> None:
    for_whom = channel if public else asked.user
    payload = {"after": asked.item.id, **({"request": about} if about else {})}
    tx.execute(
        insert(ledger.inbox).values(
            once_key=f"{ANNOUNCEMENT}:{asked.item.id}:{for_whom}",
            kind=ANNOUNCEMENT,
            channel=channel,
            user_id=asked.user,
            payload=json.dumps(payload),
            reply_to="" if public else asked.item.reply_to,
            received_at=asked.now,
            handled_at=asked.now,
            result="to be said",
            answer=text,
            answer_blocks=blocks,
            answer_public=public,
            answer_due_at=asked.now,
        )
    )
