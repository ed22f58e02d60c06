"""The deadline's verdict: denied, approved or left, by the channel's policy, and told apart from people's."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.policy import Approvals, ChannelPolicy, OnSilence, Silence, Silences, Terms
from slack_bot.rows import State
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Killed,
    Rig,
)
from tests.slack_bot.conversing import recorded
from upstream_client.models import HOUR, MINUTE, ApprovalRequest, Capabilities, Duration, Fact
from upstream_client.privilege_manager import PrivManClient

FOUR_HOURS = 4 * HOUR
DENIED = Silence(deadline=FOUR_HOURS)
APPROVED = Silence(deadline=FOUR_HOURS, then=OnSilence.APPROVE)
LEFT = Silence(deadline=FOUR_HOURS, then=OnSilence.LEAVE)
STATES = {"Denied": State.DENIED, "Approved": State.APPROVED, "Pending": State.PENDING}


class Escalating(PrivManClient):
    """One that escalates by itself."""

    @property
    def capabilities(self) -> Capabilities:
        return self._told

    @capabilities.setter
    def capabilities(self, told: Capabilities) -> None:
        self._told = replace(told, escalates=True)


class Offering(PrivManClient):
    """One that offers no approval for one time."""

    def list_pending(self) -> list[ApprovalRequest]:
        return [replace(one, durations=OFFERED) for one in super().list_pending()]


class Claiming(PrivManClient):
    """One whose requesters themselves say, or do not say, how bad a wrong yes would be."""

    def list_pending(self) -> list[ApprovalRequest]:
        return [replace(one, risk_claimed=True) for one in super().list_pending()]


OFFERED = (Duration(HOUR), Duration(15 * MINUTE))


def by(silence: Silence, **terms: object) -> ChannelPolicy:
    """The approvers' group decides, and this happens where it does not."""
    said = Terms(silence=Silences(any=silence), **terms)  # type: ignore[arg-type]  # the fields of terms
    return replace(APPROVERS, terms=said)


@contextmanager
def bot(
    sandbox: Sandbox,
    folder: Path,
    *channels: ChannelPolicy,
    client: type[PrivManClient] = PrivManClient,
) -> Iterator[Rig]:
    """One whose channels have these policies."""
    running = Rig(sandbox, folder, dict(zip((APPROVALS, SECOND_CHANNEL), channels, strict=False)))
    running.client = client
    with running:
        yield running


def look(rig: Rig) -> float | None:
    """The escalator looks, and what it decided is carried out and shown; the seconds until the next deadline.

    Twice, since a card is drawn once more before its request is approved.
    """
    for _ in range(2):
        wait = rig.step("escalator")
        rig.run()
    return wait


def later(rig: Rig, seconds: float) -> float | None:
    rig.clock.advance(seconds)
    return look(rig)


def status(rig: Rig, request: str) -> str:
    """As Privilege Manager has it; the ledger has it alike, and it was decided once at most."""
    told = rig.upstream_request(request)
    found = str(told["status"])
    assert rig.row().state is STATES[found]
    assert told["decisions"] == (found != "Pending")
    return found


