"""One line in a channel counts what has no card there yet: once, truly, and no oftener than people can read."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from sandbox import Sandbox
from sandbox.faults import Pace
from slack_bot.blocks.backlog import LINE_METADATA_TYPE
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import LineState, key_of
from tests.clock import Clock
from tests.rig import (
    APPROVALS,
    APPROVERS,
    OTHER_BOT,
    SECOND_CHANNEL,
    Killed,
    Rig,
    has_buttons,
)
from tests.slack_bot.backlogged import (
    ALL_SHOWN,
    CARDS,
    POST,
    UPDATE,
    backlog,
    counting,
    deny,
    line_edits,
    lines,
    pile,
    posts,
    rig_in,
)

HISTORY = "conversations.history"
WHOLE = CARDS + 1
"""Twenty cards and a line."""


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(sandbox, tmp_path) as running:
        yield running


def state(rig: Rig) -> LineState:
    found = backlog(rig)
    assert found is not None
    return found.state


def up_to_the_line(rig: Rig) -> None:
    """All cards stand; the line is what comes next, and may come now."""
    pile(rig, 25)
    for _ in range(CARDS):
        rig.step("publisher")
        rig.clock.advance(1)
    assert len(rig.cards()) == CARDS
    assert lines(rig) == []


@pytest.mark.parametrize(
    ("kind", "tries"),
    [
        ("timeout", 1),
        ("reset", 1),
        ("reset_before", 2),
        ("server_error", 2),
        ("internal_error", 2),
        ("ratelimited", 2),
        ("invalid_blocks", 2),
    ],
)
def test_whatever_goes_wrong_while_posting_there_is_one_line(rig: Rig, kind: str, tries: int) -> None:
    up_to_the_line(rig)
    rig.control.faults(method=POST, kind=kind)
    rig.run()
    assert lines(rig) == [counting(20, 5)]
    assert len(posts(rig)) == CARDS + tries
    deny(rig, rig.cards()[0])
    rig.run()
    assert lines(rig) == [counting(20, 4)]


def test_wherever_the_process_dies_there_is_one_line(rig: Rig) -> None:
    """Before it is claimed, before it is noted that it was posted, and before it is adopted."""
    up_to_the_line(rig)
    for transaction, standing in ((1, 0), (2, 1), (1, 1)):
        assert dies_at(rig, transaction)
        assert len(lines(rig)) == standing
    rig.run()
    assert lines(rig) == [counting(20, 5)]
    assert len(rig.control.messages(APPROVALS)) == WHOLE


def dies_at(rig: Rig, transaction: int) -> bool:
    """Whether the process came so far; if it did it is another one now."""
    with rig.killed_at(transaction) as strike, suppress(Killed):
        rig.run("publisher")
    if strike.struck:
        rig.restart()
    return strike.struck


def test_wherever_the_process_dies_while_its_channel_fills_all_is_shown_once(rig: Rig) -> None:
    """It dies again and again, at each of the transactions of a card and of the line, and of their adoption."""
    pile(rig, 25)
    deaths = [transaction for transaction in islice(cycle((1, 2, 3)), 200) if dies_at(rig, transaction)]
    assert len(deaths) > WHOLE
    rig.run()
    assert len(rig.control.messages(APPROVALS)) == WHOLE
    assert lines(rig) == [counting(20, 5)]


def test_its_count_is_edited_in_place_and_no_oftener_than_every_ten_seconds(rig: Rig) -> None:
    pile(rig, 60)
    rig.run()
    first = line_edits(rig)
    edited: list[float] = []
    while has_buttons(rig.cards()[15]):
        deny(rig, next(card for card in rig.cards() if has_buttons(card)))
        for _ in range(3):
            before = len(line_edits(rig))
            rig.step("publisher")
            edited += [rig.clock.monotonic()] * (len(line_edits(rig)) - before)
            rig.clock.advance(1)
    assert first == []
    assert len(edited) >= 3
    assert min(later - earlier for earlier, later in pairwise(edited)) >= 10
    rig.run()
    assert lines(rig) == [counting(20, 24)]
    assert len(lines(rig)) == 1


def test_cards_are_drawn_and_posted_before_the_line_is_edited(rig: Rig) -> None:
    pile(rig, 25)
    rig.run()
    rig.clock.advance(60)
    deny(rig, rig.cards()[0])
    rig.clock.advance(1)
    before = len(rig.control.calls())
    rig.step("publisher")
    made = rig.control.calls()[before:]
    assert [(call["method"], "metadata" in call["arguments"]) for call in made] == [
        (UPDATE, True),
        (POST, True),
        (UPDATE, False),
    ]
    assert lines(rig) == [counting(20, 4)]


def test_while_the_next_cards_follow_the_line_waits_and_is_edited_once(rig: Rig) -> None:
    pile(rig, 30)
    rig.run()
    rig.clock.advance(60)
    deny(rig, *rig.cards()[:4])
    rig.run()
    assert lines(rig) == [counting(20, 6)]
    assert len(line_edits(rig)) == 1


@pytest.mark.parametrize("kind", ["timeout", "reset", "reset_before", "server_error", "invalid_blocks"])
def test_an_edit_that_fails_is_made_again_and_keeps_nothing_else_waiting(rig: Rig, kind: str) -> None:
    pile(rig, 25)
    rig.run()
    rig.clock.advance(60)
    deny(rig, rig.cards()[0])
    rig.clock.advance(1)
    rig.control.faults(method=UPDATE, kind=kind, nth=2, times=2)
    rig.run()
    assert lines(rig) == [counting(20, 4)]
    assert len(line_edits(rig)) == 3
    assert len(rig.cards()) == WHOLE


def test_a_limit_on_edits_is_respected_and_the_cards_come_first_when_it_is_over(rig: Rig) -> None:
    pile(rig, 25)
    rig.run()
    rig.clock.advance(60)
    deny(rig, rig.cards()[0])
    rig.clock.advance(1)
    rig.control.faults(method=UPDATE, kind="ratelimited", retry_after=40)
    rig.step("publisher")
    rig.clock.advance(38)
    rig.step("publisher")
    assert len(posts(rig, method=UPDATE)) == 1
    rig.run()
    last = posts(rig, method=UPDATE)[1:]
    assert ["metadata" in call["arguments"] for call in last] == [True, False]
    assert lines(rig) == [counting(20, 4)]


def test_under_slacks_own_limit_of_posts_all_comes_without_one_too_many(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        limited_on(rig.clock, sandbox)
        pile(rig, 25)
        rig.run()
        deny(rig, *rig.cards()[:4])
        rig.run()
        assert lines(rig) == [counting(20, 1)]
        assert len(rig.cards()) == len(posts(rig)) - 1 == 24


def limited_on(clock: Clock, sandbox: Sandbox) -> None:
    """Slack allows one post a second and channel, by the test's clock: it lets time pass faster than it does."""
    sandbox._slack.pace = Pace(clock.monotonic)
    sandbox.control.faults(rate_limit=True)


