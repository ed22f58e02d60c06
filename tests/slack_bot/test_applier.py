"""Verdicts reach the upstream once, and the card says what became of them, whatever goes wrong on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.rows import RequestRow, State
from tests.rig import SECOND_APPROVER, Rig, has_buttons
from tests.slack_bot.verdicts import BUTTON, DONE, carry, decide, decisions, never_more_than_once
from tests.upstream_client.serving import closed_port
from upstream_client.models import Decision, Verdict

VERDICTS = pytest.mark.parametrize("verdict", ["approve", "deny"])


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    running = Rig(sandbox, tmp_path)
    running.upstream_timeout = (5.0, 2.0)
    with running:
        yield running


@VERDICTS
@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        # Applied, and the answer lost or useless: it is looked up, not sent again.
        ("timeout", 1),
        ("reset", 1),
        ("server_error_after", 1),
        ("garbage", 1),
        ("empty", 1),
        # Not applied, which nobody can tell: seen waiting twice, it goes out again.
        ("timeout_before", 2),
        ("reset_before", 2),
        ("server_error", 2),
        # "It no longer waits", though it does: the same.
        ("not_found", 2),
        ("conflict", 2),
        ("gone", 2),
        # Certainly not applied: sent again.
        ("unauthorized", 2),
        ("ratelimited", 2),
    ],
)
def test_after_a_fault_on_the_decision_it_is_taken_exactly_once(
    rig: Rig, verdict: str, kind: str, sent: int
) -> None:
    request = rig.ask()
    decide(rig, verdict)
    rig.upstream_fails("decide", kind)
    carry(rig)
    if kind != "unauthorized":
        assert rig.headline() == f"{DONE[verdict]} by Approver, waiting for Privilege Manager"
        assert not has_buttons(rig.card())
    rig.run()
    never_more_than_once(rig, request, verdict)
    calls = rig.control.upstream_calls()
    assert calls.get(verdict) == sent


@VERDICTS
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("forbidden", "The role of the user does not allow this."),
        ("error_in_200", "The operation could not be completed."),
    ],
)
def test_what_the_upstream_refuses_waits_again_with_its_words_and_its_buttons(
    rig: Rig, verdict: str, kind: str, words: str
) -> None:
    request = rig.ask()
    decide(rig, verdict)
    rig.upstream_fails("decide", kind)
    rig.run()
    noun = {"approve": "approval", "deny": "denial"}[verdict]
    assert f"Privilege Manager refused Approver's {noun}: {words}" in rig.words()
    assert rig.headline() == "Run setup.exe as administrator"
    assert has_buttons(rig.card())
    assert rig.row().state is State.PENDING
    assert decisions(rig, request) == 0
    rig.press(SECOND_APPROVER, BUTTON[verdict])
    rig.run()
    assert rig.headline() == f"{DONE[verdict]} by Second Approver"
    assert decisions(rig, request) == 1


@VERDICTS
def test_while_the_upstream_cannot_be_reached_the_card_says_so_and_it_is_tried_ever_more_slowly(
    rig: Rig, verdict: str
) -> None:
    request = rig.ask()
    rig.privman_url = f"http://127.0.0.1:{closed_port()}/Tms"
    rig.restart()
    decide(rig, verdict)
    waits = []
    for _ in range(7):
        waits.append(carry(rig) or 0)
        rig.clock.advance(waits[-1])
    assert [round(wait) for wait in waits] == sorted(round(wait) for wait in waits)
    assert waits[0] < 5 < 55 < waits[-1] <= 60
    assert rig.headline() == f"{DONE[verdict]} by Approver, waiting for Privilege Manager"
    assert "Privilege Manager cannot be reached" in rig.words()
    assert "I keep trying" in rig.words()
    assert not has_buttons(rig.card())
    assert [record.kind for record in rig.audit(rig.row().key)].count("outcome") == 0

    rig.privman_url = rig.sandbox.privman_url
    rig.restart()
    rig.run()
    never_more_than_once(rig, request, verdict)


@pytest.mark.parametrize(("operation", "verdict"), [("get", "approve"), ("deny", "deny")])
def test_the_upstreams_wish_to_wait_is_respected(rig: Rig, operation: str, verdict: str) -> None:
    request = rig.ask()
    decide(rig, verdict)
    rig.upstream_fails(operation, "ratelimited", retry_after=45)
    wait = carry(rig)
    assert wait is not None
    assert 44 < wait <= 45
    before = rig.control.upstream_calls()
    carry(rig)
    assert rig.control.upstream_calls() == before
    assert "asks for fewer calls" in rig.words()
    rig.run()
    never_more_than_once(rig, request, verdict)


@VERDICTS
def test_a_log_on_that_is_refused_is_said_on_the_card_and_nothing_is_decided(rig: Rig, verdict: str) -> None:
    request = rig.ask()
    decide(rig, verdict)
    rig.upstream_fails("*", "unauthorized", times=50)
    wait = carry(rig)
    assert wait is not None
    assert rig.row().state is State.DECIDED
    assert decisions(rig, request) == 0
    assert "Privilege Manager" in rig.row().trouble
    assert rig.row().trouble.removesuffix(" I keep trying.")[:60] in rig.words()
    assert rig.headline().endswith("waiting for Privilege Manager")


@pytest.mark.parametrize(
    "kind",
    ["server_error", "reset", "forbidden", "ratelimited", "garbage", "empty", "error_in_200"],
)
def test_a_request_that_cannot_be_read_is_not_approved_until_it_can(rig: Rig, kind: str) -> None:
    request = rig.ask()
    decide(rig, "approve")
    rig.upstream_fails("get", kind, times=2)  # a broken connection is tried once more by the client
    carry(rig)
    assert rig.control.upstream_calls().get("approve") is None
    assert rig.headline() == "Approved by Approver, waiting for Privilege Manager"
    assert "I keep trying" in rig.words()
    rig.run()
    never_more_than_once(rig, request, "approve")


def test_a_deny_needs_no_look_at_the_request(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "deny")
    rig.upstream_fails("get", "server_error", times=50)
    rig.run()
    never_more_than_once(rig, request, "deny")


def test_the_pauses_between_looks_grow_while_nobody_can_tell_what_became_of_it(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "deny")
    rig.upstream_fails("deny", "reset")
    rig.upstream_fails("get", "server_error", times=6)
    waits = []
    for _ in range(6):
        wait = carry(rig)
        assert wait is not None
        waits.append(wait)
        assert "Denied by Approver, waiting for" in rig.headline()
        assert "which has not confirmed it. I am looking what became of it." in rig.words()
        rig.clock.advance(wait)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]
    rig.run()
    never_more_than_once(rig, request, "deny")
    assert rig.control.upstream_calls()["deny"] == 1


@VERDICTS
@pytest.mark.parametrize("kind", ["reset", "reset_before"])
def test_gone_and_untellable_is_said_to_be_not_confirmed(rig: Rig, verdict: str, kind: str) -> None:
    rig.ask()
    decide(rig, verdict)
    rig.upstream_fails(verdict, kind)
    rig.step("applier")
    rig.sandbox.privilege_manager.reset()
    rig.run()
    assert rig.row().state is State.UNCONFIRMED
    assert rig.headline() == "Not confirmed by Privilege Manager"
    assert "Nobody can tell what became of it: please look in Privilege Manager." in rig.words()
    assert not has_buttons(rig.card())


def test_what_nobody_confirmed_waits_again_once_it_is_listed(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "deny")
    rig.upstream_fails("deny", "reset_before")
    rig.step("applier")
    rig.sandbox.privilege_manager.reset()
    rig.run()
    assert rig.row().state is State.UNCONFIRMED
    rig.sandbox.privilege_manager.file_request(id=request)
    rig.look()
    assert has_buttons(rig.card())
    assert "The request is waiting again." in rig.words()
    decide(rig, "approve")
    rig.run()
    never_more_than_once(rig, request, "approve")


@pytest.mark.parametrize("kind", ["not_found", "no_path"])
def test_what_is_listed_and_cannot_be_asked_for_by_itself_is_not_called_gone(rig: Rig, kind: str) -> None:
    # given a contract that asks for one request in a wrong way
    request = rig.ask()
    rig.upstream_fails("get", kind)
    # when somebody approves, then the card does not say that it is too late, but what to correct
    decide(rig, "approve")
    rig.step("applier")
    rig.step("publisher")
    assert "Take operations.get out of the contract" in rig.words()
    # and once that is done it is approved
    rig.run()
    never_more_than_once(rig, request, "approve")
    assert rig.headline() == "Approved by Approver"


Fate = Callable[[Rig, str], object]
FATES = {
    "approved": (
        lambda rig, request: rig.control.decide_elsewhere(request, "approve", "Console Admin"),
        State.ELSEWHERE,
        "Approved in Privilege Manager by Console Admin",
    ),
    "denied": (
        lambda rig, request: rig.control.decide_elsewhere(request, "deny", "Console Admin"),
        State.ELSEWHERE,
        "Denied in Privilege Manager by Console Admin",
    ),
    "withdrawn": (
        lambda rig, request: rig.control.withdraw(request),
        State.ELSEWHERE,
        "Withdrawn",
    ),
    "expired": (
        lambda rig, request: rig.control.expire(request),
        State.EXPIRED,
        "Expired in Privilege Manager",
    ),
}


@VERDICTS
@pytest.mark.parametrize(("fate", "state", "headline"), FATES.values(), ids=list(FATES))
def test_what_happened_elsewhere_before_the_call_stands_and_the_card_says_that_ours_came_too_late(
    rig: Rig, verdict: str, fate: Fate, state: State, headline: str
) -> None:
    request = rig.ask()
    decide(rig, verdict)
    fate(rig, request)
    rig.run()
    assert rig.row().state is state
    assert rig.headline() == headline
    noun = {"approve": "approval", "deny": "denial"}[verdict]
    assert f"'s {noun} was not applied: it came too late." in rig.words()
    assert not has_buttons(rig.card())
    assert decisions(rig, request) == 0


@pytest.mark.parametrize(("fate", "state", "headline"), FATES.values(), ids=list(FATES))
def test_what_happened_elsewhere_while_ours_was_lost_is_not_taken_for_ours(
    rig: Rig, fate: Fate, state: State, headline: str
) -> None:
    request = rig.ask()
    decide(rig, "approve")
    rig.upstream_fails("approve", "reset_before")
    rig.step("applier")
    fate(rig, request)
    rig.run()
    assert rig.row().state is state
    assert rig.headline() == headline
    assert "'s approval was sent, and Privilege Manager does not say whether it took it." in rig.words()
    assert "not applied" not in rig.words()


@VERDICTS
def test_an_answer_of_ours_that_took_effect_late_is_recognised_before_it_is_sent_again(
    rig: Rig, verdict: str
) -> None:
    request = rig.ask()
    decide(rig, verdict)
    rig.upstream_fails(verdict, "reset_before")
    for _ in range(3):  # lost; seen waiting; seen waiting again
        rig.clock.advance((rig.step("applier") or 0) + 0.1)
    assert rig.row().intent_at is None
    row = rig.row()
    finishes_late(rig, row)
    rig.run()
    never_more_than_once(rig, request, verdict)


def finishes_late(rig: Rig, row: RequestRow) -> None:
    """The upstream gets round to the call whose connection broke long ago."""
    decision = Decision(row.decision_id, "Approver", f"from Slack [{row.decision_id}]")
    if row.verdict is Verdict.APPROVE:
        rig.upstream.approve(row.asked, row.for_how_long, decision)
    else:
        rig.upstream.deny(row.asked, row.reason, decision)


@VERDICTS
def test_an_answer_of_a_process_that_died_while_sending_is_looked_up(rig: Rig, verdict: str) -> None:
    request = rig.ask()
    decide(rig, verdict)
    row = rig.row()
    with rig.ledger.write() as tx:
        approvals.intend(tx, rig.clock.now(), row, "another process")
    rig.restart()
    carry(rig)
    assert "which has not confirmed it" in rig.words()
    finishes_late(rig, row)
    rig.run()
    never_more_than_once(rig, request, verdict)
    assert rig.control.upstream_calls()[verdict] == 1


def test_a_stopped_applier_sends_nothing(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "approve")
    rig.applier.stop()
    assert rig.step("applier") is None
    assert decisions(rig, request) == 0
    rig.restart()
    rig.run()
    never_more_than_once(rig, request, "approve")