def test_where_nobody_answers_it_is_denied_at_the_deadline(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given four hours, when they are over, then it is denied once, and not by a person."""
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        request = rig.ask()
        wait = look(rig)
        assert wait is not None
        assert FOUR_HOURS - 5 < wait < FOUR_HOURS
        later(rig, wait - 1)
        assert status(rig, request) == "Pending"
        assert later(rig, 1) is None

        assert status(rig, request) == "Denied"
        row = rig.row()
        assert (row.cause, row.decided_by, row.decided_by_name) == ("timeout", "", "the time limit")
        assert (row.decided_in, row.reason) == (APPROVALS, "Nobody answered within 4 hours.")
        comment = str(rig.upstream_request(request)["comment"])
        assert f"[{row.decision_id}] Denied by the time limit: Nobody answered within 4 hours." in comment
        (decided,) = recorded(rig, "decided")
        assert (decided.detail["cause"], decided.actor) == ("timeout", "bot")
        assert decided.policy
        later(rig, 10 * HOUR)
        assert status(rig, request) == "Denied"


def test_without_a_deadline_it_waits_for_ever(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(Silence(remind_after=HOUR, then=OnSilence.APPROVE))) as rig:
        request = rig.ask()
        assert later(rig, 1_000 * HOUR) is None
        assert status(rig, request) == "Pending"


def test_silence_approves_where_that_was_chosen_for_one_time(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(APPROVED)) as rig:
        request = rig.ask()
        later(rig, FOUR_HOURS - MINUTE)
        assert status(rig, request) == "Pending"
        later(rig, MINUTE)
        assert status(rig, request) == "Approved"
        row = rig.row()
        assert (row.cause, row.duration, row.decided_by) == ("timeout", None, "")
        assert "Approved by the time limit" in rig.upstream_request(request)["comment"]


@pytest.mark.parametrize(
    ("longest", "answer", "duration"),
    [(None, "Approved", 900), (15 * MINUTE, "Approved", 900), (10 * MINUTE, "Pending", None)],
)
def test_where_one_time_is_not_offered_silence_approves_for_the_shortest_that_is_allowed(
    sandbox: Sandbox, tmp_path: Path, longest: int | None, answer: str, duration: int | None
) -> None:
    policy = by(APPROVED, longest=None if longest is None else Duration(longest))
    with bot(sandbox, tmp_path, policy, client=Offering) as rig:
        request = rig.ask()
        with capture_logs() as logs:
            later(rig, FOUR_HOURS)
            later(rig, MINUTE)
        assert status(rig, request) == answer
        assert rig.row().duration == duration
        why = [line["why"] for line in logs if line["event"] == "silence decides nothing"]
        assert why == (["no duration that is offered is as short as allowed"] if duration is None else [])


@pytest.mark.parametrize(("silence", "answer"), [(APPROVED, "Pending"), (DENIED, "Denied")])
def test_silence_approves_nothing_by_a_risk_that_is_only_claimed(
    sandbox: Sandbox, tmp_path: Path, silence: Silence, answer: str
) -> None:
    with bot(sandbox, tmp_path, by(silence), client=Claiming) as rig:
        request = rig.ask()
        with capture_logs() as logs:
            later(rig, FOUR_HOURS)
            later(rig, MINUTE)
        assert status(rig, request) == answer
        why = [line["why"] for line in logs if line["event"] == "silence decides nothing"]
        assert why == (["its risk is only claimed by whoever asks"] if answer == "Pending" else [])


def test_what_is_left_to_the_upstream_waits_on(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(LEFT)) as rig:
        request = rig.ask()
        assert later(rig, 2 * FOUR_HOURS) is None
        assert status(rig, request) == "Pending"


@pytest.mark.parametrize(
    ("silence", "answer"),
    [(DENIED, "Pending"), (replace(DENIED, then=OnSilence.DENY), "Denied"), (APPROVED, "Approved")],
)
def test_an_upstream_that_escalates_is_left_to_itself_unless_something_else_is_said(
    sandbox: Sandbox, tmp_path: Path, silence: Silence, answer: str
) -> None:
    with bot(sandbox, tmp_path, by(silence), client=Escalating) as rig:
        request = rig.ask()
        later(rig, FOUR_HOURS)
        assert status(rig, request) == answer


def test_some_approvals_are_not_enough_and_the_words_say_how_many(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(DENIED, approvals=Approvals(medium=2))) as rig:
        request = rig.ask()
        rig.press(APPROVER, "approve_request")
        rig.run()
        later(rig, FOUR_HOURS)
        assert status(rig, request) == "Denied"
        assert rig.row().reason == "Only 1 of 2 had approved within 4 hours."


def test_votes_that_suffice_by_now_are_for_people_to_count(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given one approval of two, when one is enough from now on, then silence does not deny it."""
    with bot(sandbox, tmp_path, by(DENIED, approvals=Approvals(medium=2))) as rig:
        request = rig.ask()
        rig.press(APPROVER, "approve_request")
        rig.run()
        rig.declared = [replace(rig.declared[0], policy=by(DENIED))]
        rig.restart()
        later(rig, 2 * FOUR_HOURS)
        assert status(rig, request) == "Pending"


@pytest.mark.parametrize("expires_in", [29, 10 * MINUTE, FOUR_HOURS - MINUTE])
def test_what_expires_before_all_of_the_time_is_over_is_not_approved(
    sandbox: Sandbox, tmp_path: Path, expires_in: float
) -> None:
    """Given four hours, when the request expires before, then nothing is approved by silence."""
    with bot(sandbox, tmp_path, by(APPROVED)) as rig:
        request = rig.ask(expires_in=expires_in)
        assert look(rig) is None
        for _ in range(10):
            later(rig, expires_in / 10)
        later(rig, FOUR_HOURS)
        assert status(rig, request) == "Pending"


def test_what_expires_shortly_after_the_deadline_is_approved_then(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(APPROVED)) as rig:
        request = rig.ask(expires_in=FOUR_HOURS + 20)
        later(rig, FOUR_HOURS)
        assert status(rig, request) == "Approved"
        assert rig.row().reason == "Nobody answered within 4 hours."


def test_the_denial_comes_before_the_upstreams_expiry(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        request = rig.ask(expires_in=HOUR)
        wait = look(rig)
        assert wait is not None
        assert HOUR - 35 < wait < HOUR - 29
        later(rig, wait)
        assert status(rig, request) == "Denied"
        assert rig.row().reason == "Nobody answered before it was about to expire."


def test_after_the_expiry_only_the_upstream_knows(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        request = rig.ask(expires_in=HOUR)
        rig.clock.advance(HOUR + MINUTE)
        assert look(rig) is None
        assert status(rig, request) == "Pending"
        later(rig, FOUR_HOURS)
        assert status(rig, request) == "Pending"


def test_each_channel_goes_by_its_own_policy_and_the_first_verdict_counts(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sooner = replace(APPROVED, deadline=HOUR)
    with bot(sandbox, tmp_path, by(DENIED), by(sooner)) as rig:
        request = rig.ask()
        later(rig, HOUR)
        assert status(rig, request) == "Approved"
        assert rig.row().decided_in == SECOND_CHANNEL
        later(rig, FOUR_HOURS)
        assert status(rig, request) == "Approved"


def test_a_revision_is_a_new_question(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        rig.ask()
        later(rig, 3 * HOUR)
        row = rig.row()
        with rig.ledger.write() as tx:
            asked = replace(row.asked, facts=(*row.asked.facts, Fact("more", "More", "!")))
            approvals.refresh(tx, rig.clock.now(), row, asked)
        rig.run()
        later(rig, FOUR_HOURS - MINUTE)
        assert rig.row().state is State.PENDING
        later(rig, MINUTE)
        assert rig.row().state is State.DENIED


def test_what_waits_without_a_card_has_no_deadline_yet(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        rig.control.file_request()
        rig.step("poller")
        rig.clock.advance(FOUR_HOURS)
        assert rig.step("escalator") is None
        rig.run()
        assert rig.row().state is State.PENDING


def test_a_press_in_time_is_the_answer(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(APPROVED)) as rig:
        request = rig.ask()
        rig.clock.advance(FOUR_HOURS - 1)
        rig.press(SECOND_APPROVER, "deny_request")
        later(rig, 2)
        rig.run()
        later(rig, MINUTE)
        assert status(rig, request) == "Denied"
        assert rig.headline() == "Denied by Second Approver"


@pytest.mark.parametrize("transaction", range(1, 5))
def test_killed_anywhere_it_is_denied_once(sandbox: Sandbox, tmp_path: Path, transaction: int) -> None:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        request = rig.ask()
        rig.clock.advance(FOUR_HOURS)
        with rig.killed_at(transaction) as strike, suppress(Killed):
            look(rig)
        rig.restart()
        later(rig, 10 * MINUTE)
        assert strike.struck
        assert status(rig, request) == "Denied"
        assert len(recorded(rig, "decided")) == 1
