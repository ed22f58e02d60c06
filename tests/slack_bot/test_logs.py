import io
import json
import logging
import math
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import assume, example, given, settings, strategies
from structlog.contextvars import bound_contextvars

from slack_bot.logs import MASK, SHORTEST_SECRET, TALKATIVE, LineFormat, configure_logs

log = structlog.stdlib.get_logger("slack_bot.test")


class Lines:
    """What the process has logged since it was configured."""

    def __init__(self, line: LineFormat = "json", level: str = "INFO", secrets: tuple[str, ...] = ()) -> None:
        self._stream = io.StringIO()
        logging.getLogger().handlers.clear()  # pytest's own, which show secrets and raise
        configure_logs(line, level, secrets, self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def all(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def only(self) -> dict[str, object]:
        (line,) = self.all
        return line


def fail(error: Exception, cause: Exception | None = None) -> None:
    raise error from cause


@pytest.fixture(autouse=True)
def _logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    level, config = logging.getLogger().level, structlog.get_config()
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    yield
    logging.getLogger().handlers.clear()
    logging.getLogger().setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(False)
    structlog.configure(**config)


def test_an_event_is_one_json_object_with_time_level_event_and_logger_first() -> None:
    lines = Lines()

    log.info("card.posted", channel="C01", count=3, new=True, risk=None, ratio=0.5, odd=math.nan)

    assert list(lines.only)[:4] == ["timestamp", "level", "event", "logger"]
    assert str(lines.only.pop("timestamp")).endswith("Z")
    assert {**lines.only, "timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "event": "card.posted",
        "logger": "slack_bot.test",
        "channel": "C01",
        "count": 3,
        "new": True,
        "risk": None,
        "ratio": 0.5,
        "odd": "nan",
    }


def test_what_is_bound_to_the_thread_is_on_each_line_of_ours_and_of_libraries() -> None:
    lines = Lines()

    with bound_contextvars(request="r1", channel="C01", user="U02"):
        log.info("vote.counted")
        logging.getLogger("library").warning("retrying %s", "soon")
    log.info("idle")

    ours, library, idle = lines.all
    assert (ours["request"], ours["channel"], ours["user"]) == ("r1", "C01", "U02")
    assert (library["event"], library["logger"], library["user"]) == ("retrying soon", "library", "U02")
    assert "request" not in idle


def test_an_exception_is_one_field_of_its_line() -> None:
    lines = Lines()

    try:
        fail(ValueError("first line\nsecond line"))
    except ValueError:
        log.exception("poll.failed")

    assert lines.only["level"] == "error"
    assert "Traceback" in str(lines.only["exception"])
    assert str(lines.only["exception"]).endswith("ValueError: first line\nsecond line")


@pytest.mark.parametrize("line", ["json", "text"])
def test_nothing_in_an_event_breaks_its_line(line: LineFormat) -> None:
    """Given every kind of line break and terminal control, when it is logged, then it is one line."""
    lines = Lines(line)

    log.info("a\nb\r\nc\u2028d\x85e\x1b[2J\x7f", **{"ke\ny": "v\nv", "nested": {"x": ["\u2029", "\x0b"]}})

    assert len(lines.text.splitlines()) == 1
    assert lines.text[:-1].isprintable()


def test_text_is_for_people_and_sets_a_traceback_in() -> None:
    lines = Lines("text")

    try:
        fail(ValueError("no\n2026-01-01T00:00:00Z info forged"))
    except ValueError:
        log.exception("poll.failed", upstream="privilege_manager")

    first, *rest = lines.text.splitlines()
    assert 'error    poll.failed logger="slack_bot.test" upstream="privilege_manager"' in first
    assert rest
    assert all(line.startswith("    | ") for line in rest)


def test_lower_levels_are_left_out_and_libraries_talk_at_debug_only() -> None:
    lines = Lines(level="INFO")
    for logger in (logging.getLogger("slack_bot.x"), logging.getLogger("apscheduler.executors")):
        logger.debug("step")
        logger.info("step")
    assert [line["logger"] for line in lines.all] == ["slack_bot.x"]

    lines = Lines(level="DEBUG")
    logging.getLogger("apscheduler.executors").debug("step")
    assert lines.only["level"] == "debug"

    lines = Lines(level="ERROR")
    logging.getLogger("apscheduler.executors").warning("step")
    log.warning("step")
    assert lines.all == []


def test_a_second_configuration_replaces_the_first() -> None:
    first = Lines()
    second = Lines()

    log.info("once")

    assert (first.all, second.only["event"]) == ([], "once")


def test_warnings_and_crashes_of_threads_are_lines_like_any_other() -> None:
    lines = Lines(secrets=("hunter22",))

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn("old hunter22", stacklevel=1)
    thread = threading.Thread(target=lambda: int("hunter22"), name="poller")
    thread.start()
    thread.join()

    warning, crash = lines.all
    assert f"old {MASK}" in str(warning["event"])
    assert (crash["event"], crash["thread"]) == ("thread.crashed", "poller")
    assert f"invalid literal for int() with base 10: '{MASK}'" in str(crash["exception"])


def test_an_uncaught_exception_is_logged_without_secrets() -> None:
    lines = Lines(secrets=("hunter22",))

    error = RuntimeError("hunter22")
    sys.excepthook(RuntimeError, error, None)

    assert lines.only["event"] == "process.crashed"
    assert lines.only["exception"] == f"RuntimeError: {MASK}"


def test_a_line_that_cannot_be_made_is_told_without_its_content(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Lines()

    logging.getLogger("library").error("%d clicks", "hunter22")

    assert lines.text == ""
    shown = capsys.readouterr().err
    assert "a line of library could not be logged: TypeError at" in shown
    assert "hunter22" not in shown


def test_where_nobody_reads_the_log_any_more_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a pipe whose reader went away, for the log and for what goes wrong with it, then nothing is raised."""
    reader, writer = os.pipe()
    os.close(reader)
    nobody = io.TextIOWrapper(io.FileIO(writer, "w"), write_through=True)
    logging.getLogger().handlers.clear()
    configure_logs("json", "INFO", (), nobody)
    monkeypatch.setattr(sys, "stderr", nobody)

    log.error("nobody hears this")

    with pytest.raises(BrokenPipeError):
        nobody.write("so it is")
    nobody.detach().close()


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("hunter22")


def test_an_object_that_cannot_be_shown_costs_only_itself() -> None:
    lines = Lines()

    log.info("odd", thing=Unprintable())

    assert lines.only["thing"] == "<Unprintable whose repr raises RuntimeError>"


def test_a_structure_without_end_is_cut() -> None:
    lines = Lines()
    endless: list[object] = []
    endless.append(endless)

    log.info("odd", thing=endless)

    assert "[[...]]" in str(lines.only["thing"])


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("token xoxb-12-34-abCD, next", f"token xoxb-{MASK}, next"),
        ("xoxe.xoxp-1-Mi0yLTEt", f"xoxe.xoxp-{MASK}"),
        ("xapp-1-A01-2-abc", f"xapp-{MASK}"),
        ("{'Authorization': 'Bearer abc.def'}", f"{{'Authorization': '{MASK}'}}"),
        ("curl -H Bearer abc.def", f"curl -H Bearer {MASK}"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", f"Authorization: Basic {MASK}"),
        ("https://hooks.slack.com/actions/T1/2/xyz", f"https://hooks.slack.com/{MASK}"),
        ("http://127.0.0.1:8484/response/abc?x=1 gone", f"http://127.0.0.1:8484/response/{MASK} gone"),
        (
            "wss://wss-primary.slack.com/link/?ticket=1-2&app_id=3",
            f"wss://wss-primary.slack.com/link/?{MASK}",
        ),
        ("GET /link/?ticket=1-2&app_id=3 HTTP/1.1", f"GET /link/?ticket={MASK}&app_id=3 HTTP/1.1"),
        ("http://user:pass@proxy:3128", f"http://user:{MASK}@proxy:3128"),
        ('{"token": "verify-me", "type": "x"}', f'{{"token": "{MASK}", "type": "x"}}'),
    ],
)
def test_what_looks_like_a_secret_is_masked_wherever_it_stands(said: str, logged: str) -> None:
    lines = Lines()

    log.info(said, plain=said, nested={"a": [said, (said,)], said: 1})

    assert lines.only["event"] == logged
    assert lines.only["plain"] == logged
    assert lines.only["nested"] == {"a": [logged, [logged]], logged: 1}


def test_members_with_a_telling_name_are_masked() -> None:
    lines = Lines()

    log.info("payload", payload={"token": "abc", "Response_URL": "https://x", "user": "U01"})

    assert lines.only["payload"] == {"token": MASK, "Response_URL": MASK, "user": "U01"}


@pytest.mark.parametrize("spell", [str, quote, quote_plus, json.dumps, repr, ascii])
def test_a_secret_is_known_in_the_spellings_of_addresses_and_quotes(spell: Callable[[str], str]) -> None:
    secret = 'it\'s a "wörd"/%+\n'
    lines = Lines(secrets=(secret,))

    log.info(spell(secret))

    assert str(lines.only["event"]).strip("'\"") == MASK


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)
    else:
        yield str(value)


class Holder:
    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return f"Holder({self.secret!r}, {self.secret})"


def lines_without(line: LineFormat) -> str:
    """What such lines hold anyway: a secret that is part of it cannot be told from it."""
    lines = Lines(line)
    log.info(MASK, plain=MASK, nested={"list": [{"b": "b'"}]}, holder=f"Holder('{MASK}', {MASK})")
    log.info("number body: password=", number=0, request=MASK, exception="Traceback ValueError KeyError")
    return lines.text


@settings(deadline=None, max_examples=150)
@given(
    secret=strategies.text(min_size=2 * SHORTEST_SECRET, max_size=30),
    around=strategies.text(max_size=10),
    line=strategies.sampled_from(["json", "text"]),
)
@example(secret="12345678", around="", line="json")
@example(secret="pa\"ss'wo\\rd\n", around="\\", line="json")
@example(secret="pass wörd/%+", around="%", line="text")
@example(secret="....", around="..", line="json")
@example(secret="\ud800\ud800abc", around="", line="text")
def test_no_configured_secret_can_be_read_from_a_line(secret: str, around: str, line: LineFormat) -> None:
    """Given any secret, when it is logged in any place and spelling, then neither line nor values hold it."""
    assume(not any(spelling in lines_without(line) for spelling in (secret, ascii(secret)[1:-1])))
    lines = Lines(line, "DEBUG", (secret,))

    said = f"{around}{secret}{around}"
    nested = {"list": [said, (secret, {secret})], secret: {"b": said.encode(errors="replace")}}
    log.info(said, plain=secret, nested=nested, holder=Holder(secret), **{said: 1})
    log.info("number", number=int(secret) if secret.isascii() and secret.isdigit() else 0)
    logging.getLogger("slack_sdk").debug("body: %s", f"password={quote_plus(secret, errors='replace')}")
    with bound_contextvars(request=said):
        try:
            fail(ValueError(said), KeyError(secret))
        except ValueError:
            log.exception("failed", error=ValueError(said))

    assert lines.text.count(MASK) > 10
    assert secret not in lines.text
    if line == "json":
        assert not any(secret in text for each in lines.all for text in strings_in(each))
