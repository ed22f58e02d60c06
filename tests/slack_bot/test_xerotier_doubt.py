"""What Xerotier claims, changes, escalates or tells late: nothing is approved unseen, and no card stays wrong."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from sandbox import Sandbox
from slack_bot.applier import HEARSAY, NOT_COVERED
from slack_bot.approvals import Cause, approve_by_schedule, decide_by_time_limit
from slack_bot.ballots import Grant, TimeLimit
from slack_bot.clock import SECOND
from slack_bot.policy import OnSilence, Silence
from slack_bot.policy.terms import Silences
from slack_bot.rows import RequestRow, State
from slack_bot.schedule import Hours, Schedule, Window
from tests.rig import ADMIN, APPROVALS, APPROVER, has_buttons
from tests.slack_bot.schedules import open_at
from tests.slack_bot.xerotier_rig import ONE, XerotierRig
from tests.upstream_client.xerotier.approvals import AT, event
from upstream_client.models import HOUR, ONE_TIME, Risk, Verdict

ESCALATED, TIMED_OUT = "exec.approval_escalated", "exec.approval_timed_out"
ALL_WEEK = Hours((Window(tuple(range(7)), 0, 1440),), "UTC")


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[XerotierRig]:
    with XerotierRig(sandbox, tmp_path, {APPROVALS: ONE}) as running:
        yield running


@pytest.fixture
def unlisted(rig: XerotierRig) -> XerotierRig:
    """Before a Xerotier that has no list."""
    rig.lose_the_list()
    return rig


def at_night(rig: XerotierRig) -> Schedule:
    """A schedule that is open now, and covers what is of high risk."""
    schedule = replace(open_at(rig.clock.now()), max_risk=Risk.HIGH)
    rig.schedules.put(APPROVALS, schedule)
    return schedule


# Without a person


def test_a_schedule_approves_what_the_list_tells(rig: XerotierRig) -> None:
    at_night(rig)
    approval_id = rig.file()
    assert rig.approval(approval_id)["status"] == "approved"
    assert rig.headline() == "Approved automatically"


def test_a_schedule_approves_nothing_of_which_only_a_webhook_told(unlisted: XerotierRig) -> None:
    at_night(unlisted)
    approval_id = unlisted.claimed()
    assert (unlisted.approval(approval_id)["status"], unlisted.row().state) == ("pending", State.PENDING)
    unlisted.press(APPROVER, "approve_request")
    unlisted.run()
    assert unlisted.headline() == "Approved by Approver"


def test_after_the_schedule_ended_what_it_approved_is_not_sent(rig: XerotierRig) -> None:
    schedule = at_night(rig)
    approval_id = rig.control.file_approval()
    rig.step("poller")
    rig.control.faults(upstream="xerotier", operation="list", kind="server_error", times=1_000)
    rig.step("auto_approver")
    rig.step("applier")
    assert (rig.row_of(approval_id).state, rig.row_of(approval_id).cause) == (State.DECIDED, Cause.SCHEDULE)
    rig.schedules.put(APPROVALS, replace(schedule, hours=ALL_WEEK))
    rig.control.clear_faults()
    rig.clock.advance(90)
    rig.run()
    assert (rig.approval(approval_id)["status"], rig.row().notice) == ("pending", NOT_COVERED)


def by_silence(tx: Connection, now: int, row: RequestRow) -> bool:
    limit = TimeLimit(APPROVALS, Verdict.APPROVE, ONE_TIME, "Nobody objected.", "")
    return decide_by_time_limit(tx, now, row.key, row.version, limit)


def by_schedule(tx: Connection, now: int, row: RequestRow) -> bool:
    return approve_by_schedule(tx, now, row.key, row.version, Grant(APPROVALS, ONE_TIME, "at night", ADMIN))


@pytest.mark.parametrize(
    ("decide", "notice"), [(by_silence, HEARSAY.format(title="Xerotier")), (by_schedule, NOT_COVERED)]
)
def test_what_no_person_approved_is_not_sent_where_only_a_webhook_told_of_it(
    unlisted: XerotierRig, decide: Callable[[Connection, int, RequestRow], bool], notice: str
) -> None:
    """Given a verdict on a claim that no person gave, such as before that was refused, then it is not carried."""
    at_night(unlisted)
    approval_id = unlisted.claimed()
    with unlisted.ledger.write() as tx:
        assert decide(tx, unlisted.clock.now(), unlisted.row())
    unlisted.run()
    assert (unlisted.approval(approval_id)["status"], unlisted.row().state) == ("pending", State.PENDING)
    assert unlisted.row().notice == notice


@pytest.mark.parametrize(("has_list", "status"), [(True, "approved"), (False, "pending")])
def test_silence_approves_what_the_list_tells_and_no_claim(
    sandbox: Sandbox, tmp_path: Path, has_list: bool, status: str
) -> None:
    silence = Silences(any=Silence(deadline=HOUR, then=OnSilence.APPROVE))
    policy = replace(ONE, terms=replace(ONE.terms, silence=silence))
    with XerotierRig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        rig.control.switch_xerotier(has_list=has_list)
        approval_id = rig.claimed() if not has_list else rig.file()
        rig.clock.advance(HOUR)
        for _ in range(2):  # a card is drawn once more before its request is approved
            rig.step("escalator")
            rig.run()
        assert rig.approval(approval_id)["status"] == status
        assert has_buttons(rig.card()) is not has_list


# What changed between the card and the call


def test_facts_that_changed_are_not_approved_though_the_list_was_away_for_once(rig: XerotierRig) -> None:
    """Given a restart and one 404 of the list, when what is asked changed meanwhile, then the press is void."""
    approval_id = rig.file(arguments={"node": "n1"})
    assert not rig.row().asked.is_claim
    rig.restart()
    rig.control.faults(upstream="xerotier", operation="list", kind="not_found")
    rig.look()
    rig.asked_for_otherwise(approval_id, tool_name="openstack_server_delete", arguments={"node": "ALL"})
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.approval(approval_id)["status"] == "pending"
    assert "openstack_server_delete" in rig.words()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.approval(approval_id)["status"] == "approved"


def test_what_the_list_told_once_is_approved_only_while_something_tells_of_it(rig: XerotierRig) -> None:
    approval_id = rig.file()
    rig.restart()
    rig.lose_the_list()
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.step("publisher")
    assert (rig.approval(approval_id)["status"], rig.row().state) == ("pending", State.DECIDED)
    assert "nobody can compare it with what was shown. I keep trying." in rig.words()
    rig.control.switch_xerotier(has_list=True)
    rig.clock.advance(90)
    rig.run()
    assert rig.approval(approval_id)["status"] == "approved"


def test_a_claim_is_not_approved_while_the_list_only_cannot_be_read(rig: XerotierRig) -> None:
    rig.control.faults(upstream="xerotier", operation="list", kind="forbidden", times=1_000)
    approval_id = rig.claimed()
    assert rig.row().asked.is_claim
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    assert (rig.approval(approval_id)["status"], rig.row().state) == ("pending", State.DECIDED)
    rig.control.clear_faults()
    rig.clock.advance(90)
    rig.run()
    # when the list can be read again, then what it tells is compared: the webhook named another invocation
    assert rig.approval(approval_id)["status"] == "pending"
    assert "The request changed after Approver approved it." in rig.words()


def test_what_a_webhook_says_does_not_replace_what_the_list_said(rig: XerotierRig) -> None:
    approval_id = rig.file()
    shown = rig.row()
    rig.restart()
    rig.lose_the_list()
    rig.hear(approval_id, tool_name="harmless")
    assert (rig.row().digest, rig.row().revision) == (shown.digest, 1)
    assert "harmless" not in rig.words()


# What was sent


@pytest.mark.parametrize("has_list", [True, False])
def test_an_answer_that_says_no_is_no_approval(rig: XerotierRig, has_list: bool) -> None:
    rig.control.switch_xerotier(has_list=has_list)
    approval_id = rig.file() if has_list else rig.claimed()
    rig.control.faults(upstream="xerotier", operation="approve", kind="says_no")
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    rig.step("applier")
    rig.step("publisher")
    assert rig.headline() == "Approved by Approver, waiting for Xerotier"
    rig.run()
    # a list shows that it waits still, and it is sent again; without one nobody can tell
    assert rig.headline() == ("Approved by Approver" if has_list else "Not confirmed by Xerotier")
    assert rig.approval(approval_id)["decisions"] == int(has_list)


@pytest.mark.parametrize("has_list", [True, False])
def test_an_answer_that_was_lost_is_waited_for_a_minute_and_confirmed_later_still(
    rig: XerotierRig, has_list: bool
) -> None:
    rig.control.switch_xerotier(has_list=has_list)
    approval_id = rig.file() if has_list else rig.claimed()
    rig.control.faults(upstream="xerotier", operation="approve", kind="reset")
    rig.press(APPROVER, "approve_request")
    pressed = rig.clock.now()
    rig.run()
    assert rig.headline() == "Not confirmed by Xerotier"
    assert rig.clock.now() - pressed >= 60 * SECOND
    rig.hear(approval_id, "exec.approved", resolved_by="svc-slack-bot")
    assert (rig.headline(), rig.row().state) == ("Approved by Approver", State.APPROVED)
    assert rig.approval(approval_id)["decisions"] == 1
    assert not has_buttons(rig.card())
    outcomes = [one.detail["outcome"] for one in rig.audit(rig.row().key) if one.kind == "outcome"]
    assert outcomes == ["unconfirmed", "approved"]


def test_an_answer_that_was_lost_and_was_not_the_one_that_counted_is_told_so(unlisted: XerotierRig) -> None:
    approval_id = unlisted.claimed()
    unlisted.control.faults(upstream="xerotier", operation="approve", kind="reset_before")
    unlisted.press(APPROVER, "approve_request")
    unlisted.run()
    unlisted.control.decide_in_xerotier(approval_id, "reject")
    unlisted.hear(approval_id, "exec.rejected", resolved_by="somebody")
    assert (unlisted.headline(), unlisted.row().state) == ("Denied in Xerotier by somebody", State.ELSEWHERE)


@pytest.mark.parametrize("restarts", [False, True])
def test_after_a_conflict_the_webhook_says_who_it_was(unlisted: XerotierRig, restarts: bool) -> None:
    approval_id = unlisted.claimed()
    unlisted.control.decide_in_xerotier(approval_id, "approve")
    unlisted.press(APPROVER, "deny_request")
    unlisted.run()
    assert unlisted.headline() == "No longer waiting in Xerotier"
    if restarts:
        unlisted.restart()
    unlisted.hear(approval_id, "exec.approved", resolved_by="somebody")
    assert unlisted.headline() == "Approved in Xerotier by somebody"
    unlisted.hear(approval_id, "exec.rejected", at=AT + 5, resolved_by="another")
    assert unlisted.headline() == "Approved in Xerotier by somebody"


# What escalated


def test_what_escalated_and_is_listed_no_more_waits_on_as_it_was(rig: XerotierRig) -> None:
    """Given a list of status=pending that leaves out what escalated, then its card stays, and can be answered."""
    rig.control.switch_xerotier(is_strict=True)
    approval_id = rig.control.file_approval(arguments={"node": "n1"})
    rig.hear(approval_id)
    shown = rig.row()
    assert not shown.asked.is_claim
    rig.control.escalate_in_xerotier(approval_id)
    rig.hear(approval_id, ESCALATED, at=AT + 900)
    rig.look()
    assert (rig.row().state, rig.row().digest) == (State.PENDING, shown.digest)
    assert "Escalated: " in rig.words()
    assert has_buttons(rig.card())
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.approval(approval_id)["status"] == "approved"
    assert rig.headline() == "Approved by Approver"


def test_what_escalated_waits_on_also_where_its_webhook_comes_late(rig: XerotierRig) -> None:
    rig.control.switch_xerotier(is_strict=True)
    approval_id = rig.file()
    rig.control.escalate_in_xerotier(approval_id)
    rig.look()
    rig.look()
    assert rig.headline() == "No longer waiting in Xerotier"
    rig.hear(approval_id, ESCALATED, at=AT + 900)
    rig.look()
    assert (rig.row().state, has_buttons(rig.card())) == (State.PENDING, True)
    rig.control.decide_in_xerotier(approval_id, "reject")
    rig.hear(approval_id, "exec.rejected", at=AT + 950, resolved_by="somebody")
    assert rig.headline() == "Denied in Xerotier by somebody"


def test_a_list_that_shows_what_escalated_is_believed_when_it_shows_that_no_more(rig: XerotierRig) -> None:
    approval_id = rig.file()
    rig.control.escalate_in_xerotier(approval_id)
    rig.hear(approval_id, ESCALATED, at=AT + 900)
    rig.control.decide_in_xerotier(approval_id, "approve")
    rig.look()
    rig.look()
    assert rig.headline() == "No longer waiting in Xerotier"


@pytest.mark.parametrize("polls_between", [False, True])
def test_without_a_list_what_timed_out_and_escalated_waits(
    unlisted: XerotierRig, polls_between: bool
) -> None:
    approval_id = unlisted.claimed()
    unlisted.control.escalate_in_xerotier(approval_id, timed_out=True)
    unlisted.xerotier.take(event(TIMED_OUT, AT + 900, approval_id=approval_id))
    if polls_between:
        unlisted.look()
        assert unlisted.headline() == "Expired in Xerotier"
    unlisted.hear(approval_id, ESCALATED, at=AT + 900)
    assert (unlisted.row().state, has_buttons(unlisted.card())) == (State.PENDING, True)
    assert "Escalated: " in unlisted.words()
    unlisted.hear(approval_id, TIMED_OUT, at=AT + 1_800)
    assert unlisted.headline() == "Expired in Xerotier"
    unlisted.look()
    assert unlisted.row().state is State.EXPIRED


# What cannot be written down


def test_half_a_character_in_the_arguments_stops_nothing(rig: XerotierRig) -> None:
    good = rig.file()
    bad = rig.sandbox.xerotier.file_approval(arguments={"text": "half \ud83d", "\ud83d": 1})
    rig.control.decide_in_xerotier(good, "reject")
    for _ in range(3):
        rig.look()
    assert rig.row_of(good).state is State.ELSEWHERE
    assert "half \\ud83d" in rig.words()
    rig.press(APPROVER, "approve_request")
    rig.run()
    assert rig.approval(bad)["status"] == "approved"
