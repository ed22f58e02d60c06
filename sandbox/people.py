"""What people do in the workspace, and what they see when the app does not answer in time."""

import uuid
from collections.abc import Callable
from typing import Any

from sandbox.control_requests import MessageRequest
from sandbox.elements import fill_in
from sandbox.errors import Refused
from sandbox.human_text import rich_text
from sandbox.interactions import Interactions, Press
from sandbox.json_types import Json
from sandbox.messages import Message
from sandbox.slack import Slack
from sandbox.socket_mode import Envelope, EnvelopeKind, Receipt
from sandbox.view_responses import apply_response
from sandbox.views import View
from sandbox.workspace import Channel, User

NO_ANSWER = "The app did not answer in time. Try again."
"""Slack shows a warning sign beside the button, or words to this effect in a modal."""


class People:
    """One method for each thing a person can do. All raise Refused, in words, for what is impossible."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._interactions = Interactions(slack)

    def write(self, wanted: MessageRequest) -> Json:
        """A message by a person or another app's bot; tells which events it caused."""
        author, channel = self._acting(wanted.user), self._channel(wanted.channel, wanted.user)
        self._check_writable(author, channel)
        content: Json = {"text": wanted.text}
        if author.is_bot:
            content |= {"blocks": fill_in(wanted.blocks)} if wanted.blocks else {}
        else:
            content |= {"blocks": rich_text(wanted.text), "client_msg_id": str(uuid.uuid4())}
        message = self._slack.new_message(channel.id, author, content)
        message.metadata = wanted.metadata
        message.thread_ts = wanted.thread_ts or None
        events = self._slack.publish(channel, message)
        return {"ok": True, "channel": channel.id, "ts": message.ts, "events": events}

    async def click(
        self, user_id: str, channel_id: str, ts: str, press: Press, values: Json, wait: bool
    ) -> Json:
        """Press a button or choose from a menu of a message."""
        user, channel = self._acting(user_id, press.force), self._channel(channel_id)
        if not press.force and user.id not in channel.members:
            raise Refused(f"{user.real_name} is not a member of #{channel.name}.")
        message = self._message(user, channel, ts, press.force)
        self._check_ours(message, press.force)
        payload = self._interactions.message_click(user, channel, message, press, values)
        return await self._send("interactive", payload, user, {"channel": channel.id, "ts": ts}, wait)

    async def click_in_view(self, user_id: str, view: View, press: Press, values: Json, wait: bool) -> Json:
        """Press a button or choose from a menu of a modal or of the Home tab."""
        user = self._acting(user_id, press.force)
        payload = self._interactions.view_click(user, view, press, values)
        return await self._send("interactive", payload, user, {"view": view.id}, wait)

    async def submit(self, user_id: str, values: Json, wait: bool) -> Json:
        """Submit the modal on top; what the app answers decides which modals stay open."""
        user = self._acting(user_id)
        view = self.visible_modal(user.id)
        payload = self._interactions.submission(user, view, values)

        def finish(receipt: Receipt) -> Json:
            errors = apply_response(self._slack, view, receipt.response or {})
            return {"errors": errors} if errors else {}

        return await self._send("interactive", payload, user, {"view": view.id}, wait, finish)

    async def close(self, user_id: str, everything: bool, wait: bool) -> Json:
        """Close the modal on top, or all; the app is told of those with notify_on_close."""
        user = self._acting(user_id)
        top = self.visible_modal(user.id)
        cleared = everything or top.json["clear_on_close"]
        closing = self._slack.views.clear(user.id) if cleared else [top]
        if not cleared:
            self._slack.views.close(top)
        self._slack.changes.bump()
        answers = []
        for view in closing:
            if view.json["notify_on_close"]:
                payload = self._interactions.closed(user, view, cleared)
                answers.append(await self._send("interactive", payload, user, {"view": view.id}, wait))
        return {"ok": True, "notified": answers}

    async def command(self, user_id: str, channel_id: str, command: str, text: str, wait: bool) -> Json:
        """Type a slash command; the app's answer, if it carries one, is shown."""
        user, channel = self._acting(user_id), self._channel(channel_id, user_id)
        known = self._slack.install.manifest.has_command(command)
        if not known or "commands" not in self._slack.install.bot_token.scopes:
            raise Refused(f"{command} is not a valid command: the app's manifest does not ask for it.", 404)
        payload = self._interactions.command(user, channel, command, text)

        def finish(receipt: Receipt) -> Json:
            self._say(user, channel, receipt.response or {})
            return {}

        return await self._send("slash_commands", payload, user, {"channel": channel.id}, wait, finish)

    def open_home(self, user_id: str, tab: str) -> Json:
        """Open the app's Home or Messages tab: an `app_home_opened` event."""
        user = self._acting(user_id)
        channel = self._slack.workspace.direct_channel(user.id)
        ts = self._slack.messages.stamps.next()
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": ts,
        }
        home = self._slack.views.home(user.id)
        if tab == "home" and home is not None:
            event["view"] = home.json
        return {
            "ok": True,
            "channel": channel.id,
            "events": self._slack.events.emit("app_home_opened", event),
        }

    def delete(self, channel_id: str, ts: str) -> Json:
        """Somebody with the right to do so deletes a message, the app's own ones too."""
        channel = self._channel(channel_id)
        message = self._slack.messages.find(channel.id, ts)
        if message is None:
            raise Refused(f"There is no message {ts} in #{channel.name}.", 404)
        self._slack.remove(channel, message)
        return {"ok": True}

    def visible_modal(self, user_id: str) -> View:
        """The modal on top."""
        stack = self._slack.views.stack(user_id)
        if not stack:
            raise Refused("This person has no modal open.", 404)
        return stack[-1]

    def _check_writable(self, author: User, channel: Channel) -> None:
        tab = self._slack.install.manifest.features.app_home
        if author.id not in channel.members:
            raise Refused(f"{author.real_name} is not a member of #{channel.name}.")
        if channel.is_archived:
            raise Refused(f"#{channel.name} is archived.")
        if channel.im_user and (not tab.messages_tab_enabled or tab.messages_tab_read_only_enabled):
            raise Refused("Sending messages to this app has been turned off: see app_home in its manifest.")

    def _acting(self, user_id: str, force: bool = False) -> User:
        user = self._slack.workspace.users.get(user_id)
        if user is None:
            raise Refused(f"There is no user {user_id}.", 404)
        if user.deleted and not force:
            raise Refused(f"{user.real_name} is deactivated and cannot act.")
        return user

    def _channel(self, channel_id: str, user: str = "") -> Channel:
        """By id or name; the bot's user id is the direct conversation with it."""
        if user and channel_id == self._slack.workspace.bot.id:
            return self._slack.workspace.direct_channel(user)
        found = self._slack.workspace.find_channel(channel_id)
        if found is None:
            raise Refused(f"There is no channel {channel_id}.", 404)
        return found

    def _check_ours(self, message: Message, force: bool) -> None:
        """Slack sends a click to the app that posted the message, and only if its manifest says so."""
        if force:
            return
        if message.body.get("app_id") != self._slack.workspace.app.id:
            raise Refused("Nothing can be pressed in this message, or it belongs to another app.")
        if not self._slack.install.manifest.settings.interactivity.is_enabled:
            raise Refused("This app is not configured to handle interactive responses: see its manifest.")

    def _message(self, user: User, channel: Channel, ts: str, force: bool) -> Message:
        message = self._slack.messages.find(channel.id, ts) or self._slack.find_ephemeral(user.id, ts)
        if message is not None:
            return message
        if force:
            return Message(channel=channel.id, ts=ts, body={"type": "message", "text": ""})
        raise Refused(f"There is no message {ts} in #{channel.name} for {user.real_name}.", 404)

    async def _send(
        self,
        kind: EnvelopeKind,
        payload: Json,
        user: User,
        place: Json,
        wait: bool,
        finish: Callable[[Receipt], Json] | None = None,
    ) -> Json:
        """Deliver; ``finish`` uses the acknowledgement. Without ``wait`` the answer comes before it."""
        envelope = Envelope(kind, payload)
        answer: Json = {"ok": True, "envelope_id": envelope.id}

        async def deliver() -> None:
            answer.update(await self._deliver(envelope, user, place, finish))

        if wait:
            await deliver()
        else:
            self._slack.sockets.background.start(deliver())
        return answer

    async def _deliver(
        self, envelope: Envelope, user: User, place: Json, finish: Callable[[Receipt], Json] | None
    ) -> Json:
        receipt = await self._slack.deliver(envelope)
        outcome: Json = {"acknowledged": receipt.acknowledged, "ack_ms": receipt.ack_ms}
        if not receipt.acknowledged:
            self._slack.notices.add(user.id, NO_ANSWER, place)
        elif finish is not None:
            outcome |= finish(receipt)
        self._slack.changes.bump()
        return outcome

    def _say(self, user: User, channel: Channel, response: dict[str, Any]) -> None:
        """A slash command may be acknowledged with the message to show."""
        if not (response.get("text") or response.get("blocks")):
            return
        content: Json = {key: response[key] for key in ("text", "blocks") if key in response}
        message = self._slack.new_message(channel.id, self._slack.workspace.bot, content)
        if response.get("response_type") == "in_channel":
            self._slack.publish(channel, message)
        else:
            self._slack.show_ephemeral(user.id, message)
