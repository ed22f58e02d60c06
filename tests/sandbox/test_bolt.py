"""The stock Bolt for Python, with its own built-in client, as a witness that this is a Slack."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond, Say
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from sandbox import Sandbox
from tests.sandbox.cards import ADMIN, APPROVER, BOT, CHANNEL, REQUESTER, modal, post_card
from tests.sandbox.conftest import client
from tests.sandbox.stock_app import disconnect


@pytest.fixture
def bolt(sandbox: Sandbox) -> App:
    """A Bolt app that nobody has connected yet."""
    return App(client=client(sandbox), process_before_response=True)


@pytest.fixture
def connect(sandbox: Sandbox, bolt: App) -> Iterator[Callable[[], SocketModeHandler]]:
    """Connects it, and disconnects at the end of the test."""
    handlers: list[SocketModeHandler] = []

    def start() -> SocketModeHandler:
        web_client = WebClient(base_url=sandbox.slack_api_url, retry_handlers=[])
        handler = SocketModeHandler(bolt, sandbox.app_token, web_client=web_client, ping_interval=1)
        handlers.append(handler)
        handler.connect()  # type: ignore[no-untyped-call] # slack_bolt leaves it untyped
        sandbox.control.eventually(lambda: sandbox.control.state()["connections"])
        return handler

    yield start
    for handler in handlers:
        disconnect(sandbox, handler)


Connect = Callable[[], SocketModeHandler]


def test_bolt_learns_who_it_is(bolt: App, connect: Connect) -> None:
    connect()
    assert bolt.client.auth_test()["user_id"] == BOT


def test_a_button_is_acknowledged_and_the_card_updated(
    sandbox: Sandbox, slack: WebClient, bolt: App, connect: Connect
) -> None:
    def approve(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        duration = body["state"]["values"]["answer"]["choose_duration"]["selected_option"]["value"]
        text = f"Approved by <@{body['user']['id']}> for {duration}"
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=text)

    bolt.action("approve_request")(approve)
    connect()
    ts = post_card(slack)
    answer = sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request", {"choose_duration": "1h"})
    assert answer["acknowledged"]
    assert sandbox.control.messages(CHANNEL)[0]["text"] == f"Approved by <@{APPROVER}> for 1h"


def test_an_action_without_listener_is_not_acknowledged(
    sandbox: Sandbox, slack: WebClient, bolt: App, connect: Connect
) -> None:
    connect()
    ts = post_card(slack)
    assert sandbox.control.click(CHANNEL, ts, APPROVER, "deny_request")["acknowledged"] is False
    assert len(sandbox.control.warnings(APPROVER)) == 1


def test_a_mention_is_answered(sandbox: Sandbox, bolt: App, connect: Connect) -> None:
    def mention(event: dict[str, Any], say: Say) -> None:
        say(f"Hello <@{event['user']}>")

    bolt.event("app_mention")(mention)
    connect()
    sandbox.control.message(CHANNEL, ADMIN, f"<@{BOT}> hi")
    sandbox.control.eventually(lambda: sandbox.control.messages(CHANNEL)[1:])
    assert sandbox.control.messages(CHANNEL)[1]["text"] == f"Hello <@{ADMIN}>"
    assert [delivery["acknowledged"] for delivery in sandbox.control.deliveries()] == [True]


def test_a_command_opens_a_modal_whose_submission_is_checked(
    sandbox: Sandbox, bolt: App, connect: Connect
) -> None:
    def command(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    def submitted(ack: Ack, view: dict[str, Any]) -> None:
        reason = view["state"]["values"]["why"]["reason"]["value"]
        ack() if len(reason) > 3 else ack(response_action="errors", errors={"why": "Say more."})

    bolt.command("/approvals")(command)
    bolt.view("deny")(submitted)
    connect()
    assert sandbox.control.command(CHANNEL, REQUESTER, "/approvals", "deny")["acknowledged"]
    assert sandbox.control.submit(REQUESTER, {"reason": "no"})["errors"] == {"why": "Say more."}
    assert sandbox.control.submit(REQUESTER, {"reason": "No licence"})["acknowledged"]
    assert sandbox.control.views(REQUESTER)["modals"] == []


def test_respond_reaches_the_person_and_the_message(
    sandbox: Sandbox, slack: WebClient, bolt: App, connect: Connect
) -> None:
    def approve(ack: Ack, respond: Respond) -> None:
        ack()
        respond("Only you see this.", replace_original=False)
        respond("Settled", replace_original=True)

    bolt.action("approve_request")(approve)
    connect()
    sandbox.control.click(CHANNEL, post_card(slack), APPROVER, "approve_request")
    assert [shown["text"] for shown in sandbox.control.ephemerals(APPROVER)] == ["Only you see this."]
    assert sandbox.control.messages(CHANNEL)[0]["text"] == "Settled"


@pytest.mark.parametrize(
    "fault", [{"socket": "disconnect", "grace": 1.0}, {"socket": "close"}, {"socket": "abort"}]
)
def test_bolt_comes_back_after(
    sandbox: Sandbox, slack: WebClient, bolt: App, connect: Connect, fault: dict[str, Any]
) -> None:
    clicked = threading.Event()

    def approve(ack: Ack) -> None:
        ack()
        clicked.set()

    bolt.action("approve_request")(approve)
    connect()
    ts = post_card(slack)
    first = sandbox.control.state()["connections"][0]["id"]
    sandbox.control.faults(**fault)

    def renewed() -> list[str]:
        ids = [connection["id"] for connection in sandbox.control.state()["connections"]]
        return ids if first not in ids else []

    sandbox.control.eventually(renewed, timeout=20)
    assert sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")["acknowledged"]
    assert clicked.is_set()
