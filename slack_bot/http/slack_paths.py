"""Where Slack posts what people do: the paths that the listener serves and that the app's manifest names."""

from typing import Final

EVENTS: Final = "/slack/events"
ACTIONS: Final = "/slack/actions"
COMMANDS: Final = "/slack/commands"
ALIASES: Final = ("/slack/interact", "/api/slack/interact", "/api/slack/command")
"""Other names, which an app that was made for another bot may have: the first two of actions, then of commands."""
PATHS: Final = (EVENTS, ACTIONS, COMMANDS, *ALIASES)
