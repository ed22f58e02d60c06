"""What people write to the bot directly."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from pydantic import ValidationError
from slack_bolt import App

from slack_bot.conversation import Said, Way
from slack_bot.desk import Desk
from slack_bot.inbox import Inbox, Item
from slack_bot.listeners import spoken
from slack_bot.listeners.mentions import EventId

KIND = "direct"
WORDS_OF_PEOPLE = (None, "file_share", "thread_broadcast")
"""The subtypes with which somebody says something; all others tell what became of a message.

https://docs.slack.dev/reference/events/message
"""

log = structlog.get_logger(__name__)


def register(app: App, box: Inbox) -> None:
    """Saves what people write directly; Bolt acknowledges an event when its listener returns."""

    def receive(body: dict[str, Any]) -> None:
        event = body.get("event")
        if not isinstance(event, dict) or not is_said_to_us(event):
            return
        try:
            once = EventId.model_validate(body)
            said = Said.of(Way.DIRECT, event.get("user"), event.get("channel"), event.get("text"))
        except ValidationError:
            log.warning("message without a person, left alone", event_id=body.get("event_id"))
            return
        kind = spoken.KIND if spoken.is_answer(said) else KIND
        box.save(kind, once.once_key, channel=said.channel, user_id=said.user, payload=said.model_dump_json())

    app.event("message")(receive)


def is_said_to_us(event: dict[str, Any]) -> bool:
    """Whether a person wrote words, to us alone. A file without words, a bot's message or ours is none."""
    is_human = not (event.get("bot_id") or event.get("bot_profile") or event.get("hidden"))
    has_words = event.get("subtype") in WORDS_OF_PEOPLE and bool(str(event.get("text") or "").strip())
    return event.get("channel_type") == "im" and is_human and has_words


HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {KIND: spoken.handle}
