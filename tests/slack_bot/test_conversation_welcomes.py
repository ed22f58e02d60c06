"""The welcome tells what holds, as far as it is known where it stands; and what a new channel wakes."""

from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from slack_bot.channel_store import Channel
from tests.rig import ADMIN, APPROVALS, APPROVER, APPROVERS, OUTSIDER, SECOND_CHANNEL, Rig, has_buttons
from tests.slack_bot.conversing import (
    announced,
    drawn,
    hear,
    mention,
    posted,
    recorded,
    registered,
    talking,
    write,
)
from tests.slack_bot.test_pickers import picked, policy, save

ON = "hours mon-fri 09:00-17:00 Europe/Berlin"
FOR_ALL = "The schedule for all channels approves requests here without a person"


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_welcome_shows_who_is_named_in_words(sandbox: Sandbox, tmp_path: Path, is_saved: bool) -> None:
    with talking(sandbox, tmp_path) as rig:
        saved_from(rig, is_saved)
        told = mention(rig, ADMIN, f"approvers <@{OUTSIDER}>")
        assert "could not draw" not in told
        assert picked(posted(rig)[0]) == [OUTSIDER]
        assert save(rig, posted(rig)[0], users=[OUTSIDER, APPROVER]).startswith("This holds from now on.")
        assert policy(rig).users == (OUTSIDER, APPROVER)


def saved_from(rig: Rig, is_saved: bool) -> None:
    """The channel is registered, and somebody picked there or not; then the bot was started anew."""
    welcome = registered(rig)
    if is_saved:
        save(rig, welcome, users=[APPROVER])
    rig.restart()


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_welcome_offers_nothing_once_the_channel_is_removed(
    sandbox: Sandbox, tmp_path: Path, is_saved: bool
) -> None:
    with talking(sandbox, tmp_path) as rig:
        saved_from(rig, is_saved)
        write(rig, ADMIN, f"remove <#{APPROVALS}>")
        welcome = posted(rig)[0]
        assert not has_buttons(welcome)
        assert "I post no requests in" in drawn(welcome)


def welcomes(rig: Rig) -> list[dict[str, Any]]:
    """What was posted with a layout, oldest first: announcements have none."""
    return [one for one in posted(rig) if one.get("blocks")]


