"""The commands of `python -m slack_bot.audit`: verify, export, show, schema."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from slack_bot.audit.record import Record
from slack_bot.audit.schema import schema
from slack_bot.auditor.copied import Copy
from slack_bot.auditor.export import as_lines, as_table, is_about
from slack_bot.auditor.progress import counted
from slack_bot.auditor.reading import LedgerToRead
from slack_bot.auditor.settings import AuditSettings, CannotBegin, load_audit_settings
from slack_bot.auditor.story import key_named, story
from slack_bot.auditor.verification import Auditor
from slack_bot.clock import SECOND
from slack_bot.seal import Seal

GOOD, BAD, CANNOT_BEGIN = 0, 1, 2
"""Exit codes."""
SCHEMA = "schema"
"""Needs no settings."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all is good, 1 a record is bad, 2 settings or arguments are wrong."""
    asked = _parser().parse_args(arguments)
    if asked.command == SCHEMA:
        sys.stdout.write(schema())
        return GOOD
    try:
        settings = load_audit_settings()
        good: bool = asked.do(asked, settings)
    except CannotBegin as error:
        print(error, file=sys.stderr)
        return CANNOT_BEGIN
    return GOOD if good else BAD


def _verify(asked: argparse.Namespace, settings: AuditSettings) -> bool:
    if asked.copy_only and asked.file is None:
        raise CannotBegin("--copy-only: say which copy, FILE.jsonl.")
    auditor = Auditor(_seal(settings), _say)
    # First the copy: whatever it holds by then, the ledger holds as well.
    copy = None if asked.file is None else Copy(asked.file)
    good = copy is None or auditor.copy(copy)
    if asked.copy_only:
        return good
    with LedgerToRead(settings.ledger_url) as ledger:
        good = auditor.ledger(ledger) and good
        if copy is not None and not copy.is_empty:
            good = auditor.both(copy, ledger) and good
    return good


def _export(asked: argparse.Namespace, settings: AuditSettings) -> bool:
    with LedgerToRead(settings.ledger_url) as ledger:
        write = as_table if asked.format == "csv" else as_lines
        write(_wanted(asked, ledger), sys.stdout)
        sys.stdout.flush()
    return True


def _wanted(asked: argparse.Namespace, ledger: LedgerToRead) -> Iterator[Record]:
    """From the first one of that time on, without a gap even where clocks went back."""
    _, newest = ledger.end()
    first = 1 if asked.since is None else ledger.first_since(asked.since)
    if first is None:
        return
    for record in counted(ledger.records(newest, first - 1), newest - first + 1, "export"):
        if not asked.artifact or is_about(record, asked.artifact):
            yield record


def _show(asked: argparse.Namespace, settings: AuditSettings) -> bool:
    with LedgerToRead(settings.ledger_url) as ledger:
        return story(ledger, key_named(ledger, asked.request), _seal(settings), _say)


def _seal(settings: AuditSettings) -> Seal:
    return Seal(settings.audit_key.get_secret_value())


def _say(line: str) -> None:
    print(line, flush=True)


def _moment(text: str) -> int:
    """Microseconds since 1970 UTC. Raises ValueError, which argparse tells."""
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * SECOND


_moment.__name__ = "date or time such as 2026-11-01 or 2026-11-01T10:00+01:00"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m slack_bot.audit",
        description="Reads AUDIT_KEY and LEDGER_URL from the environment and from .env. Changes nothing, and works "
        "while the bot runs.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="check every record, and a copy against the ledger")
    verify.add_argument(
        "file", nargs="?", type=Path, metavar="FILE.jsonl", help="an export, or the bot's log"
    )
    verify.add_argument("--copy-only", action="store_true", help="check FILE.jsonl alone, without the ledger")
    verify.set_defaults(do=_verify)
    export = commands.add_parser("export", help="write the records to standard output")
    export.add_argument(
        "--since", type=_moment, metavar="DATE", help="from then on; UTC unless it says otherwise"
    )
    export.add_argument("--artifact", default="", metavar="HASH", help="only of this commit, image or file")
    export.add_argument("--format", choices=("jsonl", "csv"), default="jsonl")
    export.set_defaults(do=_export)
    show = commands.add_parser("show", help="tell what happened to one request")
    show.add_argument(
        "request", metavar="REQUEST", help="its key, its id upstream, or how one of them begins"
    )
    show.set_defaults(do=_show)
    commands.add_parser(SCHEMA, help="write the JSON Schema of a record to standard output")
    return parser
