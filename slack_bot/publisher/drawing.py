"""Draws cards again whose request looks different by now."""

from dataclasses import dataclass

import structlog
from sqlalchemy import ColumnElement, and_, case, select, update

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.clock import SECOND
from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import Board, held_as
from slack_bot.publisher.claim import UNKNOWN_LOOK, is_card
from slack_bot.publisher.editor import CLOSED, Editor
from slack_bot.rows import FINAL, CardRow, CardState, RequestRow, State, card_of, request_by_key

GRACE = 300_000
"""Microseconds in which an upstream's answer saves the edit that would have said "waiting for …"."""
LOOK_AHEAD = 50

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Stale:
    """A card that shows an old look, and when its request was decided if that was only just now."""

    request_key: str
    channel: str
    decided_at: int | None


class Drawing:
    """Posted cards that show an old look, answered ones first."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._editor = Editor(board)
        self._refusing: set[str] = set()
        """The channels whose last edit was refused because they are closed to us."""

    def work(self) -> float | None:
        """Redraws what may be redrawn now. Returns seconds until the next may be, None where all is shown.

        Ends early where Slack does not answer, so that a slow edit keeps no post waiting for longer than one.
        """
        wait = self._draw_all()
        waits = [*self._closed().values(), *([] if wait is None else [wait])]
        return min(waits, default=None)

    def _draw_all(self) -> float | None:
        answered = True
        while not self._board.stopping.is_set():
            waiting = [(self._wait_for_drawing(one), one) for one in self._stale()]
            wait, first = min(waiting, key=lambda one: one[0], default=(None, None))
            if first is None or wait is None or wait > 0 or not answered:
                return wait
            answered = self._draw(first)
        return None

    def _closed(self) -> dict[str, float]:
        """The channels that take no edit, and the seconds until one is tried again there."""
        waits = {channel: self._board.pace.wait(closed(channel)) for channel in self._refusing}
        return {channel: wait for channel, wait in waits.items() if wait > 0}

    def _stale(self) -> list[_Stale]:
        answered_first = case((requests.c.decided_at.is_not(None), 0), else_=1)
        being_told = (requests.c.state == State.DECIDED) & (requests.c.trouble == "")
        query = (
            select(
                cards.c.request_key,
                cards.c.channel,
                case((being_told, requests.c.decided_at), else_=None),
            )
            .join(requests, requests.c.key == cards.c.request_key)
            .where(
                cards.c.state == CardState.POSTED,
                cards.c.shown_look < requests.c.look,
                requests.c.upstream.in_(self._board.upstreams),
                cards.c.channel.not_in(list(self._closed())),
            )
            .order_by(answered_first, requests.c.changed_at)
            .limit(LOOK_AHEAD + self._board.pace.held())
        )
        with self._board.ledger.read() as connection:
            return [_Stale(*row) for row in connection.execute(query)]

    def _wait_for_drawing(self, one: _Stale) -> float:
        held = self._editor.wait((one.request_key, one.channel))
        age = GRACE if one.decided_at is None else self._board.clock() - one.decided_at
        # A decision of the future is one of before the clock was set.
        return max(held, (GRACE - age) / SECOND) if age >= 0 else held

    def _draw(self, one: _Stale) -> bool:
        """False where Slack did not answer."""
        found = self._card(one)
        if found is None:
            return True
        shown, row = found
        message = self._board.draw(shown, row)
        if message is None:
            return True
        names = {"what": "card", "request": row.key, "channel": shown.channel}
        edit = self._editor.edit(shown.channel, shown.ts, message, held_as(shown), names)
        if edit.gone in CLOSED and self._may_be_opened(shown.channel):
            self._refused(shown.channel, edit.gone)
        elif edit.gone:
            self._lose(shown, edit.gone)
        elif edit.done:
            self._drawn(shown, row)
            log.info("card drawn", request=row.key, channel=shown.channel, state=row.state)
        return edit.answered

    def _may_be_opened(self, channel: str) -> bool:
        """Whether the channel is registered: then people may want it again, archived or not."""
        channels = self._board.channels
        return channels.get(channel) is not None or bool(channels.trouble)

    def _refused(self, channel: str, why: str) -> None:
        """All of its cards wait, and each try is with one of them."""
        self._refusing.add(channel)
        seconds = self._board.pace.back_off(closed(channel))
        log.warning("the channel takes no edit", channel=channel, why=why, again_in=seconds)

    def _card(self, one: _Stale) -> tuple[CardRow, RequestRow] | None:
        with self._board.ledger.read() as connection:
            row = request_by_key(connection, one.request_key)
            shown = card_of(connection, one.request_key, one.channel)
        return (shown, row) if row is not None and shown is not None else None

    def _drawn(self, shown: CardRow, drawn: RequestRow) -> None:
        """Notes what Slack shows now.

        Where another replica noted something else since we read the card, nobody can tell whose edit came
        last: then it is drawn again.
        """
        look = drawn.look
        stands = and_(_is_message(shown), cards.c.state.in_((CardState.POSTED, CardState.SETTLED)))
        self._worked(shown.channel)
        with self._board.ledger.write() as tx:
            latest = request_by_key(tx, drawn.key, lock=True)
            is_last = drawn.state in FINAL and latest is not None and latest.look == look
            state = CardState.SETTLED if is_last else CardState.POSTED
            as_read = cards.c.shown_look.in_((shown.shown_look, look))
            noted = tx.execute(update(cards).where(stands, as_read).values(shown_look=look, state=state))
            if noted.rowcount == 0:
                unsure = {"shown_look": UNKNOWN_LOOK, "state": CardState.POSTED}
                tx.execute(update(cards).where(stands).values(unsure))

    def _lose(self, shown: CardRow, why: str) -> None:
        """The message is gone. While the request waits, another takes its place: see `posting`."""
        log.warning("card lost", request=shown.request_key, channel=shown.channel, why=why)
        lost = {"state": CardState.LOST, "lost_because": why}
        with self._board.ledger.write() as tx:
            if tx.execute(update(cards).where(_is_message(shown)).values(lost)).rowcount == 0:
                return  # another replica has posted it anew
            audit.append(
                tx, self._board.clock(), Kind.CARD_LOST, shown.request_key, channel=shown.channel, why=why
            )

    def _worked(self, channel: str) -> None:
        self._refusing.discard(channel)
        self._board.pace.worked(closed(channel))


def closed(channel: str) -> tuple[str, str]:
    """The name in the pace of a channel that takes no edit."""
    return ("closed", channel)


def _is_message(shown: CardRow) -> ColumnElement[bool]:
    """The condition for this card's row, while it is the same message."""
    return and_(is_card(shown), cards.c.ts == shown.ts)
