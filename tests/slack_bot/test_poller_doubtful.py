"""What is listed as waiting though it was settled long ago: the upstream is asked, and its word counts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.clock import SECOND
from slack_bot.poller import SETTLED_FOR_GOOD
from slack_bot.rows import State, requests_in
from tests.rig import APPROVER, SECOND_APPROVER, Rig, has_buttons, texts
from tests.slack_bot.own_privman import SlowPrivilegeManager, rig_over, tell_anew

SETUP = r"C:\setup.exe"
LONG = SETTLED_FOR_GOOD / SECOND


@pytest.fixture
def pm() -> SlowPrivilegeManager:
    return SlowPrivilegeManager()


@pytest.fixture
def rig(pm: SlowPrivilegeManager, sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_over(pm, sandbox, tmp_path) as running:
        yield running


def answered(rig: Rig, action_id: str) -> None:
    rig.press(APPROVER, action_id)
    rig.run()


def expired(rig: Rig, pm: SlowPrivilegeManager) -> None:
    pm.expire(rig.row().upstream_id)
    rig.look()
    rig.look()


SETTLED = {
    State.APPROVED: (
        lambda rig, pm: answered(rig, "approve_request"),
        "The request still waits, although Approver's approval was confirmed.",
    ),
    State.DENIED: (
        lambda rig, pm: answered(rig, "deny_request"),
        "The request still waits, although Approver's denial was confirmed.",
    ),
    State.EXPIRED: (expired, "The request is waiting again."),
}
Settle = Callable[[Rig, SlowPrivilegeManager], None]


@pytest.mark.parametrize(
    ("state", "settle", "notice"),
    [(state, *how) for state, how in SETTLED.items()],
    ids=list(SETTLED),
)
def test_what_still_waits_a_minute_after_it_was_settled_waits_again_with_a_notice(
    rig: Rig, pm: SlowPrivilegeManager, state: State, settle: Settle, notice: str
) -> None:
    request = pm.file_request(file=SETUP)
    rig.look()
    settle(rig, pm)
    assert rig.row().state is state
    tell_anew(pm, request, file=SETUP)
    before = pm.calls().get("get", 0)
    rig.clock.advance(LONG - 10)
    rig.look()
    assert rig.row().state is state
    assert pm.calls().get("get", 0) == before

    rig.clock.advance(11)
    rig.look()
    assert pm.calls()["get"] == before + 1
    assert (rig.row().state, rig.row().revision) == (State.PENDING, 2)
    assert notice in rig.words()
    assert len(rig.cards()) == 1
    assert has_buttons(rig.card())
    rig.press(SECOND_APPROVER, "approve_request")
    rig.run()
    assert rig.headline() == "Approved by Second Approver"


def test_what_a_list_lags_behind_with_stays_settled_however_late_it_is(
    rig: Rig, pm: SlowPrivilegeManager
) -> None:
    request = pm.file_request(file=SETUP)
    rig.look()
    answered(rig, "approve_request")
    tell_anew(pm, request, file=SETUP)
    rig.clock.advance(LONG + 1)
    before = pm.calls().get("get", 0)
    pm.happens = lambda: pm.decide(request, "approve", "Console Admin")
    rig.look()
    assert pm.calls()["get"] == before + 1
    assert rig.row().state is State.APPROVED
    assert rig.headline() == "Approved by Approver"
    assert not has_buttons(rig.card())


@pytest.mark.parametrize("kind", ["forbidden", "server_error"])
def test_one_that_cannot_be_looked_at_does_not_keep_a_vanished_one_waiting(
    rig: Rig, pm: SlowPrivilegeManager, kind: str
) -> None:
    request = pm.file_request(file=SETUP)
    rig.look()
    answered(rig, "deny_request")
    tell_anew(pm, request, file=SETUP)
    vanishing = pm.file_request(file=SETUP)
    rig.clock.advance(LONG + 1)
    pm.add_fault({"operation": "get", "kind": kind, "times": 3})
    rig.step("poller")
    pm.withdraw(vanishing)
    rig.step("poller")
    rig.step("poller")
    assert states(rig) == {request: State.DENIED, vanishing: State.ELSEWHERE}
    rig.step("poller")
    assert states(rig) == {request: State.PENDING, vanishing: State.ELSEWHERE}


def states(rig: Rig) -> dict[str, State]:
    with rig.ledger.read() as connection:
        return {row.upstream_id: row.state for row in requests_in(connection, rig.upstream.name, *State)}


def test_cards_come_in_the_order_of_the_list(rig: Rig, pm: SlowPrivilegeManager) -> None:
    files = [rf"C:\setup-{number}.exe" for number in range(8)]
    for file in files:
        pm.file_request(file=file)
    rig.look()
    shown = ["\n".join(texts(card["blocks"])) for card in rig.cards()]
    assert [next(file for file in files if file in words) for words in shown] == files
