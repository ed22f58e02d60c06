"""Facts too long for a card stand whole in its thread, for each revision that people are asked about."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from sqlalchemy import update

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.blocks import METADATA_TYPE as CARD_METADATA_TYPE
from slack_bot.ledger import cards
from slack_bot.policy import ChannelPolicy
from slack_bot.publisher.threads import METADATA_TYPE
from slack_bot.rows import CardState, cards_of, key_of
from tests.rig import APPROVALS, APPROVER, OTHER_BOT, SECOND_CHANNEL, Killed, Rig, texts
from tests.slack_bot.backlogged import CARDS, POST, UPDATE, counting, lines, pile, posts, rig_in
from upstream_client.models import Fact

LONG = "because " * 200
"""Too long for the card, and one reply."""
VERY_LONG = "because " * 1_200
"""Two replies."""
LONGEST = "because " * 2_000


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(sandbox, tmp_path) as running:
        yield running


def replies(rig: Rig, channel: str = APPROVALS) -> list[dict[str, Any]]:
    """What stands in threads there, oldest first."""
    return [
        message
        for message in rig.control.messages(channel)
        if message.get("thread_ts") not in (None, message["ts"])
    ]


def whole(rig: Rig, channel: str = APPROVALS) -> str:
    return "".join("".join(texts(reply["blocks"])) for reply in replies(rig, channel))


def told_revision(rig: Rig) -> int:
    with rig.ledger.read() as connection:
        return cards_of(connection, rig.row().key)[0].told_revision


def changed(rig: Rig, words: str) -> None:
    """The upstream tells other facts, which are as long."""
    row = rig.row()
    asked = replace(row.asked, justification=words, facts=(*row.asked.facts, Fact("more", "More", "!")))
    with rig.ledger.write() as tx:
        approvals.refresh(tx, rig.clock.now(), row, asked)


def test_a_request_that_fits_its_card_gets_no_thread(rig: Rig) -> None:
    rig.ask()
    assert len(posts(rig)) == 1
    assert told_revision(rig) == 1


@pytest.mark.parametrize(("reason", "count"), [(LONG, 1), (VERY_LONG, 2), (LONGEST, 3)])
def test_what_is_too_long_stands_whole_in_the_thread_once(rig: Rig, reason: str, count: int) -> None:
    rig.ask(reason=reason)
    assert len(replies(rig)) == count
    assert {reply["thread_ts"] for reply in replies(rig)} == {rig.card()["ts"]}
    assert whole(rig).count("because") == reason.count("because")
    assert len(rig.cards()) == 1
    assert told_revision(rig) == 1
    rig.restart()
    rig.look()
    assert len(replies(rig)) == count


def test_it_is_told_again_when_the_request_changed_and_its_card_shows_that(rig: Rig) -> None:
    rig.ask(reason=LONG)
    changed(rig, LONG.upper())
    rig.control.faults(method=UPDATE, kind="ratelimited", retry_after=40)
    rig.step("publisher")
    rig.clock.advance(30)
    rig.step("publisher")
    assert len(replies(rig)) == 1
    rig.run()
    assert len(replies(rig)) == 2
    assert "BECAUSE" in "".join(texts(replies(rig)[1]["blocks"]))
    assert told_revision(rig) == 2


def test_it_is_not_told_again_when_only_the_look_changed(rig: Rig) -> None:
    rig.ask(reason=LONG)
    row = rig.row()
    with rig.ledger.write() as tx:
        approvals.refresh(tx, rig.clock.now(), row, replace(row.asked, requested="just now"))
    rig.run()
    assert len(replies(rig)) == 1


def test_each_reply_is_a_post_and_a_second_passes_before_the_next(rig: Rig) -> None:
    rig.control.file_request(reason=LONGEST)
    rig.step("poller")
    for sent in (1, 2, 3, 4):
        wait = rig.step("publisher")
        rig.step("publisher")
        assert len(posts(rig)) == sent
        if sent < 4:
            assert wait is not None
            assert 0.8 < wait <= 1
        else:
            assert wait is None
        rig.clock.advance(1)


def test_new_cards_come_before_the_threads_of_others(rig: Rig) -> None:
    rig.control.file_request(reason=LONG)
    rig.step("poller")
    rig.step("publisher")
    rig.clock.advance(1)
    rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    assert (len(rig.cards()), len(replies(rig))) == (2, 0)
    rig.run()
    assert len(replies(rig)) == 1


def test_threads_come_before_the_line_that_counts_the_rest(rig: Rig) -> None:
    rig.control.file_request(reason=LONG)
    pile(rig, 24)
    rig.run()
    assert len(rig.cards()) == CARDS
    assert lines(rig) == [counting(20, 5)]
    order = [call["arguments"] for call in posts(rig)][CARDS:]
    assert ["thread_ts" in arguments for arguments in order] == [True, False]


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("kind", ["ratelimited", "server_error", "reset_before", "msg_too_long", "reset"])
def test_a_reply_that_fails_is_sent_again_and_one_whose_answer_was_lost_stands_there_once(
    rig: Rig, kind: str, nth: int
) -> None:
    rig.control.file_request(reason=VERY_LONG)
    rig.step("poller")
    rig.step("publisher")
    rig.control.faults(method=POST, kind=kind, nth=nth)
    rig.run()
    assert whole(rig).count("because") == VERY_LONG.count("because")
    assert len(replies(rig)) == 2
    assert len(rig.cards()) == 1
    assert told_revision(rig) == 1


@pytest.mark.parametrize("kind", ["ratelimited", "server_error", "reset"])
def test_a_thread_that_cannot_be_read_at_the_moment_is_told_nothing_until_it_can(rig: Rig, kind: str) -> None:
    rig.control.file_request(reason=LONG)
    rig.step("poller")
    rig.step("publisher")
    rig.control.faults(method=POST, kind="reset")
    rig.control.faults(method="conversations.replies", kind=kind, times=2)
    rig.run()
    assert len(replies(rig)) == 1
    assert len(rig.control.calls("conversations.replies")) == 3
    assert told_revision(rig) == 1


def test_while_slack_asks_to_wait_no_other_thread_is_read(rig: Rig) -> None:
    for _ in range(4):
        rig.control.file_request(reason=LONG)
    rig.step("poller")
    while len(rig.cards()) < 4:
        rig.step("publisher")
        rig.clock.advance(1)
    rig.restart()
    rig.control.faults(method="conversations.replies", kind="ratelimited", retry_after=30)
    for _ in range(5):
        wait = rig.step("publisher")
    assert len(rig.control.calls("conversations.replies")) == 1
    assert wait is not None
    assert 25 < wait <= 30
    rig.run()
    assert len(replies(rig)) == 4


@pytest.mark.parametrize(("reason", "is_lost", "count"), [(VERY_LONG, False, 2), (LONG, True, 1)])
def test_what_stands_there_is_not_told_again_after_a_while_in_which_its_card_was_old(
    rig: Rig, reason: str, is_lost: bool, count: int
) -> None:
    # given one reply, of which we may not have been told
    rig.control.file_request(reason=reason)
    rig.step("poller")
    rig.step("publisher")
    rig.clock.advance(1)
    if is_lost:
        rig.control.faults(method=POST, kind="reset")
    rig.step("publisher")
    # when the card looks otherwise, and cannot be drawn at the moment
    row = rig.row()
    with rig.ledger.write() as tx:
        approvals.refresh(tx, rig.clock.now(), row, replace(row.asked, requested="just now"))
    rig.control.faults(method=UPDATE, kind="ratelimited", retry_after=40)
    rig.clock.advance(1)
    rig.step("publisher")
    assert len(replies(rig)) == 1
    rig.run()
    # then the rest follows, and nothing comes twice
    assert len(replies(rig)) == count
    assert whole(rig).count("because") == reason.count("because")


def test_where_the_app_may_not_read_the_thread_what_stands_there_may_be_told_twice(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=["channels:history"]) as sandbox, rig_in(sandbox, tmp_path) as rig:
        rig.control.file_request(reason=VERY_LONG)
        rig.step("poller")
        rig.step("publisher")
        rig.control.faults(method=POST, kind="reset", nth=2)
        rig.run()
        assert len(replies(rig)) == 3
        assert told_revision(rig) == 1


def test_what_another_app_says_in_the_thread_is_not_taken_for_ours(rig: Rig) -> None:
    rig.control.file_request(reason=LONG)
    rig.step("poller")
    rig.step("publisher")
    payload = {"facts_of": rig.row().key, "revision": 1, "number": 0}
    metadata = {"event_type": METADATA_TYPE, "event_payload": payload}
    rig.control.message(APPROVALS, OTHER_BOT, "Forged", thread_ts=rig.card()["ts"], metadata=metadata)
    rig.restart()
    rig.run()
    _, told = replies(rig)
    assert "because" in "".join(texts(told["blocks"]))


def test_a_reply_that_slack_finds_fault_with_keeps_no_card_waiting(rig: Rig) -> None:
    rig.control.file_request(reason=LONG)
    rig.step("poller")
    rig.step("publisher")
    rig.control.faults(method=POST, kind="msg_too_long")
    rig.clock.advance(1)
    rig.step("publisher")
    rig.control.file_request()
    rig.step("poller")
    rig.clock.advance(1)
    rig.step("publisher")
    assert len(rig.cards()) == 2


@pytest.mark.parametrize("transaction", [3, 4])
def test_a_crash_repeats_no_reply_and_leaves_none_out(rig: Rig, transaction: int) -> None:
    rig.control.file_request(reason=VERY_LONG)
    rig.step("poller")
    with rig.killed_at(transaction) as strike, suppress(Killed):
        rig.run("publisher")
    rig.restart()
    rig.run()
    assert strike.struck is (transaction == 3)
    assert whole(rig).count("because") == VERY_LONG.count("because")
    assert len(replies(rig)) == 2
    assert len(rig.cards()) == 1
    assert told_revision(rig) == 1


def test_a_request_that_was_answered_before_its_facts_were_told_needs_none(rig: Rig) -> None:
    rig.control.file_request(reason=LONG)
    rig.step("poller")
    rig.step("publisher")
    rig.press(APPROVER, "deny_request")
    rig.step("clerk")
    for _ in range(3):
        rig.clock.advance(1)
        rig.step("publisher")
    assert "waiting for Privilege Manager" in rig.headline()
    assert replies(rig) == []
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert replies(rig) == []


def test_a_reply_is_never_taken_for_a_card(rig: Rig) -> None:
    """Given our own reply that stands in the channel too, with the metadata of a card whose post was lost."""
    rig.control.faults(method=POST, kind="reset_before")
    request = rig.control.file_request()
    rig.step("poller")
    rig.step("publisher")
    key = key_of("privilege_manager", request)
    reply = {
        "channel": APPROVALS,
        "thread_ts": rig.control.message(APPROVALS, APPROVER, "A thread")["ts"],
        "reply_broadcast": True,
        "text": "A reply",
        "blocks": [],
        "metadata": {"event_type": CARD_METADATA_TYPE, "event_payload": {"request": key}},
    }
    ts = post_as_the_bot(rig, reply)
    rig.run()
    with rig.ledger.read() as connection:
        (card,) = cards_of(connection, key)
    assert card.state is CardState.POSTED
    assert card.ts != ts
    assert len(rig.control.calls("conversations.history")) == 1


def post_as_the_bot(rig: Rig, message: dict[str, Any]) -> str:
    client = WebClient(rig.sandbox.bot_token, base_url=rig.sandbox.slack_api_url)
    return str(client.api_call(POST, json=message)["ts"])


def test_a_card_that_somebody_deleted_is_told_nothing(rig: Rig) -> None:
    rig.control.file_request(reason=LONG)
    rig.step("poller")
    rig.step("publisher")
    rig.control.delete(APPROVALS, rig.card()["ts"])
    rig.run()
    assert rig.control.messages(APPROVALS) == []
    assert len(posts(rig)) == 2


def test_a_channel_that_is_registered_no_more_gets_no_reply(sandbox: Sandbox, tmp_path: Path) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        rig.control.file_request(reason=LONG)
        rig.step("poller")
        rig.step("publisher")
    with Rig(sandbox, tmp_path, {SECOND_CHANNEL: ChannelPolicy()}) as rig:
        rig.run()
        assert (len(replies(rig)), len(replies(rig, SECOND_CHANNEL))) == (0, 1)


def test_a_card_that_was_posted_by_a_version_that_told_no_facts_gets_them(rig: Rig) -> None:
    rig.ask(reason=LONG)
    (told,) = replies(rig)
    rig.control.delete(APPROVALS, told["ts"])
    with rig.ledger.write() as tx:
        tx.execute(update(cards).values(told_revision=0))
    rig.restart()
    rig.run()
    assert len(replies(rig)) == 1
