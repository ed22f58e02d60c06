"""The ledger cannot be written for a while: nothing is acknowledged that was not saved, and nothing is lost."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from sandbox import Sandbox
from sandbox.timing import Timing
from tests.bot_process import BotProcess, environment
from tests.rig import APPROVALS, APPROVER, OUTSIDER, SECOND_APPROVER, Rig

WARNED_AFTER = 1.5
"""Seconds after which people are told that nobody answered; Slack takes three."""
ROOM = 2**30
"""Pages, of 4 KiB each; what SQLite takes if nothing is said."""
PRESSES = 60
"""More than fit into the free space of a ledger that may not grow."""


@pytest.fixture
def impatient() -> Iterator[Sandbox]:
    with Sandbox(timing=Timing(acknowledge_within=WARNED_AFTER)) as running:
        yield running


@contextmanager
def full_disk(engine: Engine) -> Iterator[None]:
    """The ledger cannot grow by a single page: SQLite says what it says where a disk is full."""

    def fill(connection: Any, *_: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}").close()

    def make_room(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={ROOM}").close()

    event.listen(engine, "checkout", fill)
    try:
        yield
    finally:
        event.remove(engine, "checkout", fill)
        event.listen(engine, "checkout", make_room)


def saved(rig: Rig) -> int:
    """How many presses are in the inbox."""
    with rig.ledger.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM inbox WHERE kind = 'click'").scalar_one())


def test_on_a_full_disk_only_what_was_saved_is_acknowledged_and_the_rest_may_be_pressed_again(
    impatient: Sandbox, tmp_path: Path
) -> None:
    with Rig(impatient, tmp_path) as rig:
        request = rig.ask()
        with full_disk(rig.ledger.engine):
            took = 0
            while rig.press(OUTSIDER, "approve_request")["acknowledged"]:
                took += 1
                assert took < PRESSES, "the disk is not full"
            assert not rig.press(APPROVER, "approve_request")["acknowledged"]
            assert saved(rig) == took
            assert len(rig.control.warnings()) == 2

        assert rig.press(APPROVER, "approve_request")["acknowledged"]
        rig.run()
        assert rig.headline() == "Approved by Approver"
        assert rig.upstream_request(request)["decisions"] == 1


needs_limits = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux sets the limits of another process"
)


@needs_limits
def test_a_bot_whose_disk_fills_up_under_it_lives_on_and_goes_on_when_there_is_room(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given a process that may not write another byte into any file, its log among them, then it stays."""
    control = sandbox.control
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        control.file_request()
        ts = control.eventually(lambda: control.messages(APPROVALS))[0]["ts"]
        limits = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)

        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        control.file_request()
        for user in (APPROVER, SECOND_APPROVER):
            assert not control.click(APPROVALS, ts, user, "approve_request")["acknowledged"]
            assert control.warnings(user)
        assert not [one for one in control.upstream_requests() if one["decisions"]]

        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, limits)
        control.eventually(lambda: len(control.messages(APPROVALS)) == 2 or None)
        assert control.click(APPROVALS, ts, APPROVER, "approve_request")["acknowledged"]
        control.eventually(lambda: control.upstream_requests()[0]["decisions"])
        assert bot.stop() == 0
    assert control.upstream_requests()[0]["decisions"] == 1


def test_a_ledger_that_somebody_else_locks_is_waited_for_and_a_second_press_is_harmless(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Given a stranger who holds the ledger longer than Slack waits, then people are warned and nothing is lost."""
    control = sandbox.control
    with BotProcess(tmp_path, environment(sandbox, tmp_path)) as bot:
        bot.wait_until_ready()
        control.file_request()
        ts = control.eventually(lambda: control.messages(APPROVALS))[0]["ts"]
        with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE").close()
            assert not control.click(APPROVALS, ts, APPROVER, "approve_request")["acknowledged"]
            assert control.warnings(APPROVER)
            stranger.execute("ROLLBACK").close()
        assert control.click(APPROVALS, ts, APPROVER, "approve_request", force=True)["acknowledged"]
        control.eventually(lambda: control.upstream_requests()[0]["decisions"])
        control.eventually(lambda: "Approved by Approver" in str(control.messages(APPROVALS)[0]["text"]))
        assert bot.stop() == 0
    assert control.upstream_requests()[0]["decisions"] == 1