def test_a_line_that_somebody_deleted_is_posted_anew_only_when_its_count_changes(rig: Rig) -> None:
    pile(rig, 25)
    rig.run()
    (line,) = line_messages(rig)
    rig.control.delete(APPROVALS, line["ts"])
    rig.clock.advance(3600)
    rig.run()
    assert lines(rig) == []
    deny(rig, rig.cards()[0])
    rig.run()
    assert lines(rig) == []
    assert state(rig) is LineState.NONE
    rig.clock.advance(3600)
    rig.run()
    assert lines(rig) == []
    deny(rig, rig.cards()[1])
    rig.run()
    assert lines(rig) == [counting(20, 3)]


def line_messages(rig: Rig) -> list[dict[str, Any]]:
    return [
        message
        for message in rig.control.messages(APPROVALS)
        if (message.get("metadata") or {}).get("event_type") == LINE_METADATA_TYPE
    ]


def test_its_last_words_stand_and_another_pile_gets_another_line(rig: Rig) -> None:
    pile(rig, WHOLE)
    rig.run()
    deny(rig, rig.cards()[0])
    rig.run()
    assert lines(rig) == [ALL_SHOWN]
    rig.clock.advance(60)
    pile(rig, 30)
    rig.run()
    assert lines(rig) == [ALL_SHOWN, counting(20, 30)]


def test_an_earlier_line_of_the_channel_is_not_taken_for_one_whose_post_was_lost(rig: Rig) -> None:
    pile(rig, WHOLE)
    rig.run()
    deny(rig, rig.cards()[0])
    rig.run()
    rig.control.faults(method=POST, kind="reset")
    rig.clock.advance(1)
    pile(rig, 30)
    rig.run()
    assert lines(rig) == [ALL_SHOWN, counting(20, 30)]
    assert len(rig.control.calls(HISTORY)) == 1


