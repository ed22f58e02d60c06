"""Cards whose channel takes no edit wait for it; cards whose message is gone are posted anew, once a revision."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.publisher.drawing import Drawing
from slack_bot.rows import CardRow, CardState, State, card_of
from tests.rig import APPROVALS, APPROVER, OUR_BOT, SECOND_CHANNEL, Rig, has_buttons
from tests.slack_bot.backlogged import POST, UPDATE, posts, rig_in

HISTORY = "conversations.history"
PRIVATE = "C05PRIVATE"
LONG = "because " * 200


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(sandbox, tmp_path) as running:
        yield running


def key_in(rig: Rig, channel: str = APPROVALS) -> str:
    """Of the newest card's request."""
    return str(rig.card(channel)["metadata"]["event_payload"]["request"])


def kept(rig: Rig, key: str, channel: str = APPROVALS) -> CardRow:
    """The card as the ledger has it."""
    with rig.ledger.read() as connection:
        found = card_of(connection, key, channel)
    assert found is not None
    return found


def pass_time(rig: Rig, seconds: int) -> None:
    """The publisher works every second."""
    for _ in range(seconds):
        rig.step("publisher")
        rig.clock.advance(1)


def revise(rig: Rig, key: str) -> None:
    """The request asks for something else now; no card shows it yet."""
    row = rig.row(key)
    asked = replace(row.asked, justification=row.asked.justification + "!")
    with rig.ledger.write() as tx:
        approvals.refresh(tx, rig.clock.now(), row, asked)


def retell(rig: Rig, key: str) -> None:
    """The request is told otherwise, and is the same; no card shows it yet."""
    row = rig.row(key)
    with rig.ledger.write() as tx:
        approvals.refresh(tx, rig.clock.now(), row, replace(row.asked, title=row.asked.title + "!"))


def delete_card(rig: Rig, channel: str = APPROVALS) -> None:
    """Somebody deletes the newest one."""
    rig.control.delete(channel, rig.card(channel)["ts"])


# Closed channels


@pytest.mark.parametrize(
    ("channel", "closed", "opened"),
    [
        (APPROVALS, {"archived": True}, {"archived": False}),
        (PRIVATE, {"leave": [OUR_BOT]}, {"join": [OUR_BOT]}),
    ],
)
def test_a_card_in_a_closed_channel_is_tried_ever_more_slowly_and_true_once_that_is_open_again(
    sandbox: Sandbox, tmp_path: Path, channel: str, closed: dict[str, object], opened: dict[str, object]
) -> None:
    with rig_in(sandbox, tmp_path, channel) as rig:
        rig.ask()
        key = key_in(rig, channel)
        rig.press(APPROVER, "deny_request", card=rig.card(channel), channel=channel)
        rig.step("clerk")
        rig.step("applier")
        rig.control.change_channel(channel, **closed)
        rig.clock.advance(1)
        pass_time(rig, 60)
        assert len(posts(rig, channel, UPDATE)) == 6
        assert kept(rig, key, channel).state is CardState.POSTED
        rig.control.change_channel(channel, **opened)
        rig.run()
        assert rig.headline(channel) == "Denied by Approver"
        assert kept(rig, key, channel).state is CardState.SETTLED


def test_a_card_that_could_not_be_drawn_while_its_channel_was_archived_can_be_answered_later(
    rig: Rig,
) -> None:
    request = rig.ask()
    rig.control.change_channel(APPROVALS, archived=True)
    revise(rig, key_in(rig))
    pass_time(rig, 10)
    rig.control.change_channel(APPROVALS, archived=False)
    rig.restart()
    rig.run()
    assert "The request changed while it waited." in rig.words()
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert rig.upstream_request(request)["decisions"] == 1
    assert len(rig.cards()) == 1


def test_many_cards_in_a_closed_channel_share_one_try_and_keep_no_other_channel_waiting(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS, SECOND_CHANNEL) as rig:
        for _ in range(3):
            rig.ask()
        rig.control.change_channel(APPROVALS, archived=True)
        for card in rig.cards(SECOND_CHANNEL):
            rig.press(APPROVER, "deny_request", card=card, channel=SECOND_CHANNEL)
        for _ in range(3):
            rig.step("clerk")
            rig.step("applier")
        rig.clock.advance(1)
        rig.step("publisher")
        assert not any(map(has_buttons, rig.cards(SECOND_CHANNEL)))
        assert len(posts(rig, APPROVALS, UPDATE)) == 1
        rig.control.change_channel(APPROVALS, archived=False)
        rig.run()
        assert not any(map(has_buttons, rig.cards(APPROVALS)))


