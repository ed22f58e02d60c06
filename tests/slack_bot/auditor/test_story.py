"""`show`: one request, from first to last, in plain words."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from slack_bot import approvals
from slack_bot.ledger import Ledger
from slack_bot.rows import key_of
from tests.slack_bot.auditor.commands import run
from tests.slack_bot.chains import POLICY, SHA1, WITH_FILE, filled
from tests.slack_bot.examples import NOW, added, intended, read

KEY = key_of(WITH_FILE.upstream, WITH_FILE.id)


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """A request that was approved, among other records."""
    filled(ledger)
    row = intended(ledger, read(ledger))
    with ledger.write() as tx:
        approvals.taken(tx, NOW, row, "")
    return ledger


def test_the_story_is_told_in_order(told: Ledger, ledger_url: str) -> None:
    assert told.engine
    ended = run(ledger_url, "show", KEY)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "Run setup.exe as administrator",
        f"Request {KEY} of privilege_manager, id {WITH_FILE.id}, asked by PC-1\\Requester.",
        f"What exactly: sha1:{SHA1}",
        "     1  2026-11-20 10:00 UTC · Seen for the first time",
        "     2  2026-11-20 10:00 UTC · Approver (U02APPROVER) answered: approve for one time in #C01APPROVALS",
        f"        by the rule: {POLICY}",
        "     3  2026-11-20 10:00 UTC · Approved for one time by Approver (U02APPROVER) in #C01APPROVALS",
        f"        by the rule: {POLICY}",
        "     7  2026-11-20 10:00 UTC · Being sent",
        "     8  2026-11-20 10:00 UTC · Outcome: approved",
    ]


@pytest.mark.parametrize("name", [KEY[:3], WITH_FILE.id, WITH_FILE.id[:8]])
def test_a_request_is_named_by_its_key_or_its_id_or_their_beginning(
    told: Ledger, ledger_url: str, name: str
) -> None:
    assert told.engine
    assert run(ledger_url, "show", name).out == run(ledger_url, "show", KEY).out


def test_where_several_begin_so_they_are_named(told: Ledger, ledger_url: str) -> None:
    added(told, replace(WITH_FILE, id=WITH_FILE.id[:8]))
    ended = run(ledger_url, "show", WITH_FILE.id[:4])
    assert ended.code == 2
    assert WITH_FILE.id in ended.err
    # The whole id is meant where it is one, though another begins with it.
    assert run(ledger_url, "show", WITH_FILE.id[:8]).code == 0


def test_a_percent_sign_is_no_wildcard(told: Ledger, ledger_url: str) -> None:
    assert told.engine
    assert run(ledger_url, "show", "%").code == 2


def test_nothing_is_told_of_a_record_that_is_not_as_it_was_written(told: Ledger, ledger_url: str) -> None:
    with told.write() as tx:
        tx.execute(text("UPDATE audit SET actor = 'U09STRANGER' WHERE id = 3"))
    ended = run(ledger_url, "show", KEY)
    assert ended.code == 1
    assert "     3  Bad: this record is not as it was written" in ended.out
    assert "U09STRANGER" not in ended.out
    assert "Outcome: approved" in ended.out


def test_what_others_wrote_cannot_steer_a_terminal(sqlite_url: str, sqlite_ledger: Ledger) -> None:
    asked = replace(WITH_FILE, title="\x1b[2JRun", requester="a\nb")
    added(sqlite_ledger, asked)
    ended = run(sqlite_url, "show", KEY)
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert len(ended.out.splitlines()) == 4
