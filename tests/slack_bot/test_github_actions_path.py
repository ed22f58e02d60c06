"""From a job that waits in GitHub Actions to people's answers and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.github_actions.instance import Switches
from sandbox.github_actions.runs import REPOSITORY, commit
from slack_bot.policy import Approvals
from slack_bot.rows import State
from tests.rig import (
    APPROVALS,
    APPROVER,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    has_buttons,
)
from tests.slack_bot.github_actions_rig import GitHubActionsRig
from tests.slack_bot.quorums import of_group

KNOWN = (("octocat", REQUESTER), ("approver-at-github", APPROVER))
"""Accounts at GitHub, and who they are in Slack."""
BUILT_IN = of_group(requesters=KNOWN)
"""Two for what is of high risk, and nobody for their own."""
ONE = of_group(requesters=KNOWN, approvals=Approvals(1, 1, 1, 1))


@pytest.fixture
def strict(sandbox: Sandbox, tmp_path: Path) -> Iterator[GitHubActionsRig]:
    """With the built-in policy."""
    with GitHubActionsRig(sandbox, tmp_path, {APPROVALS: BUILT_IN}) as running:
        yield running


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[GitHubActionsRig]:
    """Where one approver is enough."""
    with GitHubActionsRig(sandbox, tmp_path, {APPROVALS: ONE}) as running:
        yield running


def test_what_goes_to_production_takes_two_and_then_github_has_it(strict: GitHubActionsRig) -> None:
    github = strict.sandbox.github_actions
    github.deploy(repository=REPOSITORY, environment="production", commit=commit("old"))
    github.compare(
        repository=REPOSITORY,
        base=commit("old"),
        head=commit("new"),
        titles=["Raise the limit of a basket"],
        files=["shop/basket.py"],
    )
    run = strict.file()
    words = strict.words()
    assert strict.headline() == f"High risk: {REPOSITORY} → production · {commit('new')[:12]}"
    for told in (
        "Triggered by: ",
        "octocat",
        "Changed files: ",
        "shop/basket.py",
        "Changelog: ",
        "Raise the limit of a basket",
        "claimed by the pipeline",
        f"{commit('old')[:12]}…{commit('new')[:12]}",
    ):
        assert told in words, told
    assert f"/{REPOSITORY}/actions/runs/{run}" in str(strict.card()["blocks"])
    assert "choose_duration" not in str(strict.card()["blocks"])

    strict.press(APPROVER, "approve_request")
    strict.run()
    assert strict.run_of(run)["decisions"] == 0
    strict.press(SECOND_APPROVER, "approve_request")
    strict.run()

    (review,) = strict.run_of(run)["reviews"]
    assert (review["environment"], review["state"]) == ("production", "approved")
    assert strict.row_of(run).decision_id in review["comment"]
    assert APPROVER in review["comment"]
    assert SECOND_APPROVER in review["comment"]
    assert strict.row_of(run).state is State.APPROVED
    assert strict.headline().startswith("Approved by ")
    strict.look()
    strict.look()
    assert strict.row_of(run).state is State.APPROVED


def test_who_started_the_run_may_not_approve_it(strict: GitHubActionsRig) -> None:
    """Given a run that an approver started, when they press Approve, then they are refused in words."""
    run = strict.file(triggering_actor="approver-at-github")
    strict.press(APPROVER, "approve_request")
    strict.run()
    (told,) = strict.told(APPROVER)
    assert told.startswith("You asked for this yourself, so somebody else has to approve it.")
    assert (strict.row_of(run).state, strict.run_of(run)["decisions"]) == (State.PENDING, 0)
    strict.press(APPROVER, "deny_request")
    strict.run()
    assert strict.run_of(run)["reviews"][0]["state"] == "rejected"


def test_where_nobody_knows_who_started_it_nobody_approves_it(strict: GitHubActionsRig) -> None:
    run = strict.file(triggering_actor="somebody-new")
    strict.press(APPROVER, "approve_request")
    strict.run()
    assert strict.told(APPROVER)
    assert strict.run_of(run)["decisions"] == 0


def test_a_rejection_reaches_github_with_its_reason_and_an_outsider_nothing(rig: GitHubActionsRig) -> None:
    run = rig.file()
    rig.press(OUTSIDER, "approve_request")
    rig.run()
    assert rig.run_of(run)["decisions"] == 0
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert (rig.run_of(run)["conclusion"], rig.headline()) == ("failure", "Denied by Approver")


def test_each_environment_of_a_run_has_its_own_card_and_answer(rig: GitHubActionsRig) -> None:
    run = rig.file(environments=["staging", "production"])
    cards = {rig.row(card["metadata"]["event_payload"]["request"]).upstream_id: card for card in rig.cards()}
    assert set(cards) == {rig.github.request_id(run, name) for name in ("staging", "production")}
    rig.press(APPROVER, "approve_request", card=cards[rig.github.request_id(run, "staging")])
    rig.run()
    assert rig.run_of(run)["waits"] == ["production"]
    assert rig.row_of(run, "staging").state is State.APPROVED
    assert rig.row_of(run, "production").state is State.PENDING


@pytest.mark.parametrize("button", ["approve_request", "deny_request"])
def test_what_was_reviewed_at_github_says_so_and_by_whom(rig: GitHubActionsRig, button: str) -> None:
    run = rig.file()
    rig.github.review(run, "approved", "somebody-else")
    rig.press(APPROVER, button)
    rig.run()
    assert rig.row_of(run).state is State.ELSEWHERE
    assert rig.headline() == "Approved in GitHub Actions by somebody-else"
    assert rig.run_of(run)["decisions"] == 0


def test_a_run_that_is_cancelled_or_started_again_settles_its_card(rig: GitHubActionsRig) -> None:
    cancelled = rig.file()
    rig.github.end(cancelled)
    rig.look()
    rig.look()
    assert not has_buttons(rig.card())
    assert rig.headline() == "Withdrawn"
    assert "The run was cancelled." in rig.words()

    again = rig.file()
    first = rig.row_of(again)
    rig.github.rerun(again)
    rig.look()
    rig.look()
    assert rig.row(first.key).state is State.ELSEWHERE
    assert rig.row_of(again).state is State.PENDING
    assert "attempt 2" in rig.words()


def test_what_is_told_of_a_run_is_compared_before_it_is_approved(rig: GitHubActionsRig) -> None:
    """Given an approval on its way, when the branch is another one than was shown, then nothing is approved."""
    run = rig.file()
    rig.press(APPROVER, "approve_request")
    rig.github.change(run, branch="somewhere-else")
    rig.run()
    assert rig.run_of(run)["decisions"] == 0
    assert rig.row_of(run).state is State.PENDING
    assert "changed after Approver approved it" in rig.words()


def test_a_deployment_meanwhile_changes_the_card_and_no_vote(strict: GitHubActionsRig) -> None:
    run = strict.file()
    strict.press(APPROVER, "approve_request")
    strict.run()
    strict.github.deploy(repository=REPOSITORY, environment="production", commit=commit("new"))
    strict.clock.advance(301)
    strict.look()
    assert "which is deployed there" in strict.words()
    strict.press(SECOND_APPROVER, "approve_request")
    strict.run()
    assert strict.row_of(run).state is State.APPROVED


@pytest.mark.parametrize("kind", ["reset", "server_error_after", "garbage", "slow"])
def test_an_answer_that_was_lost_is_found_in_the_runs_reviews(rig: GitHubActionsRig, kind: str) -> None:
    run = rig.file()
    rig.control.faults(upstream="github_actions", operation="decide", kind=kind, delay=1.3)
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.step("publisher")
    assert rig.headline() == "Approved by Approver, waiting for GitHub Actions"
    rig.run()
    assert (rig.headline(), rig.run_of(run)["decisions"]) == ("Approved by Approver", 1)


def test_another_job_that_asks_for_the_environment_again_is_asked_about_again(rig: GitHubActionsRig) -> None:
    run = rig.file()
    rig.control.faults(upstream="github_actions", operation="decide", kind="reset")
    first = rig.row_of(run)
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.github.ask_again(run)
    rig.run()
    assert (rig.row(first.key).state, rig.run_of(run)["decisions"]) == (State.APPROVED, 1)
    rig.look()
    assert (rig.row_of(run).state, has_buttons(rig.card())) == (State.PENDING, True)
    assert "once in this run" in rig.words()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert (rig.row_of(run).state, rig.run_of(run)["decisions"]) == (State.APPROVED, 2)


@pytest.mark.parametrize("how", ["rejected", "cancelled", "rejected before ours arrived"])
def test_what_became_of_a_second_wait_is_not_told_by_the_approval_of_the_first(
    rig: GitHubActionsRig, how: str
) -> None:
    """Given a wait that was let pass from Slack, when the next one of the attempt is not, then it says so."""
    run = rig.file()
    rig.press(APPROVER, "approve_request")
    rig.run()
    rig.github.ask_again(run)
    rig.look()
    second = rig.row_of(run)
    if how == "rejected before ours arrived":
        rig.control.faults(upstream="github_actions", operation="decide", kind="reset_before")
        rig.press(APPROVER, "approve_request")
        rig.step("clerk")
        rig.step("applier")
    if how == "cancelled":
        rig.github.end(run)
    else:
        rig.github.review(run, "rejected", "release-manager", comment="not now")
    rig.run()
    rig.look()
    rig.look()
    assert rig.row(second.key).state is State.ELSEWHERE
    by = "Withdrawn" if how == "cancelled" else "Denied in GitHub Actions by release-manager"
    assert (rig.headline(), rig.run_of(run)["decisions"]) == (by, 1)


def test_what_was_approved_is_not_asked_again_while_its_timer_runs(rig: GitHubActionsRig) -> None:
    run = rig.file(wait_timer=30)
    rig.press(APPROVER, "approve_request")
    rig.run()
    rig.clock.advance(61)
    rig.look()
    assert (rig.headline(), has_buttons(rig.card())) == ("Approved by Approver", False)
    rig.github.let_pass(run)
    rig.look()
    assert (rig.headline(), len(rig.cards())) == ("Approved by Approver", 1)


def test_an_answer_that_never_arrived_is_sent_again(rig: GitHubActionsRig) -> None:
    run = rig.file()
    rig.control.faults(upstream="github_actions", operation="decide", kind="reset_before")
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert (rig.headline(), rig.run_of(run)["decisions"]) == ("Approved by Approver", 1)


def test_what_passed_without_a_review_after_a_lost_answer_is_not_called_approved(
    rig: GitHubActionsRig,
) -> None:
    run = rig.file()
    rig.control.faults(upstream="github_actions", operation="decide", kind="reset_before")
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.github.let_pass(run)
    rig.run()
    assert rig.headline() == "Not confirmed by GitHub Actions"


def test_a_token_that_may_not_review_is_told_on_the_card_with_what_to_do(rig: GitHubActionsRig) -> None:
    run = rig.file(can_approve=False)
    assert "The bot may decide: " in rig.words()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert "Make that user a required reviewer" in rig.words()
    assert (rig.row_of(run).state, rig.run_of(run)["decisions"]) == (State.PENDING, 0)
    rig.github.change(run, can_approve=True)
    rig.look()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.row_of(run).state is State.APPROVED


def test_a_token_without_the_right_is_told_on_the_card_and_tried_again(rig: GitHubActionsRig) -> None:
    run = rig.file()
    rig.github.switch(Switches(may_decide=False))
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.step("publisher")
    assert "deployments=write" in rig.words()
    rig.github.switch(Switches(may_decide=True))
    rig.run()
    assert rig.row_of(run).state is State.APPROVED


def test_while_github_limits_calls_an_answer_waits_and_is_sent_once(rig: GitHubActionsRig) -> None:
    run = rig.file()
    rig.control.faults(upstream="github_actions", operation="decide", kind="secondary", retry_after=30)
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert (rig.headline(), rig.run_of(run)["decisions"]) == ("Approved by Approver", 1)
