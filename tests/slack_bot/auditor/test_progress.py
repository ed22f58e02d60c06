"""How far a long reading is: told on a terminal, and only there."""

import io

import pytest

from slack_bot.auditor import progress
from slack_bot.auditor.progress import counted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_counts_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    stream = Terminal()
    assert list(counted("abc", 3, "ledger", stream)) == ["a", "b", "c"]
    assert "ledger: 2 of 3" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_elsewhere_it_says_nothing() -> None:
    stream = io.StringIO()
    assert list(counted(range(10_000), 10_000, "ledger", stream)) == list(range(10_000))
    assert stream.getvalue() == ""
