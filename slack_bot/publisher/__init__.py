"""The publisher: shows in Slack what the ledger says; the only writer of cards.

A card is claimed in the ledger, posted with metadata, and its ts recorded. A claim without a ts (we were
killed, or Slack's answer was lost) is settled by reading the channel's history: the message is adopted, or
posted again.
"""

from slack_bot.publisher.board import Board
from slack_bot.publisher.claims import Claims
from slack_bot.publisher.drawing import Drawing
from slack_bot.publisher.posting import Posting

__all__ = ["Board", "Publisher"]


class Publisher:
    """Reconciler: ledger → Slack. Used by one thread."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._claims = Claims(board)
        self._drawing = Drawing(board)
        self._posting = Posting(board)

    def stop(self) -> None:
        """No new call; the one under way is waited for."""
        self._board.stopping.set()

    def work(self, now: int) -> float | None:
        """Does all that may be done now: what people wait to see changed first, then what is new.

        Returns seconds until the next thing may be done, None where nothing waits.
        """
        waits = [self._drawing.work(), self._claims.work(), self._posting.work()]
        return min((wait for wait in waits if wait is not None), default=None)
