"""response_url: five posts in thirty minutes, to whom it may concern or over the clicked message."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from sandbox import Sandbox
from tests.sandbox.cards import APPROVER, BOT, CHANNEL, METADATA, card, plain, post_card
from tests.sandbox.conftest import HASTY, client
from tests.sandbox.raw_app import RawApp


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[RawApp]:
    with RawApp(sandbox) as connected:
        connected.wait_for("hello")
        yield connected


def clicked(sandbox: Sandbox, app: RawApp) -> tuple[str, WebhookClient]:
    """A card that was clicked, and the click's response_url."""
    ts = post_card(client(sandbox))
    sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    return ts, WebhookClient(app.envelopes[-1]["payload"]["response_url"], retry_handlers=[])


def test_a_post_is_seen_by_the_person_alone(sandbox: Sandbox, app: RawApp) -> None:
    _, webhook = clicked(sandbox, app)
    answer = webhook.send(text="Noted.")
    assert (answer.status_code, answer.body) == (200, '{"ok": true}')
    assert [shown["text"] for shown in sandbox.control.ephemerals(APPROVER)] == ["Noted."]
    assert len(sandbox.control.messages(CHANNEL)) == 1


def test_a_post_for_the_channel_is_seen_by_all(sandbox: Sandbox, app: RawApp) -> None:
    _, webhook = clicked(sandbox, app)
    webhook.send(text="Noted.", response_type="in_channel")
    assert sandbox.control.messages(CHANNEL)[1]["text"] == "Noted."
    assert sandbox.control.messages(CHANNEL)[1]["user"] == BOT


def test_the_clicked_message_is_replaced_and_keeps_its_metadata(sandbox: Sandbox, app: RawApp) -> None:
    ts, webhook = clicked(sandbox, app)
    webhook.send(text="Approved", blocks=[{"type": "divider"}], replace_original=True)
    message = sandbox.control.messages(CHANNEL)[0]
    assert (message["ts"], message["text"], message["metadata"]) == (ts, "Approved", METADATA)
    assert [block["type"] for block in message["blocks"]] == ["divider"]


def test_the_clicked_message_is_deleted(sandbox: Sandbox, app: RawApp) -> None:
    _, webhook = clicked(sandbox, app)
    webhook.send(delete_original=True)
    assert sandbox.control.messages(CHANNEL) == []
    gone = webhook.send(text="x", replace_original=True)
    assert (gone.status_code, "message_not_found" in gone.body) == (400, True)
    assert webhook.send(delete_original=True).status_code == 400


def test_an_ephemeral_message_is_replaced_and_deleted_only_so(
    sandbox: Sandbox, slack: WebClient, app: RawApp
) -> None:
    ts = str(slack.chat_postEphemeral(channel=CHANNEL, user=APPROVER, text="?", blocks=card())["message_ts"])
    sandbox.control.click(CHANNEL, ts, APPROVER, "approve_request")
    webhook = WebhookClient(app.envelopes[-1]["payload"]["response_url"], retry_handlers=[])
    webhook.send(text="Done.", replace_original=True)
    shown = sandbox.control.ephemerals(APPROVER)
    assert [(found["ts"], found["text"], "blocks" in found) for found in shown] == [(ts, "Done.", False)]
    webhook.send(delete_original=True)
    assert sandbox.control.ephemerals(APPROVER) == []


def test_an_address_is_good_for_five_posts(sandbox: Sandbox, app: RawApp) -> None:
    _, webhook = clicked(sandbox, app)
    answers = [webhook.send(text=str(count)) for count in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 404]
    assert "used_url" in answers[5].body
    assert len(sandbox.control.ephemerals(APPROVER)) == 5


def test_an_address_expires(hasty: Sandbox) -> None:
    with RawApp(hasty) as app:
        _, webhook = clicked(hasty, app)
        time.sleep(HASTY.response_url_life + 0.05)
        late = webhook.send(text="Noted.")
    assert (late.status_code, "expired_url" in late.body) == (404, True)


def test_a_made_up_address_is_refused(sandbox: Sandbox) -> None:
    answer = WebhookClient(f"{sandbox.url}/response/made-up", retry_handlers=[]).send(text="hello")
    assert (answer.status_code, "invalid_url" in answer.body) == (404, True)


@pytest.mark.parametrize(
    ("post", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x", "blocks": [{"type": "header", "text": plain("x" * 151)}]}, "invalid_blocks"),
    ],
)
def test_what_slack_refuses_elsewhere_it_refuses_here(
    sandbox: Sandbox, app: RawApp, post: dict[str, Any], error: str
) -> None:
    _, webhook = clicked(sandbox, app)
    answer = webhook.send_dict(post)
    assert (answer.status_code, error in answer.body) == (400, True)


def test_posts_are_among_the_calls_and_take_faults(sandbox: Sandbox, app: RawApp) -> None:
    _, webhook = clicked(sandbox, app)
    sandbox.control.faults(method="response_url", kind="server_error")
    assert webhook.send(text="Noted.").status_code == 500
    assert webhook.send(text="Noted.").status_code == 200
    assert [call["status"] for call in sandbox.control.calls("response_url")] == [500, 200]


def test_a_post_that_is_no_json_is_refused(sandbox: Sandbox, app: RawApp) -> None:
    _, webhook = clicked(sandbox, app)
    headers = {"Content-Type": "application/json"}
    answer = requests.post(webhook.url, data="{", headers=headers, timeout=5, proxies={"http": ""})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")
