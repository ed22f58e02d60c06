"""Whether what was read of the stored state is what another replica left there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.channel_store import ChannelStore
from slack_bot.ledger import Ledger
from slack_bot.parameter_store import DirectoryStore
from slack_bot.schedule import Schedule
from slack_bot.schedule_store import ScheduleStore
from slack_bot.stored_state import StoredState
from tests.audit_key import AUDIT_KEY
from tests.rig import APPROVALS
from tests.slack_bot.conversing import block_state, unblock_state

NOW = 1_700_000_000_000_000
CHANGES = (Kind.INTENT, Kind.CHANNEL_CHANGED, Kind.CHANNEL_REMOVED, Kind.SCHEDULE_CHANGED)


@pytest.fixture
def replicas(postgres_url: str) -> Iterator[Ledger]:
    """The ledger that several of them share."""
    opened = Ledger(postgres_url, AUDIT_KEY)
    yield opened
    opened.close()


def state_over(ledger: Ledger, folder: Path) -> StoredState:
    store = DirectoryStore(folder / "state")
    return StoredState(ledger, ChannelStore([], store), ScheduleStore(store))


def note(ledger: Ledger, kind: Kind, request_key: str | None = None) -> None:
    with ledger.write() as tx:
        audit.append(tx, NOW, kind, request_key, what=APPROVALS)


def test_before_it_is_read_it_is_not_current(replicas: Ledger, tmp_path: Path) -> None:
    state = state_over(replicas, tmp_path)
    assert not state.is_up_to_date()
    state.refresh()
    assert state.is_up_to_date()


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_on_record_makes_it_outdated_until_it_is_read_again(
    replicas: Ledger, tmp_path: Path, kind: Kind
) -> None:
    state = state_over(replicas, tmp_path)
    for again in (state.refresh, state.bring_up_to_date):
        state.refresh()
        note(replicas, kind)
        assert not state.is_up_to_date()
        again()
        assert state.is_up_to_date()


def test_what_happens_to_requests_changes_nothing_of_it(replicas: Ledger, tmp_path: Path) -> None:
    state = state_over(replicas, tmp_path)
    state.refresh()
    for kind in (Kind.INTENT, Kind.VOTE, Kind.DECIDED):
        note(replicas, kind, "abcdefghijkl")
    note(replicas, Kind.REFUSAL)
    assert state.is_up_to_date()


def test_a_record_that_was_begun_before_and_committed_after_a_newer_one_is_noticed(
    replicas: Ledger, tmp_path: Path
) -> None:
    """Given a slow transaction, when its record appears below the newest, then it still counts as new."""
    state = state_over(replicas, tmp_path)
    with replicas.write() as slow:
        audit.append(slow, NOW, Kind.SCHEDULE_CHANGED, None, what=APPROVALS)
        note(replicas, Kind.REFUSAL)
        state.refresh()
        assert state.is_up_to_date()
    assert not state.is_up_to_date()


def test_what_is_put_on_record_during_a_reading_may_have_been_missed_by_it(
    replicas: Ledger, tmp_path: Path
) -> None:
    class Slow(DirectoryStore):
        def read_all(self, folder: str) -> dict[str, str]:
            found = super().read_all(folder)
            note(replicas, Kind.SCHEDULE_CHANGED)
            return found

    store = Slow(tmp_path / "state")
    state = StoredState(replicas, ChannelStore([], store), ScheduleStore(store))
    state.refresh()
    assert not state.is_up_to_date()


def test_while_the_channels_cannot_be_read_it_stays_outdated(replicas: Ledger, tmp_path: Path) -> None:
    state = state_over(replicas, tmp_path)
    state.refresh()
    note(replicas, Kind.CHANNEL_CHANGED)
    block_state(tmp_path, "channels")
    assert not state.bring_up_to_date()
    state.refresh()
    assert not state.is_up_to_date()
    unblock_state(tmp_path, "channels")
    (tmp_path / "state" / "channels").mkdir()
    assert state.bring_up_to_date()


def test_one_channel_that_cannot_be_used_keeps_nobody_from_deciding_elsewhere(
    replicas: Ledger, tmp_path: Path
) -> None:
    state = state_over(replicas, tmp_path)
    state.refresh()
    (tmp_path / "state" / "channels" / f"{APPROVALS}.json").write_text("{")
    note(replicas, Kind.CHANNEL_CHANGED)
    assert state.bring_up_to_date()
    assert state.trouble


def test_what_a_reading_in_between_found_is_returned_by_the_next_refresh(
    replicas: Ledger, tmp_path: Path
) -> None:
    ours, theirs = state_over(replicas, tmp_path), state_over(replicas, tmp_path)
    ours.refresh()
    theirs.refresh()
    theirs.schedules.put("all", Schedule())
    note(replicas, Kind.SCHEDULE_CHANGED)
    assert ours.bring_up_to_date()
    assert ours.schedules.get("all") == Schedule()
    assert [change.name for change in ours.refresh()] == ["all"]


def test_where_no_other_process_can_change_anything_it_is_current_and_costs_no_query(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    state = state_over(sqlite_ledger, tmp_path)
    asked: list[object] = []
    event.listen(sqlite_ledger.engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
    state.refresh()
    assert state.bring_up_to_date()
    with sqlite_ledger.engine.connect() as connection:
        assert state.is_current(connection)
    assert not state.is_overtaken()
    assert asked == []
