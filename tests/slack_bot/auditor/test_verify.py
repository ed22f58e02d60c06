"""`verify`: whatever is done to the ledger or its copy, it is named, and the exit code says so."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.ledger import Ledger
from slack_bot.seal import Seal
from tests.slack_bot.auditor.commands import Ended, run, run_process
from tests.slack_bot.chains import filled
from tests.slack_bot.examples import NOW

OTHER_KEY = "another key, another key, another"


@pytest.fixture
def written(ledger: Ledger) -> Ledger:
    """Six records; the ledger stays open, as if the bot ran."""
    filled(ledger)
    return ledger


@pytest.fixture
def url(ledger_url: str) -> str:
    return ledger_url


def tamper(ledger: Ledger, *statements: str, **values: object) -> None:
    with ledger.write() as tx:
        for statement in statements:
            tx.execute(
                text(statement), {name: one for name, one in values.items() if f":{name}" in statement}
            )


def bad(ended: Ended, words: str) -> None:
    assert ended.code == 1, ended
    assert words in ended.out, ended.out


def exported(url: str, path: Path) -> list[str]:
    lines = run(url, "export").out.splitlines()
    path.write_text("\n".join(lines) + "\n")
    return lines


def test_what_was_written_is_good_while_the_ledger_is_open(written: Ledger, url: str) -> None:
    ended = run(url, "verify")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Good: the ledger: 6 records, from 1 (")


def test_as_a_process_it_ends_with_a_code_that_says_how_it_is(sqlite_url: str, sqlite_ledger: Ledger) -> None:
    filled(sqlite_ledger)
    good = run_process(sqlite_url, "verify")
    assert (good.code, good.err) == (0, "")
    assert good.out == run(sqlite_url, "verify").out
    tamper(sqlite_ledger, "DELETE FROM audit WHERE id = 3")
    assert run_process(sqlite_url, "verify").code == 1
    wrong = run_process(sqlite_url, "verify", key="short")
    assert (wrong.code, wrong.out) == (2, "")
    assert "Traceback" not in wrong.err


def test_an_empty_log_is_good(ledger: Ledger, url: str) -> None:
    assert ledger.sole in (True, False)
    assert run(url, "verify").code == 0


TAMPERED: dict[str, tuple[tuple[str, ...], str]] = {
    "deleted": (("DELETE FROM audit WHERE id = 3",), "Record 3 is missing"),
    "altered": (("UPDATE audit SET actor = 'U03SECOND' WHERE id = 2",), "Record 2 was altered"),
    "no JSON any more": (("UPDATE audit SET detail = '{' WHERE id = 2",), "Record 2 was altered"),
    "no number any more": (("UPDATE audit SET artefact = '7' WHERE id = 2",), "Record 2 was altered"),
    "half a letter": (
        ("""UPDATE audit SET detail = '{"a": "\\ud800"}' WHERE id = 2""",),
        "Record 2 was altered",
    ),
    "inserted": (
        ("INSERT INTO audit (id, at, kind, actor, detail) VALUES (7, 1, 'vote', 'U02APPROVER', '{}')",),
        "Record 7 is forged",
    ),
    "reordered": (
        (
            "UPDATE audit SET id = 99 WHERE id = 4",
            "UPDATE audit SET id = 4 WHERE id = 5",
            "UPDATE audit SET id = 5 WHERE id = 99",
        ),
        "Record 4 is out of order: what stands there was written as record 5",
    ),
    "truncated": (("DELETE FROM audit WHERE id > 4",), "Records 5 to 6 are missing at the end"),
    "truncated, head rewritten": (
        (
            "DELETE FROM audit WHERE id > 4",
            "UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE id = 4), mac = :mac",
        ),
        "Record 5 may be missing",
    ),
    "truncated, head taken out": (
        ("DELETE FROM audit WHERE id > 4", "DELETE FROM audit_head"),
        "Record 5 may be missing",
    ),
    "emptied": (("DELETE FROM audit",), "Records 1 to 6 are missing at the end"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_ledger_that_was_tampered_with_is_bad(written: Ledger, url: str, how: str) -> None:
    statements, words = TAMPERED[how]
    tamper(written, *statements, mac=Seal(OTHER_KEY).of_head(4, "0" * 64))
    bad(run(url, "verify"), words)


def test_with_another_key_it_says_that_it_may_be_the_key(written: Ledger, url: str) -> None:
    assert written.engine
    bad(run(url, "verify", key=OTHER_KEY), "nothing in it fits this AUDIT_KEY")


def test_a_copy_is_good_alone_and_against_the_ledger_that_went_on(
    written: Ledger, url: str, tmp_path: Path
) -> None:
    exported(url, tmp_path / "copy.jsonl")
    with written.write() as tx:
        audit.append(tx, NOW, Kind.INTENT, None)
    ended = run(url, "verify", tmp_path / "copy.jsonl")
    assert (ended.code, ended.out.count("Good: ")) == (0, 3)
    alone = run("sqlite:///nowhere.db", "verify", "--copy-only", tmp_path / "copy.jsonl")
    assert (alone.code, alone.out.count("Good: ")) == (0, 1)


def test_an_older_state_with_its_own_head_is_found_by_the_copy_alone(
    written: Ledger, url: str, tmp_path: Path
) -> None:
    """Given a ledger put back to what it once was, when nothing in it is forged, then only a copy can tell."""
    with written.write() as tx:
        tx.execute(text("CREATE TABLE kept AS SELECT * FROM audit_head"))
        audit.append(tx, NOW, Kind.INTENT, None)
    exported(url, tmp_path / "copy.jsonl")
    tamper(
        written,
        "DELETE FROM audit WHERE id = 7",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head SELECT * FROM kept",
    )
    assert run(url, "verify").code == 0
    bad(
        run(url, "verify", tmp_path / "copy.jsonl"),
        "The ledger ends with record 6, and the copy holds record 7",
    )


Edit = Callable[[list[str]], list[str]]


def with_other_actor(line: str) -> str:
    return json.dumps(json.loads(line) | {"actor": "U03SECOND"})


COPIES: dict[str, tuple[Edit, str]] = {
    "a line taken out": (lambda lines: lines[:2] + lines[3:], "Record 3 is missing"),
    "a line altered": (
        lambda lines: [*lines[:2], with_other_actor(lines[2]), *lines[3:]],
        "Record 3 was altered",
    ),
    "a line twice, one altered": (
        lambda lines: [*lines[:3], with_other_actor(lines[2]), *lines[3:]],
        "Record 3 was altered",
    ),
    "a line that is no JSON any more": (
        lambda lines: [*lines[:2], lines[2][:-9], *lines[3:]],
        "line 3 says that it is a record, and is none",
    ),
    "no line": (lambda lines: ["nothing"], "there is no record in it"),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_that_was_tampered_with_is_bad(
    sqlite_url: str, sqlite_ledger: Ledger, tmp_path: Path, how: str
) -> None:
    filled(sqlite_ledger)
    edit, words = COPIES[how]
    lines = exported(sqlite_url, tmp_path / "copy.jsonl")
    (tmp_path / "copy.jsonl").write_text("\n".join(edit(lines)) + "\n")
    bad(run(sqlite_url, "verify", tmp_path / "copy.jsonl"), words)


def test_two_logs_that_were_both_made_with_the_key_are_told_apart(
    sqlite_url: str, sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    filled(sqlite_ledger)
    other = Ledger(f"sqlite:///{tmp_path / 'other.db'}", "0123456789abcdef0123456789abcdef")
    filled(other)
    other.close()
    exported(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "copy.jsonl")
    bad(
        run(sqlite_url, "verify", tmp_path / "copy.jsonl"),
        "Record 3 is not the same in the copy and in the ledger",
    )


@pytest.fixture
def lines(sqlite_url: str, sqlite_ledger: Ledger, tmp_path: Path) -> list[str]:
    filled(sqlite_ledger)
    return exported(sqlite_url, tmp_path / "export.jsonl")


SHIPPED: dict[str, Edit] = {
    "as the bot says it": lambda lines: [
        '{"event": "ready", "hash": 1, "prev": 2, "seq": 3}',
        *(json.dumps({"timestamp": "2026", "event": "audit", **json.loads(line)}) for line in lines),
    ],
    "in the order in which threads got to say it": lambda lines: lines[::-1],
    "with lines that were shipped twice": lambda lines: [*lines, *lines],
    "told again after a start": lambda lines: [
        *lines,
        *(json.dumps(json.loads(line) | {"again": True}) for line in lines),
    ],
    "in an envelope": lambda lines: [json.dumps({"id": 1, "message": line}) for line in lines],
    "behind a time and the name of a stream": lambda lines: [
        f"2026-11-20T10:00 bot/1 {one}" for one in lines
    ],
    "from the middle on": lambda lines: lines[2:],
    "with a last line that is still being written": lambda lines: [*lines[:-1], lines[-1][:40]],
    "among other lines": lambda lines: ["no JSON", "[1]", '{"event": "polled"}', *lines, "\ufffd"],
}


@pytest.mark.parametrize("how", SHIPPED)
def test_a_copy_is_good_however_it_was_shipped(
    sqlite_url: str, lines: list[str], tmp_path: Path, how: str
) -> None:
    (tmp_path / "shipped.jsonl").write_text("\n".join(SHIPPED[how](lines)))
    ended = run(sqlite_url, "verify", tmp_path / "shipped.jsonl")
    assert (ended.code, ended.out.count("Good: ")) == (0, 3), ended


def test_it_writes_nothing_and_needs_no_lock(sqlite_url: str, lines: list[str], tmp_path: Path) -> None:
    """Given a folder in which nothing can be written, then it can be verified all the same."""
    before = sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.iterdir())
    assert run(sqlite_url, "verify").code == 0
    assert len(lines) == 6
    assert sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "key", "place", "words"),
    [
        (["verify"], "short", "", "AUDIT_KEY has fewer than 32 characters"),
        (["verify"], "", "", "AUDIT_KEY is missing"),
        (["verify"], OTHER_KEY, "sqlite:///missing.db", "there is no /missing.db"),
        (["verify"], OTHER_KEY, "mysql://host/db", "LEDGER_URL starts neither"),
        (["verify", "missing.jsonl"], OTHER_KEY, "", "missing.jsonl cannot be read"),
        (["verify", "--copy-only"], OTHER_KEY, "", "say which copy"),
        (["export", "--since", "yesterday"], OTHER_KEY, "", "2026-11-01"),
        (["show", "nothing"], OTHER_KEY, "", "begins with nothing"),
        (["rewrite"], OTHER_KEY, "", "invalid choice"),
        ([], OTHER_KEY, "", "required"),
    ],
)
def test_what_it_cannot_begin_with_is_told_in_words(
    sqlite_url: str, sqlite_ledger: Ledger, arguments: list[str], key: str, place: str, words: str
) -> None:
    assert sqlite_ledger.sole
    ended = run(place or sqlite_url, *arguments, key=key)
    assert ended.code == 2
    assert words in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("revision", "words"), [("0002", "Start the bot once"), ("9999", "Use the version that wrote it")]
)
def test_a_ledger_of_another_version_is_told_in_words(
    ledger: Ledger, url: str, revision: str, words: str
) -> None:
    tamper(ledger, "UPDATE alembic_version SET version_num = :revision", revision=revision)
    ended = run(url, "verify")
    assert ended.code == 2
    assert words in ended.err


def test_what_is_no_ledger_at_all_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database, but long enough to be read as one" * 100)
    (tmp_path / "empty.db").touch()
    assert "cannot be read" in run(f"sqlite:///{tmp_path / 'text.db'}", "verify").err
    assert "no ledger of the bot" in run(f"sqlite:///{tmp_path / 'empty.db'}", "verify").err


def test_the_settings_may_stand_in_the_bots_own_file(
    sqlite_url: str, lines: list[str], tmp_path: Path
) -> None:
    assert lines
    (tmp_path / ".env").write_text(f"AUDIT_KEY=0123456789abcdef0123456789abcdef\nLEDGER_URL={sqlite_url}\n")
    assert run("", "verify", key="", folder=tmp_path).code == 0
