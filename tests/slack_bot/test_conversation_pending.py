"""What waits for an answer, in short; told to those who may know."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot import request_list
from slack_bot.clock import MINUTE
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    GUEST,
    OUTSIDER,
    SECOND_CHANNEL,
    STRANGER,
    texts,
)
from tests.slack_bot.conversing import direct, drawn, mention, rules, talking, write
from tests.slack_bot.examples import NOW, REQUEST, pending_row

HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE


def test_in_a_channel_what_waits_is_told_with_who_asks_and_since_when(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        assert mention(rig, OUTSIDER, "pending") == "No request is waiting."
        for _ in range(2):
            sandbox.control.file_request(user="PC-1\\Requester", file="setup.exe")
        rig.step("poller")
        rig.clock.advance(5 * 60)
        told = mention(rig, OUTSIDER, "pending").splitlines()
        assert told[0] == "2 requests are waiting."
        assert len(told) == 3
        assert "Requester" in told[1]
        assert told[1].endswith(", for 5 minutes")


def test_what_is_decided_waits_no_more(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        rig.ask()
        rig.press(APPROVER, "deny_request")
        rig.run()
        assert mention(rig, OUTSIDER, "pending") == "No request is waiting."


def test_outside_words_mention_nobody_and_are_not_parsed(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        sandbox.control.file_request(user="<!channel> *bold*", file="a&b<@U04ADMIN>.exe")
        rig.step("poller")
        told = mention(rig, OUTSIDER, "pending")
        assert "<!channel>" not in told
        assert "&lt;!channel&gt;" in told
        (shown,) = rig.control.ephemerals(OUTSIDER)
        assert shown["blocks"][0]["type"] == "rich_text"
        assert {part["type"] for part in shown["blocks"][0]["elements"][0]["elements"]} == {"text"}
        assert "<!channel> *bold*" in drawn(shown)


def test_in_a_channel_that_is_not_registered_nothing_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {SECOND_CHANNEL: APPROVERS}) as rig:
        sandbox.control.file_request(file="setup.exe")
        rig.step("poller")
        told = mention(rig, OUTSIDER, "pending")
        assert told.startswith("This channel is not registered")
        assert "setup.exe" not in told
        assert rules(rig) == ["channel not registered"]


def test_directly_it_is_told_to_admins_and_to_those_who_may_decide_and_to_nobody_else(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        sandbox.control.file_request(file="setup.exe")
        rig.step("poller")
        for user in (ADMIN, APPROVER):
            assert write(rig, user, "pending").startswith("1 request is waiting.\n• ")
        for user in (OUTSIDER, GUEST, STRANGER):
            assert "1 request" not in write(rig, user, "pending")
        assert rules(rig) == ["approvers only", "members only", "members only"]


def test_where_nobody_can_tell_who_is_an_approver_it_is_not_told(tmp_path: Path) -> None:
    with (
        Sandbox(declined_scopes=["usergroups:read"]) as sandbox,
        talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig,
    ):
        assert write(rig, APPROVER, "pending").startswith("I tell this to those who may decide")


def test_directly_it_is_drawn_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        sandbox.control.file_request(file="setup.exe")
        rig.step("poller")
        write(rig, ADMIN, "pending")
        answer = rig.control.messages(direct(ADMIN))[-1]
        assert next(texts(answer["blocks"])) == "1 request is waiting."


def test_of_many_requests_the_oldest_are_listed_and_the_others_counted(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        for number in range(23):
            sandbox.control.file_request(file=f"setup-{number}.exe")
        rig.step("poller")
        first, *lines, last = mention(rig, OUTSIDER, "pending").splitlines()
        assert first == "23 requests are waiting."
        assert len(lines) == 20
        assert last == "… and 3 more."


def test_in_a_channel_those_come_first_that_have_no_card_there(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        for number in range(45):
            sandbox.control.file_request(file=f"setup-{number:02}.exe")
        rig.step("poller")
        rig.run()
        assert len(rig.cards()) == 20
        shown = "".join("".join(texts(card["blocks"])) for card in rig.cards())
        first, *lines, last = mention(rig, OUTSIDER, "pending").splitlines()
        named = [line.partition("setup-")[2].partition(".")[0] for line in lines]
        assert (first, len(named), last) == ("45 requests are waiting.", 20, "… and 25 more.")
        assert not [number for number in named if f"setup-{number}" in shown]
        assert named == sorted(named)

        told = write(rig, ADMIN, "pending").splitlines()[1:-1]
        assert [line for line in told if line.partition("setup-")[2].partition(".")[0] in named] == []


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (0, "for less than a minute"),
        (-5 * MINUTE, "for less than a minute"),
        (MINUTE, "for 1 minute"),
        (59 * MINUTE, "for 59 minutes"),
        (HOUR, "for 1 hour"),
        (47 * HOUR, "for 1 day"),
        (9 * DAY, "for 9 days"),
    ],
)
def test_how_long_something_waits_is_told_in_its_largest_unit(age: int, words: str) -> None:
    row = replace(pending_row(), first_seen_at=NOW - age)
    assert request_list.waiting([row], 1, NOW).text.endswith(words)


def test_endless_and_empty_words_leave_a_line() -> None:
    long = pending_row(replace(REQUEST, title="T" * 5_000, requester="R" * 5_000))
    empty = pending_row(replace(REQUEST, title="\n", requester=""))
    one, other = request_list.waiting([long, empty], 2, NOW).text.splitlines()[1:]
    assert len(one) < 300
    assert other == f"• {empty.key}: Approval request, for 1 minute"
