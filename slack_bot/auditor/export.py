"""`export`: records as lines of JSON, or as a table for spreadsheets."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from slack_bot.audit.record import Record
from slack_bot.clock import SECOND

SHORTEST_BEGINNING = 7
"""Of a hash: as Git abbreviates one."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would run (owasp.org/www-community/attacks/CSV_Injection)."""
COLUMNS = (
    *("seq", "time", "kind", "request_key", "actor", "digest", "policy", "artefact", "detail"),
    *("at", "prev", "hash"),
)


def is_about(record: Record, artefact: str) -> bool:
    """Whether it tells of this commit, image digest or file hash, which may be named by its beginning."""
    wanted = artefact.casefold()
    known = [one.casefold() for one in record.artefact]
    values = {part for one in known for part in (one, one.partition(":")[2], one.rpartition(":")[2])}
    return wanted in values or (
        len(wanted) >= SHORTEST_BEGINNING and any(value.startswith(wanted) for value in values)
    )


def as_lines(records: Iterable[Record], out: TextIO) -> None:
    """One JSON object a line; `verify` takes them back."""
    for record in records:
        out.write(json.dumps(record.as_json()) + "\n")


def as_table(records: Iterable[Record], out: TextIO) -> None:
    """CSV as in RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    table = csv.DictWriter(out, COLUMNS, quoting=csv.QUOTE_NONNUMERIC)
    table.writeheader()
    for record in records:
        told = record.as_json() | {
            "time": _time(record.at),
            "request_key": record.request_key or "",
            "artefact": " ".join(record.artefact),
            "detail": json.dumps(record.detail, ensure_ascii=False),
        }
        table.writerow({name: _harmless(told[name]) for name in COLUMNS})


def _time(at: int) -> str:
    """Empty where it is no time at all: a ledger is exported as it is, also one that was tampered with."""
    try:
        return datetime.fromtimestamp(at // SECOND, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA):
        return f"'{cell}"
    return cell
