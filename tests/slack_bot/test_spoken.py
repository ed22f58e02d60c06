"""An answer in words counts as a press of the card's buttons does: same card, same policy, same record, once."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from sandbox import Sandbox
from slack_bot import approvals
from slack_bot.audit import Kind
from slack_bot.blocks.facts import told_facts
from slack_bot.clock import SECOND
from slack_bot.ledger import inbox, requests
from slack_bot.policy import ChannelPolicy
from slack_bot.rows import State
from tests.rig import (
    APPROVALS,
    APPROVER,
    APPROVERS,
    GUEST,
    OUR_BOT,
    OUTSIDER,
    REQUESTER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Killed,
    Rig,
    has_buttons,
)
from tests.slack_bot.conversing import command, hear, mention, recorded, rules, write
from tests.slack_bot.quorums import ASKED_BY, TWO, of_group
from upstream_client.models import HOUR, Duration, Fact

GENERAL = "C02GENERAL"
LIMITED: dict[str, Any] = {"method": "users.info", "kind": "ratelimited", "retry_after": 25}


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as running:
        yield running


def asked(rig: Rig, **fields: str) -> str:
    """Somebody asks, and the card is shown; the request's key."""
    rig.ask(**fields)
    return rig.row().key


def changed(rig: Rig, key: str) -> None:
    """The upstream tells other facts of a request; nobody has drawn its card anew."""
    row = rig.row(key)
    other = replace(row.asked, facts=(Fact("file", "File", "other.exe"),))
    with rig.ledger.write() as tx:
        approvals.refresh(tx, rig.clock.now(), row, other)


def test_an_approval_in_words_is_counted_and_carried_out(rig: Rig) -> None:
    key = asked(rig)
    told = command(rig, APPROVER, f"approve {key} 1h Reviewed with the team")
    first, second = told.splitlines()
    assert first == f"I counted your answer to {key}: approve. Its card shows what becomes of it."
    assert second.startswith("The request: Run ")
    for fact in told_facts(rig.row(key).asked)[:3]:
        assert f"{fact.label}: {fact.value}" in second
    rig.run()
    assert rig.headline() == "Approved by Approver"
    row = rig.row(key)
    assert (row.duration, row.reason, row.decided_by) == (HOUR, "Reviewed with the team", APPROVER)
    (vote,) = recorded(rig, Kind.VOTE)
    (click,) = recorded(rig, Kind.CLICK)
    assert (click.request_key, click.actor, vote.request_key) == (key, APPROVER, key)
    assert (click.detail["action"], click.detail["value"]) == (
        "command",
        f"approve {key} 1h Reviewed with the team",
    )


@pytest.mark.parametrize("word", ["deny", "reject"])
def test_a_denial_in_words_is_told_with_its_reason(rig: Rig, word: str) -> None:
    key = asked(rig)
    mention(rig, APPROVER, f"{word} {key[:4]} Not before the release, please.")
    rig.run()
    assert rig.headline() == "Denied by Approver"
    assert rig.row(key).reason == "Not before the release, please."


def test_without_a_time_it_is_the_least_there_is(rig: Rig) -> None:
    key = asked(rig)
    command(rig, APPROVER, f"approve {key}")
    assert rig.row(key).duration is None


def test_the_second_name_of_the_command_does_the_same(rig: Rig) -> None:
    key = asked(rig)
    assert rig.control.command(APPROVALS, APPROVER, "/agentsudo", f"approve {key}")["acknowledged"]
    rig.run()
    assert rig.headline() == "Approved by Approver"


@pytest.mark.parametrize(("user", "words"), [(OUTSIDER, "You are not an approver here"), (GUEST, "uests")])
def test_who_may_not_press_may_not_answer_in_words(rig: Rig, user: str, words: str) -> None:
    key = asked(rig)
    said = command(rig, user, f"approve {key}")
    rig.press(user, "approve_request")
    rig.run("clerk")
    assert words in said
    assert rig.told(user)[-1] == said
    assert rig.row(key).state is State.PENDING
    assert len(set(map(str, rules(rig)))) == 1


