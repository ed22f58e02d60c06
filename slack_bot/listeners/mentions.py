"""@mentions of the bot: it tells what it does in the channel."""

from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt import App

from slack_bot import answers, inbox
from slack_bot.desk import Desk
from slack_bot.inbox import Inbox, Item
from slack_bot.rows import count_waiting

KIND = "mention"

log = structlog.get_logger(__name__)


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    user: str = Field(pattern=r"^[A-Z0-9]{2,20}$")
    channel: str = Field(pattern=r"^[A-Z0-9]{2,20}$")


class Mention(BaseModel):
    """An app_mention event, as much of it as is needed."""

    model_config = ConfigDict(frozen=True)

    event_id: str = Field(max_length=100)
    event: _Event


def register(app: App, box: Inbox) -> None:
    """Saves mentions; Bolt acknowledges an event when its listener returns."""

    def receive(body: dict[str, Any]) -> None:
        try:
            mention = Mention.model_validate(body)
        except ValidationError:
            log.warning("mention without a person, left alone", event_id=body.get("event_id"))
            return
        event = mention.event
        box.save(
            KIND,
            f"event:{mention.event_id}",
            channel=event.channel,
            user_id=event.user,
            payload=mention.model_dump_json(),
        )

    app.event("app_mention")(receive)


def handle(item: Item, desk: Desk, now: int) -> None:
    """Answers in private what the bot does in this channel, how much waits there, and who may decide."""
    with desk.ledger.write() as tx:
        if inbox.is_waiting(tx, item):
            waiting = count_waiting(tx, item.channel)
            answer = answers.about(item.channel, desk.channels.get(item.channel), waiting)
            inbox.finish(tx, item, now, "answered", answer)
