"""A small app as anybody would write it: stock Bolt on its own Socket Mode client."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from slack_bolt import Ack, App, Say
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import modal

Body = dict[str, Any]


@contextmanager
def stock_app(sandbox: Sandbox) -> Iterator[None]:
    """Connected while entered: answers to the buttons of `cards.card()`, a modal, /approvals, mentions, Home."""
    client = WebClient(token=sandbox.bot_token, base_url=sandbox.slack_api_url, retry_handlers=[])
    app = App(client=client, process_before_response=True)
    listen(app)
    handler = SocketModeHandler(app, sandbox.app_token, web_client=client)
    handler.connect()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
    sandbox.control.eventually(lambda: sandbox.control.state()["num_connections"])
    try:
        yield
    finally:
        disconnect(sandbox, handler)


def disconnect(sandbox: Sandbox, handler: SocketModeHandler) -> None:
    """Ends a stock connection for good, at once."""
    handler.client.auto_reconnect_enabled = False
    sandbox.control.faults(socket="close")  # its own close() waits three seconds for a frame otherwise
    sandbox.control.eventually(lambda: not handler.client.is_connected())
    # The SDK's own thread may take the socket away between its look and its close().
    with suppress(AttributeError):
        handler.close()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped


def listen(app: App) -> None:
    app.action("approve_request")(approve)
    app.action("choose_duration")(lambda ack: ack())
    app.action("deny_request")(ask_why)
    app.view("deny")(deny)
    app.command("/approvals")(lambda ack, command: ack(f"You asked for “{command['text']}”."))
    app.event("app_mention")(greet)
    app.event("message")(lambda: None)
    app.event("app_home_opened")(publish_home)


def approve(ack: Ack, body: Body, client: WebClient) -> None:
    ack()
    chosen = body["state"]["values"]["answer"]["choose_duration"]["selected_option"]["value"]
    words = f"Approved by <@{body['user']['id']}> for {chosen}"
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": words}}]
    client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=words, blocks=blocks)


def ask_why(ack: Ack, body: Body, client: WebClient) -> None:
    ack()
    client.views_open(trigger_id=body["trigger_id"], view=modal())


def deny(ack: Ack, body: Body, view: Body, client: WebClient) -> None:
    reason = view["state"]["values"]["why"]["reason"]["value"]
    if len(reason) < 5:
        ack(response_action="errors", errors={"why": "Say a little more."})
        return
    ack()
    client.chat_postMessage(channel="C01APPROVALS", text=f"Denied by <@{body['user']['id']}>: {reason}")


def greet(event: Body, say: Say) -> None:
    say(f"Hello <@{event['user']}>")


def publish_home(event: Body, client: WebClient) -> None:
    title = {"type": "header", "text": {"type": "plain_text", "text": "What waits for you"}}
    client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [title]})