def test_nobody_approves_in_words_what_they_asked_for_themselves(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = ChannelPolicy(users=(REQUESTER, APPROVER))
    with Rig(sandbox, tmp_path, {APPROVALS: policy}) as rig:
        key = asked(rig, **ASKED_BY)
        assert "You asked for this yourself" in command(rig, REQUESTER, f"approve {key}")
        command(rig, REQUESTER, f"deny {key} I was wrong")
        rig.run()
        assert rig.headline() == "Denied by Requester"


def test_words_and_presses_add_up(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: of_group(approvals=TWO)}) as rig:
        key = asked(rig)
        command(rig, APPROVER, f"approve {key} 1h")
        assert rig.row(key).state is State.PENDING
        told = command(rig, APPROVER, f"approve {key} 15m")
        assert told.startswith(
            "Your approval counts already. It is for 1 hour, and stays so. It needs 1 more"
        )
        rig.press(SECOND_APPROVER, "approve_request", values={"choose_duration": "14400"})
        rig.run()
        assert rig.headline() == "Approved by Approver and Second Approver"
        assert rig.row(key).duration == HOUR


def test_no_approval_in_words_holds_for_longer_than_the_channel_allows(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: of_group(longest=Duration(HOUR))}) as rig:
        key = asked(rig)
        assert "holds for 1 hour at most" in command(rig, APPROVER, f"approve {key} 4h")
        assert rig.row(key).state is State.PENDING


def test_a_time_that_cannot_be_read_is_refused_with_what_to_write(rig: Rig) -> None:
    key = asked(rig)
    assert "Is that minutes, hours or days?" in command(rig, APPROVER, f"approve {key} 90")
    assert rig.row(key).state is State.PENDING


def test_until_a_moment_is_by_the_clock_of_who_writes_it(rig: Rig) -> None:
    key = asked(rig)
    command(rig, SECOND_APPROVER, f"approve {key} until tomorrow 09:00 fine")
    zone = ZoneInfo("America/New_York")
    until_at = rig.row(key).until_at
    assert until_at is not None
    assert datetime.fromtimestamp(until_at / SECOND, zone).strftime("%H:%M") == "09:00"
    assert rig.row(key).reason == "fine"


def test_an_id_that_means_two_requests_means_none_and_both_are_told(rig: Rig) -> None:
    keys = [asked(rig, file=f"setup-{number}.exe") for number in range(2)]
    named(rig, keys, "Same-0", "Same-1")
    told = command(rig, APPROVER, "approve same")
    assert told.startswith("More than one request begins with “same”.")
    for number, key in enumerate(keys):
        assert f"• {key}: Run setup-{number}.exe as administrator" in told
    assert {rig.row(key).state for key in keys} == {State.PENDING}


def named(rig: Rig, keys: list[str], *ids: str) -> None:
    """Gives requests other ids upstream; what is decided is not carried out any more."""
    with rig.ledger.write() as tx:
        for key, upstream_id in zip(keys, ids, strict=True):
            tx.execute(update(requests).where(requests.c.key == key).values(upstream_id=upstream_id))


def test_a_whole_id_is_meant_even_where_another_one_begins_with_it(rig: Rig) -> None:
    keys = [asked(rig) for _ in range(2)]
    named(rig, keys, "7", "77")
    command(rig, APPROVER, "deny 7 No.")
    assert (rig.row(keys[0]).state, rig.row(keys[1]).state) == (State.DECIDED, State.PENDING)


def test_what_is_settled_is_not_taken_for_what_waits(rig: Rig) -> None:
    """Given a settled request and a waiting one whose ids begin alike, when that is answered, then neither is."""
    first = asked(rig)
    command(rig, APPROVER, f"deny {first} No.")
    rig.run()
    second = asked(rig)
    named(rig, [first, second], "same-1", "same-2")
    assert "More than one request" in command(rig, APPROVER, "approve same")
    assert rig.row(second).state is State.PENDING
    assert command(rig, SECOND_APPROVER, f"approve {first}").startswith("You were not the first")


@pytest.mark.parametrize("written", ["zzzz", "no-such-id", "100%", "_____"])
def test_an_id_that_means_nothing_is_told(rig: Rig, written: str) -> None:
    asked(rig)
    assert command(rig, APPROVER, f"approve {written}").startswith(f"I know no request “{written}” here.")
    assert rules(rig) == ["unknown id"]


def test_too_short_a_beginning_is_not_enough(rig: Rig) -> None:
    key = asked(rig)
    assert "at least 3 characters" in command(rig, APPROVER, f"approve {key[:2]}")
    assert rig.row(key).state is State.PENDING


