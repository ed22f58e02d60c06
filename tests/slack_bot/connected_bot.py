"""A bot that does nothing but acknowledge, for tests of what lies between Slack and Bolt."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_sdk import WebClient

from sandbox import Sandbox
from slack_bot.connection import ConnectionRefused, SocketModeConnection

CHANNEL = "C01APPROVALS"
APPROVER = "U02APPROVER"
SOON = 3.0
"""Seconds in which what happens at once has happened, on a machine with other work too."""
BUTTON = {"type": "button", "action_id": "approve_request", "text": {"type": "plain_text", "text": "Approve"}}


class Bot:
    """A Bolt app that does nothing but acknowledge, connected to a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.refusals: list[ConnectionRefused] = []
        self.client = WebClient(token=sandbox.bot_token, base_url=sandbox.slack_api_url, retry_handlers=[])
        self.app = App(client=self.client, process_before_response=True)
        self.app.action("approve_request")(lambda ack: ack())
        opener = WebClient(base_url=sandbox.slack_api_url, timeout=1, retry_handlers=[])
        self.connection = SocketModeConnection(
            sandbox.app_token, opener, self.app, random.Random(7), self.refusals.append
        )
        self.ts = self.post_button("approve_request")

    def start(self) -> "Bot":
        self.connection.start()
        assert self.connection.wait_until_connected(5)
        return self

    def post_button(self, action_id: str) -> str:
        """The ts of a message with one button."""
        blocks = [{"type": "actions", "elements": [{**BUTTON, "action_id": action_id}]}]
        return str(self.client.chat_postMessage(channel=CHANNEL, text="card", blocks=blocks)["ts"])

    def click(self) -> bool:
        """Whether Slack got the acknowledgement of a click."""
        answer = self.sandbox.control.click(CHANNEL, self.ts, APPROVER, "approve_request")
        return bool(answer["acknowledged"])

    def sockets(self) -> set[str]:
        """The connections as Slack sees them."""
        return {connection["id"] for connection in self.sandbox.control.state()["connections"]}

    def seconds_until_another_socket(self, before: set[str], timeout: float = 10.0) -> float:
        started = time.monotonic()
        self.sandbox.control.eventually(lambda: self.sockets() - before, timeout)
        return time.monotonic() - started

    def opens(self) -> list[float]:
        """When Slack was asked for an address."""
        return [call["time"] for call in self.sandbox.control.calls("apps.connections.open")]


@contextmanager
def bot_on_sandbox() -> Iterator[Bot]:
    with Sandbox() as sandbox:
        bot = Bot(sandbox)
        try:
            yield bot
        finally:
            bot.connection.stop()