def test_a_welcome_that_waits_to_be_posted_shows_who_was_named_meanwhile(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        hear(rig, ADMIN)
        hear(rig, ADMIN, f"approvers <@{OUTSIDER}>")
        rig.run("clerk")
        (welcome,) = welcomes(rig)
        assert picked(welcome) == [OUTSIDER]
        assert save(rig, welcome, users=[APPROVER]).startswith("This holds from now on.")


def test_a_welcome_that_waits_to_be_posted_offers_nothing_where_the_channel_was_removed_meanwhile(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given one from before, then that one stays as it is."""
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        mention(rig, ADMIN, "remove")
        before = len(rig.control.calls("chat.update"))
        rig.control.faults(method="chat.postMessage", kind="ratelimited", retry_after=30)
        hear(rig, ADMIN)
        rig.step("clerk")
        assert len(welcomes(rig)) == 1
        hear(rig, ADMIN, "remove")
        rig.run("clerk")
        assert [has_buttons(one) for one in welcomes(rig)] == [False, False]
        assert "I post no requests in" in drawn(welcomes(rig)[-1])
        assert len(rig.control.calls("chat.update")) == before


def test_of_two_welcomes_the_newer_one_is_kept_true(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        save(rig, registered(rig), users=[APPROVER])
        mention(rig, ADMIN, "remove")
        save(rig, registered(rig), users=[APPROVER])
        mention(rig, ADMIN, f"approvers <@{OUTSIDER}>")
        first, *_, newer, _ = posted(rig)
        assert not has_buttons(first)
        assert picked(newer) == [OUTSIDER]


def test_a_press_on_somebody_elses_copy_makes_no_welcome_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        copy = rig.control.message(APPROVALS, "U09OTHERBOT", "a copy", blocks=welcome["blocks"])
        rig.control.click(
            APPROVALS, copy["ts"], ADMIN, "save_approvers", values={"pick_people": [OUTSIDER]}, force=True
        )
        rig.run("clerk")
        assert "could not draw" not in mention(rig, ADMIN, f"approvers <@{APPROVER}>")
        drawn_at = {call["arguments"]["ts"] for call in rig.control.calls("chat.update")}
        assert drawn_at == {welcome["ts"]}


def test_a_welcome_that_was_deleted_is_no_trouble(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path) as rig:
        save(rig, registered(rig), users=[APPROVER])
        rig.control.faults(method="chat.update", kind="message_not_found")
        assert mention(rig, ADMIN, f"approvers <@{OUTSIDER}>").endswith(f"Deciding is for <@{OUTSIDER}>.")


@pytest.mark.parametrize("words", [f"approvers <@{OUTSIDER}>", "remove"])
def test_where_it_cannot_be_drawn_the_change_stands_and_the_answer_says_so(
    sandbox: Sandbox, tmp_path: Path, words: str
) -> None:
    with talking(sandbox, tmp_path) as rig:
        save(rig, registered(rig), users=[APPROVER])
        rig.control.faults(method="chat.update", kind="edit_window_closed")
        assert "I could not draw the welcome again (edit_window_closed)" in mention(rig, ADMIN, words)
        assert len(recorded(rig, "channel_changed", "channel_removed")) == 2


def test_where_slack_does_not_tell_of_the_channel_approvers_are_named_all_the_same(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        save(rig, registered(rig), users=[APPROVER])
        rig.clock.advance(61)
        rig.control.faults(method="conversations.info", kind="internal_error", times=1)
        mention(rig, ADMIN, f"approvers <@{OUTSIDER}>")
        assert policy(rig).users == (OUTSIDER,)


def test_the_welcome_says_that_the_schedule_for_all_approves_here_too(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path, {SECOND_CHANNEL: APPROVERS}) as rig:
        write(rig, ADMIN, f"autoapprove all on {ON}")
        welcome = drawn(registered(rig))
        assert FOR_ALL in welcome
        assert "autoapprove all off" in welcome


def test_one_of_its_own_is_what_counts_there(sandbox: Sandbox, tmp_path: Path) -> None:
    with talking(sandbox, tmp_path, {SECOND_CHANNEL: APPROVERS}) as rig:
        write(rig, ADMIN, f"autoapprove all on {ON}")
        welcome = registered(rig)
        mention(rig, ADMIN, "autoapprove off")
        save(rig, welcome, users=[APPROVER])
        assert FOR_ALL not in drawn(posted(rig)[0])


def test_whoever_removes_the_last_channel_is_told_that_the_schedule_for_all_is_still_on(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        registered(rig)
        registered(rig, SECOND_CHANNEL)
        mention(rig, ADMIN, f"autoapprove all on {ON}")
        assert "still on" not in mention(rig, ADMIN, "remove")
        told = mention(rig, ADMIN, "remove", SECOND_CHANNEL)
        assert "the schedule for all is still on" in told
        assert "`autoapprove all off` ends it" in told
        write(rig, ADMIN, "autoapprove all off")
        registered(rig)
        assert "still on" not in mention(rig, ADMIN, "remove")
        assert announced(rig)[-1].startswith(f"<@{ADMIN}> has removed this channel")


def test_a_welcome_from_before_the_file_declared_the_channel_offers_nothing_once_it_is_pressed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with talking(sandbox, tmp_path) as rig:
        welcome = registered(rig)
        rig.declared = [Channel(APPROVALS, APPROVERS)]
        rig.restart()
        told = "This channel is declared in channels.json: it can only be changed there."
        assert save(rig, welcome, users=[OUTSIDER]) == told
        assert policy(rig) == APPROVERS
        (shown,) = posted(rig)
        assert not has_buttons(shown)
        assert told in drawn(shown)
