"""From a deployment that waits in GitLab to people's answers and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import State
from tests.rig import APPROVALS, APPROVER, REQUESTER, SECOND_APPROVER, has_buttons
from tests.slack_bot.gitlab_rig import REQUESTER_EMAIL, GitLabRig, ManualJobsRig
from tests.slack_bot.test_outcomes import told_directly

THREE = ChannelPolicy(users=(REQUESTER, APPROVER, SECOND_APPROVER))
"""Who triggered it among them. Production is of high risk, so the usual policy asks two."""
TWO_RULES = [
    {"name": "QA", "required": 1, "users": ["approval-bot"]},
    {"name": "Security", "required": 2, "users": ["sec"]},
]


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[GitLabRig]:
    with GitLabRig(sandbox, tmp_path, {APPROVALS: THREE}) as running:
        yield running


def approved_by_two(rig: GitLabRig) -> None:
    for user in (APPROVER, SECOND_APPROVER):
        rig.press(user, "approve_request")
        rig.run("clerk", "publisher")


def test_two_people_approve_a_deployment_and_gitlab_takes_it(rig: GitLabRig) -> None:
    deployment_id = rig.file()
    words = rig.words()
    for told in (
        "Service: ",
        "shop/web",
        "Environment: ",
        "production",
        "Needs in GitLab: ",
        "Release managers 0 of 1",
    ):
        assert told in words
    assert rig.headline() == "High risk: shop/web → production · 9a8b7c6d5e4f"
    assert [one["text"]["text"] for one in rig.card()["blocks"][-1]["elements"][:2]] == ["Approve", "Reject"]

    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.deployment(deployment_id)["said"] == []
    assert "1 of 2" in rig.words()
    rig.press(SECOND_APPROVER, "approve_request")
    rig.run()

    [[by, status, comment]] = rig.deployment(deployment_id)["said"]
    assert (by, status) == ("approval-bot", "approved")
    assert f"[{rig.row().decision_id}] Approved in Slack by Approver and Second Approver" in comment
    assert rig.headline() == "Approved by Approver and Second Approver"
    assert "GitLab says: nothing more is needed, and the job does not start by itself" in rig.words()
    rig.look()
    rig.look()
    assert rig.row().state is State.APPROVED


def test_who_triggered_it_cannot_approve_it(rig: GitLabRig) -> None:
    deployment_id = rig.file()
    rig.press(REQUESTER, "approve_request")
    rig.run()
    assert any("You asked for this yourself" in words for words in rig.told(REQUESTER))
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.deployment(deployment_id)["said"] == []
    assert rig.row().state is State.PENDING


def test_where_it_cannot_be_told_who_triggered_it_nobody_approves_what_is_risky(rig: GitLabRig) -> None:
    deployment_id = rig.file(email="")
    approved_by_two(rig)
    rig.run()
    assert any("I cannot tell who in Slack asked for this" in words for words in rig.told(APPROVER))
    assert rig.deployment(deployment_id)["said"] == []


def test_a_rejection_ends_the_deployment(rig: GitLabRig) -> None:
    deployment_id = rig.file()
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert (rig.deployment(deployment_id)["status"], rig.deployment(deployment_id)["decisions"]) == (
        "failed",
        1,
    )
    assert rig.headline() == "Denied by Approver"


def test_an_approval_that_is_not_enough_is_said_to_be_that_and_never_asked_for_again(rig: GitLabRig) -> None:
    deployment_id = rig.file(rules=TWO_RULES)
    approved_by_two(rig)
    rig.run()
    assert rig.deployment(deployment_id)["status"] == "blocked"
    assert (
        "GitLab says: the approval is recorded, and the deployment is still blocked."
        " It still needs: Security 0 of 2." in rig.words()
    )
    [told] = told_directly(rig, REQUESTER)
    assert told.startswith("✅ Your request")
    assert "GitLab says: the approval is recorded, and the deployment is still blocked." in told
    for _ in range(3):
        rig.clock.advance(120)
        rig.look()
    assert rig.row().state is State.APPROVED
    assert len(rig.cards()) == 1
    assert rig.deployment(deployment_id)["decisions"] == 1


@pytest.mark.parametrize("kind", ["reset", "server_error_after"])
def test_an_answer_that_was_lost_is_found_by_our_comment(rig: GitLabRig, kind: str) -> None:
    deployment_id = rig.file(rules=TWO_RULES)
    rig.control.faults(upstream="gitlab", operation="approval", kind=kind)
    approved_by_two(rig)
    rig.step("applier")
    rig.step("publisher")
    assert rig.headline().endswith("waiting for GitLab")
    rig.run()
    assert rig.headline() == "Approved by Approver and Second Approver"
    assert "It still needs: Security 0 of 2." in rig.words()
    assert rig.deployment(deployment_id)["decisions"] == 1


def test_a_decision_that_never_arrived_is_sent_once_more(rig: GitLabRig) -> None:
    deployment_id = rig.file()
    rig.control.faults(upstream="gitlab", operation="approval", kind="reset_before")
    approved_by_two(rig)
    rig.run()
    assert rig.deployment(deployment_id)["decisions"] == 1
    assert rig.row().state is State.APPROVED


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [("approve", "Approved in GitLab by release-manager"), ("reject", "Denied in GitLab by release-manager")],
)
def test_what_people_answered_in_gitlab_the_card_says_is_theirs(
    rig: GitLabRig, verdict: str, headline: str
) -> None:
    deployment_id = rig.file()
    rig.control.say_in_gitlab(deployment_id, verdict, "release-manager", "In the console")
    rig.look()
    rig.look()
    assert rig.headline() == headline
    assert not has_buttons(rig.card())


def test_what_somebody_approved_before_ours_arrived_is_not_ours(rig: GitLabRig) -> None:
    deployment_id = rig.file()
    approved_by_two_pressed(rig)
    rig.control.say_in_gitlab(deployment_id, "approve", "release-manager")
    rig.run()
    assert rig.row().state is State.ELSEWHERE
    assert rig.headline() == "Approved in GitLab by release-manager"
    assert "was not applied: it came too late." in rig.words()


def approved_by_two_pressed(rig: GitLabRig) -> None:
    """Both have pressed, and nothing is sent yet."""
    for user in (APPROVER, SECOND_APPROVER):
        rig.press(user, "approve_request")
        rig.step("clerk")


def test_a_user_who_is_in_no_rule_is_told_on_the_card_with_what_to_do(rig: GitLabRig) -> None:
    rig.file(rules=[{"users": ["release-manager"]}])
    approved_by_two(rig)
    rig.step("applier")
    rig.step("publisher")
    assert "GITLAB_TOKEN" in rig.words()
    assert "approval rules" in rig.words()


def test_after_a_deployment_its_job_is_asked_for_where_both_are(sandbox: Sandbox, tmp_path: Path) -> None:
    with ManualJobsRig(sandbox, tmp_path, {APPROVALS: THREE}) as rig:
        rig.file()
        approved_by_two(rig)
        rig.run()
        rig.look()
        assert rig.headline() == "High risk: Run deploy-production: shop/web · 9a8b7c6d5e4f"
        assert "No barrier: " in rig.words()
        approved_by_two(rig)
        rig.run()
        assert rig.job("job-1-101")["status"] == "pending"
        assert rig.headline() == "Approved by Approver and Second Approver"


def test_a_job_that_was_started_by_a_lost_answer_is_told_by_who_started_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """A job keeps no comment, so that beside deployments nobody can tell that it was ours."""
    with ManualJobsRig(sandbox, tmp_path, {APPROVALS: THREE}) as rig:
        job_id = rig.control.file_job(email=REQUESTER_EMAIL)
        rig.look()
        rig.control.faults(upstream="gitlab", operation="play", kind="reset")
        approved_by_two(rig)
        rig.run()
        assert rig.headline() == "Approved in GitLab by approval-bot"
        assert rig.job(job_id)["decisions"] == 1


def test_a_job_that_cannot_be_canceled_waits_on_and_its_card_says_why(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with ManualJobsRig(sandbox, tmp_path, {APPROVALS: THREE}) as rig:
        rig.control.switch_gitlab(cancels=False)
        rig.control.file_job(email=REQUESTER_EMAIL)
        rig.look()
        rig.press(APPROVER, "deny_request", wait=False)
        assert rig.saved.wait(30)  # Slack waits three seconds, within which a busy machine may not get to it
        rig.run()
        assert rig.row().state is State.PENDING
        assert "does not cancel a job that is started by hand" in rig.words()


def test_a_no_kills_no_job_that_somebody_started_in_gitlab(sandbox: Sandbox, tmp_path: Path) -> None:
    with ManualJobsRig(sandbox, tmp_path, {APPROVALS: THREE}) as rig:
        job_id = rig.control.file_job(email=REQUESTER_EMAIL)
        rig.look()
        rig.control.start_in_gitlab(job_id, "release-manager")
        rig.sandbox.gitlab.become(job_id, "running")
        rig.press(APPROVER, "deny_request")
        rig.run()
        assert rig.job(job_id)["status"] == "running"
        assert rig.headline() == "Approved in GitLab by release-manager"


def test_a_yes_starts_no_job_for_a_second_time(sandbox: Sandbox, tmp_path: Path) -> None:
    with ManualJobsRig(sandbox, tmp_path, {APPROVALS: THREE}) as rig:
        job_id = rig.control.file_job(email=REQUESTER_EMAIL)
        rig.look()
        approved_by_two_pressed(rig)
        rig.control.start_in_gitlab(job_id, "release-manager")
        rig.sandbox.gitlab.become(job_id, "success")
        rig.run()
        assert [job["id"] for job in rig.control.gitlab_jobs()] == [job_id]
        assert rig.headline() == "Approved in GitLab by release-manager"


def test_what_a_job_is_called_is_marked_as_the_pipelines_own_words(sandbox: Sandbox, tmp_path: Path) -> None:
    with ManualJobsRig(sandbox, tmp_path, {APPROVALS: THREE}) as rig:
        rig.control.file_job(email=REQUESTER_EMAIL)
        rig.look()
        assert "job (claimed by the pipeline): " in rig.words()
        assert rig.row().asked.risk_claimed