def test_in_a_closed_channel_that_is_registered_no_more_a_card_is_given_up(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        rig.ask()
        key = key_in(rig)
        revise(rig, key)
    with rig_in(sandbox, tmp_path, SECOND_CHANNEL) as rig:
        rig.control.change_channel(APPROVALS, archived=True)
        rig.run()
        rig.clock.advance(3_600)
        rig.run()
        assert (kept(rig, key).state, kept(rig, key).lost_because) == (CardState.LOST, "is_inactive")
        assert len(posts(rig, APPROVALS, UPDATE)) == 1
        assert "card_lost" in [record.kind for record in rig.audit(key)]
    with rig_in(sandbox, tmp_path) as rig:
        rig.control.change_channel(APPROVALS, archived=False)
        rig.run()
        assert kept(rig, key).state is CardState.POSTED
        assert has_buttons(rig.card())


# Deleted messages


def test_a_deleted_card_is_posted_anew_with_its_facts_and_can_be_answered(rig: Rig) -> None:
    request = rig.ask(reason=LONG)
    key = key_in(rig)
    before = len(posts(rig))
    delete_card(rig)
    retell(rig, key)
    rig.run()
    (card,) = rig.cards()
    assert (kept(rig, key).ts, kept(rig, key).anew_revision) == (card["ts"], 1)
    assert len(posts(rig)) == before + 2
    assert posts(rig)[-1]["arguments"]["thread_ts"] == card["ts"]
    rig.press(APPROVER, "deny_request")
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert rig.upstream_request(request)["decisions"] == 1


def test_a_card_that_is_deleted_again_is_left_until_the_request_is_another(rig: Rig) -> None:
    rig.ask()
    key = key_in(rig)
    for _ in range(2):
        delete_card(rig)
        retell(rig, key)
        rig.run()
    rig.clock.advance(3_600)
    rig.restart()
    rig.run()
    assert rig.cards() == []
    assert (kept(rig, key).state, kept(rig, key).lost_because) == (CardState.LOST, "message_not_found")

    revise(rig, key)
    rig.run()
    assert has_buttons(rig.card())
    assert len(posts(rig)) == 3


@pytest.mark.parametrize("kind", ["timeout", "reset", "reset_before", "ratelimited", "server_error"])
def test_whatever_goes_wrong_with_the_new_post_one_stands_there_and_no_third_follows(
    rig: Rig, kind: str
) -> None:
    rig.ask()
    key = key_in(rig)
    delete_card(rig)
    retell(rig, key)
    rig.control.faults(method=POST, kind=kind)
    rig.step("publisher")
    rig.restart()
    rig.run()
    (card,) = rig.cards()
    assert kept(rig, key).ts == card["ts"]
    assert has_buttons(card)

    delete_card(rig)
    retell(rig, key)
    rig.run()
    assert rig.cards() == []


def test_the_card_of_a_request_that_was_answered_meanwhile_is_not_posted_anew(rig: Rig) -> None:
    rig.ask()
    key = key_in(rig)
    rig.press(APPROVER, "deny_request")
    delete_card(rig)
    rig.run()
    assert rig.row(key).state is State.DENIED
    assert rig.cards() == []
    assert kept(rig, key).state is CardState.LOST


def test_a_card_that_is_lost_while_its_answer_is_on_the_way_comes_back_with_the_request(rig: Rig) -> None:
    rig.ask()
    key = key_in(rig)
    rig.press(APPROVER, "approve_request")
    delete_card(rig)
    rig.step("clerk")
    rig.clock.advance(1)
    rig.step("publisher")
    assert kept(rig, key).state is CardState.LOST
    rig.upstream_fails("approve", "forbidden")
    rig.run()
    assert "Privilege Manager refused Approver's approval" in rig.words()
    assert has_buttons(rig.card())


def test_an_edit_that_another_replica_tried_on_the_old_message_loses_no_new_one(rig: Rig) -> None:
    rig.ask()
    key = key_in(rig)
    old = kept(rig, key)
    delete_card(rig)
    retell(rig, key)
    rig.run()
    Drawing(rig.publisher._board)._lose(old, "message_not_found")
    assert kept(rig, key).state is CardState.POSTED
