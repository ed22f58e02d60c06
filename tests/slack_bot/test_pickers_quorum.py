"""The picker's opt-out from two approvers: what holds then, who is told, and what a save must not lose."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.blocks import PICK_PEOPLE, SAVE_APPROVERS
from slack_bot.blocks.welcome import PICK_QUORUM
from slack_bot.policy import ONE_IS_ENOUGH, Approvals, ChannelPolicy, Terms
from tests.rig import ADMIN, APPROVALS, APPROVER, OUTSIDER, SECOND_APPROVER, Killed, Rig
from tests.slack_bot.conversing import announced, drawn, mention, posted, recorded, registered, talking
from tests.slack_bot.test_pickers import policy, press, save
from upstream_client.models import Duration, Risk

TWO_FROM_HIGH = "2 people must approve what has high or critical risk."
ONE_FOR_ANY = "1 person must approve what has any risk. What has no risk counts as medium."


def approvals(rig: Rig) -> Approvals:
    return policy(rig).terms.approvals


def test_who_takes_the_tick_away_lets_one_approver_be_enough_and_everybody_is_told(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given two are asked for from high upwards, when an admin opts out, then one is enough, and back again."""
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        assert TWO_FROM_HIGH in drawn(welcome)
        told = save(rig, welcome, users=[APPROVER], quorum=[])
        assert approvals(rig) == Approvals(high=1, critical=1)
        assert ONE_FOR_ANY in told
        shown, line = posted(rig)
        assert ONE_FOR_ANY in drawn(shown)
        assert line["text"] == f"From now on: {ONE_FOR_ANY} <@{ADMIN}> has set this."
        told = save(rig, shown, quorum=["quorum"])
        assert approvals(rig) == Approvals()
        assert TWO_FROM_HIGH in told
        assert TWO_FROM_HIGH in announced(rig)[-1]
        first, second = recorded(rig, "channel_changed")
        assert "approvals" in json.dumps(first.detail["after"])
        assert "approvals" not in json.dumps(second.detail["after"])


def test_opting_out_asks_for_fewer_people_and_keeps_those_who_were_picked(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        save(rig, welcome, users=[APPROVER, SECOND_APPROVER])
        assert policy(rig).needed(Risk.HIGH) == 2
        save(rig, posted(rig)[0], quorum=[])
        assert policy(rig).needed(Risk.HIGH) == 1
        assert policy(rig).users == (APPROVER, SECOND_APPROVER)


def test_a_save_that_does_not_touch_the_tick_keeps_numbers_and_all_other_terms(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    terms = Terms(approvals=Approvals(high=3, critical=4), longest=Duration(3_600), own_requests=True)
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.channels.set_policy(APPROVALS, replace(policy(rig), terms=terms), ADMIN)
        save(rig, posted(rig)[0])  # out of date, and drawn again
        told = save(rig, posted(rig)[0], users=[APPROVER])
        assert policy(rig) == ChannelPolicy((APPROVER,), registered_by=ADMIN, terms=terms)
        assert "must approve" not in told
        assert len(posted(rig)) == 1
        mention(rig, ADMIN, f"approvers <@{SECOND_APPROVER}>")
        assert policy(rig) == ChannelPolicy((SECOND_APPROVER,), registered_by=ADMIN, terms=terms)


def test_a_menu_that_shows_other_terms_is_out_of_date(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        terms = Terms(approvals=Approvals(high=3))
        rig.channels.set_policy(APPROVALS, replace(policy(rig), terms=terms), ADMIN)
        assert save(rig, welcome, users=[APPROVER], quorum=[]).startswith("This menu was out of date")
        assert policy(rig).terms == terms


@pytest.mark.parametrize("transaction", [1, 2])
def test_an_opt_out_that_a_crash_cut_off_is_done_and_announced_once(
    sandbox: Sandbox, tmp_path: Path, transaction: int
) -> None:
    with talking(sandbox, tmp_path) as rig:
        press(rig, registered(rig), users=[APPROVER], quorum=[])
        with rig.killed_at(transaction), pytest.raises(Killed):
            rig.step("clerk")
        rig.restart()
        rig.run("clerk")
        assert approvals(rig) == Approvals(high=1, critical=1)
        assert [ONE_FOR_ANY in line for line in announced(rig)] == [False, True]
        assert len(recorded(rig, "channel_changed")) == len(recorded(rig, "click")) == 1


def test_every_press_of_save_is_on_record_before_what_became_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        save(rig, welcome, OUTSIDER, users=[OUTSIDER])
        save(rig, welcome, users=[APPROVER], quorum=[])
        *_, refused, refusal, wish, done, changed = rig.audit()
        assert [one.kind for one in (refused, refusal)] == ["click", "refusal"]
        assert [one.kind for one in (wish, done, changed)] == ["intent", "click", "channel_changed"]
        assert (refused.actor, refused.detail["users"]) == (OUTSIDER, [OUTSIDER])
        assert (done.detail["action"], done.detail["quorum"]) == (SAVE_APPROVERS, False)
        assert done.detail["inbox_item"] == changed.detail["inbox_item"] == wish.detail["inbox_item"]


@pytest.mark.parametrize(
    ("defaults", "offered"),
    [
        (Approvals(medium=3, high=3, critical=3), "Ask for three approvers from medium risk upwards"),
        (ONE_IS_ENOUGH, ""),
    ],
)
def test_what_is_offered_is_what_the_defaults_of_the_file_ask_for(
    sandbox: Sandbox, tmp_path: Path, defaults: Approvals, offered: str
) -> None:
    with Rig(sandbox, tmp_path, {}, defaults=Terms(approvals=defaults)) as rig:
        welcome = registered(rig)
        assert ("Ask for" in drawn(welcome)) is bool(offered)
        assert offered in drawn(welcome)
        values = {PICK_PEOPLE: [APPROVER]} | ({PICK_QUORUM: []} if offered else {})
        rig.control.click(APPROVALS, welcome["ts"], ADMIN, SAVE_APPROVERS, values=values)
        rig.run("clerk")
        assert policy(rig).users == (APPROVER,)
        assert approvals(rig) == (Approvals(medium=1, high=1, critical=1) if offered else Approvals())
        assert policy(rig).needed(Risk.CRITICAL) == 1
