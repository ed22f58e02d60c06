"""What the gate logs, and what it never does."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from approval_gate.server.keys import new_key
from approval_gate.server.logs import MASK, LineFormat, Redaction, configure_logs

SECRET = 'pa"ss\\word-1'


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Where lines go; afterwards logging is as it was."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)
    logging.captureWarnings(False)


def _configure(stream: io.StringIO, line: LineFormat = "json", level: str = "INFO") -> None:
    configure_logs(line, level, [SECRET], stream)


def test_every_event_is_one_line_of_json(logged: io.StringIO) -> None:
    _configure(logged)

    structlog.stdlib.get_logger("gate").info("two\nlines", ticket="x\u2028y")
    logging.getLogger("library").warning("of a %s", "library")
    logging.getLogger("uvicorn.error").info("of interest to nobody")

    first, second = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert (first["event"], first["ticket"], first["level"]) == ("two\nlines", "x\u2028y", "info")
    assert (second["event"], second["logger"]) == ("of a library", "library")
    assert list(first)[:4] == ["timestamp", "level", "event", "logger"]


@pytest.mark.parametrize("line", ["json", "text"])
def test_no_secret_is_in_a_line_wherever_it_stood(logged: io.StringIO, line: LineFormat) -> None:
    _configure(logged, line)
    key = str(new_key())
    log = structlog.stdlib.get_logger("gate")

    log.info(f"key {key}", members={"a": [SECRET, key]}, header=f"Bearer {key}", url="redis://u:hunter22@h/0")
    try:
        _fail(SECRET)
    except RuntimeError:
        log.exception("failed")

    text = logged.getvalue()
    assert MASK in text
    for secret in (SECRET, json.dumps(SECRET)[1:-1], key, key.split("_", 2)[2], "hunter22"):
        assert secret not in text


def test_text_for_people_sets_a_traceback_in(logged: io.StringIO) -> None:
    _configure(logged, "text")
    try:
        _fail("oh \x1b[31m")
    except RuntimeError:
        structlog.stdlib.get_logger("gate").exception("failed", ticket="x")

    first, *others = logged.getvalue().splitlines()
    assert 'error    failed logger="gate" ticket="x"' in first
    assert all(line.startswith("    | ") for line in others)
    assert "\x1b" not in logged.getvalue()


def test_an_event_that_cannot_be_written_costs_no_more_than_its_line(
    logged: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    _configure(logged)

    ours = logging.getLogger().handlers[-1]
    ours.handle(logging.LogRecord("gate", logging.WARNING, __file__, 1, "%d", ("no number",), None))

    assert logged.getvalue() == ""
    assert "a line of gate could not be logged: TypeError" in capsys.readouterr().err


def test_what_only_looks_like_a_secret_is_masked_and_the_rest_stays() -> None:
    redaction = Redaction(["abc", ""])

    assert (
        redaction.text("gate_ABCDEFGHIJ_secret and gate_created abc")
        == f"gate_ABCDEFGHIJ_{MASK} and gate_created abc"
    )


def _fail(words: str) -> None:
    raise RuntimeError(words)
