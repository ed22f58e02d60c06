"""One line in a channel counts what waits there without a card."""

from dataclasses import replace

import structlog
from sqlalchemy import ColumnElement, and_, delete, update

from slack_bot.blocks.backlog import all_shown_line, counting_line, ended_line
from slack_bot.ledger import backlogs
from slack_bot.publisher.backlog import Backlog, Look
from slack_bot.publisher.board import Board
from slack_bot.publisher.claim import UNKNOWN_COUNT, LineClaim, line_in
from slack_bot.publisher.editor import CLOSED, Editor
from slack_bot.publisher.poster import Poster
from slack_bot.rows import BacklogRow, LineState, backlogs_of

EVERY = 10.0
"""Seconds between two edits of a channel's line."""
ABSENT_FOR = 180.0
"""Seconds for which a registered channel may not be known yet: at the start one that is declared by a name
which Slack must be asked for, and one that another replica registered."""

log = structlog.get_logger(__name__)


class Lines:
    """The lines of all channels that have a backlog, or had one."""

    def __init__(self, board: Board, backlog: Backlog) -> None:
        self._board = board
        self._backlog = backlog
        self._poster = Poster(board)
        self._editor = Editor(board)
        self._seen: set[str] = set()
        self._absent: set[str] = set()

    def work(self) -> float | None:
        """Writes what may be written now. Returns seconds until the next may be, None where all is told."""
        registered = {channel.id for channel in self._board.channels.all()}
        self._seen |= registered
        self._absent -= registered
        waits = [
            self._attend(row) if row.channel in registered else self._take_leave(row) for row in self._rows()
        ]
        return min((wait for wait in waits if wait is not None), default=None)

    def _rows(self, channel: str | None = None) -> list[BacklogRow]:
        with self._board.ledger.read() as connection:
            return backlogs_of(connection, channel)

    def _attend(self, row: BacklogRow) -> float | None:
        look = self._backlog.look(row.channel)
        wait = self._wait(row, look)
        if wait is None or wait > 0 or self._board.stopping.is_set():
            return wait
        if row.state is LineState.POSTED:
            self._edit(row, look)
        elif not self._post(row, look):
            return 0.0
        latest = self._rows(row.channel)
        return self._wait(latest[0], look) if latest else None

    def _wait(self, row: BacklogRow, look: Look) -> float | None:
        """Seconds until the line may be written, None where it says what is so, or a card comes first."""
        line = line_in(row.channel)
        if row.state is LineState.CLAIMED:
            return self._board.pace.wait(line) or None
        if not _differs(row, look) or self._is_card_next(row.channel, look):
            return None
        return (
            self._poster.wait(row.channel, line) if row.state is LineState.NONE else self._editor.wait(line)
        )

    def _is_card_next(self, channel: str, look: Look) -> bool:
        """Whether a card follows before the line could be written again: then its count would not last."""
        due = (*look.fresh, *look.following)
        return any(self._poster.wait(channel, (key, channel)) <= EVERY for key in due)

    def _post(self, row: BacklogRow, look: Look) -> bool:
        """False where another was faster: its claim is to be looked after."""
        claim = self._claim(row)
        if claim is None:
            return False
        payload = {"channel": claim.channel, claim.mark.name: claim.mark.value}
        metadata = {"event_type": claim.mark.event_type, "event_payload": payload}
        message = counting_line(look.shown, look.left).message() | {"metadata": metadata}
        if self._poster.post(claim, message, lambda ts: claim.note_posted(ts, look.waiting)):
            self._board.pace.hold(line_in(row.channel), EVERY)
        return True

    def _claim(self, row: BacklogRow) -> LineClaim | None:
        """Says in the ledger that this process posts the line; None where another was faster."""
        now, instance = self._board.clock(), self._board.instance
        claimed = {"state": LineState.CLAIMED, "claimed_at": now, "claimed_by": instance, "ts": None}
        free = and_(backlogs.c.channel == row.channel, backlogs.c.state == LineState.NONE)
        with self._board.ledger.write() as tx:
            if tx.execute(update(backlogs).where(free).values(claimed)).rowcount == 0:
                return None
        claim = replace(row, state=LineState.CLAIMED, claimed_at=now, claimed_by=instance, ts=None)
        return LineClaim(self._board, claim)

    def _edit(self, row: BacklogRow, look: Look) -> None:
        words = counting_line(look.shown, look.left) if look.left else all_shown_line()
        line, names = line_in(row.channel), {"what": "line", "channel": row.channel}
        edit = self._editor.edit(row.channel, row.ts, words.message(), line, names)
        if edit.gone in CLOSED:
            self._board.pace.back_off(line)
        elif edit.gone:
            log.warning("line lost", channel=row.channel, why=edit.gone)
            self._note(row, look, LineState.NONE)
        elif edit.done:
            self._board.pace.hold(line, EVERY)
            self._note(row, look, LineState.POSTED if look.left else LineState.NONE)
            log.info("backlog counted", channel=row.channel, shown=look.shown, left=look.left)

    def _note(self, row: BacklogRow, look: Look, state: LineState) -> None:
        """Notes what the line counts now; a line that is gone, or said its last words, is forgotten.

        A lost line is posted anew only when there is something else to count. Where another replica noted
        something else since we read the row, nobody can tell whose edit came last: then it is made again.
        """
        count = look.waiting if look.left else 0
        values = {"state": state, "ts": row.ts if state is LineState.POSTED else None, "shown_count": count}
        as_read = backlogs.c.shown_count.in_((row.shown_count, count))
        with self._board.ledger.write() as tx:
            if tx.execute(update(backlogs).where(_is_line(row), as_read).values(values)).rowcount == 0:
                tx.execute(update(backlogs).where(_is_line(row)).values(shown_count=UNKNOWN_COUNT))

    def _take_leave(self, row: BacklogRow) -> float | None:
        """The channel is not registered any more: nothing follows there, and the line says so."""
        wait = self._wait_for_leave(row)
        if wait is None or wait > 0 or self._board.stopping.is_set():
            return wait
        if row.state is LineState.POSTED:
            line, names = line_in(row.channel), {"what": "line", "channel": row.channel}
            edit = self._editor.edit(row.channel, row.ts, ended_line().message(), line, names)
            if not edit.done and not edit.gone:
                return self._wait_for_leave(row)
        with self._board.ledger.write() as tx:
            tx.execute(delete(backlogs).where(_is_line(row)))
        return None

    def _wait_for_leave(self, row: BacklogRow) -> float | None:
        """Seconds; None while nobody can tell what is registered, or whether the line stands."""
        if self._board.channels.trouble or row.state is LineState.CLAIMED:
            return None
        pace, absent = self._board.pace, ("absent", row.channel)
        if row.channel not in self._absent:
            self._absent.add(row.channel)
            was_removed = self._board.ledger.sole and row.channel in self._seen
            pace.hold(absent, 0.0 if was_removed else ABSENT_FOR)
        edit = self._editor.wait(line_in(row.channel)) if row.state is LineState.POSTED else 0.0
        return max(pace.wait(absent), edit)


def _differs(row: BacklogRow, look: Look) -> bool:
    """Whether there is something else to say than the line says, or said last."""
    if row.state is LineState.NONE:
        return look.backlog > 0 and look.waiting != row.shown_count
    return look.left == 0 or look.waiting != row.shown_count


def _is_line(row: BacklogRow) -> ColumnElement[bool]:
    """The condition for the backlog's row while its line is the one that was read."""
    return and_(
        backlogs.c.channel == row.channel,
        backlogs.c.state == row.state,
        backlogs.c.ts.is_(None) if row.ts is None else backlogs.c.ts == row.ts,
    )
