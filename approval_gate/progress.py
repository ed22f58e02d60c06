"""What the command says while it waits: one line that is redrawn on a terminal, plain lines elsewhere."""

import os
import time
import unicodedata
from typing import TextIO

from approval_gate.ticket import Ticket

LINE_EVERY = 60.0
"""Seconds between two plain lines with nothing new."""
USUAL_COLUMNS = 80
"""Where the terminal does not tell."""
ASKING = "Waiting for an answer:"
AWAY = " The gate does not answer at the moment."


class Progress:
    """Says on ``stream`` that ``title`` is asked, how much time is left, and where people see it."""

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream = stream
        self._title = plain(title)
        self._is_terminal = stream.isatty()
        self._next_line = 0.0
        self._place = ""
        self._was_away = False

    def waiting(self, ticket: Ticket, seconds_left: float, is_away: bool) -> None:
        """How it stands now. Plain lines come when there is something new, and once a minute."""
        place = f"Card: {plain(ticket.card_url)}" if ticket.card_url else f"Ticket: {plain(ticket.id)}"
        is_elsewhere, is_new = place != self._place, is_away != self._was_away
        self._place, self._was_away = place, is_away
        time_left, trouble = f"Time left: {clock(seconds_left)}.", AWAY if is_away else ""
        if self._is_terminal:
            if is_elsewhere:
                self.say(place)
            self._redraw(f"{time_left}{trouble} {ASKING} {self._title}")
        elif is_elsewhere or is_new or time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_EVERY
            self.say(f"{ASKING} {self._title}. {time_left} {place}{trouble}")

    def say(self, words: str) -> None:
        """A line that stays, in place of the one that is redrawn."""
        erased = "\r\x1b[K" if self._is_terminal else ""
        self._write(f"{erased}{plain(words)}\n")

    def _redraw(self, words: str) -> None:
        """In one row: of a line that goes on in the next one, only the last row would be erased."""
        self._write(f"\r\x1b[K{fitted(words, _columns(self._stream) - 1)}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def clock(seconds: float) -> str:
    """A time left, such as 29:05 or 1:00:00."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plain(text: str) -> str:
    """Text from outside for a terminal: one line, without what would move its cursor or change its colours."""
    return "".join(one if one.isprintable() else " " for one in text)


def fitted(text: str, columns: int) -> str:
    """The text, or its beginning and an ellipsis, in at most so many columns of any terminal."""
    if sum(map(_width, text)) <= columns:
        return text
    room, kept = columns - _width("…"), ""
    for one in text:
        room -= _width(one)
        if room < 0:
            break
        kept += one
    return f"{kept}…"


def _width(character: str) -> int:
    """Columns it may take: wide and full-width ones two, and so do ambiguous ones in some terminals (UAX #11)."""
    return 2 if unicodedata.east_asian_width(character) in "WFA" else 1


def _columns(stream: TextIO) -> int:
    try:
        found = os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return USUAL_COLUMNS
    return found or USUAL_COLUMNS
