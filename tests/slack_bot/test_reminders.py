"""While nobody answers: reminders in the card's thread, ever rarer, and the backup, which may decide then."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.policy import Approvals, ChannelPolicy, Silence, Silences, Terms
from slack_bot.publisher.board import ANOTHERS
from slack_bot.rows import CardRow, CardState, State, card_of
from tests.clock import Clock
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    APPROVERS_GROUP,
    OUTSIDER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Killed,
    Rig,
    at_statement,
)
from tests.slack_bot.backlogged import POST, posts
from tests.slack_bot.conversing import recorded, rules
from tests.slack_bot.test_threads import replies
from tests.slack_bot.verdicts import press_here
from upstream_client.models import HOUR, MINUTE, Fact

HALF_AN_HOUR = 30 * MINUTE
REMINDED = Silence(remind_after=HALF_AN_HOUR)
BACKED_UP = Silence(backup_after=HOUR, backup_users=(OUTSIDER,))
YET = "Nobody has answered yet."


def silent(silence: Silence, **terms: object) -> ChannelPolicy:
    """The approvers' group decides, and this happens where it does not."""
    said = Terms(silence=Silences(any=silence), **terms)  # type: ignore[arg-type]  # the fields of terms
    return replace(APPROVERS, terms=said)


@contextmanager
def waiting(sandbox: Sandbox, folder: Path, silence: Silence = REMINDED, **terms: object) -> Iterator[Rig]:
    """A bot whose channel has this policy, with one request that waits on its card."""
    with Rig(sandbox, folder, {APPROVALS: silent(silence, **terms)}) as rig:
        rig.slack_timeout = 2
        rig.ask()
        yield rig


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with waiting(sandbox, tmp_path) as running:
        yield running


def said(rig: Rig, channel: str = APPROVALS) -> list[str]:
    return [str(reply["text"]) for reply in replies(rig, channel)]


def card(rig: Rig) -> CardRow:
    with rig.ledger.read() as connection:
        found = card_of(connection, rig.row().key, APPROVALS)
    assert found is not None
    return found


def later(rig: Rig, seconds: float) -> None:
    """Time passes, and everybody looks."""
    rig.clock.advance(seconds)
    rig.run()


def test_nobody_is_reminded_where_nothing_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path) as rig:
        rig.ask()
        later(rig, 100 * HOUR)
        assert said(rig) == []


