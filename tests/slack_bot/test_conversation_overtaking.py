"""What had to wait does not undo what was asked after it, of the bot itself or of another replica."""

from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.audit import Kind, append
from slack_bot.policy import Admins
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, OUTSIDER, SECOND_APPROVER, Killed, Rig
from tests.slack_bot.conversing import announced, hear, mention, recorded, registered, rules, talking

ON = "autoapprove on hours mon-fri 09:00-17:00 UTC"
TWO = Admins(users=(ADMIN, SECOND_APPROVER))


def put_off(rig: Rig, user: str, words: str) -> None:
    """Somebody asks for something, and Slack makes us wait before we may look up who that is."""
    hear(rig, user, words)
    rig.control.faults(method="users.info", kind="ratelimited", times=1, retry_after=20)
    rig.step("clerk")


@pytest.mark.parametrize("words", ["autoapprove on", "autoapprove on max-risk critical"])
def test_what_another_admin_turned_off_since_is_not_turned_on_again(
    sandbox: Sandbox, tmp_path: Path, words: str
) -> None:
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}, TWO) as rig:
        mention(rig, ADMIN, ON)
        put_off(rig, SECOND_APPROVER, words)
        hear(rig, ADMIN, "autoapprove off")
        rig.step("clerk")
        rig.run("clerk")
        schedule = rig.schedules.get(APPROVALS)
        assert schedule is not None
        assert not schedule.on
        assert rig.told(SECOND_APPROVER)[-1].startswith("What you asked had to wait")
        assert rules(rig) == ["overtaken"]
        assert announced(rig)[-1].startswith("From now on I approve nothing")


def test_approvers_who_were_named_since_stay(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        mention(rig, ADMIN, f"approvers <@{SECOND_APPROVER}>")
        put_off(rig, ADMIN, f"approvers <@{OUTSIDER}>")
        hear(rig, ADMIN, f"approvers <@{SECOND_APPROVER}> <@{ADMIN}>")
        rig.step("clerk")
        rig.run("clerk")
        channel = rig.channels.get(APPROVALS)
        assert channel is not None
        assert channel.policy.users == (SECOND_APPROVER, ADMIN)
        assert rules(rig) == ["overtaken"]


def test_another_thing_that_was_changed_since_is_no_hindrance(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, admins=TWO) as rig:
        registered(rig)
        mention(rig, ADMIN, ON)
        put_off(rig, SECOND_APPROVER, "autoapprove off")
        hear(rig, ADMIN, f"approvers <@{ADMIN}>")
        rig.step("clerk")
        assert len(recorded(rig, "channel_changed")) == 1
        rig.run("clerk")
        schedule = rig.schedules.get(APPROVALS)
        assert schedule is not None
        assert not schedule.on
        assert rules(rig) == []


def test_what_is_begun_later_and_not_closed_yet_counts_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given a later change that is stored and not closed before a crash, then the earlier one does not undo it."""
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}, TWO) as rig:
        mention(rig, ADMIN, ON)
        put_off(rig, SECOND_APPROVER, "autoapprove on max-risk critical")
        hear(rig, ADMIN, "autoapprove off")
        with rig.killed_at(2), pytest.raises(Killed):
            rig.step("clerk")
        rig.restart()
        rig.clock.advance(21)
        rig.run("clerk")
        schedule = rig.schedules.get(APPROVALS)
        assert schedule is not None
        assert not schedule.on
        assert rules(rig) == ["overtaken"]
        assert len(recorded(rig, "schedule_changed")) == 2


def test_a_later_wish_that_came_to_nothing_is_no_hindrance(sandbox: Sandbox, tmp_path: Path) -> None:
    """Given an intent of an item that is closed, and was not done, then it overtakes nobody."""
    with talking(sandbox, tmp_path, {APPROVALS: APPROVERS}) as rig:
        hear(rig, ADMIN, ON)
        with rig.ledger.write() as tx:
            wish = {"to": "schedule_changed", "what": APPROVALS, "before": None, "after": None}
            append(tx, rig.clock.now(), Kind.INTENT, None, APPROVER, inbox_item=1_000, **wish)
        rig.run("clerk")
        assert rules(rig) == []
        assert APPROVALS in rig.schedules.all()
