"""`export`: whole, filtered, as lines and as a table that no spreadsheet runs."""

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from slack_bot import audit
from slack_bot.audit import Kind, Record
from slack_bot.auditor.export import COLUMNS, as_table, is_about
from slack_bot.clock import MINUTE
from slack_bot.ledger import Ledger
from tests.slack_bot.auditor.commands import run
from tests.slack_bot.chains import SHA1, filled
from tests.slack_bot.examples import NOW


def seqs(out: str) -> list[int]:
    return [json.loads(line)["seq"] for line in out.splitlines()]


def test_every_record_is_a_line_with_all_its_fields(ledger: Ledger, ledger_url: str) -> None:
    written = filled(ledger)
    ended = run(ledger_url, "export")
    assert (ended.code, ended.err) == (0, "")
    assert [json.loads(line) for line in ended.out.splitlines()] == [record.as_json() for record in written]


def test_more_records_than_are_read_together_are_all_there(sqlite_url: str, sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.write() as tx:
        for number in range(1_001):
            audit.append(tx, NOW, Kind.INTENT, None, number=number)
    assert seqs(run(sqlite_url, "export").out) == list(range(1, 1_002))
    assert run(sqlite_url, "verify").code == 0


@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("2026-11-20", 1),
        ("2026-11-20T10:01", 2),
        ("2026-11-20T11:01+01:00", 2),
        ("2026-11-20T10:02Z", 4),
        ("2026-11-21", None),
    ],
)
def test_from_a_time_on_it_is_without_a_gap_though_a_clock_went_back(
    sqlite_url: str, sqlite_ledger: Ledger, since: str, first: int | None
) -> None:
    for minutes in (0, 1, 0, 2):
        with sqlite_ledger.write() as tx:
            audit.append(tx, NOW + minutes * MINUTE, Kind.INTENT, None)
    wanted = [] if first is None else list(range(first, 5))
    assert seqs(run(sqlite_url, "export", "--since", since).out) == wanted


@pytest.mark.parametrize("name", [SHA1, SHA1.upper(), f"sha1:{SHA1}", SHA1[:7]])
def test_the_records_of_one_artefact_are_found_by_its_hash(
    sqlite_url: str, sqlite_ledger: Ledger, name: str
) -> None:
    filled(sqlite_ledger)
    assert seqs(run(sqlite_url, "export", "--artifact", name).out) == [1, 2, 3]
    assert run(sqlite_url, "export", "--artifact", "0" * 40).out == ""


@pytest.mark.parametrize(
    ("known", "wanted", "found"),
    [
        ("image_digest:sha256:abcdef0123", "sha256:abcdef0123", True),
        ("image_digest:sha256:abcdef0123", "abcdef0123", True),
        ("commit:abcdef0123", "abcdef", False),
        ("commit:abcdef0123", "abcdef0", True),
        ("commit:abcdef0123", "bcdef0123", False),
    ],
)
def test_a_hash_is_known_with_and_without_its_kind_and_by_a_beginning(
    known: str, wanted: str, found: bool
) -> None:
    assert is_about(Record(1, NOW, "vote", None, "bot", {}, artefact=(known,)), wanted) is found


def test_the_table_has_a_row_for_each_record(ledger: Ledger, ledger_url: str) -> None:
    written = filled(ledger)
    rows = list(csv.DictReader(io.StringIO(run(ledger_url, "export", "--format", "csv").out)))
    assert [row["hash"] for row in rows] == [record.hash for record in written]
    assert rows[0]["artefact"] == f"sha1:{SHA1}"
    assert rows[0]["time"] == datetime.fromtimestamp(NOW // 1_000_000, UTC).isoformat()
    assert json.loads(rows[1]["detail"]) == written[1].detail


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r", "\n=", "  =", " @"])
def test_no_cell_is_a_formula(begin: str) -> None:
    evil = f'{begin}HYPERLINK("https://example.com","x")'
    record = Record(1, NOW, evil, evil, evil, {}, evil, evil, (evil,), evil, evil)
    out = io.StringIO()
    as_table([record], out)
    _, row = csv.reader(io.StringIO(out.getvalue(), newline=""))
    cells = dict(zip(COLUMNS, row, strict=True))
    for name in ("kind", "request_key", "actor", "digest", "policy", "artefact", "prev", "hash"):
        assert cells[name] == f"'{evil}"
    assert (cells["seq"], cells["at"]) == ("1", str(NOW))


def test_what_was_tampered_with_is_exported_as_it_is(sqlite_url: str, sqlite_ledger: Ledger) -> None:
    filled(sqlite_ledger)
    with sqlite_ledger.write() as tx:
        tx.execute(text("UPDATE audit SET detail = 'none', at = 9223372036854775807 WHERE id = 2"))
        tx.execute(text("UPDATE audit SET at = 9223372036854775807 WHERE id = 3"))
    assert seqs(run(sqlite_url, "export").out) == [1, 2, 3, 4, 5, 6]
    rows = list(csv.DictReader(io.StringIO(run(sqlite_url, "export", "--format", "csv").out)))
    assert (rows[2]["time"], len(rows)) == ("", 6)
    assert run(sqlite_url, "verify").code == 1


def test_whoever_reads_only_the_beginning_ends_it_quietly(sqlite_url: str, sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.write() as tx:
        for number in range(2_000):
            audit.append(tx, NOW, Kind.INTENT, None, number=number, words="x" * 100)
    command = f"{sys.executable} -m slack_bot.audit export | head -n 1"
    ended = subprocess.run(
        ["bash", "-c", command],
        env={"LEDGER_URL": sqlite_url, "AUDIT_KEY": "0123456789abcdef" * 2, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert seqs(ended.stdout) == [1]
    assert ended.stderr == ""


def test_a_record_without_a_request_has_an_empty_cell_for_it() -> None:
    out = io.StringIO()
    as_table([replace(Record(1, NOW, "vote", None, "bot", {}), hash="aa")], out)
    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert row["request_key"] == ""
