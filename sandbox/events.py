"""The Events API: what happens in the workspace, told to an app that subscribed and holds the scope."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

from sandbox.background import Background
from sandbox.install import VERIFICATION_TOKEN, Install
from sandbox.json_types import Json
from sandbox.messages import Message
from sandbox.scopes import EVENT_SCOPES
from sandbox.socket_mode import Envelope, Receipt
from sandbox.workspace import Channel, Workspace

MESSAGE_SUBSCRIPTIONS = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}


class Events:
    """Builds events and sends them until they are acknowledged or Slack gives up."""

    def __init__(
        self,
        workspace: Workspace,
        install: Install,
        background: Background,
        deliver: Callable[[Envelope], Awaitable[Receipt]],
    ) -> None:
        self._workspace = workspace
        self._install = install
        self._background = background
        self._deliver = deliver

    def posted(self, channel: Channel, message: Message) -> list[str]:
        """A new message: message events, and `app_mention` if it names the bot. The ids of what was sent."""
        event = {**message.as_slack(with_metadata=False), "channel": channel.id, "event_ts": message.ts}
        sent = self._message_event(channel, event)
        mentioned = f"<@{self._workspace.app.bot_user}>" in message.body.get("text", "")
        own = message.body.get("app_id") == self._workspace.app.id
        if mentioned and not own and not channel.im_user and self._bot_is_in(channel):
            sent += self.emit("app_mention", event | {"type": "app_mention"})
        return sent

    def changed(self, channel: Channel, message: Message, previous: Json) -> None:
        self._hidden(
            channel, "message_changed", {"message": message.as_slack(False), "previous_message": previous}
        )

    def deleted(self, channel: Channel, message: Message) -> None:
        previous = message.as_slack(with_metadata=False)
        self._hidden(channel, "message_deleted", {"deleted_ts": message.ts, "previous_message": previous})

    def _hidden(self, channel: Channel, subtype: str, content: Json) -> None:
        ts = f"{time.time():.6f}"
        event = {
            "type": "message",
            "subtype": subtype,
            "hidden": True,
            "channel": channel.id,
            "ts": ts,
            "event_ts": ts,
        }
        self._message_event(channel, event | content)

    def _message_event(self, channel: Channel, event: Json) -> list[str]:
        if not self._bot_is_in(channel):
            return []
        kind = channel.event_type
        return self.emit(MESSAGE_SUBSCRIPTIONS[kind], event | {"channel_type": kind})

    def _bot_is_in(self, channel: Channel) -> bool:
        return self._workspace.app.bot_user in channel.members

    def emit(self, subscription: str, event: Json) -> list[str]:
        """Send unless the manifest does not subscribe to it or its scope is not granted; [event_id] or []."""
        scope = EVENT_SCOPES.get(subscription)
        if subscription not in self._install.manifest.bot_events:
            return []
        if scope and scope not in self._install.bot_token.scopes:
            return []
        payload = self._payload(event)
        self._background.start(self._send(payload))
        return [payload["event_id"]]

    def _payload(self, event: Json) -> Json:
        team = self._workspace.team.id
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": team,
            "api_app_id": self._workspace.app.id,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev" + secrets.token_hex(5).upper(),
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": self._workspace.app.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    async def _send(self, payload: Json) -> None:
        """Again with the same event_id after each failure, as the timing says."""
        delays = (None, *self._install.timing.event_retries)
        reason = ""
        for attempt, delay in enumerate(delays):
            if delay is not None:
                await asyncio.sleep(delay)
            receipt = await self._deliver(Envelope("events_api", payload, attempt, reason))
            if receipt.acknowledged:
                return
            reason = receipt.failure
