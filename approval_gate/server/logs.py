"""One line of JSON (or text) per event, from our own loggers and every library's, and no secret in any."""

import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LineFormat = Literal["json", "text"]

MASK: Final = "[redacted]"
SHORTEST_SECRET: Final = 4
"""A shorter value would blot out parts of ordinary words all over the log."""
LEADING: Final = ("timestamp", "level", "event", "logger")
TALKATIVE: Final = ("alembic", "asyncio", "redis", "sqlalchemy", "uvicorn")
"""Libraries whose every step is of interest at DEBUG only."""
SENSITIVE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(\bgate_[a-z0-9]{10}_)[\w-]+",
        r"(\bBearer\s+)[^\s\"',;]+",
        r"(://[^\s/:@]*:)[^\s/@]+(?=@)",
    )
)
"""What looks like an API key or a password in an address. Group 1 may stay."""


class Redaction:
    """Takes the configured secrets, and whatever looks like one, out of anything that is to be logged."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {
            one for secret in secrets for one in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1])
        }
        longest_first = sorted(
            (one for one in spellings if len(one) >= SHORTEST_SECRET), key=len, reverse=True
        )
        self._secrets = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """As a processor of structlog: the event in JSON's own types, clean in keys and values."""
        return {self.text(str(key)): self._value(value) for key, value in event.items()}

    def text(self, text: str) -> str:
        """The same text without secrets."""
        text = self._secrets.sub(MASK, text)
        for pattern in SENSITIVE:
            text = pattern.sub(lambda match: f"{match[1]}{MASK}", text)
        return text

    def _value(self, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(inner) for inner in value]
        return self.text(str(value))


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**{key: event[key] for key in LEADING if key in event}, **event}


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Printable ASCII only: no line separator and no terminal's control character gets through."""
    return json.dumps(event).replace("\x7f", "\\u007f")


def _as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """For people: time, level, event, then ``key=value``; a traceback's lines below, set in."""
    exception = str(event.pop("exception", ""))
    timestamp, level, words = (str(event.pop(key, "")) for key in LEADING[:3])
    pairs = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in event.items()]
    line = _printable(" ".join([timestamp, f"{level:<8}", words, *pairs]))
    return "\n    | ".join([line, *map(_printable, exception.splitlines())])


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; where one cannot be made, says so without showing what was in it."""

    def handleError(self, record: logging.LogRecord) -> None:
        kind = sys.exc_info()[0]
        reason = kind.__name__ if kind else "unknown"
        # Where there is nobody to tell, as on a full disk, the work goes on.
        with suppress(OSError, ValueError):
            sys.stderr.write(f"a line of {record.name} could not be logged: {reason}\n")


def configure_logs(
    line: LineFormat, level: str, secrets: Iterable[str], stream: TextIO | None = None
) -> None:
    """Sends every log line of the process, warnings among them, to ``stream``: standard output by default.

    ``line`` is "json" or "text", ``level`` a level's name in the logging module, ``secrets`` the values that
    must never be seen.
    """
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _Handler(stream or sys.stdout)
    handler.setFormatter(_formatter(line, before, Redaction(secrets)))
    root = logging.getLogger()
    root.handlers = [old for old in root.handlers if not isinstance(old, _Handler)] + [handler]
    root.setLevel(level)
    quiet = level if level == "DEBUG" else max(logging.WARNING, logging.getLevelNamesMapping()[level])
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(quiet)
    logging.captureWarnings(True)


def _formatter(line: LineFormat, before: list[Processor], redaction: Redaction) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            redaction,
            _in_order,
            _as_json if line == "json" else _as_text,
        ],
    )
