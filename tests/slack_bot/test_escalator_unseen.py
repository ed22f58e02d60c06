"""What people did not see: of that silence is no approval, and what they saw late counts from there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.audit import Kind
from slack_bot.clock import SECOND
from slack_bot.ledger import cards
from slack_bot.policy import ChannelPolicy, OnSilence, Silence, Silences, Terms
from slack_bot.rows import State
from tests.rig import APPROVALS, Rig
from tests.slack_bot.conversing import recorded
from tests.slack_bot.test_escalator import APPROVED, DENIED, FOUR_HOURS, bot, by, later, look, status
from upstream_client.models import HOUR, MINUTE, Fact

EDIT = "chat.update"


@pytest.fixture
def denying(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with bot(sandbox, tmp_path, by(DENIED)) as rig:
        yield rig


@pytest.fixture
def approving(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with bot(sandbox, tmp_path, by(APPROVED)) as rig:
        yield rig


@pytest.mark.parametrize(("silence", "answer"), [(APPROVED, "Approved"), (DENIED, "Denied")])
def test_while_a_card_does_not_show_it_as_it_is_now_nothing_is_due(
    sandbox: Sandbox, tmp_path: Path, silence: Silence, answer: str
) -> None:
    with bot(sandbox, tmp_path, by(silence)) as rig:
        request = rig.ask()
        with rig.ledger.write() as tx:
            tx.execute(update(cards).values(shown_look=0))
        rig.clock.advance(FOUR_HOURS)
        assert rig.step("escalator") is None
        assert rig.row().state is State.PENDING
        rig.run()
        look(rig)
        assert status(rig, request) == answer


@pytest.mark.parametrize(("silence", "answer"), [(APPROVED, "Approved"), (DENIED, "Denied")])
def test_silence_about_what_changed_counts_from_when_people_were_shown_it(
    sandbox: Sandbox, tmp_path: Path, silence: Silence, answer: str
) -> None:
    """Given a change whose edit gets through three hours later, then four hours count from there."""
    with bot(sandbox, tmp_path, by(silence)) as rig:
        request = rig.ask()
        row = rig.row()
        with rig.ledger.write() as tx:
            asked = replace(row.asked, facts=(*row.asked.facts, Fact("more", "More", "!", bound=False)))
            approvals.refresh(tx, rig.clock.now(), row, asked)
        rig.control.faults(method=EDIT, kind="ratelimited", retry_after=3 * HOUR)
        rig.step("publisher")
        for _ in range(3):
            rig.clock.advance(HOUR)
            assert rig.step("escalator") is None
        look(rig)
        later(rig, FOUR_HOURS - MINUTE)
        assert status(rig, request) == "Pending"
        later(rig, MINUTE)
        assert status(rig, request) == answer


def test_an_expiry_that_moves_on_is_no_new_question(denying: Rig) -> None:
    rig = denying
    request = rig.ask(expires_in=10 * HOUR)
    later(rig, 3 * HOUR)
    row = rig.row()
    with rig.ledger.write() as tx:
        asked = replace(row.asked, expires_at=rig.clock.now() + 20 * HOUR * SECOND)
        approvals.refresh(tx, rig.clock.now(), row, asked)
    rig.run()
    later(rig, HOUR)
    assert status(rig, request) == "Denied"


def test_where_the_card_was_deleted_silence_approves_only_what_another_one_showed_as_long(
    approving: Rig,
) -> None:
    """Given that somebody deleted the card right away, then the one in its place is given the whole time."""
    rig = approving
    request = rig.ask()
    rig.control.delete(APPROVALS, rig.card()["ts"])
    later(rig, FOUR_HOURS)
    assert status(rig, request) == "Pending"
    assert len(recorded(rig, Kind.CARD_LOST.value)) == 1
    assert len(rig.cards()) == 1
    later(rig, FOUR_HOURS - 2 * MINUTE)
    assert status(rig, request) == "Pending"
    rig.control.delete(APPROVALS, rig.card()["ts"])
    later(rig, FOUR_HOURS)
    later(rig, FOUR_HOURS)
    assert rig.upstream_request(request)["status"] == "Pending"
    assert len(recorded(rig, Kind.CARD_LOST.value)) == 2


def test_where_the_channel_was_archived_silence_approves_nothing_until_people_see_the_card_again(
    approving: Rig,
) -> None:
    """Given that nothing was sent there since, then the card is drawn again, which tells."""
    rig = approving
    request = rig.ask()
    rig.control.change_channel(APPROVALS, archived=True)
    rig.clock.advance(FOUR_HOURS)
    for _ in range(5):
        rig.step("escalator")
        for name in ("applier", "publisher"):
            rig.step(name)
        rig.clock.advance(MINUTE)
    assert status(rig, request) == "Pending"
    assert any(APPROVALS in note for note in rig.notes)

    rig.control.change_channel(APPROVALS, archived=False)
    later(rig, HOUR)
    assert status(rig, request) == "Approved"
    assert not any(APPROVALS in note for note in rig.notes)


def test_a_card_that_stood_a_moment_ago_is_not_drawn_once_more(sandbox: Sandbox, tmp_path: Path) -> None:
    with bot(sandbox, tmp_path, by(replace(APPROVED, deadline=4 * MINUTE))) as rig:
        rig.ask()
        rig.clock.advance(4 * MINUTE)
        rig.step("escalator")
        assert rig.row().state is State.DECIDED


def test_where_slack_does_not_take_the_edit_silence_approves_nothing(approving: Rig) -> None:
    rig = approving
    request = rig.ask()
    rig.clock.advance(FOUR_HOURS)
    rig.step("escalator")
    rig.control.faults(method=EDIT, kind="internal_error", times=3)
    for _ in range(3):
        rig.step("publisher")
        rig.clock.advance(5)
        rig.step("escalator")
    assert rig.row().state is State.PENDING
    rig.run()
    look(rig)
    assert status(rig, request) == "Approved"


def test_where_nobody_could_have_denied_silence_approves_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    nobody = ChannelPolicy(terms=Terms(silence=Silences(any=APPROVED)))
    with bot(sandbox, tmp_path, nobody) as rig:
        request = rig.ask()
        later(rig, FOUR_HOURS)
        assert status(rig, request) == "Pending"


@pytest.mark.parametrize("then", [OnSilence.DENY, OnSilence.APPROVE])
def test_in_a_channel_that_is_closed_silence_says_nothing(
    sandbox: Sandbox, tmp_path: Path, then: OnSilence
) -> None:
    """Given an archived channel, which takes no reminder, then its deadline decides nothing."""
    silence = Silence(remind_after=HOUR, deadline=FOUR_HOURS, then=then)
    with bot(sandbox, tmp_path, by(silence)) as rig:
        request = rig.ask()
        rig.control.change_channel(APPROVALS, archived=True)
        rig.clock.advance(HOUR)
        rig.step("publisher")
        rig.clock.advance(3 * HOUR)
        assert rig.step("escalator") is None
        rig.step("applier")
        assert status(rig, request) == "Pending"
