"""The bot as a process before an Argo server: from the suspended step to the answer."""

from pathlib import Path
from typing import Any

from sandbox import Sandbox
from tests.bot_process import BotProcess, environment
from tests.rig import APPROVALS, APPROVER, SECOND_APPROVER, texts
from tests.slack_bot.argo_rig import DEPLOY


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


def test_a_suspended_step_becomes_one_card_and_two_presses_resume_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    env = environment(
        sandbox,
        tmp_path,
        UPSTREAMS="argo_workflows",
        ARGO_URL=sandbox.argo_workflows_url,
        ARGO_TOKEN=f"Bearer {sandbox.argo_workflows.token}",
        ARGO_NAMESPACES="argo,production",
        ARGO_LABEL_SELECTOR="team=payments",
    )
    sandbox.control.submit_workflow(labels={"team": "other"})
    sandbox.control.submit_workflow(namespace="production", **DEPLOY)
    with BotProcess(tmp_path, env) as bot:
        bot.wait_until_ready()
        shown = sandbox.control.eventually(lambda: card(sandbox))
        for user in (APPROVER, SECOND_APPROVER):
            assert sandbox.control.click(APPROVALS, shown["ts"], user, "approve_request")["acknowledged"]
        sandbox.control.eventually(lambda: says(sandbox, "Approved by ") and not says(sandbox, "waiting for"))
        other, ours = sandbox.control.workflows()
        assert (other["phase"], ours["phase"], ours["decisions"]) == ("Running", "Succeeded", 1)
        assert bot.stop() == 0, bot.text()
    assert sandbox.argo_workflows.token not in bot.text()
