"""The bot as a process, a Xerotier without a list, and its webhooks: from the tool call to the answer."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.bot_process import BotProcess, environment
from tests.rig import APPROVALS, APPROVER, APPROVERS_GROUP, has_buttons, texts
from tests.upstream_client.serving import closed_port

SECRET = "0123456789abcdef-the-webhooks"
CHANNELS = {
    "channels": [
        {
            "id": APPROVALS,
            "approvers": {"groups": [APPROVERS_GROUP]},
            "approvals": {"high": 1},
            "unknown_requester_refused_from": "never",
        }
    ]
}


def settings(sandbox: Sandbox, folder: Path, port: int) -> dict[str, str]:
    """Of a bot that knows by webhooks only what waits."""
    made = environment(
        sandbox,
        folder,
        UPSTREAMS="xerotier",
        XEROTIER_BASE=sandbox.xerotier_url,
        XEROTIER_PROJECT_ID=sandbox.xerotier.project_id,
        XEROTIER_API_KEY=sandbox.xerotier.key,
        XEROTIER_WEBHOOK_SECRET=SECRET,
        HTTP_PORT=str(port),
    )
    (folder / "channels.json").write_text(json.dumps(CHANNELS))
    return made


def card(sandbox: Sandbox) -> dict[str, Any] | None:
    """The one card; None until it is there."""
    cards = [
        one
        for one in sandbox.control.messages(APPROVALS)
        if (one.get("metadata") or {}).get("event_type") == "approval_request"
    ]
    assert len(cards) < 2
    return cards[0] if cards else None


def says(sandbox: Sandbox, words: str) -> bool:
    shown = card(sandbox)
    return shown is not None and words in "\n".join(texts(shown["blocks"]))


@pytest.mark.parametrize(("shape", "signature"), [("documented", "hex"), ("flat", "sha256")])
def test_a_webhook_becomes_one_card_and_a_press_an_approval(
    sandbox: Sandbox, tmp_path: Path, shape: str, signature: str
) -> None:
    port = closed_port()
    sandbox.control.switch_xerotier(has_list=False, tells_of_one=False)
    sandbox.control.send_webhooks_to(
        f"http://127.0.0.1:{port}/webhooks/xerotier",
        secret=SECRET,
        shape=shape,
        signature=signature,
        retry_after=0.1,
    )
    with BotProcess(tmp_path, settings(sandbox, tmp_path, port)) as bot:
        bot.wait_until_ready()
        approval_id = sandbox.control.file_approval()
        shown = sandbox.control.eventually(lambda: card(sandbox))
        assert says(sandbox, "a webhook, under a verified signature.")
        sandbox.control.send_webhook(approval_id, times=2)
        assert sandbox.control.click(APPROVALS, shown["ts"], APPROVER, "approve_request")["acknowledged"]
        sandbox.control.eventually(
            lambda: says(sandbox, "Approved by Approver") and not has_buttons(card(sandbox) or shown)
        )
        (approval,) = sandbox.control.xerotier_approvals()
        assert (approval["status"], approval["decisions"]) == ("approved", 1)
        assert bot.stop() == 0, bot.text()
    assert SECRET not in bot.text()
    assert sandbox.xerotier.key not in bot.text()


def test_a_press_is_acknowledged_while_xerotier_takes_longer_than_slack_waits(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given an answer that takes 3.5 s, when somebody presses, then Slack, which waits for 3 s, has its own."""
    port = closed_port()
    with BotProcess(tmp_path, settings(sandbox, tmp_path, port)) as bot:
        bot.wait_until_ready()
        sandbox.control.file_approval()
        shown = sandbox.control.eventually(lambda: card(sandbox), 40)
        sandbox.control.faults(upstream="xerotier", operation="approve", kind="slow", delay=3.5)
        assert sandbox.control.click(APPROVALS, shown["ts"], APPROVER, "approve_request")["acknowledged"]
        sandbox.control.eventually(lambda: says(sandbox, "Approved by Approver, waiting for Xerotier"))
        sandbox.control.eventually(lambda: not says(sandbox, "waiting for Xerotier"))
        assert says(sandbox, "Approved by Approver")
        assert bot.stop() == 0, bot.text()


def test_a_time_out_is_on_the_card_where_events_tell_neither_id_nor_time(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    port = closed_port()
    sandbox.control.switch_xerotier(has_list=False, tells_of_one=False)
    url = f"http://127.0.0.1:{port}/xerotier"
    sandbox.control.send_webhooks_to(url, secret=SECRET, shape="bare", signature="sha256", retry_after=0.1)
    with BotProcess(tmp_path, settings(sandbox, tmp_path, port)) as bot:
        bot.wait_until_ready()
        approval_id = sandbox.control.file_approval()
        sandbox.control.eventually(lambda: card(sandbox))
        sandbox.control.escalate_in_xerotier(approval_id)
        sandbox.control.eventually(lambda: says(sandbox, "Escalated: "))
        time.sleep(1.0)  # when such an event was is known to the second
        sandbox.control.time_out_in_xerotier(approval_id)
        sandbox.control.eventually(lambda: says(sandbox, "Expired in Xerotier"))
        assert not has_buttons(card(sandbox) or {"blocks": [{"type": "actions"}]})
        assert bot.stop() == 0, bot.text()


def test_what_became_of_it_elsewhere_is_on_the_card_also_after_a_restart(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given a card that a webhook made, when the bot starts anew and a time-out is told, then the card says so."""
    port = closed_port()
    sandbox.control.switch_xerotier(has_list=False, tells_of_one=False)
    url = f"http://127.0.0.1:{port}/xerotier"
    sandbox.control.send_webhooks_to(url, secret=SECRET, retry_after=0.1)
    env = settings(sandbox, tmp_path, port)
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        approval_id = sandbox.control.file_approval()
        sandbox.control.eventually(lambda: card(sandbox))
        assert bot.stop() == 0, bot.text()
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        sandbox.control.time_out_in_xerotier(approval_id)
        sandbox.control.eventually(lambda: says(sandbox, "Expired in Xerotier"))
        assert not has_buttons(card(sandbox) or {"blocks": [{"type": "actions"}]})
        assert bot.stop() == 0, bot.text()
