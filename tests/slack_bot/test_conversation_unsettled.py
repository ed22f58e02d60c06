"""A change of which nobody can tell whether the store took it; and one that was begun before a crash."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from slack_bot.parameter_store import DirectoryStore, LostUpdate, StateError
from slack_bot.policy import ChannelPolicy
from tests.rig import ADMIN, APPROVALS, APPROVER, SECOND_APPROVER, Killed, Rig
from tests.slack_bot.conversing import (
    announced,
    block_state,
    hear,
    mention,
    recorded,
    registered,
    rules,
    unblock_state,
)

ON = "autoapprove on hours mon-fri 09:00-17:00 UTC"
DAY = 24 * 60 * 60


class Doubtful(DirectoryStore):
    """A store whose next change may be done, or not, and its answer is lost either way; or it may never begin."""

    lost: bool | None = None
    """Whether the next change is done before its answer is lost; None for no such thing."""
    instead: BaseException | None = None
    meanwhile: Callable[[], object] | None = None

    def replace(self, folder: str, name: str, text: str, before: str | None) -> None:
        self._change(lambda: super(Doubtful, self).replace(folder, name, text, before))

    def delete(self, folder: str, name: str) -> None:
        self._change(lambda: super(Doubtful, self).delete(folder, name))

    def _change(self, do: Callable[[], None]) -> None:
        lost, self.lost = self.lost, None
        instead, self.instead = self.instead, None
        if isinstance(instead, Killed):
            raise instead
        if lost is not False:
            do()
        if lost is not None:
            raise StateError("The store does not answer.")
        if instead is not None:
            raise instead


@pytest.fixture
def store(tmp_path: Path) -> Doubtful:
    return Doubtful(tmp_path / "state")


@pytest.fixture
def rig(sandbox: Sandbox, tmp_path: Path, store: Doubtful) -> Iterator[Rig]:
    with Rig(sandbox, tmp_path, {}, store=store) as running:
        registered(running)
        yield running


def in_doubt(rig: Rig, words: str, *, done: bool) -> None:
    """Somebody asks for a change, and the store does not answer."""
    assert isinstance(rig.store, Doubtful)
    hear(rig, ADMIN, words)
    rig.store.lost = done
    rig.step("clerk")


def is_on(rig: Rig) -> bool:
    schedule = rig.schedules.get(APPROVALS)
    return schedule is not None and schedule.on


def everyone(rig: Rig) -> bool:
    channel = rig.channels.get(APPROVALS)
    return channel is not None and channel.policy.everyone


CHANGES: list[tuple[str, str, Callable[[Rig], bool], str]] = [
    (ON, "schedule_changed", is_on, "From now on I approve here without a person"),
    ("approvers everyone", "channel_changed", everyone, "From now on: Deciding is for"),
    ("remove", "channel_removed", lambda rig: not rig.channels.all(), f"<@{ADMIN}> has removed this channel"),
]


@pytest.mark.parametrize(("words", "kind", "holds", "line"), CHANGES)
def test_what_turns_out_to_be_stored_is_recorded_announced_and_told_as_done(
    rig: Rig, words: str, kind: str, holds: Callable[[Rig], bool], line: str
) -> None:
    in_doubt(rig, words, done=True)
    assert rig.told(ADMIN)[-1].startswith(
        "I cannot tell yet whether this is stored: The store does not answer."
    )
    assert recorded(rig, kind) == []
    assert len(announced(rig)) == 1
    rig.run("clerk")
    assert holds(rig)
    assert len(recorded(rig, kind)) == 1
    assert announced(rig)[-1].startswith(line)
    assert rules(rig) == []
    assert len(rig.told(ADMIN)) == 2


@pytest.mark.parametrize(("words", "kind", "holds", "line"), CHANGES[:2])
def test_what_turns_out_not_to_be_stored_is_told_as_not_done(
    rig: Rig, words: str, kind: str, holds: Callable[[Rig], bool], line: str
) -> None:
    in_doubt(rig, words, done=False)
    rig.run("clerk")
    assert not holds(rig)
    assert recorded(rig, kind) == []
    assert len(announced(rig)) == 1
    assert rig.told(ADMIN)[-1].startswith("What you asked is not stored, so I go on as before.")
    assert rules(rig) == ["not stored after all"]
    assert mention(rig, ADMIN, words)
    assert announced(rig)[-1].startswith(line)


def test_while_nobody_can_tell_nothing_is_approved_without_a_person(rig: Rig) -> None:
    in_doubt(rig, ON, done=True)
    rig.control.file_request()
    rig.step("poller")
    rig.clock.advance(10)
    rig.step("auto_approver")
    assert not [one for one in rig.audit() if one.kind == "decided"]


def test_as_long_as_the_store_cannot_be_read_it_is_looked_at_again_and_told_once(
    rig: Rig, tmp_path: Path
) -> None:
    in_doubt(rig, ON, done=True)
    kept = (tmp_path / "state" / "schedules" / f"{APPROVALS}.json").read_text()
    block_state(tmp_path, "schedules")
    for _ in range(40):
        rig.clock.advance(31)
        rig.step("clerk")
    assert len(rig.told(ADMIN)) == 1
    unblock_state(tmp_path, "schedules")
    (tmp_path / "state" / "schedules").mkdir()
    (tmp_path / "state" / "schedules" / f"{APPROVALS}.json").write_text(kept)
    rig.clock.advance(31)
    rig.run("clerk")
    assert len(recorded(rig, "schedule_changed")) == 1
    assert announced(rig)[-1].startswith("From now on I approve here without a person")
    assert is_on(rig)


def test_the_refresher_may_be_the_first_to_see_it(rig: Rig) -> None:
    in_doubt(rig, ON, done=True)
    rig.step("refresher")
    rig.run("clerk")
    assert len(recorded(rig, "schedule_changed")) == 1
    (seen,) = recorded(rig, "changed_outside")
    assert "written by the bot itself" in str(seen.detail["words"])


def test_it_is_found_out_after_a_restart_too(rig: Rig) -> None:
    in_doubt(rig, ON, done=True)
    rig.restart()
    rig.run("clerk")
    assert len(recorded(rig, "schedule_changed")) == 1
    assert is_on(rig)


def test_what_somebody_else_set_meanwhile_stays(rig: Rig) -> None:
    in_doubt(rig, "approvers everyone", done=False)
    rig.channels.set_policy(APPROVALS, ChannelPolicy(users=(APPROVER,)), SECOND_APPROVER)
    rig.run("clerk")
    channel = rig.channels.get(APPROVALS)
    assert channel is not None
    assert channel.policy.users == (APPROVER,)
    assert rules(rig) == ["changed by somebody else since"]


def test_a_removal_whose_second_half_is_in_doubt_is_finished(rig: Rig, store: Doubtful) -> None:
    """Given that the schedule is gone and the channel is not, then the channel goes too."""
    mention(rig, ADMIN, ON)
    hear(rig, ADMIN, "remove")
    store.lost = True
    rig.step("clerk")
    rig.run("clerk")
    assert (rig.channels.all(), rig.schedules.all()) == ([], {})
    (done,) = recorded(rig, "channel_removed")
    before = done.detail["before"]
    assert isinstance(before, dict)
    assert before["schedule"]["on"] is True


def test_what_was_written_over_somebody_elses_is_done_and_the_answer_says_so(
    rig: Rig, store: Doubtful
) -> None:
    hear(rig, ADMIN, ON)
    store.instead = LostUpdate("Theirs is gone.", "theirs")
    rig.run("clerk")
    assert is_on(rig)
    assert rig.told(ADMIN)[-1].endswith("⚠️ Somebody else changed this as well. Theirs is gone.")
    assert len(recorded(rig, "schedule_changed")) == 1
    assert announced(rig)[-1].startswith("From now on I approve here without a person")
    assert rules(rig) == []


@pytest.mark.parametrize(("words", "kind", "holds", "line"), CHANGES)
def test_what_was_begun_and_not_stored_before_a_crash_is_not_done_days_later(
    rig: Rig, store: Doubtful, words: str, kind: str, holds: Callable[[Rig], bool], line: str
) -> None:
    hear(rig, ADMIN, words)
    store.instead = Killed()
    with pytest.raises(Killed):
        rig.step("clerk")
    rig.restart()
    rig.clock.advance(5 * DAY)
    rig.run("clerk")
    assert not holds(rig)
    assert recorded(rig, kind) == []
    assert not announced(rig)[-1].startswith(line)
    assert rules(rig) == ["too old"]
    assert "it is not done" in rig.told(ADMIN)[-1]


@pytest.mark.parametrize(("words", "kind", "holds", "line"), CHANGES)
def test_what_was_stored_before_a_crash_is_recorded_and_announced_days_later(
    rig: Rig, words: str, kind: str, holds: Callable[[Rig], bool], line: str
) -> None:
    hear(rig, ADMIN, words)
    with rig.killed_at(2), pytest.raises(Killed):
        rig.step("clerk")
    rig.restart()
    rig.clock.advance(5 * DAY)
    rig.run("clerk")
    assert holds(rig)
    assert len(recorded(rig, kind)) == 1
    assert announced(rig)[-1].startswith(line)


def test_days_later_slack_may_still_make_us_wait(rig: Rig) -> None:
    """Given what was stored before a crash, when Slack puts us off, then we wait as long as it says."""
    hear(rig, ADMIN, ON)
    with rig.killed_at(2), pytest.raises(Killed):
        rig.step("clerk")
    rig.restart()
    rig.clock.advance(5 * DAY)
    rig.control.faults(method="users.info", kind="ratelimited", times=1, retry_after=20)
    wait = rig.step("clerk")
    assert wait is not None
    assert 15 < wait <= 20
    rig.run("clerk")
    assert len(recorded(rig, "schedule_changed")) == 1


def test_a_removal_that_was_begun_does_not_remove_what_somebody_registered_since(rig: Rig) -> None:
    hear(rig, ADMIN, "remove")
    with rig.killed_at(2), pytest.raises(Killed):
        rig.step("clerk")
    rig.restart()
    rig.channels.register(APPROVALS, SECOND_APPROVER, rig.clock.now())
    rig.channels.set_policy(APPROVALS, ChannelPolicy(users=(APPROVER,)), SECOND_APPROVER)
    rig.run("clerk")
    assert rig.channels.get(APPROVALS) is not None
    assert rules(rig) == ["changed by somebody else since"]
    assert recorded(rig, "channel_removed") == []