def test_people_are_reminded_in_the_cards_thread_and_ever_more_rarely(rig: Rig) -> None:
    """Given 30 minutes, then reminders come after 30 minutes, 1 hour, 2, 4 and 8 hours more, and none after."""
    times: list[int] = []
    for minute in range(1, 36 * 60, 5):
        later(rig, 5 * MINUTE)
        if len(said(rig)) > len(times):
            times.append(minute // 5 * 5 + 5)
    assert times == [30, 90, 210, 450, 930]
    assert said(rig)[0] == f"<!subteam^{APPROVERS_GROUP}>: this has waited for 30 minutes. {YET}"
    assert said(rig)[4] == f"<!subteam^{APPROVERS_GROUP}>: this has waited for 15 hours. {YET}"
    assert {reply["thread_ts"] for reply in replies(rig)} == {rig.card()["ts"]}
    assert card(rig).reminders == 5
    told = recorded(rig, "reminded")
    assert [one.detail["what"] for one in told] == ["reminder"] * 5
    assert told[0].detail["channel"] == APPROVALS
    assert told[0].detail["ts"] == replies(rig)[0]["ts"]
    assert told[0].policy


def test_it_is_not_a_minute_early(rig: Rig) -> None:
    later(rig, HALF_AN_HOUR - MINUTE)
    assert said(rig) == []
    assert rig.step("publisher") is None
    later(rig, MINUTE)
    assert len(said(rig)) == 1


def test_it_says_what_is_missing_and_leaves_those_who_approved_alone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given two who may decide and one approval of two, then the other one is mentioned."""
    people = ChannelPolicy(
        users=(APPROVER, SECOND_APPROVER),
        terms=Terms(approvals=Approvals(medium=2), silence=Silences(any=REMINDED)),
    )
    with Rig(sandbox, tmp_path, {APPROVALS: people}) as rig:
        rig.ask()
        rig.press(APPROVER, "approve_request")
        rig.run()
        later(rig, HALF_AN_HOUR)
        assert said(rig) == [
            "<@U03SECOND>: this has waited for 30 minutes. 1 of 2 have approved. Still needs 1 more."
        ]


def test_an_answered_request_needs_no_reminder(rig: Rig) -> None:
    rig.press(APPROVER, "deny_request")
    rig.run()
    later(rig, 2 * HOUR)
    assert said(rig) == []
    assert rig.headline() == "Denied by Approver"


def test_after_an_outage_one_reminder_is_posted_and_the_next_in_its_time(rig: Rig) -> None:
    rig.clock.advance(5 * HOUR)
    rig.restart()
    rig.run()
    assert said(rig) == [f"<!subteam^{APPROVERS_GROUP}>: this has waited for 5 hours. {YET}"]
    later(rig, HOUR - MINUTE)
    assert len(said(rig)) == 1
    later(rig, MINUTE)
    assert len(said(rig)) == 2


def test_a_revision_is_a_new_question_and_the_waiting_begins_anew(sandbox: Sandbox, tmp_path: Path) -> None:
    both = replace(BACKED_UP, remind_after=HALF_AN_HOUR)
    with waiting(sandbox, tmp_path, both) as rig:
        later(rig, HALF_AN_HOUR)
        later(rig, HALF_AN_HOUR)
        assert len(said(rig)) == 2
        row = rig.row()
        with rig.ledger.write() as tx:
            asked = replace(row.asked, facts=(*row.asked.facts, Fact("more", "More", "!")))
            approvals.refresh(tx, rig.clock.now(), row, asked)
        rig.run()
        later(rig, HALF_AN_HOUR - MINUTE)
        assert len(said(rig)) == 2
        assert (card(rig).reminders, card(rig).backup_at) == (0, None)
        later(rig, MINUTE)
        assert [one.partition(": ")[2] for one in said(rig)[2:]] == [f"this has waited for 30 minutes. {YET}"]


def test_what_changes_while_it_is_said_counts_for_the_new_question_alone(rig: Rig) -> None:
    row = rig.row()

    def changed() -> None:
        with rig.ledger.write() as tx:
            asked = replace(row.asked, facts=(*row.asked.facts, Fact("more", "More", "!")))
            approvals.refresh(tx, rig.clock.now(), row, asked)

    rig.clock.advance(HALF_AN_HOUR)
    with at_statement(rig, "FROM votes", changed):
        rig.step("publisher")
    assert len(said(rig)) == 1
    assert len(recorded(rig, "reminded")) == 1
    assert (card(rig).reminders, card(rig).reminded_at) == (0, None)


def test_a_card_that_is_posted_anew_is_shown_from_then_on(rig: Rig) -> None:
    """Given a card that somebody deleted, when it is to be reminded of, then another takes its place."""
    rig.control.delete(APPROVALS, rig.card()["ts"])
    later(rig, HALF_AN_HOUR)
    assert said(rig) == []
    assert len(recorded(rig, "card_lost")) == 1
    assert card(rig).state is CardState.POSTED
    later(rig, HALF_AN_HOUR - 2 * MINUTE)
    assert said(rig) == []
    later(rig, 2 * MINUTE)
    assert [reply["thread_ts"] for reply in replies(rig)] == [rig.card()["ts"]]


@pytest.mark.parametrize(
    ("kind", "count"),
    [("ratelimited", 1), ("server_error", 1), ("reset_before", 1), ("msg_too_long", 1), ("reset", 2)],
)
def test_a_reminder_that_fails_is_sent_again_and_one_whose_answer_was_lost_may_stand_twice(
    rig: Rig, kind: str, count: int
) -> None:
    rig.control.faults(method=POST, kind=kind)
    later(rig, HALF_AN_HOUR)
    assert len(said(rig)) == count
    assert card(rig).reminders == 1
    assert len(recorded(rig, "reminded")) == 1


def test_where_slack_asks_to_wait_nothing_is_posted_before(rig: Rig) -> None:
    rig.control.faults(method=POST, kind="ratelimited", retry_after=40)
    rig.clock.advance(HALF_AN_HOUR)
    wait = rig.step("publisher")
    assert wait is not None
    assert 39 < wait <= 40
    rig.clock.advance(30)
    rig.step("publisher")
    assert said(rig) == []
    assert card(rig).reminders == 0
    later(rig, 10)
    assert len(said(rig)) == 1


def test_reminders_keep_the_pace_of_one_post_a_second_and_no_card_waiting(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with waiting(sandbox, tmp_path) as rig:
        rig.ask()
        rig.clock.advance(HALF_AN_HOUR)
        rig.control.file_request()
        rig.step("poller")
        for count in (3, 4, 5):
            rig.step("publisher")
            rig.step("publisher")
            assert len(posts(rig)) == count
            assert len(rig.cards()) == 3
            rig.clock.advance(1)
        assert len(said(rig)) == 2


def test_a_crash_repeats_a_reminder_at_worst(rig: Rig) -> None:
    rig.clock.advance(HALF_AN_HOUR)
    with rig.killed_at(1) as strike, suppress(Killed):
        rig.run("publisher")
    rig.restart()
    rig.run()
    assert strike.struck
    assert len(said(rig)) == 2
    assert card(rig).reminders == 1


def test_a_channel_that_is_registered_no_more_is_not_reminded(sandbox: Sandbox, tmp_path: Path) -> None:
    with waiting(sandbox, tmp_path) as rig:
        pass
    with Rig(sandbox, tmp_path, {SECOND_CHANNEL: silent(REMINDED)}) as rig:
        later(rig, HALF_AN_HOUR + MINUTE)
        assert said(rig) == []


def test_each_channel_goes_by_its_own_policy(sandbox: Sandbox, tmp_path: Path) -> None:
    channels = {APPROVALS: silent(REMINDED), SECOND_CHANNEL: APPROVERS}
    with Rig(sandbox, tmp_path, channels) as rig:
        rig.ask()
        later(rig, HOUR)
        assert (len(said(rig)), len(said(rig, SECOND_CHANNEL))) == (1, 0)


@pytest.mark.parametrize(("expires_in", "count"), [(HALF_AN_HOUR + 10, 0), (HALF_AN_HOUR + 120, 1)])
def test_no_reminder_comes_shortly_before_the_upstreams_expiry(
    sandbox: Sandbox, tmp_path: Path, expires_in: float, count: int
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: silent(REMINDED)}) as rig:
        rig.ask(expires_in=expires_in)
        later(rig, HALF_AN_HOUR)
        later(rig, 10 * HOUR)
        assert len(said(rig)) == count


# The backup


def test_the_backup_may_decide_once_it_was_called_and_not_before(sandbox: Sandbox, tmp_path: Path) -> None:
    with waiting(sandbox, tmp_path, BACKED_UP) as rig:
        rig.press(OUTSIDER, "approve_request")
        rig.run()
        assert rules(rig) == ["not an approver"]

        later(rig, HOUR)

        (told,) = said(rig)
        assert told.startswith(f"<@{OUTSIDER}>: this has waited for 60 minutes.")
        assert told.endswith("You are the backup: you may decide now as well.")
        assert card(rig).backup_at is not None
        assert [one.detail["what"] for one in recorded(rig, "reminded")] == ["backup"]
        rig.press(OUTSIDER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Outsider"


def test_the_backup_is_called_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with waiting(sandbox, tmp_path, BACKED_UP) as rig:
        for _ in range(4):
            later(rig, HOUR)
        rig.restart()
        later(rig, HOUR)
        assert len(said(rig)) == 1


def test_the_backup_may_not_decide_while_slack_does_not_take_the_call(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with waiting(sandbox, tmp_path, BACKED_UP) as rig:
        rig.control.faults(method=POST, kind="ratelimited", retry_after=600)
        rig.clock.advance(HOUR)
        rig.step("publisher")
        rig.press(OUTSIDER, "approve_request")
        rig.run("clerk")
        assert rules(rig) == ["not an approver"]
        assert rig.row().state is State.PENDING


def test_reminders_go_on_and_name_the_backup_too(sandbox: Sandbox, tmp_path: Path) -> None:
    both = replace(BACKED_UP, remind_after=HALF_AN_HOUR)
    with waiting(sandbox, tmp_path, both) as rig:
        later(rig, HALF_AN_HOUR)
        later(rig, HALF_AN_HOUR)
        later(rig, HALF_AN_HOUR + MINUTE)
        assert [one.partition(": ")[0] for one in said(rig)] == [
            f"<!subteam^{APPROVERS_GROUP}>",
            f"<@{OUTSIDER}>",
            f"<@{OUTSIDER}> and <!subteam^{APPROVERS_GROUP}>",
        ]


# Several replicas


@pytest.fixture
def both(sandbox: Sandbox, tmp_path: Path, postgres_url: str) -> Iterator[tuple[Rig, Rig]]:
    """Two over one ledger; the first has posted the card."""
    clock, channels = Clock(), {APPROVALS: silent(replace(BACKED_UP, remind_after=HALF_AN_HOUR))}
    with (
        Rig(sandbox, tmp_path, channels, ledger_url=postgres_url, clock=clock) as a,
        Rig(sandbox, tmp_path, channels, ledger_url=postgres_url, clock=clock) as b,
    ):
        a.ask()
        yield a, b


def test_the_replica_that_posted_the_card_reminds(both: tuple[Rig, Rig]) -> None:
    a, b = both
    a.clock.advance(HALF_AN_HOUR)
    wait = b.step("publisher")
    assert wait is not None
    assert 55 < wait <= ANOTHERS
    a.step("publisher")
    a.clock.advance(ANOTHERS + 1)
    b.run()
    a.run()
    assert len(said(a)) == 1


def test_a_reminder_that_a_dead_replica_owes_is_posted_once_by_the_others_after_a_minute(
    both: tuple[Rig, Rig],
) -> None:
    """Given that the first one was started anew, so that to both another one posted the card."""
    a, b = both
    a.restart()
    shown_at = card(a).claimed_at
    a.clock.advance(HALF_AN_HOUR)
    a.step("publisher")
    b.step("publisher")
    a.clock.advance(50)
    b.step("publisher")
    assert said(a) == []
    a.clock.advance(11)
    with at_statement(a, "SET claimed_by", lambda: b.step("publisher")):
        a.step("publisher")
    b.run()
    a.run()
    assert len(said(a)) == 1
    assert card(a).reminders == 1
    assert card(a).claimed_at == shown_at


def test_whoever_took_it_over_goes_on_at_once(both: tuple[Rig, Rig]) -> None:
    a, b = both
    a.restart()
    a.clock.advance(HALF_AN_HOUR)
    b.step("publisher")
    a.clock.advance(ANOTHERS + 1)
    b.run()
    assert len(said(b)) == 1
    b.clock.advance(HALF_AN_HOUR)
    b.step("publisher")
    assert len(said(b)) == 2
    a.run()
    assert len(said(b)) == 2
    press_here(b, OUTSIDER)
    b.run()
    assert b.headline() == "Approved by Outsider"
