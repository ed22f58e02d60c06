"""The bot as a process before a GitLab: from a deployment that waits to the answer."""

import json
from pathlib import Path
from typing import Any

from sandbox import Sandbox
from tests.bot_process import BotProcess, environment
from tests.rig import APPROVALS, APPROVER, SECOND_APPROVER, has_buttons, texts

PROJECT = "shop/web"
CHANNELS = {"channels": [{"id": APPROVALS, "approvers": {"users": [APPROVER, SECOND_APPROVER]}}]}


def settings(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    made = environment(
        sandbox,
        folder,
        UPSTREAMS="gitlab",
        GITLAB_URL=sandbox.gitlab_url,
        GITLAB_TOKEN=sandbox.gitlab.token,
        GITLAB_PROJECTS=PROJECT,
        GITLAB_GATED="deployments",
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


def test_a_deployment_becomes_one_card_and_two_presses_an_approval(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.gitlab.add_project(PROJECT)
    with BotProcess(tmp_path, settings(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        sandbox.control.file_deployment(email="requester@example.com")
        shown = sandbox.control.eventually(lambda: card(sandbox))
        for user in (APPROVER, SECOND_APPROVER):
            assert sandbox.control.click(APPROVALS, shown["ts"], user, "approve_request")["acknowledged"]
        sandbox.control.eventually(
            lambda: (
                says(sandbox, "Approved by Approver and Second Approver")
                and not has_buttons(card(sandbox) or shown)
            )
        )
        (deployment,) = sandbox.control.gitlab_deployments()
        assert (deployment["status"], deployment["decisions"]) == ("created", 1)
        assert bot.stop() == 0, bot.text()
    assert sandbox.gitlab.token not in bot.text()