def test_directly_and_where_no_card_stands_nothing_is_answered(sandbox: Sandbox, tmp_path: Path) -> None:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS, SECOND_CHANNEL: APPROVERS}) as rig:
        sandbox.control.change_channel(SECOND_CHANNEL, leave=[OUR_BOT])
        sandbox.control.file_request()
        rig.step("poller")
        rig.step("publisher")
        key = rig.row().key
        assert write(rig, APPROVER, f"approve {key}") == "Please write this in the channel that you mean."
        assert "does not stand in this channel" in command(rig, APPROVER, f"approve {key}", SECOND_CHANNEL)
        assert "No approvals are decided" in command(rig, APPROVER, f"approve {key}", GENERAL)
        assert rules(rig) == ["no channel named", "no card here", "channel not registered"]
        assert rig.row(key).state is State.PENDING


def test_what_the_card_does_not_show_yet_is_not_answered(rig: Rig) -> None:
    """Given a request that changed, when somebody answers before the card shows it, then that does not count."""
    key = asked(rig)
    changed(rig, key)
    assert "did not show yet how the request stands" in command(rig, APPROVER, f"approve {key}")
    rig.run()
    assert rig.row(key).state is State.PENDING
    command(rig, APPROVER, f"approve {key}")
    assert rig.row(key).state is State.DECIDED


def test_an_answer_to_what_the_card_showed_before_does_not_count(rig: Rig) -> None:
    """Given an answer that had to wait, when the request changed meanwhile, then it is asked for again."""
    key = asked(rig)
    rig.control.faults(**LIMITED)
    hear(rig, APPROVER, f"approve {key}")
    rig.step("clerk")
    changed(rig, key)
    rig.run("publisher")
    rig.run("clerk")
    assert "did not show yet how the request stands" in rig.told(APPROVER)[-1]
    assert rig.row(key).state is State.PENDING


def test_an_approval_waits_for_a_no_in_words_that_came_before_it(rig: Rig) -> None:
    key = asked(rig)
    rig.control.faults(**LIMITED)
    hear(rig, SECOND_APPROVER, f"deny {key} No.")
    rig.step("clerk")
    rig.press(APPROVER, "approve_request")
    rig.step("clerk")
    assert rig.row(key).state is State.PENDING
    rig.run()
    assert rig.headline() == "Denied by Second Approver"


def test_what_slack_delivers_twice_is_counted_once(rig: Rig) -> None:
    key = asked(rig)
    rig.control.faults(socket="duplicate", times=1)
    command(rig, APPROVER, f"approve {key}")
    assert len(rig.told(APPROVER)) == 1
    assert len(recorded(rig, Kind.VOTE)) == 1


def test_it_is_kept_with_the_presses(rig: Rig) -> None:
    key = asked(rig)
    rig.control.command(APPROVALS, APPROVER, "/approvals", f"deny {key}")
    with rig.ledger.read() as connection:
        kept = connection.execute(select(inbox.c.kind, inbox.c.once_key)).one()
    assert kept.kind == "spoken"
    assert kept.once_key.startswith("command:")


def test_after_a_quarter_of_an_hour_it_counts_no_more(rig: Rig) -> None:
    key = asked(rig)
    hear(rig, APPROVER, f"approve {key}")
    rig.clock.advance(16 * 60)
    rig.run("clerk")
    assert "within 15 minutes" in rig.told(APPROVER)[-1]
    assert rig.row(key).state is State.PENDING
    assert has_buttons(rig.card())


def test_more_words_than_a_reason_may_have_are_not_cut_but_refused(rig: Rig) -> None:
    key = asked(rig)
    assert "at most 1,000 characters" in command(rig, APPROVER, f"deny {key} " + "no " * 400)
    assert "longer than any command" in command(rig, APPROVER, f"deny {key} " + "no " * 1_000)
    assert rig.row(key).state is State.PENDING


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
def test_a_kill_at_any_moment_loses_and_doubles_nothing(rig: Rig, moment: int) -> None:
    key = asked(rig)
    hear(rig, APPROVER, f"approve {key} 1h")
    with rig.killed_at(moment) as strike, suppress(Killed):
        rig.run()
    assert strike.struck
    rig.restart()
    rig.run()
    assert rig.headline() == "Approved by Approver"
    assert len(recorded(rig, Kind.VOTE)) == 1
