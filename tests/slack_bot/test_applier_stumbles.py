"""A defect of the bot's own, a stop, a clock that was set back: no verdict is lost, and none goes out twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot.applier import STUMBLED
from slack_bot.ledger import requests
from slack_bot.rows import State
from tests.rig import APPROVER, Rig
from tests.slack_bot.verdicts import carry, decide, decisions, never_more_than_once
from upstream_client.models import ApprovalRequest, Decision, Outcome, Seen
from upstream_client.privilege_manager import PrivManClient


class Defective(PrivManClient):
    """The client, where something may happen after a look and before a denial."""

    looked: Callable[[], object] | None = None
    denying: Callable[[], object] | None = None

    def fetch(self, request_id: str) -> Seen:
        seen = super().fetch(request_id)
        if self.looked is not None:
            self.looked()
        return seen

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        if self.denying is not None:
            self.denying()
        return super().deny(request, reason, decision)


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    running = Rig(sandbox, tmp_path)
    running.client = Defective
    with running:
        yield running


def client(rig: Rig) -> Defective:
    assert isinstance(rig.upstream, Defective)
    return rig.upstream


def defect() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_while_something_is_wrong_in_the_bot_the_card_says_so_and_it_is_tried_ever_more_slowly(
    rig: Rig, verdict: str
) -> None:
    """Before the call for an approval, and in the middle of it for a denial."""
    request = rig.ask()
    decide(rig, verdict)
    client(rig).looked = client(rig).denying = defect
    waits = []
    with capture_logs() as logs:
        for _ in range(7):
            wait = carry(rig)
            assert wait is not None
            assert STUMBLED in rig.words()
            assert rig.headline().endswith("by Approver, waiting for Privilege Manager")
            waits.append(wait)
            rig.clock.advance(wait)
    assert waits[0] < 5 < 55 < waits[-1] <= 60
    assert [round(wait) for wait in waits] == sorted(round(wait) for wait in waits)
    told = [entry for entry in logs if entry["event"] == "a verdict could not be carried"]
    assert len(told) == 7
    assert all(entry["exc_info"] and entry["log_level"] == "error" for entry in told)
    assert decisions(rig, request) == 0
    client(rig).looked = client(rig).denying = None
    rig.run()
    never_more_than_once(rig, request, verdict)


def test_one_verdict_that_cannot_be_carried_does_not_hold_up_the_others(rig: Rig) -> None:
    rig.ask()
    sound = rig.ask()
    first, second = rig.cards()
    rig.press(APPROVER, "deny_request", card=first)
    rig.press(APPROVER, "deny_request", card=second)
    rig.step("clerk")
    broken = rig.row(first["metadata"]["event_payload"]["request"])
    with rig.ledger.write() as tx:
        tx.execute(update(requests).where(requests.c.key == broken.key).values(body="{}"))
    rig.step("applier")
    assert rig.row().state is State.DENIED
    assert decisions(rig, sound) == 1
    assert rig.row(broken.key).trouble == STUMBLED


def test_after_a_stop_during_the_look_nothing_is_sent(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "approve")
    client(rig).looked = rig.applier.stop
    rig.step("applier")
    assert rig.row().intent_at is None
    assert decisions(rig, request) == 0
    rig.restart()
    rig.run()
    never_more_than_once(rig, request, "approve")


def test_a_call_under_way_at_a_stop_is_finished_and_written_down(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "deny")
    client(rig).denying = rig.applier.stop
    rig.step("applier")
    assert rig.row().state is State.DENIED
    assert decisions(rig, request) == 1


def test_a_verdict_put_off_before_the_clock_was_set_back_is_carried_at_once(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "deny")
    rig.upstream_fails("deny", "ratelimited", retry_after=45)
    carry(rig)
    rig.clock.advance(-2 * 3600)
    carry(rig)
    never_more_than_once(rig, request, "deny")


def test_a_verdict_that_another_replica_sent_meanwhile_is_no_defect(rig: Rig) -> None:
    request = rig.ask()
    decide(rig, "approve")
    with rig.ledger.read() as connection:
        version = connection.execute(requests.select()).one().version

    def overtaken() -> None:
        client(rig).looked = None
        with rig.ledger.write() as tx:
            tx.execute(update(requests).values(version=version + 1))

    client(rig).looked = overtaken
    with capture_logs() as logs:
        carry(rig)
    assert "another replica was faster" in [entry["event"] for entry in logs]
    assert rig.row().trouble == ""
    rig.run()
    never_more_than_once(rig, request, "approve")
