"""One line of JSON (or text) per event, from our own loggers and every library's, and no secret in any."""

import json
import logging
import math
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from types import TracebackType
from typing import Final, Literal, TextIO
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, WrappedLogger

LineFormat = Literal["json", "text"]

MASK: Final = "[redacted]"
SHORTEST_SECRET: Final = 4
"""A shorter value would blot out parts of ordinary words all over the log."""
DEEPEST: Final = 8
LEADING: Final = ("timestamp", "level", "event", "logger")
TALKATIVE: Final = (
    "alembic",
    "apscheduler",
    "asyncio",
    "slack_bolt",
    "slack_sdk",
    "urllib3",
    "uvicorn",
    "websockets",
)
"""Libraries whose every step is of interest at DEBUG only."""
AUDIT: Final = "slack_bot.audit"
"""Told at every LOG_LEVEL: the log is the copy of the audit log that the bot cannot rewrite."""

_URL: Final = r"[^\s\"'<>\\]"
SENSITIVE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(\bxox[a-z](?:\.xox[a-z])?-)[\w%.-]+",
        r"(\bxapp-)[\w%.-]+",
        r"(\bBearer\s+)[^\s\"',;]+",
        r"(\bBasic\s+)[\w+/=-]{12,}",
        rf"(\bhttps?://hooks\.slack\.com/){_URL}+",
        rf"(\bhttps?://{_URL}*?/response/){_URL}+",
        rf"(\bwss?://[^\s\"'<>\\?]*\?){_URL}+",
        r"(\bticket=)[^\s\"'&]+",
        r"(://[^\s/:@]*:)[^\s/@]+(?=@)",
        r"([\"'](?:token|password|ticket|authorization)[\"']\s*:\s*[\"'])[^\"']+",
    )
)
"""What looks like a secret of Slack's, a credential or a password in an address. Group 1 may stay."""
SENSITIVE_KEYS: Final = frozenset({"token", "password", "ticket", "authorization", "response_url"})


class Redaction:
    """Takes the configured secrets, and whatever looks like one, out of anything that is to be logged."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        self._secrets = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """As a processor of structlog: the event in JSON's own types, clean in keys and values."""
        return {self.text(str(key)): self._member(key, value, 0) for key, value in event.items()}

    def text(self, text: str) -> str:
        """The same text without secrets."""
        text = self._secrets.sub(MASK, text)
        for pattern in SENSITIVE:
            text = pattern.sub(_masked, text)
        return text

    def _member(self, key: object, value: object, depth: int) -> object:
        if isinstance(value, str) and str(key).lower() in SENSITIVE_KEYS:
            return MASK
        return self._value(value, depth)

    def _value(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value)
        if depth < DEEPEST and isinstance(value, Mapping):
            return {self.text(str(key)): self._member(key, inner, depth + 1) for key, inner in value.items()}
        if depth < DEEPEST and isinstance(value, list | tuple | AbstractSet):
            return [self._value(inner, depth + 1) for inner in value]
        shown = _shown(value)
        clean = self.text(shown)
        is_number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        return value if is_number and clean == shown else clean


def _masked(match: re.Match[str]) -> str:
    """A function, since a template would be read anew for every text."""
    return f"{match[1]}{MASK}"


def _spellings(secret: str) -> set[str]:
    """The secret as it is, and as it reads inside addresses, JSON and Python's own quotes."""
    spellings = {
        secret,
        quote(secret, errors="replace"),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
    }
    return {spelling for spelling in spellings if len(spelling) >= SHORTEST_SECRET}


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a broken object must not cost us the log line that tells of it
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


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
        line = f"a line of {record.name} could not be logged: {reason} at {record.pathname}:{record.lineno}"
        # Where there is nobody to tell, as on a full disk, the work goes on: a line is not worth a thread.
        with suppress(OSError, ValueError):
            sys.stderr.write(_printable(line) + "\n")
            sys.stderr.flush()


def configure_logs(
    line: LineFormat, level: str, secrets: Iterable[str], stream: TextIO | None = None
) -> None:
    """Sends every log line of the process, warnings and uncaught exceptions among them, to ``stream``.

    ``line`` is "json" or "text", ``level`` a level's name in the logging module, ``secrets`` the values that
    must never be seen; ``stream`` is standard output by default. May be called again, with other values.
    """
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
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
    _replace_handlers(_formatter(line, before, Redaction(secrets)), stream or sys.stdout)
    _set_levels(level)
    logging.captureWarnings(True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


def _formatter(
    line: LineFormat, before: list[structlog.typing.Processor], redaction: Redaction
) -> structlog.stdlib.ProcessorFormatter:
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


def _replace_handlers(formatter: logging.Formatter, stream: TextIO) -> None:
    handler = _Handler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)


def _set_levels(level: str) -> None:
    logging.getLogger().setLevel(level)
    logging.getLogger(AUDIT).setLevel(logging.INFO)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(level if level == "DEBUG" else max(logging.WARNING, _number(level)))


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level]


def _log_crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    structlog.stdlib.get_logger(__name__).critical("process.crashed", exc_info=(kind, error, traceback))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_type is SystemExit:
        return
    error = crash.exc_value or crash.exc_type()
    thread = crash.thread.name if crash.thread else "unknown"
    structlog.stdlib.get_logger(__name__).critical("thread.crashed", thread=thread, exc_info=error)
