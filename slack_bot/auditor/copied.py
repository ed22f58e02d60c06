"""A copy of the audit log in a file: exported lines, or the bot's log as a shipper keeps it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from slack_bot.audit.log import EVENT
from slack_bot.audit.record import Record
from slack_bot.auditor.settings import CannotBegin

MARKS = (b"hash", b"prev", b"seq")
"""In every line that is a record; a log has many others."""
_RECORD = TypeAdapter(Record)


class NoRecord(ValueError):
    """A line that says it is a record, and is none."""


class Copy:
    """The records in a file, by their numbers: a log's lines may be in another order, or there twice."""

    def __init__(self, path: Path) -> None:
        """Reads the file once. Raises `CannotBegin` where it cannot be read."""
        self.path = path
        self._lines: list[tuple[int, int]] = []
        self.unreadable: list[int] = []
        """The numbers of lines that are no records though they say so."""
        try:
            with path.open("rb") as file:
                self._scan(file)
        except OSError as error:
            raise CannotBegin(f"{path} cannot be read: {error.strerror}") from error
        self._lines.sort()

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def is_empty(self) -> bool:
        """Whether there is no record in it."""
        return not self._lines

    def _scan(self, file: BinaryIO) -> None:
        offset = 0
        for number, line in enumerate(file, 1):
            try:
                record = record_in(line)
            except NoRecord:
                # A last line without its end is still being written.
                if line.endswith(b"\n"):
                    self.unreadable.append(number)
            else:
                if record is not None:
                    self._lines.append((record.seq, offset))
            offset += len(line)

    def records(self) -> Iterator[Record]:
        """In the order of their numbers; what is there twice in the same words, once."""
        before: Record | None = None
        with self.path.open("rb") as file:
            for _, offset in self._lines:
                file.seek(offset)
                record = record_in(file.readline())
                if record is not None and record != before:
                    yield record
                before = record


def record_in(line: bytes) -> Record | None:
    """The record of a line; None where it is another line of the log. Raises `NoRecord`.

    What a shipper puts before the JSON, or around it as "message", and further keys are ignored.
    """
    begin = line.find(b"{")
    if begin < 0 or not all(mark in line for mark in MARKS):
        return None
    try:
        told = _unpacked(json.loads(line[begin:]))
    except (ValueError, RecursionError):
        raise NoRecord from None
    if not isinstance(told, dict) or told.get("event", EVENT) != EVENT:
        return None
    try:
        return _RECORD.validate_python(told)
    except ValidationError:
        raise NoRecord from None


def _unpacked(told: Any) -> Any:
    """Any: it is JSON."""
    if isinstance(told, dict) and "seq" not in told and isinstance(told.get("message"), str):
        return json.loads(told["message"])
    return told
