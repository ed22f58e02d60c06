"""What Slack sends us, one module per kind, each in two halves.

receive: inline, saves to the inbox and returns; handle: later, by the clerk: policy, look-ups, answers.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_bolt import Ack, App

from slack_bot.desk import Desk
from slack_bot.inbox import Inbox, Item
from slack_bot.listeners import buttons, commands, mentions, messages, modals, outcomes, pickers

_MODULES = (buttons, modals, mentions, messages, commands, pickers, outcomes)

HANDLERS: Mapping[str, Callable[[Item, Desk, int], None]] = {
    kind: handle for module in _MODULES for kind, handle in module.HANDLERS.items()
}

log = structlog.get_logger(__name__)


def register(app: App, inbox: Inbox) -> None:
    """Registers every listener, and after them the ones that acknowledge what nobody listens for."""
    for module in _MODULES:
        module.register(app, inbox)
    _register_the_rest(app)


def _register_the_rest(app: App) -> None:
    """Anything else is acknowledged and logged: Slack would show the person a warning, or send it again."""
    anything = re.compile(".*", re.DOTALL)

    def acknowledge(ack: Ack, body: dict[str, Any]) -> None:
        log.warning("nobody listens for this", type=body.get("type"), event_type=_event_type(body))
        ack()

    app.action(anything)(acknowledge)
    app.shortcut(anything)(acknowledge)
    app.view(anything)(acknowledge)
    app.view_closed(anything)(acknowledge)
    app.command(anything)(acknowledge)
    app.event(anything)(acknowledge)


def _event_type(body: dict[str, Any]) -> object:
    event = body.get("event")
    return event.get("type") if isinstance(event, dict) else None
