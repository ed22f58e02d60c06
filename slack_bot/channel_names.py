"""The id of a channel that a setting names, as #approvals, asked of Slack."""

from collections.abc import Iterator
from typing import Any

import structlog
from slack_sdk import WebClient

from slack_bot.channel_store import Channel, Source
from slack_bot.operator_note import OperatorNote
from slack_bot.policy import ChannelPolicy
from slack_bot.slack_api import Refused, SlackFailure, call

KINDS = {"public_channel": "channels:read", "private_channel": "groups:read"}
"""Slack's words for the kinds of channels, and the scope that lets us see those we are in."""
PAGE = 200

log = structlog.get_logger(__name__)


class NoSuchChannel(Exception):
    """We are in no channel of this name, as far as we may see; the text tells the operator what to do."""


def channel_id(client: WebClient, name: str) -> str:
    """The id of the channel called ``name``, which begins with #; the bot has to be in it.

    Raises `NoSuchChannel`, or a `slack_bot.slack_api.SlackFailure` where Slack does not answer.
    """
    closed = []
    for kind, scope in KINDS.items():
        try:
            for channel in _channels(client, kind):
                if channel.get("name") == name.removeprefix("#").lower():
                    return str(channel["id"])
        except Refused as refused:
            if refused.code != "missing_scope":
                raise
            closed.append(scope)
    advice = "invite the bot there" + (f", give the app the scope {' or '.join(closed)}" if closed else "")
    raise NoSuchChannel(
        f"I am in no channel {name} that I can see: {advice}, or give the channel's id instead."
    )


class NamedChannel:
    """The channel that SLACK_CHANNEL names, looked for until it is found. Used by one thread."""

    def __init__(self, client: WebClient, wanted: str, notes: list[str]) -> None:
        """``wanted`` is an id, or a name that begins with #. While it is not found ``notes`` say so."""
        self._client = client
        self._wanted = wanted
        self._note = OperatorNote(notes)
        self._found = False
        self.unsure = ""
        """Why nobody can tell yet whether there is one, in words; "" where Slack has told."""

    def look(self) -> Channel | None:
        """The channel, once: when it is found for the first time."""
        if self._found:
            return None
        try:
            id = channel_id(self._client, self._wanted) if self._wanted.startswith("#") else self._wanted
        except (NoSuchChannel, SlackFailure) as error:
            note = f"SLACK_CHANNEL: {error}"
            self.unsure = "" if isinstance(error, NoSuchChannel) else note
            self._tell(note)
            return None
        self._found = True
        self.unsure = ""
        self._tell("")
        log.info("the default channel", name=self._wanted, channel=id)
        return Channel(id, ChannelPolicy(), Source.ENVIRONMENT, is_default=True)

    def _tell(self, note: str) -> None:
        if self._note.say(note) and note:
            log.error("the default channel is not found", why=note)


def _channels(client: WebClient, kind: str) -> Iterator[dict[str, Any]]:
    """Those we are in. https://docs.slack.dev/reference/methods/users.conversations"""
    cursor = ""
    while True:
        arguments = {"types": kind, "exclude_archived": "true", "limit": PAGE}
        answer = call(client, "users.conversations", arguments | ({"cursor": cursor} if cursor else {}))
        yield from answer["channels"]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
