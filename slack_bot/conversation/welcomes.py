"""The welcomes that are known, and how they are kept true.

A welcome is posted as the answer to a mention, so that Slack's ts of it is told by the presses on it alone.
"""

import structlog
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from slack_bot import answers, ledger
from slack_bot.blocks import Message
from slack_bot.conversation.asked import Asked
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


def known(asked: Asked, channel_id: str) -> str:
    """The ts of the channel's newest welcome on which somebody pressed Save; "" for none."""
    table = ledger.inbox
    query = (
        select(table.c.payload)
        .where(table.c.kind == PICK, table.c.channel == channel_id)
        .order_by(table.c.id.desc())
        .limit(PRESSES_LOOKED_AT)
    )
    with asked.desk.ledger.read() as connection:
        presses = [Pressed.model_validate_json(one) for one in connection.execute(query).scalars()]
    ours = (one.message_ts for one in presses if one.is_welcome and one.author == asked.desk.bot_user)
    return max(ours, default="", key=_moment)


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