@pytest.mark.parametrize("kind", ["reset", "reset_before"])
def test_only_a_message_of_our_own_is_adopted(rig: Rig, kind: str) -> None:
    up_to_the_line(rig)
    rig.control.faults(method=POST, kind=kind)
    rig.step("publisher")
    claimed = backlog(rig)
    assert claimed is not None
    assert claimed.state is LineState.CLAIMED
    payload = {"channel": APPROVALS, "claim": f"{claimed.claimed_at} {claimed.claimed_by}"}
    forged = {"event_type": LINE_METADATA_TYPE, "event_payload": payload}
    rig.control.message(APPROVALS, OTHER_BOT, "A line!", metadata=forged)
    rig.run()
    assert sorted(lines(rig)) == sorted(["A line!", counting(20, 5)])


def test_a_channel_that_is_archived_is_tried_ever_more_slowly(rig: Rig) -> None:
    up_to_the_line(rig)
    rig.control.change_channel(APPROVALS, archived=True)
    before = len(posts(rig))
    with capture_logs() as logs:
        for _ in range(40):
            rig.step("publisher")
            rig.clock.advance(1)
    errors = [entry for entry in logs if entry["log_level"] == "error"]
    assert [entry["again_in"] for entry in errors] == [1, 2, 4, 8, 16, 32]
    assert "invite the bot" in errors[0]["hint"]
    assert len(posts(rig)) - before == len(errors)
    rig.control.change_channel(APPROVALS, archived=False)
    assert not dies_at(rig, 3), "a line takes two transactions: before each, some other test lets the bot die"
    assert lines(rig) == [counting(20, 5)]


def test_the_line_of_an_archived_channel_is_tried_ever_more_slowly_and_true_when_it_is_opened_again(
    rig: Rig,
) -> None:
    ids = pile(rig, 25)
    rig.run()
    rig.control.change_channel(APPROVALS, archived=True)
    shown = {card["metadata"]["event_payload"]["request"] for card in rig.cards()}
    waiting = [one for one in ids if key_of("privilege_manager", one) not in shown]
    rig.control.withdraw(waiting[0])
    rig.step("poller")
    rig.step("poller")
    for _ in range(60):
        rig.step("publisher")
        rig.clock.advance(1)
    assert len(line_edits(rig)) == 6
    rig.control.change_channel(APPROVALS, archived=False)
    rig.run()
    assert lines(rig) == [counting(20, 4)]


def test_the_line_of_a_removed_channel_says_that_nothing_follows_and_is_forgotten(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    channels: dict[str, ChannelPolicy] = {SECOND_CHANNEL: APPROVERS}
    with Rig(sandbox, tmp_path, channels) as rig:
        rig.channels.register(APPROVALS, "U04ADMIN", rig.clock.now())
        pile(rig, 25)
        rig.run()
        rig.channels.remove(APPROVALS)
        rig.control.faults(method=UPDATE, kind="server_error")
        rig.run()
        assert lines(rig) == ["No more cards follow here: this channel is not registered any more."]
        assert backlog(rig) is None
        before = len(posts(rig))
        deny(rig, rig.cards(SECOND_CHANNEL)[0], channel=SECOND_CHANNEL)
        rig.run()
        assert len(posts(rig)) == before
        assert lines(rig, SECOND_CHANNEL) == [counting(20, 4)]


def test_a_channel_that_is_not_known_yet_at_the_start_keeps_its_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        pile(rig, 25)
        rig.run()
    with Rig(sandbox, tmp_path, {}) as rig:
        wait = rig.step("publisher")
        assert wait is not None
        assert 170 < wait <= 180
        rig.clock.advance(60)
        rig.step("publisher")
        assert lines(rig) == [counting(20, 5)]
        rig.channels.register(APPROVALS, "U04ADMIN", rig.clock.now())
        rig.run()
        rig.clock.advance(600)
        rig.run()
        assert lines(rig) == [counting(20, 5)]


def test_while_the_registered_channels_cannot_be_read_no_line_takes_its_leave(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path) as rig:
        pile(rig, 25)
        rig.run()
    folder = tmp_path / "state" / "channels"
    shutil.rmtree(folder)
    folder.write_text("no folder")
    with Rig(sandbox, tmp_path, {}) as rig:
        assert rig.channels.trouble
        rig.run()
        rig.clock.advance(3600)
        rig.run()
        assert lines(rig) == [counting(20, 5)]


def test_a_stopped_publisher_writes_no_line(rig: Rig) -> None:
    up_to_the_line(rig)
    rig.publisher.stop()
    rig.step("publisher")
    assert lines(rig) == []
    assert state(rig) is LineState.NONE
