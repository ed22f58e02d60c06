"""What the command says while it waits."""

import io
import os
import termios
from dataclasses import replace

import pytest

from approval_gate.progress import Progress, clock, fitted, plain
from approval_gate.ticket import Ticket

TICKET = Ticket("abc", "pending", "v1")
END = "\x04"
"""Nothing that is drawn; a terminal hands over what was written in pieces, some of it late."""
CARD = replace(TICKET, card_url="https://example.slack.com/archives/C1/p1")


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (-1, "0:00"), (59.6, "1:00"), (1745, "29:05"), (3600, "1:00:00")]
)
def test_the_time_left_is_written_as_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_on_a_terminal_one_line_is_redrawn() -> None:
    stream = Terminal()
    progress = Progress(stream, "Deploy")

    progress.waiting(TICKET, 60, is_away=False)
    progress.waiting(CARD, 59, is_away=False)
    progress.waiting(CARD, 58, is_away=True)
    progress.say("Approved by U1.")

    drawn = stream.getvalue().split("\r\x1b[K")
    assert drawn[1:] == [
        "Ticket: abc\n",
        "Time left: 1:00. Waiting for an answer: Deploy",
        "Card: https://example.slack.com/archives/C1/p1\n",
        "Time left: 0:59. Waiting for an answer: Deploy",
        "Time left: 0:58. The gate does not answer at the moment. Waiting for an answe…",
        "Approved by U1.\n",
    ]


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_what_is_redrawn_stays_in_one_row_of_the_terminal(columns: int) -> None:
    """Given any width, when a long title of wide characters is waited for, then no row but the link's is full."""
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, columns))
    with os.fdopen(leader, "rb", buffering=0) as screen, os.fdopen(follower, "w", encoding="utf-8") as stream:
        progress = Progress(stream, "Deploy 承認 " * 15)
        progress.waiting(CARD, 60, is_away=False)
        progress.waiting(CARD, 59, is_away=True)
        stream.write(END)
        stream.flush()
        written = "".join(iter(lambda: screen.read(1).decode("latin-1"), END)).encode("latin-1").decode()

    place, *drawn = written.split("\r\x1b[K")[1:]
    assert place == f"{place.rstrip()}\r\n"
    assert [one[: len("Time left: 1:00.")] for one in drawn] == ["Time left: 1:00.", "Time left: 0:59."]
    widths = [len(one) + sum(one.count(wide) for wide in "承認…") for one in drawn]
    assert all(columns - 3 <= width < columns for width in widths)


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [("abcdef", 6, "abcdef"), ("abcdef", 5, "abc…"), ("承認", 4, "承認"), ("承認", 3, "…"), ("", 0, "")],
)
def test_a_text_is_cut_to_columns(text: str, columns: int, shown: str) -> None:
    assert fitted(text, columns) == shown


def test_elsewhere_there_is_a_line_only_when_something_is_new() -> None:
    stream = io.StringIO()
    progress = Progress(stream, "Deploy")

    for ticket, is_away in ((TICKET, False), (TICKET, False), (CARD, False), (CARD, True), (CARD, True)):
        progress.waiting(ticket, 60, is_away)
    progress.say("Denied by U1: no")

    assert stream.getvalue().splitlines() == [
        "Waiting for an answer: Deploy. Time left: 1:00. Ticket: abc",
        "Waiting for an answer: Deploy. Time left: 1:00. Card: https://example.slack.com/archives/C1/p1",
        "Waiting for an answer: Deploy. Time left: 1:00. Card: https://example.slack.com/archives/C1/p1"
        " The gate does not answer at the moment.",
        "Denied by U1: no",
    ]
    assert "\x1b" not in stream.getvalue()


def test_nothing_from_outside_moves_the_cursor_or_colours_the_terminal() -> None:
    stream = io.StringIO()
    progress = Progress(stream, "De\x1b[31mploy\n")

    progress.waiting(replace(CARD, card_url="https://x\r\x9b2J"), 1, is_away=False)
    progress.say("Denied by U1: \x1b]0;title\x07\nApproved by U2.")

    assert len(stream.getvalue().splitlines()) == 2
    assert all(one.isprintable() or one == "\n" for one in stream.getvalue())
    assert plain("a\u202eb") == "a b"
