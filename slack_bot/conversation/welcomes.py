"""The welcomes that are known, and how they are kept true.

A welcome is posted as the answer to a mention, whose item keeps the ts that Slack gave it. Where Slack's answer was
lost, the presses on it tell. One that still waits to be posted is written anew.
"""

import json

import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, exists, select, update

from slack_bot import answers, inbox, ledger
from slack_bot.blocks import Message
from slack_bot.conversation.asked import Asked
from slack_bot.conversation.lines import ANNOUNCEMENT
from slack_bot.slack_api import Refused, SlackFailure

PICK = "pick"
"""The kind of a press of Save, as the inbox keeps it."""
PRESSES_LOOKED_AT = 20
DELETED = "message_not_found"

log = structlog.get_logger(__name__)


class Pressed(BaseModel):
    """Of a press of Save, on what message it was. ``author`` wrote it."""

    model_config = ConfigDict(frozen=True)

    message_ts: str
    is_welcome: bool
    author: str


def is_known(asked: Asked, channel_id: str) -> bool:
    """Whether `keep_true` has any to keep."""
    with asked.desk.ledger.read() as connection:
        waits = connection.execute(select(exists().where(*_waiting(channel_id)))).scalar()
    return bool(waits) or bool(_known(asked, channel_id))


def keep_true(asked: Asked, channel_id: str, message: Message) -> list[str]:
    """Lets the channel's newest welcome show what holds now, if it is known; the words for where that failed."""
    said_later = {"answer": message.text, "answer_blocks": json.dumps(message.blocks)}
    with asked.desk.ledger.write() as tx:
        waits = tx.execute(update(ledger.inbox).where(*_waiting(channel_id)).values(said_later)).rowcount
    ts = "" if waits else _known(asked, channel_id)
    return draw(asked, channel_id, ts, message) if ts else []


def _known(asked: Asked, channel_id: str) -> str:
    """The ts of the channel's newest welcome that was posted, as far as that is known; "" for none."""
    with asked.desk.ledger.read() as connection:
        found = [*_posted(connection, channel_id), *_pressed(connection, asked.desk.bot_user, channel_id)]
    return max(found, default="", key=_moment)


def _welcomes(channel_id: str) -> list[ColumnElement[bool]]:
    """The conditions for an item that is answered by one: nothing else is said there for all as an answer."""
    table = ledger.inbox
    return [table.c.channel == channel_id, table.c.answer_public, table.c.kind != ANNOUNCEMENT]


def _waiting(channel_id: str) -> list[ColumnElement[bool]]:
    return [*_welcomes(channel_id), ledger.inbox.c.answer_due_at.is_not(None)]


def _posted(connection: Connection, channel_id: str) -> list[str]:
    """The newest."""
    table = ledger.inbox
    stands = table.c.result.startswith(f"{inbox.POSTED} ")
    query = select(table.c.result).where(*_welcomes(channel_id), stands).order_by(table.c.id.desc()).limit(1)
    return [result.partition(" ")[2] for result in connection.execute(query).scalars()]


def _pressed(connection: Connection, bot_user: str, channel_id: str) -> list[str]:
    """Those on which somebody pressed Save."""
    table = ledger.inbox
    query = (
        select(table.c.payload)
        .where(table.c.kind == PICK, table.c.channel == channel_id)
        .order_by(table.c.id.desc())
        .limit(PRESSES_LOOKED_AT)
    )
    presses = [Pressed.model_validate_json(one) for one in connection.execute(query).scalars()]
    return [one.message_ts for one in presses if one.is_welcome and one.author == bot_user]


def _moment(ts: str) -> tuple[int, ...]:
    return tuple(int(part) for part in ts.split("."))


def draw(asked: Asked, channel_id: str, ts: str, message: Message) -> list[str]:
    """Lets a welcome show what holds now; gives the words for where that failed. One that is gone is no failure."""
    try:
        asked.desk.call("chat.update", {"channel": channel_id, "ts": ts, **message.message()})
    except SlackFailure as failure:
        why = failure.code if isinstance(failure, Refused) else "Slack does not answer"
        log.warning("the welcome could not be drawn again", why=str(failure))
        return [] if why == DELETED else [answers.not_redrawn(why)]
    return []
