"""Every press that is handled is on record, before what became of it; and the policy that was applied with it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.audit import Record
from slack_bot.blocks import button_value
from slack_bot.policy import text_of
from slack_bot.rows import State
from tests.rig import APPROVALS, APPROVER, APPROVERS, OUTSIDER, Rig, at_statement
from tests.slack_bot.forms import opened
from tests.slack_bot.verdicts import press_here

POLICY = text_of(APPROVERS)


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path) as running:
        yield running


def by(rig: Rig, user: str) -> list[Record]:
    return [record for record in rig.audit() if record.actor == user]


def test_a_press_is_on_record_before_the_vote_with_what_was_pressed(rig: Rig) -> None:
    rig.ask()
    value = button_value(rig.row())
    rig.press(APPROVER, "approve_request")
    rig.run()
    click, vote, decided = by(rig, APPROVER)
    assert [click.kind, vote.kind, decided.kind] == ["click", "vote", "decided"]
    assert (click.detail["action"], click.detail["value"]) == ("approve_request", value)
    assert (click.detail["channel"], click.request_key) == (APPROVALS, rig.row().key)
    assert click.digest == vote.digest == rig.row().digest
    assert (vote.policy, decided.policy) == (POLICY, POLICY)


def test_a_press_that_is_refused_is_on_record_before_the_refusal_and_the_policy_with_it(rig: Rig) -> None:
    rig.ask()
    rig.press(OUTSIDER, "deny_request")
    rig.run()
    click, refusal = by(rig, OUTSIDER)
    assert (click.kind, click.detail["action"]) == ("click", "deny_request")
    assert (refusal.kind, refusal.detail["rule"], refusal.policy) == ("refusal", "not an approver", POLICY)
    assert click.detail["inbox_item"] == refusal.detail["inbox_item"]


def test_a_forged_press_is_on_record_with_what_it_carried(rig: Rig) -> None:
    rig.ask()
    press_here(rig, APPROVER, value="forged")
    rig.run()
    click, refusal = by(rig, APPROVER)
    assert (click.kind, click.detail["value"], click.request_key) == ("click", "forged", None)
    assert (refusal.kind, refusal.policy) == ("security_event", "")


def test_a_form_is_on_record_when_it_is_opened_and_when_it_is_submitted(rig: Rig) -> None:
    rig.ask()
    opened(rig, "reason")
    rig.control.submit(APPROVER, {"reason_text": "No."})
    rig.run()
    records = by(rig, APPROVER)
    assert [record.kind for record in records] == ["click", "click", "vote", "decided"]
    assert records[1].detail["action"] == "deny_form"
    assert records[1].detail["value"] == button_value(rig.row())


def test_a_press_whose_record_cannot_be_written_counts_later_and_once(rig: Rig) -> None:
    """Given a disk that is full for a moment, then nothing is decided without a record."""
    request = rig.ask()
    rig.press(APPROVER, "approve_request")
    with at_statement(rig, "INSERT INTO audit", _disk_full):
        rig.step("clerk")
    assert rig.row().state is State.PENDING
    assert by(rig, APPROVER) == []
    rig.run()
    assert [record.kind for record in by(rig, APPROVER)] == ["click", "vote", "decided"]
    assert rig.upstream_request(request)["decisions"] == 1


def _disk_full() -> None:
    raise OSError("disk full")


def test_the_file_that_is_asked_for_is_on_every_record_of_the_request(rig: Rig) -> None:
    sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    rig.ask(sha1=sha1)
    rig.press(APPROVER, "approve_request")
    rig.run()
    records = rig.audit(rig.row().key)
    assert {record.artefact for record in records} == {(f"sha1:{sha1}",)}
    assert len(records) == 7
    assert json.loads(rig.row().body)["facts"]
