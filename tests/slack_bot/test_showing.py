"""One request with its facts, what waits with its ids, and what was settled lately; told to those who may know."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.rows import key_of
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS,
    OUTSIDER,
    SECOND_CHANNEL,
    Rig,
    texts,
)
from tests.slack_bot.conversing import command, mention, rules, talking, write


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {APPROVALS: APPROVERS}) as running:
        yield running


def shown(rig: Rig, user: str) -> str:
    """Every text of what somebody alone was shown last."""
    return "\n".join(texts(rig.control.ephemerals(user)[-1]["blocks"]))


def test_what_waits_is_told_with_the_key_by_which_it_is_answered(rig: Rig) -> None:
    rig.ask(file="setup.exe")
    told = mention(rig, OUTSIDER, "pending").splitlines()
    assert told[1].startswith(f"• {rig.row().key}: Run setup.exe as administrator, ")


def test_a_request_is_shown_as_its_card_with_its_ids_and_without_its_buttons(rig: Rig) -> None:
    upstream_id = rig.ask(file="setup.exe", reason="Needed for the release.")
    key = rig.row().key
    assert command(rig, OUTSIDER, f"show {key[:5]}").startswith("Approval needed: Run setup.exe")
    words = shown(rig, OUTSIDER)
    for told in ("setup.exe", "Needed for the release.", key, upstream_id, rig.row().digest[2:18]):
        assert told in words
    assert "actions" not in [block["type"] for block in rig.control.ephemerals(OUTSIDER)[-1]["blocks"]]


def test_what_is_settled_is_shown_as_it_was_settled(rig: Rig) -> None:
    rig.ask()
    key = rig.row().key
    rig.press(APPROVER, "deny_request")
    rig.run()
    command(rig, OUTSIDER, f"show {key}")
    assert "Denied by Approver" in shown(rig, OUTSIDER)


def test_in_another_channel_and_to_strangers_nothing_is_shown(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        rig.ask(file="setup.exe")
        key = rig.row().key
        assert "setup.exe" not in command(rig, OUTSIDER, f"show {key}", SECOND_CHANNEL)
        assert "setup.exe" not in write(rig, OUTSIDER, f"show {key}")
        assert "setup.exe" not in write(rig, OUTSIDER, "history")
        assert "setup.exe" in write(rig, APPROVER, f"show {key}")
        assert rules(rig) == ["channel not registered", "approvers only", "approvers only"]


def test_what_stands_in_another_channel_alone_is_not_found_in_this_one(rig: Rig) -> None:
    """Given a request that is settled and never had a card here, then nobody reads of it here."""
    key = asked_before(rig)
    assert command(rig, OUTSIDER, f"show {key}").startswith("I know no request")
    assert "setup.exe" not in command(rig, OUTSIDER, "history")


def asked_before(rig: Rig) -> str:
    """The key of a request that was withdrawn before anything was posted."""
    request_id = rig.control.file_request(file="setup.exe")
    rig.step("poller")
    key = key_of(rig.upstream.name, request_id)
    rig.control.withdraw(request_id)
    rig.step("poller")
    rig.step("poller")
    return key


def test_the_history_tells_the_newest_first_who_decided_and_when(rig: Rig) -> None:
    keys = []
    for number, action in enumerate(("approve_request", "deny_request")):
        rig.ask(file=f"setup-{number}.exe")
        keys.append(rig.row().key)
        rig.press(APPROVER, action)
        rig.run()
        rig.clock.advance(60)
    first, newer, older = command(rig, OUTSIDER, "history").splitlines()
    assert first == "What was settled here last:"
    assert newer.startswith(f"• {keys[1]}: Run setup-1.exe as administrator. Denied by Approver, 20")
    assert older.startswith(f"• {keys[0]}: Run setup-0.exe as administrator. Approved by Approver, 20")
    assert write(rig, ADMIN, "history").startswith("What was settled in all last:")


def test_without_anything_settled_the_history_says_so(rig: Rig) -> None:
    rig.ask()
    assert command(rig, OUTSIDER, "history") == "No request was settled here yet."


def test_only_the_last_ten_are_told(rig: Rig) -> None:
    for _ in range(11):
        rig.ask()
        rig.press(APPROVER, "deny_request")
        rig.run()
        rig.clock.advance(1)
    assert len(command(rig, OUTSIDER, "history").splitlines()) == 11
