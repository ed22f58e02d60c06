"""One Slack workspace with our app installed: all of its state in one place."""

import time
from dataclasses import dataclass, field

from sandbox.calls import Calls
from sandbox.changes import Changes
from sandbox.choices import Choices
from sandbox.events import Events
from sandbox.faults import Faults, Pace
from sandbox.http_mode import HttpMode
from sandbox.install import Install
from sandbox.json_types import Json
from sandbox.messages import Message, Messages
from sandbox.notices import Notices
from sandbox.response_urls import ResponseUrls
from sandbox.socket_mode import Envelope, Receipt, SocketMode
from sandbox.triggers import Triggers
from sandbox.views import Views
from sandbox.workspace import CREATED, Channel, User, Workspace


@dataclass
class Slack:
    """The parts of the workspace. Lives in the event loop's thread, except where a part says otherwise."""

    install: Install
    sockets: SocketMode
    changes: Changes
    url: str = ""
    upstreams: dict[str, Json] = field(default_factory=dict)
    """Where each of them is, by its name."""
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.http = HttpMode(self.install, self.changes)
        self.reset()

    def reset(self) -> None:
        """Read the workspace file again and forget all that happened; connections stay."""
        timing = self.install.timing
        self.workspace = Workspace.load(self.install.workspace_file)
        self.messages = Messages()
        self.ephemerals: list[tuple[str, Message]] = []
        self.views = Views(self.workspace)
        self.choices = Choices()
        self.triggers = Triggers(timing.trigger_life)
        self.response_urls = ResponseUrls(timing.response_url_life)
        self.calls = Calls()
        self.notices = Notices()
        self.pace = Pace()
        self.events = Events(self.workspace, self.install, self.sockets.background, self.deliver)
        self.faults.clear()
        self.changes.bump()

    async def deliver(self, envelope: Envelope) -> Receipt:
        """Tell the app, over HTTP or through a WebSocket, and wait for the acknowledgement."""
        return await (self.http if self.http.is_on else self.sockets).deliver(envelope)

    def new_message(self, channel: str, author: User, content: Json) -> Message:
        """A message by ``author`` with the keys of ``content``, in Slack's shape but not yet stored."""
        body: Json = {"type": "message", "user": author.id, "team": author.team_id}
        if author.is_bot:
            body |= {"bot_id": author.bot_id, "app_id": author.app_id, "bot_profile": self._profile(author)}
        return Message(channel=channel, ts=self.messages.stamps.next(), body=body | content)

    def _profile(self, bot: User) -> Json:
        return {
            "id": bot.bot_id,
            "app_id": bot.app_id,
            "user_id": bot.id,
            "name": bot.real_name,
            "icons": {},
            "deleted": bot.deleted,
            "updated": CREATED,
            "team_id": bot.team_id,
        }

    def ephemerals_of(self, user: str) -> list[Message]:
        return [message for seen_by, message in self.ephemerals if seen_by == user]

    def publish(self, channel: Channel, message: Message) -> list[str]:
        """Store a message and tell the app of it; the ids of the events sent."""
        self.messages.add(message)
        self.changes.bump()
        return self.events.posted(channel, message)

    def revise(self, channel: Channel, message: Message, body: Json, metadata: Json | None = None) -> None:
        """Give a message new content; ``metadata`` None keeps what it has, `{}` removes it.

        Slack marks it as edited only when it has no blocks (docs.slack.dev/reference/methods/chat.update).
        """
        previous = message.as_slack(with_metadata=False)
        message.body = {key: value for key, value in body.items() if key != "edited"}
        if "blocks" not in body:
            message.body["edited"] = {"user": body["user"], "ts": f"{time.time():.6f}"}
        if metadata is not None:
            message.metadata = metadata or None
        self.changes.bump()
        self.events.changed(channel, message, previous)

    def remove(self, channel: Channel, message: Message) -> None:
        self.messages.remove(message)
        self.choices.forget((channel.id, message.ts))
        self.changes.bump()
        self.events.deleted(channel, message)

    def show_ephemeral(self, user: str, message: Message) -> None:
        message.body["is_ephemeral"] = True
        self.ephemerals.append((user, message))
        self.changes.bump()

    def find_ephemeral(self, user: str, ts: str) -> Message | None:
        return next((message for message in self.ephemerals_of(user) if message.ts == ts), None)

    def drop_ephemeral(self, user: str, message: Message) -> None:
        self.ephemerals.remove((user, message))
        self.changes.bump()
