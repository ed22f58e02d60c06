"""The picker in the welcome: an admin picks who may decide, and the welcome shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.server import MANIFEST
from slack_bot.blocks import PICK_EVERYONE, PICK_GROUPS, PICK_PEOPLE, SAVE_APPROVERS
from slack_bot.blocks.welcome import PICK_QUORUM
from slack_bot.conversation.approvers import MOST_USERS
from slack_bot.listeners.pickers import Pick
from slack_bot.policy import ChannelPolicy
from tests.rig import (
    ADMIN,
    APPROVALS,
    APPROVER,
    APPROVERS_GROUP,
    GUEST,
    OTHER_BOT,
    OUTSIDER,
    SECOND_APPROVER,
    SECOND_CHANNEL,
    Killed,
    Rig,
    has_buttons,
)
from tests.slack_bot.conversing import (
    announced,
    block_state,
    drawn,
    mention,
    posted,
    recorded,
    registered,
    rules,
    talking,
)

OPTIONAL = json.loads(MANIFEST.read_text())["oauth_config"]["scopes"]["bot_optional"]


def press(rig: Rig, welcome: dict[str, Any], user: str = ADMIN, **picked: object) -> None:
    """Somebody picks, and presses Save; acknowledged, and not yet handled."""
    names = {"users": PICK_PEOPLE, "groups": PICK_GROUPS, "everyone": PICK_EVERYONE, "quorum": PICK_QUORUM}
    values = {names[name]: value for name, value in picked.items()}
    pressed = rig.control.click(APPROVALS, welcome["ts"], user, SAVE_APPROVERS, values=values)
    assert pressed["acknowledged"]


def save(rig: Rig, welcome: dict[str, Any], user: str = ADMIN, **picked: object) -> str:
    """The same, handled; what they alone are told then."""
    before = len(rig.told(user))
    press(rig, welcome, user, **picked)
    rig.run("clerk")
    return "\n".join(rig.told(user)[before:])


def policy(rig: Rig) -> ChannelPolicy:
    channel = rig.channels.get(APPROVALS)
    assert channel is not None
    return channel.policy


def test_what_an_admin_picks_holds_is_told_drawn_and_recorded(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        told = save(rig, welcome, users=[APPROVER, GUEST], groups=[APPROVERS_GROUP], everyone=["everyone"])
        assert told.startswith("This holds from now on. Deciding is for")
        assert policy(rig) == ChannelPolicy((APPROVER, GUEST), (APPROVERS_GROUP,), True, ADMIN)
        (shown,) = posted(rig)
        assert shown["ts"] == welcome["ts"]
        assert "the full members of this channel" in drawn(shown)
        (done,) = recorded(rig, "channel_changed")
        before, after = done.detail["before"], done.detail["after"]
        assert isinstance(before, dict)
        assert isinstance(after, dict)
        assert (done.actor, before["users"], after["users"]) == (ADMIN, [], [APPROVER, GUEST])


def test_whoever_was_picked_decides(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        save(rig, registered(rig), groups=[APPROVERS_GROUP])
        rig.ask()
        rig.press(SECOND_APPROVER, "approve_request")
        rig.run()
        assert rig.headline() == "Approved by Second Approver"


def test_saving_nothing_leaves_it_to_the_admin_who_registered_the_channel(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        save(rig, welcome, users=[APPROVER], everyone=["everyone"])
        told = save(rig, posted(rig)[0], users=[], everyone=[])
        assert told == f"Nobody is picked now. Until approvers are picked, only <@{ADMIN}> may decide here."
        assert policy(rig) == ChannelPolicy(registered_by=ADMIN)


def test_a_choice_that_is_not_saved_changes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        assert rig.control.click(
            APPROVALS, welcome["ts"], ADMIN, PICK_PEOPLE, value=[APPROVER], force=True, block_id="people.1"
        )["acknowledged"]
        rig.run("clerk")
        assert not policy(rig).names_somebody


@pytest.mark.parametrize("user", [APPROVER, OUTSIDER, GUEST])
def test_nobody_but_an_admin_saves_and_the_welcome_stays(sandbox: Sandbox, tmp_path: Path, user: str) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        assert save(rig, welcome, user, users=[user])
        assert not policy(rig).names_somebody
        assert posted(rig) == [welcome]
        assert rules(rig)[0] in ("admins only", "admins only: no guests")


def test_a_bot_is_refused_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        told = save(rig, registered(rig), users=[APPROVER, OTHER_BOT])
        assert told.startswith(f"<@{OTHER_BOT}> is a bot, and bots cannot decide.")
        assert not policy(rig).names_somebody


def test_too_many_are_refused_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    many = [f"U0MANY{number:03}" for number in range(MOST_USERS + 1)]
    with talking(sandbox, tmp_path) as rig:
        assert "Please make a user group of them" in save(rig, registered(rig), users=many)
        assert not policy(rig).names_somebody


def test_where_groups_have_no_menu_those_named_in_words_stay(tmp_path: Path) -> None:
    with Sandbox(declined_scopes=OPTIONAL) as sandbox, talking(sandbox, tmp_path) as rig:
        save(rig, registered(rig), users=[OUTSIDER])
        mention(rig, ADMIN, f"approvers <!subteam^{APPROVERS_GROUP}>")
        told = save(rig, posted(rig)[0], users=[APPROVER])
        assert policy(rig) == ChannelPolicy((APPROVER,), (APPROVERS_GROUP,), False, ADMIN)
        assert "nobody decides by being in a user group" in told


def test_a_press_that_slack_delivers_twice_counts_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        rig.control.faults(socket="duplicate", times=1)
        save(rig, welcome, users=[APPROVER])
        assert len(recorded(rig, "channel_changed")) == 1


def picked(welcome: dict[str, Any]) -> list[str]:
    """Who stands in the picker of the welcome."""
    people = next(block for block in welcome["blocks"] if block["block_id"].startswith("people."))
    return list(people["element"].get("initial_users", []))


def test_of_two_admins_the_first_one_holds_and_the_other_is_shown_what_was_saved(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        sandbox.control.change_user(OUTSIDER, is_admin=True)
        welcome = registered(rig)
        press(rig, welcome, users=[APPROVER])
        press(rig, welcome, OUTSIDER, users=[SECOND_APPROVER])
        rig.run("clerk")
        assert policy(rig).users == (APPROVER,)
        assert picked(posted(rig)[0]) == [APPROVER]
        assert rig.told(OUTSIDER)[-1].startswith("This menu was out of date")
        assert rules(rig) == ["menu out of date"]
        save(rig, posted(rig)[0], OUTSIDER, users=[SECOND_APPROVER])
        assert policy(rig).users == (SECOND_APPROVER,)


def outdated(rig: Rig) -> dict[str, Any]:
    """A welcome that shows other approvers than the one named since, for it could not be drawn."""
    welcome = registered(rig)
    rig.control.faults(method="chat.update", kind="edit_window_closed", times=1)
    mention(rig, ADMIN, f"approvers <@{SECOND_APPROVER}>")
    assert posted(rig)[0] == welcome
    return welcome


def test_a_save_does_not_wipe_approvers_who_were_named_in_words_since(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given a welcome that could not be drawn, then it is by the press."""
    with talking(sandbox, tmp_path) as rig:
        welcome = outdated(rig)
        told = save(rig, welcome, users=[APPROVER])
        assert told.startswith("This menu was out of date")
        assert "mention me with `approvers @person`" in told
        assert policy(rig).users == (SECOND_APPROVER,)
        assert picked(posted(rig)[0]) == [SECOND_APPROVER]


