"""The bot as a process before a GitHub: from the job that waits to the answer, and what it tells of its token."""

import json
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from tests.bot_process import BotProcess, environment
from tests.rig import APPROVALS, APPROVER, APPROVERS_GROUP, has_buttons, texts

CHANNELS = {
    "channels": [
        {
            "id": APPROVALS,
            "approvers": {"groups": [APPROVERS_GROUP]},
            "approvals": {"high": 1},
            "requesters": {"octocat": "U01REQUESTER"},
        }
    ]
}


def settings(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Of a bot that looks every second."""
    made = environment(
        sandbox,
        folder,
        UPSTREAMS="github_actions",
        GITHUB_TOKEN=sandbox.github_actions.token,
        GITHUB_REPOSITORIES="octo-org/shop",
        GITHUB_API_URL=sandbox.github_actions_url,
        POLL_INTERVAL="1",
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


def test_a_job_that_waits_becomes_one_card_and_a_press_its_review(sandbox: Sandbox, tmp_path: Path) -> None:
    with BotProcess(tmp_path, settings(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.github_actions.file_run()
        shown = sandbox.control.eventually(lambda: card(sandbox))
        assert says(sandbox, "octo-org/shop → production")
        assert sandbox.control.click(APPROVALS, shown["ts"], APPROVER, "approve_request")["acknowledged"]
        sandbox.control.eventually(
            lambda: says(sandbox, "Approved by Approver") and not has_buttons(card(sandbox) or shown)
        )
        (run,) = sandbox.github_actions.runs()
        assert (run["decisions"], run["status"]) == (1, "in_progress")
        assert bot.stop() == 0, bot.text()
    assert sandbox.github_actions.token not in bot.text()
