"""From a tool call in Xerotier to a person's answer and back: with a list, and with webhooks alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot.risk_rules import RiskRule
from slack_bot.rows import State
from tests.rig import APPROVALS, APPROVER, OUTSIDER, has_buttons
from tests.slack_bot.xerotier_rig import ONE, XerotierRig
from tests.upstream_client.xerotier.approvals import OF_ONE, event
from upstream_client.models import Risk


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[XerotierRig]:
    with XerotierRig(sandbox, tmp_path, {APPROVALS: ONE}) as running:
        yield running


@pytest.fixture
def unlisted(rig: XerotierRig) -> XerotierRig:
    """Before a Xerotier that has no list: what waits is known by webhooks only."""
    rig.lose_the_list()
    return rig


def test_a_tool_call_becomes_a_card_and_a_press_its_verdict(rig: XerotierRig) -> None:
    approval_id = rig.file(risk="irreversible", arguments={"node": "n1"})
    words = rig.words()
    for told in (
        "Tool: ",
        "kubectl_drain",
        "Workspace: ",
        "ws_production",
        "Argument node: ",
        "Invocation: ",
    ):
        assert told in words
    assert "‼ critical" in words
    assert rig.headline() == "Critical risk: Run kubectl_drain"
    assert "choose_duration" not in str(rig.card()["blocks"])
    assert [one["text"]["text"] for one in rig.card()["blocks"][-1]["elements"][:2]] == ["Approve", "Reject"]
    assert approval_id not in str(rig.card()["blocks"])

    assert rig.press(APPROVER, "approve_request")["acknowledged"]
    rig.run()

    assert (rig.approval(approval_id)["status"], rig.approval(approval_id)["decisions"]) == ("approved", 1)
    assert (rig.headline(), rig.row().state) == ("Approved by Approver", State.APPROVED)
    rig.look()
    rig.look()
    assert rig.row().state is State.APPROVED


def test_a_rejection_reaches_xerotier_and_an_outsider_nothing(rig: XerotierRig) -> None:
    approval_id = rig.file()
    rig.press(OUTSIDER, "approve_request")
    rig.run()
    assert rig.approval(approval_id)["status"] == "pending"
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.approval(approval_id)["status"] == "rejected"
    assert rig.headline() == "Denied by Approver"


@pytest.mark.parametrize("button", ["approve_request", "deny_request"])
@pytest.mark.parametrize("value", ["../../../../v1/api-keys", "..%2F..%2Fapi-keys.0123456789abcdef", ""])
def test_a_press_that_carries_another_id_calls_nobody(rig: XerotierRig, value: str, button: str) -> None:
    approval_id = rig.file()
    before = len(rig.calls())
    rig.press(APPROVER, button, value=value)
    rig.run()
    assert len(rig.calls()) == before
    assert (rig.approval(approval_id)["status"], rig.row().state) == ("pending", State.PENDING)


@pytest.mark.parametrize("button", ["approve_request", "deny_request"])
def test_what_was_decided_elsewhere_is_said_to_be_nobodys_here(rig: XerotierRig, button: str) -> None:
    approval_id = rig.file()
    rig.control.decide_in_xerotier(approval_id, "approve")
    rig.press(APPROVER, button)
    rig.run()
    assert rig.row().state is State.ELSEWHERE
    assert rig.headline() == "No longer waiting in Xerotier"
    assert "was not applied: it came too late." in rig.words()
    assert rig.approval(approval_id)["by"] == "Dashboard Admin"


@pytest.mark.parametrize(
    ("kind", "headline"),
    [
        ("exec.approved", "Approved in Xerotier by somebody"),
        ("exec.rejected", "Denied in Xerotier by somebody"),
        ("exec.approval_timed_out", "Expired in Xerotier"),
    ],
)
@pytest.mark.parametrize("has_list", [True, False])
def test_what_a_webhook_says_became_of_it_the_card_says_too(
    rig: XerotierRig, kind: str, headline: str, has_list: bool
) -> None:
    rig.control.switch_xerotier(has_list=has_list)
    approval_id = rig.claimed()
    if kind == "exec.approval_timed_out":
        rig.control.time_out_in_xerotier(approval_id)
    else:
        rig.control.decide_in_xerotier(approval_id, "approve" if kind == "exec.approved" else "reject")
    rig.hear(approval_id, kind, **({} if kind == "exec.approval_timed_out" else {"resolved_by": "somebody"}))
    assert rig.headline() == headline
    assert not has_buttons(rig.card())


def test_a_webhook_that_the_list_contradicts_settles_nothing(rig: XerotierRig) -> None:
    approval_id = rig.file()
    rig.hear(approval_id, "exec.approved")
    assert (rig.row().state, has_buttons(rig.card())) == (State.PENDING, True)


def test_what_xerotier_escalates_waits_on_and_its_card_says_so(rig: XerotierRig) -> None:
    approval_id = rig.file()
    rig.control.escalate_in_xerotier(approval_id)
    rig.hear(approval_id, "exec.approval_escalated")
    assert "Escalated: " in rig.words()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.approval(approval_id)["status"] == "approved"


def test_a_claim_is_marked_and_can_be_approved(unlisted: XerotierRig) -> None:
    approval_id = unlisted.claimed()
    assert "Claimed by: " in unlisted.words()
    assert "a webhook, under a verified signature." in unlisted.words()
    unlisted.press(APPROVER, "approve_request")
    unlisted.run()
    assert unlisted.approval(approval_id)["status"] == "approved"
    assert unlisted.headline() == "Approved by Approver"
    unlisted.clock.advance(120)
    unlisted.look()
    assert unlisted.row().state is State.APPROVED


def test_a_claim_that_the_list_confirms_loses_its_mark_and_keeps_its_votes(rig: XerotierRig) -> None:
    approval_id = rig.control.file_approval()
    rig.control.switch_xerotier(has_list=False)
    rig.hear(approval_id, invocation_id=rig.approval(approval_id)["invocation_id"])
    before = rig.row()
    assert before.asked.is_claim
    rig.control.switch_xerotier(has_list=True)
    rig.restart()
    rig.look()
    after = rig.row()
    assert not after.asked.is_claim
    assert (after.revision, after.digest) == (before.revision, before.digest)
    assert "Claimed by: " not in rig.words()


def test_that_there_is_no_list_is_no_trouble_at_every_poll_and_counts_as_read(unlisted: XerotierRig) -> None:
    unlisted.last_read.clear()
    with capture_logs() as logs:
        unlisted.step("poller")
        unlisted.step("poller")
    assert logs == []
    assert unlisted.last_read.keys() == {"xerotier"}


def test_behind_rules_that_rate_it_the_same_holds(sandbox: Sandbox, tmp_path: Path) -> None:
    rules = [RiskRule(Risk.LOW)]
    with XerotierRig(sandbox, tmp_path, {APPROVALS: ONE}, risk_rules=rules) as rig:
        rig.control.switch_xerotier(has_list=False)
        approval_id = rig.claimed()
        rig.step("poller")
        rig.hear(approval_id, "exec.rejected", resolved_by="somebody")
        assert rig.headline() == "Denied in Xerotier by somebody"


def test_without_a_list_a_new_process_settles_nothing_and_can_still_answer(unlisted: XerotierRig) -> None:
    """Given a claim that is shown, when the process that heard it is gone, then the ledger is what knows of it."""
    approval_id = unlisted.claimed()
    unlisted.restart()
    for _ in range(12):
        unlisted.look()
    assert (unlisted.row().state, unlisted.row().missing) == (State.PENDING, 0)
    unlisted.press(APPROVER, "approve_request")
    unlisted.run()
    assert unlisted.approval(approval_id)["status"] == "approved"
    assert unlisted.headline() == "Approved by Approver"


def test_without_a_list_a_conflict_is_somebody_elses_decision(unlisted: XerotierRig) -> None:
    approval_id = unlisted.claimed()
    unlisted.control.decide_in_xerotier(approval_id, "reject")
    unlisted.press(APPROVER, "approve_request")
    unlisted.run()
    assert unlisted.row().state is State.ELSEWHERE
    assert unlisted.headline() == "No longer waiting in Xerotier"
    unlisted.look()
    assert unlisted.row().state is State.ELSEWHERE


def test_an_answer_that_was_lost_is_confirmed_by_the_webhook(unlisted: XerotierRig) -> None:
    approval_id = unlisted.claimed()
    unlisted.control.faults(upstream="xerotier", operation="approve", kind="reset")
    unlisted.press(APPROVER, "approve_request")
    unlisted.step("clerk")
    unlisted.step("applier")
    unlisted.step("publisher")
    assert unlisted.headline() == "Approved by Approver, waiting for Xerotier"
    unlisted.xerotier.take(event("exec.approved", approval_id=approval_id))
    unlisted.run()
    assert unlisted.headline() == "Approved by Approver"
    assert unlisted.approval(approval_id)["decisions"] == 1


def test_an_answer_that_was_lost_and_of_which_nobody_tells_stays_unconfirmed_and_is_not_sent_again(
    unlisted: XerotierRig,
) -> None:
    approval_id = unlisted.claimed()
    unlisted.control.faults(upstream="xerotier", operation="approve", kind="reset_before")
    unlisted.press(APPROVER, "approve_request")
    unlisted.run()
    assert unlisted.headline() == "Not confirmed by Xerotier"
    assert unlisted.approval(approval_id)["decisions"] == 0
    # when the same claim is heard again, by this process or another, then it is not shown as waiting again
    unlisted.hear(approval_id)
    unlisted.restart()
    unlisted.hear(approval_id)
    assert unlisted.row().state is State.UNCONFIRMED


def test_a_key_that_may_not_decide_is_told_on_the_card_with_what_to_do(rig: XerotierRig) -> None:
    approval_id = rig.file()
    rig.control.faults(upstream="xerotier", operation="approve", kind="forbidden")
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.step("publisher")
    assert "XEROTIER_API_KEY" in rig.words()
    assert "execution scope" in rig.words()
    rig.run()
    assert rig.approval(approval_id)["status"] == "approved"


def test_where_one_can_be_asked_for_a_claim_is_compared_with_what_it_is(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    XerotierAsking = type("XerotierAsking", (XerotierRig,), {"get_path": OF_ONE})
    with XerotierAsking(sandbox, tmp_path, {APPROVALS: ONE}) as rig:
        rig.control.switch_xerotier(has_list=False)
        approval_id = rig.control.file_approval()
        rig.hear(approval_id, tool_name="harmless")
        assert "kubectl_drain" in rig.words()
        assert "harmless" not in rig.words()
        rig.control.decide_in_xerotier(approval_id, "reject")
        rig.look()
        assert rig.headline() == "Denied in Xerotier by Dashboard Admin"