def test_where_an_outdated_menu_cannot_be_drawn_the_answer_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = outdated(rig)
        rig.control.faults(method="chat.update", kind="edit_window_closed")
        assert "I could not draw the welcome again (edit_window_closed)" in save(
            rig, welcome, users=[APPROVER]
        )
        assert policy(rig).users == (SECOND_APPROVER,)


def test_while_channels_cannot_be_read_a_save_is_refused_as_that(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        block_state(tmp_path, "channels")
        rig.restart()
        assert save(rig, welcome, users=[APPROVER]).startswith("I cannot read which channels are registered")
        assert rules(rig) == ["channels unread"]
        assert posted(rig) == [welcome]


def test_where_the_welcome_cannot_be_drawn_the_choice_stands_and_the_answer_says_so(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        rig.control.faults(method="chat.update", kind="edit_window_closed")
        told = save(rig, welcome, users=[APPROVER])
        assert "I could not draw the welcome again (edit_window_closed)" in told
        assert policy(rig).users == (APPROVER,)


def test_where_slack_does_not_answer_the_choice_stands_and_the_answer_says_so(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        rig.control.faults(method="chat.update", kind="ratelimited", retry_after=60)
        assert "I could not draw the welcome again (Slack does not" in save(rig, welcome, users=[APPROVER])
        assert policy(rig).users == (APPROVER,)


def test_a_save_that_has_to_wait_for_slack_stores_nothing_until_then(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        rig.clock.advance(61)
        rig.control.faults(method="usergroups.list", kind="ratelimited", retry_after=30)
        press(rig, welcome, users=[APPROVER])
        rig.step("clerk")
        assert not policy(rig).names_somebody
        rig.run("clerk")
        assert policy(rig).users == (APPROVER,)
        assert len(recorded(rig, "channel_changed")) == 1


def test_what_the_store_does_not_take_is_not_drawn(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        block_state(tmp_path, "channels")
        assert save(rig, welcome, users=[APPROVER]).startswith("I could not store this")
        assert posted(rig) == [welcome]


@pytest.mark.parametrize("transaction", [1, 2])
def test_a_crash_in_the_middle_leaves_one_change_drawn_and_recorded(
    sandbox: Sandbox, tmp_path: Path, transaction: int
) -> None:
    with talking(sandbox, tmp_path) as rig:
        press(rig, registered(rig), users=[APPROVER])
        with rig.killed_at(transaction), pytest.raises(Killed):
            rig.step("clerk")
        rig.restart()
        rig.run("clerk")
        assert policy(rig).users == (APPROVER,)
        (done,) = recorded(rig, "channel_changed")
        before = done.detail["before"]
        assert isinstance(before, dict)
        assert before["users"] == []
        assert rig.told(ADMIN)[0].startswith("This holds from now on.")


def test_in_a_channel_that_is_not_registered_any_more_nothing_is_saved(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        rig.control.faults(method="chat.update", kind="edit_window_closed", times=1)
        mention(rig, ADMIN, "remove")
        assert has_buttons(posted(rig)[0])
        assert "No approvals are decided in this channel any more" in save(rig, welcome, users=[APPROVER])
        assert rig.channels.all() == []
        assert not has_buttons(posted(rig)[0])


def test_a_save_on_any_other_message_is_refused_and_told_to_the_operator(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given a card of ours, when a press of Save is said to come from it, then nothing is saved."""
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        rig.ask()
        rig.control.click(APPROVALS, rig.card()["ts"], ADMIN, SAVE_APPROVERS, block_id="save", force=True)
        rig.run("clerk")
        assert "does not belong to a message that I keep" in rig.told(ADMIN)[-1]
        assert [one.kind for one in rig.audit() if one.kind == "security_event"] == ["security_event"]
        assert not policy(rig).names_somebody


def test_a_picker_that_another_app_posted_is_none_of_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        copy = rig.control.message(APPROVALS, OTHER_BOT, "a copy", blocks=welcome["blocks"])
        rig.control.click(
            APPROVALS, copy["ts"], ADMIN, SAVE_APPROVERS, values={PICK_PEOPLE: [OUTSIDER]}, force=True
        )
        rig.run("clerk")
        assert rules(rig)[-1] == "not a welcome of ours"
        assert not policy(rig).names_somebody


def test_what_waited_too_long_is_not_saved(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        press(rig, registered(rig), users=[APPROVER])
        rig.clock.advance(15 * 60 + 1)
        rig.run("clerk")
        assert "within 15 minutes" in rig.told(ADMIN)[-1]
        assert not policy(rig).names_somebody


PRESSED: dict[str, Any] = {
    "user": {"id": ADMIN},
    "channel": {"id": APPROVALS},
    "container": {"message_ts": "1700000000.000100"},
    "actions": [{"action_ts": "1700000001.000000"}],
    "message": {"user": "U07BOT", "blocks": [{"block_id": "headline"}, {"block_id": "save.abc"}]},
    "state": {
        "values": {
            "people.abc": {"pick_people": {"selected_users": [APPROVER]}},
            "groups.abc": {"pick_groups": {"selected_options": [{"value": APPROVERS_GROUP}]}},
            "everyone.abc": {"pick_everyone": {"selected_options": []}},
            "quorum.abc": {"pick_quorum": {"selected_options": [{"value": "quorum"}]}},
        }
    },
}


def test_a_press_is_read() -> None:
    assert Pick.read(PRESSED).groups == (APPROVERS_GROUP,)
    assert Pick.read(PRESSED).is_welcome
    assert Pick.read(PRESSED).mark == "abc"
    assert Pick.read(PRESSED).quorum is True


@pytest.mark.parametrize(
    ("state", "quorum"),
    [
        ({"pick_quorum": {"selected_options": []}}, False),
        ({"pick_quorum": {"selected_options": [{"value": "other"}]}}, False),
        ({"pick_quorum": {"selected_options": None}}, None),
        ({"pick_quorum": {}}, None),
        ({}, None),
    ],
)
def test_fewer_are_asked_for_only_where_the_tick_was_surely_taken_away(
    state: dict[str, object], quorum: bool | None
) -> None:
    changed = json.loads(json.dumps(PRESSED))
    changed["state"]["values"]["quorum.abc"] = state
    assert Pick.read(changed).quorum is quorum


@pytest.mark.parametrize(
    ("block", "menu", "picked"),
    [
        ("people", "pick_people", {"selected_users": ["<!channel>"]}),
        ("people", "pick_people", {"selected_users": ["U1\nU2"]}),
        ("people", "pick_people", {"selected_users": "U02APPROVER"}),
        ("people", "pick_people", {"selected_users": None}),
        ("people", "pick_people", {"selected_users": [SECOND_CHANNEL]}),
        ("people", "pick_people", {"selected_users": [f"U{number:05}" for number in range(201)]}),
        ("groups", "pick_groups", {"selected_options": [{"value": "S1 S2"}]}),
        ("groups", "pick_groups", {"selected_options": [{}]}),
        ("people", "pick_nobody", {"selected_users": []}),
    ],
)
def test_a_press_with_ids_that_are_none_is_not_read(block: str, menu: str, picked: dict[str, object]) -> None:
    changed = json.loads(json.dumps(PRESSED))
    changed["state"]["values"][f"{block}.abc"] = {menu: picked}
    with pytest.raises(ValueError, match="validation error"):
        Pick.read(changed)


def test_a_press_without_what_was_picked_is_refused_and_told_to_the_operator(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        line = mention(rig, ADMIN, "approvers everyone")
        assert line
        (_, said) = posted(rig)
        rig.control.click(APPROVALS, said["ts"], ADMIN, SAVE_APPROVERS, block_id="save", force=True)
        rig.run("clerk")
        assert "does not belong to a message that I keep" in rig.told(ADMIN)[-1]
        assert rules(rig) == ["malformed pick"]
        assert len(announced(rig)) == 2
