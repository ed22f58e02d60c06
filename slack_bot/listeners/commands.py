"""The slash command, which says the same as a mention; where the app was given the scope commands."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from pydantic import ValidationError
from slack_bolt import Ack, App

from slack_bot.conversation import Said, Way
from slack_bot.desk import Desk
from slack_bot.inbox import Inbox, Item
from slack_bot.listeners import spoken
from slack_bot.listeners.payloads import reply_address

KIND = "command"
COMMANDS = ("/approvals", "/agentsudo")
"""The second is a second name of the first, which users of AgentSudo know."""

log = structlog.get_logger(__name__)


def register(app: App, box: Inbox) -> None:
    """Saves commands, then acknowledges them with nothing: the answer follows, for the person alone."""

    def receive(ack: Ack, body: dict[str, Any]) -> None:
        trigger = body.get("trigger_id")
        try:
            said = Said.of(Way.COMMAND, body.get("user_id"), body.get("channel_id"), body.get("text"))
        except ValidationError:
            said = None
        if said is None or not isinstance(trigger, str) or not trigger:
            log.warning("command without a person, left alone")
        else:
            box.save(
                spoken.KIND if spoken.is_answer(said) else KIND,
                f"command:{trigger}",
                channel=said.channel,
                user_id=said.user,
                payload=said.model_dump_json(),
                reply_to=reply_address(body),
            )
        ack()

    for command in COMMANDS:
        app.command(command)(receive)


HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {KIND: spoken.handle, spoken.KIND: spoken.handle}
