"""From a suspended step in Argo Workflows to people's answers and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.rows import State
from tests.rig import APPROVER, OUTSIDER, SECOND_APPROVER, has_buttons
from tests.slack_bot.argo_rig import ArgoRig
from upstream_client.argo_workflows import Denial
from upstream_client.pipeline import CLAIMED_BY


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[ArgoRig]:
    with ArgoRig(sandbox, tmp_path) as running:
        yield running


def approved_by(rig: ArgoRig, *users: str) -> None:
    for user in users:
        rig.press(user, "approve_request")
        rig.run()


def test_two_approvers_let_a_step_of_high_risk_go_on(rig: ArgoRig) -> None:
    name = rig.submit()
    words = rig.words()
    for told in (
        " · approve · claimed: payments → production · 1.2",
        "Namespace: ",
        f"Environment ({CLAIMED_BY}): ",
        f"Image ({CLAIMED_BY}): ",
        f"Label team ({CLAIMED_BY}): ",
        "▲ high, claimed by the caller",
        "requester@example.com",
    ):
        assert told in words
    assert f"{rig.sandbox.argo_workflows_url}/workflows/argo/{name}" in str(rig.card()["blocks"])

    approved_by(rig, APPROVER)
    assert rig.node(name)["phase"] == "Running"
    approved_by(rig, SECOND_APPROVER)

    assert (rig.node(name)["phase"], rig.workflow(name)["decisions"]) == ("Succeeded", 1)
    assert rig.row().state is State.APPROVED
    assert rig.headline().startswith("Approved by ")
    rig.look()
    rig.look()
    assert (rig.row().state, len(rig.cards())) == (State.APPROVED, 1)


def test_who_started_it_cannot_approve_it_and_can_deny_it(rig: ArgoRig) -> None:
    name = rig.submit(creator="approver@example.com")
    approved_by(rig, APPROVER)
    assert any("somebody else has to approve it" in said for said in rig.told(APPROVER))
    approved_by(rig, SECOND_APPROVER)
    assert rig.node(name)["phase"] == "Running"
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.node(name)["phase"] == "Failed"


def test_where_it_is_not_told_who_started_it_nobody_can_approve_it(rig: ArgoRig) -> None:
    name = rig.submit(creator="")
    approved_by(rig, APPROVER, SECOND_APPROVER)
    assert any("cannot tell who in Slack asked" in said for said in rig.told(APPROVER))
    assert rig.node(name)["phase"] == "Running"


def test_a_no_fails_the_step_and_says_in_argo_who_said_it(rig: ArgoRig) -> None:
    name = rig.submit()
    rig.press(OUTSIDER, "deny_request")
    rig.run()
    assert rig.node(name)["phase"] == "Running"
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.node(name)["phase"] == "Failed"
    message = rig.node(name)["message"]
    assert message == f"[{rig.row().decision_id}] Denied in Slack by Approver (U02APPROVER)"
    assert (rig.headline(), rig.row().state) == ("Denied by Approver", State.DENIED)


def test_a_no_can_stop_the_workflow(sandbox: Sandbox, tmp_path: Path) -> None:
    Stopping = type("Stopping", (ArgoRig,), {"denial": Denial.WORKFLOW})
    with Stopping(sandbox, tmp_path) as rig:
        name = rig.submit()
        rig.press(APPROVER, "deny_request")
        rig.run()
        assert (rig.workflow(name)["shutdown"], rig.headline()) == ("Stop", "Denied by Approver")


def test_a_stop_whose_answer_was_lost_is_a_denial_of_which_argo_does_not_say_whose_it_was(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    Stopping = type("Stopping", (ArgoRig,), {"denial": Denial.WORKFLOW})
    with Stopping(sandbox, tmp_path) as rig:
        name = rig.submit()
        rig.control.faults(upstream="argo_workflows", operation="stop", kind="reset")
        rig.press(APPROVER, "deny_request")
        rig.run()
        assert (rig.workflow(name)["decisions"], rig.headline()) == (1, "Denied in Argo Workflows")


@pytest.mark.parametrize("kind", ["reset", "server_error_after"])
def test_an_answer_that_was_lost_is_settled_by_the_step(rig: ArgoRig, kind: str) -> None:
    name = rig.submit()
    rig.control.faults(upstream="argo_workflows", operation="set", kind=kind)
    approved_by(rig, APPROVER, SECOND_APPROVER)
    assert rig.headline().startswith("Approved by ")
    assert rig.workflow(name)["decisions"] == 1


def test_a_decision_that_never_arrived_is_seen_not_to_have_and_sent_again(rig: ArgoRig) -> None:
    name = rig.submit()
    rig.control.faults(upstream="argo_workflows", operation="set", kind="reset_before")
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert (rig.headline(), rig.workflow(name)["decisions"]) == ("Denied by Approver", 1)


def test_an_answer_of_which_nobody_can_tell_any_more_is_not_called_an_approval(rig: ArgoRig) -> None:
    """Given an answer that was lost, when the workflow is deleted before anybody looks, then the card says so."""
    name = rig.submit()
    rig.control.faults(upstream="argo_workflows", operation="set", kind="reset")
    rig.press(APPROVER, "approve_request")
    rig.run()
    rig.press(SECOND_APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.control.delete_in_argo(name)
    rig.run()
    assert rig.headline() == "Not confirmed by Argo Workflows"


def undelivered(rig: ArgoRig, *users: str, button: str = "approve_request") -> None:
    """They answer, and the call never arrives; the bot has not looked since."""
    rig.control.faults(upstream="argo_workflows", operation="set", kind="reset_before")
    for user in users[:-1]:
        rig.press(user, button)
        rig.run()
    rig.press(users[-1], button)
    rig.step("clerk")
    rig.step("applier")


@pytest.mark.parametrize("duration", ["100ms", "{{workflow.parameters.wait}}"])
def test_a_pause_that_went_on_by_itself_is_not_called_approved(rig: ArgoRig, duration: str) -> None:
    """Given an approval that never arrived, when the controller lets the step go on, then nobody approved it."""
    name = rig.submit(duration=duration)
    undelivered(rig, APPROVER, SECOND_APPROVER)
    rig.control.finish_in_argo(name, "Succeeded")
    rig.run()
    assert not rig.headline().startswith("Approved")
    assert not has_buttons(rig.card())


def test_what_somebody_else_resumed_is_not_called_our_peoples_approval(rig: ArgoRig) -> None:
    name = rig.submit()
    undelivered(rig, APPROVER, SECOND_APPROVER)
    rig.control.resume_in_argo(name, "admin@example.com")
    rig.run()
    assert rig.headline() == "Approved in Argo Workflows by admin@example.com"


def test_what_somebody_else_failed_is_not_called_our_peoples_denial(rig: ArgoRig) -> None:
    name = rig.submit()
    undelivered(rig, APPROVER, button="deny_request")
    rig.control.finish_in_argo(name, "Failed", "not today")
    rig.run()
    assert rig.headline() == "Denied in Argo Workflows"


@pytest.mark.parametrize(
    ("how", "headline"),
    [
        ("resumed", "Approved in Argo Workflows by admin@example.com"),
        ("failed", "Denied in Argo Workflows"),
        ("stopped", "Withdrawn"),
        ("too late", "Expired in Argo Workflows"),
        ("deleted", "No longer waiting in Argo Workflows"),
    ],
)
def test_what_became_of_it_elsewhere_the_card_says(rig: ArgoRig, how: str, headline: str) -> None:
    name = rig.submit()
    if how == "resumed":
        rig.control.resume_in_argo(name, "admin@example.com")
    elif how == "failed":
        rig.control.finish_in_argo(name, "Failed", "not today")
    elif how == "stopped":
        rig.control.end_in_argo(name)
    elif how == "too late":
        rig.control.finish_in_argo(name, "Failed", "Step exceeded its deadline")
    else:
        rig.control.delete_in_argo(name)
    rig.look()
    rig.look()
    assert rig.headline().startswith(headline)
    assert not has_buttons(rig.card())


def test_a_workflow_of_the_same_name_is_another_card(rig: ArgoRig) -> None:
    rig.submit(name="deploy")
    old = rig.card()
    approved_by(rig, APPROVER)
    rig.control.delete_in_argo("deploy")
    rig.submit(name="deploy")
    assert len(rig.cards()) == 2
    rig.press(SECOND_APPROVER, "approve_request", card=old)
    rig.run()
    assert rig.node("deploy")["phase"] == "Running"


def test_a_step_that_is_retried_after_a_no_is_asked_for_again(rig: ArgoRig) -> None:
    name = rig.submit()
    rig.press(APPROVER, "deny_request")
    rig.run()
    rig.control.retry_in_argo(name)
    rig.look()
    assert len(rig.cards()) == 2
    approved_by(rig, APPROVER, SECOND_APPROVER)
    assert rig.node(name)["phase"] == "Succeeded"


def test_a_step_that_wants_values_can_only_be_denied_and_its_card_says_why(rig: ArgoRig) -> None:
    name = rig.submit(supplied={"go": None}, choices={"go": ["YES", "NO"]})
    assert "Needs values: " in rig.words()
    approved_by(rig, APPROVER, SECOND_APPROVER)
    assert "cannot be given here: go (YES, NO)" in rig.words()
    assert rig.node(name)["phase"] == "Running"
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.node(name)["phase"] == "Failed"


def test_a_step_that_goes_on_by_itself_says_so_on_its_card(rig: ArgoRig) -> None:
    rig.submit(duration="2h")
    assert "Resumes by itself: " in rig.words()
    assert "this is a pause and no barrier" in rig.words()
    assert "Expires: " not in rig.words()


def test_a_token_that_may_only_look_is_told_on_the_card_with_what_it_lacks(rig: ArgoRig) -> None:
    name = rig.submit()
    rig.control.switch_argo(verbs=["get", "list"])
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    rig.step("applier")
    rig.step("publisher")
    assert "update and patch on workflows" in rig.words()
    rig.control.switch_argo(verbs=["get", "list", "update"])
    rig.run()
    assert rig.node(name)["phase"] == "Failed"
