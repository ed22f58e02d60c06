"""@mentions of the bot in a channel."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from slack_bolt import App

from slack_bot.conversation import Said, Way
from slack_bot.desk import Desk
from slack_bot.inbox import Inbox, Item
from slack_bot.listeners import spoken

KIND = "mention"

log = structlog.get_logger(__name__)


class EventId(BaseModel):
    """The name of an event, the same however often Slack delivers it."""

    model_config = ConfigDict(frozen=True)

    event_id: str = Field(min_length=1, max_length=100)

    @property
    def once_key(self) -> str:
        """For the inbox."""
        return f"event:{self.event_id}"


def register(app: App, box: Inbox) -> None:
    """Saves mentions; Bolt acknowledges an event when its listener returns."""

    def receive(body: dict[str, Any]) -> None:
        event = body.get("event")
        told = event if isinstance(event, dict) else {}
        try:
            once = EventId.model_validate(body)
            said = Said.of(
                Way.MENTION,
                told.get("user"),
                told.get("channel"),
                told.get("text"),
                in_shared=body.get("is_ext_shared_channel") is True,
            )
        except ValidationError:
            log.warning("mention without a person, left alone", event_id=body.get("event_id"))
            return
        kind = spoken.KIND if spoken.is_answer(said) else KIND
        box.save(kind, once.once_key, channel=said.channel, user_id=said.user, payload=said.model_dump_json())

    app.event("app_mention")(receive)


HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {KIND: spoken.handle}
