"""What a schedule answers gets one settled card in the schedule's channel, and asks nobody anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.ballots import Grant
from slack_bot.clock import SECOND
from slack_bot.publisher.drawing import GRACE
from slack_bot.rows import CardState, State, cards_in, key_of, request_by_key, requests_in
from tests.rig import ADMIN, APPROVALS, SECOND_CHANNEL, Killed, Rig, has_buttons
from tests.slack_bot.backlogged import CARDS, POST, UPDATE, counting, lines, pile, posts, rig_in
from tests.slack_bot.schedules import open_at
from upstream_client.models import ONE_TIME

DAY = 24 * 3600
APPROVED = "Approved automatically"


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with rig_in(sandbox, tmp_path) as running:
        yield running


def file(rig: Rig) -> str:
    """Somebody asks, and it is seen; the key. Nothing is shown yet."""
    request = rig.control.file_request()
    rig.step("poller")
    return key_of("privilege_manager", request)


def scheduled(rig: Rig, key: str, channel: str = "") -> None:
    """A schedule answers it; of this channel, or of all. No other is answered by itself."""
    rig.auto_approver.stop()
    rig.schedules.put(channel or "all", open_at(rig.clock.now()))
    row = rig.row(key)
    grant = Grant(channel, ONE_TIME, "outside business hours", ADMIN)
    with rig.ledger.write() as tx:
        assert approvals.approve_by_schedule(tx, rig.clock.now(), key, row.version, grant)


def shown(rig: Rig, channel: str = APPROVALS) -> list[str]:
    return [card["metadata"]["event_payload"]["request"] for card in rig.cards(channel)]


def states(rig: Rig) -> list[CardState]:
    with rig.ledger.read() as connection:
        return [state for state in CardState for _ in cards_in(connection, state)]


def test_a_request_answered_before_anybody_saw_it_gets_one_settled_card(rig: Rig) -> None:
    key = file(rig)
    scheduled(rig, key)
    rig.step("applier")
    assert rig.row(key).state is State.APPROVED
    rig.run()
    assert shown(rig) == [key]
    assert rig.headline() == APPROVED
    assert not has_buttons(rig.card())
    assert len(posts(rig)) == 1
    assert posts(rig, method=UPDATE) == []
    assert states(rig) == [CardState.SETTLED]


def test_a_settled_card_mentions_nobody(rig: Rig) -> None:
    key = file(rig)
    scheduled(rig, key, APPROVALS)
    rig.run()
    assert "user_id" not in str(rig.card()["blocks"])
    assert "<@" not in rig.card()["text"]
    assert "<!" not in str(rig.card())


def test_it_is_posted_where_the_schedule_is_and_in_all_channels_where_it_is_of_all(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS, SECOND_CHANNEL) as rig:
        one, all_of_them = file(rig), file(rig)
        scheduled(rig, one, SECOND_CHANNEL)
        scheduled(rig, all_of_them)
        rig.run()
        assert shown(rig, APPROVALS) == [all_of_them]
        assert shown(rig, SECOND_CHANNEL) == [one, all_of_them]


def test_the_upstreams_answer_has_a_moment_to_come_and_then_the_card_says_that_it_waits(rig: Rig) -> None:
    key = file(rig)
    scheduled(rig, key)
    assert rig.step("publisher") == pytest.approx(GRACE / SECOND, abs=0.001)
    assert shown(rig) == []
    rig.clock.advance(1)
    rig.step("publisher")
    assert "waiting for Privilege Manager" in rig.headline()
    rig.run()
    assert rig.headline() == APPROVED
    assert states(rig) == [CardState.SETTLED]


def test_a_card_that_asked_already_is_only_drawn_again(rig: Rig) -> None:
    rig.ask()
    (key,) = shown(rig)
    scheduled(rig, key)
    rig.run()
    assert shown(rig) == [key]
    assert rig.headline() == APPROVED
    assert len(posts(rig)) == 1


def test_a_channel_that_is_full_of_waiting_cards_takes_it_and_new_questions_come_first(rig: Rig) -> None:
    pile(rig, 25)
    rig.run()
    rig.clock.advance(60)
    key = file(rig)
    scheduled(rig, key)
    new = file(rig)
    rig.step("applier")
    rig.run()
    assert shown(rig)[CARDS:] == [new, key]
    assert lines(rig) == [counting(21, 5)]


def test_a_schedule_that_answers_a_whole_backlog_shows_each_answer_once_at_a_posts_pace(rig: Rig) -> None:
    pile(rig, 25)
    rig.run()
    with rig.ledger.read() as connection:
        keys = [row.key for row in requests_in(connection, "privilege_manager", State.PENDING)]
    for key in keys:
        scheduled(rig, key)
    began = rig.clock.monotonic()
    rig.run()
    assert rig.clock.monotonic() - began >= 4
    assert sorted(shown(rig)) == sorted(keys)
    assert not any(map(has_buttons, rig.cards()))
    assert lines(rig) == ["All waiting requests have their cards now."]


def test_after_a_day_an_answer_is_no_news_any_more(rig: Rig) -> None:
    old = file(rig)
    scheduled(rig, old)
    rig.run("applier")
    rig.clock.advance(2 * 3600)
    recent = file(rig)
    scheduled(rig, recent)
    rig.run("applier")
    rig.clock.advance(DAY - 3600)
    rig.restart()
    rig.run()
    assert shown(rig) == [recent]
    rig.clock.advance(DAY)
    rig.run()
    assert shown(rig) == [recent]


@pytest.mark.parametrize("kind", ["timeout", "reset", "reset_before", "server_error", "ratelimited"])
def test_whatever_goes_wrong_while_posting_there_is_one_card(rig: Rig, kind: str) -> None:
    key = file(rig)
    scheduled(rig, key)
    rig.step("applier")
    rig.control.faults(method=POST, kind=kind)
    rig.run()
    assert shown(rig) == [key]
    assert rig.headline() == APPROVED
    assert states(rig) == [CardState.SETTLED]


@pytest.mark.parametrize("transaction", [1, 2])
def test_wherever_the_process_dies_there_is_one_card(rig: Rig, transaction: int) -> None:
    key = file(rig)
    scheduled(rig, key)
    rig.step("applier")
    with rig.killed_at(transaction), pytest.raises(Killed):
        rig.step("publisher")
    rig.restart()
    rig.run()
    assert shown(rig) == [key]
    assert states(rig) == [CardState.SETTLED]


def test_an_answer_that_the_upstream_refused_is_asked_of_people_instead(rig: Rig) -> None:
    key = file(rig)
    scheduled(rig, key)
    rig.clock.advance(1)

    with rig.ledger.write() as tx:
        row = request_by_key(tx, key)
        assert row is not None
        approvals.reopen(tx, rig.clock.now(), row, "It was refused.", row.asked)
    rig.step("publisher")
    assert shown(rig) == [key]
    assert has_buttons(rig.card())
    assert "It was refused." in rig.words()


def test_a_settled_card_whose_request_waits_again_gets_its_buttons_back(rig: Rig) -> None:
    key = file(rig)
    scheduled(rig, key)
    rig.run()
    row = rig.row(key)
    with rig.ledger.write() as tx:
        approvals.relist(tx, rig.clock.now(), row, row.asked)
    rig.run()
    assert shown(rig) == [key]
    assert has_buttons(rig.card())


def test_a_request_that_a_person_answered_elsewhere_gets_no_card_of_a_schedule(rig: Rig) -> None:
    request = rig.control.file_request()
    rig.step("poller")
    rig.control.decide_elsewhere(request, "approve")
    rig.step("poller")
    rig.step("poller")
    rig.run()
    assert rig.cards() == []


@pytest.mark.parametrize("posted_before", [False, True])
def test_where_the_schedules_channel_was_removed_before_the_card_got_there_the_others_show_it(
    sandbox: Sandbox, tmp_path: Path, posted_before: bool
) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS) as rig:
        rig.channels.register(SECOND_CHANNEL, ADMIN, rig.clock.now())
        key = file(rig)
        scheduled(rig, key, SECOND_CHANNEL)
        rig.step("applier")
        if posted_before:
            rig.run("publisher")
        rig.channels.remove(SECOND_CHANNEL)
        rig.run("publisher")
        assert shown(rig, SECOND_CHANNEL) == ([key] if posted_before else [])
        assert shown(rig, APPROVALS) == ([] if posted_before else [key])


def test_where_the_schedules_channel_was_archived_before_the_card_got_there_the_others_show_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with rig_in(sandbox, tmp_path, APPROVALS, SECOND_CHANNEL) as rig:
        key = file(rig)
        scheduled(rig, key, SECOND_CHANNEL)
        rig.step("applier")
        rig.control.change_channel(SECOND_CHANNEL, archived=True)
        for _ in range(3):
            rig.step("publisher")
            rig.clock.advance(1)
        assert shown(rig, APPROVALS) == [key]
