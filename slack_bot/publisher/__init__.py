"""The publisher: shows in Slack what the ledger says; the only writer of cards.

A message is claimed in the ledger, posted with metadata, and its ts recorded. A claim without a ts (we were
killed, or Slack's answer was lost) is settled by reading the channel's history: the message is adopted, or
posted again.
"""

from collections.abc import Callable

from slack_bot.publisher.backlog import Backlog
from slack_bot.publisher.board import Board
from slack_bot.publisher.claims import Claims
from slack_bot.publisher.drawing import Drawing
from slack_bot.publisher.lines import Lines
from slack_bot.publisher.posting import Posting
from slack_bot.publisher.probing import Probing
from slack_bot.publisher.reminders import Reminders
from slack_bot.publisher.routing import Routing
from slack_bot.publisher.run_out import RunOut
from slack_bot.publisher.scheduled import Scheduled
from slack_bot.publisher.threads import Threads
from slack_bot.publisher.unplaced import Unplaced

__all__ = ["Board", "Publisher"]


class Publisher:
    """Reconciler: ledger → Slack. Used by one thread."""

    def __init__(
        self,
        board: Board,
        shown: Callable[[], None] = lambda: None,
        read_anew: Callable[[], object] = lambda: None,
        notes: list[str] | None = None,
    ) -> None:
        """``shown`` is told after each round that there may be cards at other places than before.

        ``read_anew`` is called before each, and has the routes read where another replica has changed them.
        ``notes`` say which requests are shown nowhere, and what the operator should do.
        """
        self._board = board
        self._shown = shown
        backlog = Backlog(board)
        self._parts = (
            Routing(board, read_anew),
            Unplaced(board, [] if notes is None else notes),
            Probing(board, backlog),
            RunOut(board),
            Drawing(board),
            Claims(board),
            Posting(board, backlog),
            Threads(board),
            Reminders(board),
            Lines(board, backlog),
            Posting(board, Scheduled(board)),
        )
        """In this order: where requests belong, what people wait to see changed, what is new, and last what is only
        for the record.
        """

    def stop(self) -> None:
        """No new call; the one under way is waited for."""
        self._board.stopping.set()

    def work(self, now: int) -> float | None:
        """Does all that may be done now.

        Returns seconds until the next thing may be done, None where nothing waits.
        """
        waits = [part.work() for part in self._parts]
        self._shown()
        return min((wait for wait in waits if wait is not None), default=None)
