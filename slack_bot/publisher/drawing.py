"""Draws cards again whose request looks different by now, or whose channel decides otherwise."""

from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, update

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.blocks import MARK_DIGITS
from slack_bot.clock import SECOND
from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import Board, Drawn, held_as
from slack_bot.publisher.claim import UNKNOWN_POLICY, is_card, proof
from slack_bot.publisher.disagreement import Disagreement
from slack_bot.publisher.editor import CLOSED, Editor
from slack_bot.rows import (
    FINAL,
    UNKNOWN_LOOK,
    CardRow,
    CardState,
    RequestRow,
    State,
    card_of,
    request_by_key,
)

GRACE = 300_000
"""Microseconds in which an upstream's answer saves the edit that would have said "waiting for …"."""
LOOK_AHEAD = 50
FOR_POLICY = "edits for a policy"
BETWEEN = 2.0
"""Seconds between two edits for a changed policy, which may make very many cards old.

Slack takes about 50 a minute, of which some are left for the cards that people answer.
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Stale:
    """A card that shows an old look or an old policy.

    ``decided_at``: when its request was decided, if that was only just now. ``looks_old`` is False where the
    policy alone is another.
    """

    request_key: str
    channel: str
    decided_at: int | None
    looks_old: bool

    @property
    def card(self) -> tuple[str, str]:
        """Its name."""
        return (self.request_key, self.channel)


class Drawing:
    """Posted cards that show an old look or, while they wait, an old policy; answered ones first."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._editor = Editor(board)
        self._disagreement = Disagreement(board)
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
        answered, for_policy = True, 0
        while not self._board.stopping.is_set():
            waiting = [(self._wait_for_drawing(one), one) for one in self._stale()]
            wait, first = min(waiting, key=lambda one: one[0], default=(None, None))
            if first is None or wait is None or wait > 0 or not answered:
                return wait
            answered = self._draw(first)
            for_policy += not first.looks_old
            if for_policy >= LOOK_AHEAD:
                return 0.0  # what is new is posted in between
        return None

    def _closed(self) -> dict[str, float]:
        """The channels that take no edit, and the seconds until one is tried again there."""
        waits = {channel: self._board.pace.wait(closed(channel)) for channel in self._refusing}
        return {channel: wait for channel, wait in waits.items() if wait > 0}

    def _stale(self) -> list[_Stale]:
        answered_first = case((requests.c.decided_at.is_not(None), 0), else_=1)
        being_told = (requests.c.state == State.DECIDED) & (requests.c.trouble == "")
        looks_old = cards.c.shown_look < requests.c.look
        query = (
            select(
                cards.c.request_key,
                cards.c.channel,
                case((being_told, requests.c.decided_at), else_=None),
                looks_old,
            )
            .join(requests, requests.c.key == cards.c.request_key)
            .where(
                cards.c.state == CardState.POSTED,
                or_(looks_old, self._shows_old_policy()),
                requests.c.upstream.in_(self._board.upstreams),
                cards.c.channel.not_in(list(self._closed())),
            )
            .order_by(answered_first, ~looks_old, requests.c.changed_at)
            .limit(LOOK_AHEAD + self._board.pace.held())
        )
        with self._board.ledger.read() as connection:
            return [_Stale(*row) for row in connection.execute(query)]

    def _shows_old_policy(self) -> ColumnElement[bool]:
        """The condition for a card that waits for an answer; never for one of a channel that is not known."""
        marks = self._board.policy_marks()
        self._disagreement.go_by(marks)
        if not marks:
            return false()
        shows = func.substr(cards.c.shown_policy, 1, MARK_DIGITS)
        should_show = case(marks, value=cards.c.channel, else_=shows)
        return and_(requests.c.state == State.PENDING, shows != should_show)

    def _wait_for_drawing(self, one: _Stale) -> float:
        held = self._editor.wait(one.card)
        if not one.looks_old:
            held = max(held, self._board.pace.wait(FOR_POLICY), self._disagreement.wait(one.card))
        age = GRACE if one.decided_at is None else self._board.clock() - one.decided_at
        # A decision of the future is one of before the clock was set.
        return max(held, (GRACE - age) / SECOND) if age >= 0 else held

    def _draw(self, one: _Stale) -> bool:
        """False where Slack did not answer."""
        found = self._card(one)
        if found is None:
            return True
        shown, row = found
        drawn = self._board.draw(shown, row)
        if drawn is None:
            return True
        if drawn.is_shown_by(shown):
            self._note(shown, drawn, {})
            self._leave_to_others(one)
            return True
        return self._edit(one, shown, drawn)

    def _edit(self, one: _Stale, shown: CardRow, drawn: Drawn) -> bool:
        """False where Slack did not answer."""
        row = drawn.row
        names = {"what": "card", "request": row.key, "channel": shown.channel}
        if not one.looks_old:
            self._board.pace.hold(FOR_POLICY, BETWEEN)
        edit = self._editor.edit(shown.channel, shown.ts, drawn.message, held_as(shown), names)
        if edit.gone in CLOSED and self._may_be_opened(shown.channel):
            self._refused(shown.channel, edit.gone)
        elif edit.gone:
            self._lose(shown, edit.gone)
        elif edit.done:
            self._worked(shown.channel)
            self._note(shown, drawn, proof(drawn, self._board.clock()))
            self._leave_to_others(one)
            log.info("card drawn", request=row.key, channel=shown.channel, state=row.state)
        elif not edit.answered:
            self._doubt(shown)
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

    def _note(self, shown: CardRow, drawn: Drawn, proven: dict[str, Any]) -> None:
        """Notes what Slack shows now, and, ``proven`` by an edit, since when.

        Where another replica noted something else since we read the card, nobody can tell whose edit came
        last: then it is drawn again.
        """
        look, mark = drawn.row.look, drawn.mark
        stands = and_(_is_message(shown), cards.c.state.in_((CardState.POSTED, CardState.SETTLED)))
        with self._board.ledger.write() as tx:
            latest = request_by_key(tx, drawn.row.key, lock=True)
            is_last = drawn.row.state in FINAL and latest is not None and latest.look == look
            state = CardState.SETTLED if is_last else CardState.POSTED
            as_read = (
                cards.c.shown_look.in_((shown.shown_look, look)),
                cards.c.shown_policy.in_((shown.shown_policy, mark)),
            )
            values = {"shown_look": look, "shown_policy": mark, "state": state, **proven}
            noted = tx.execute(update(cards).where(stands, *as_read).values(values))
            if noted.rowcount == 0:
                unsure = {"shown_look": UNKNOWN_LOOK, "state": CardState.POSTED, "shown_question": ""}
                tx.execute(update(cards).where(stands).values(unsure))

    def _doubt(self, shown: CardRow) -> None:
        """Slack may show the edit or not: by whatever policy the card should be shown then, it is drawn."""
        unsure = update(cards).where(_is_message(shown), cards.c.state == CardState.POSTED)
        with self._board.ledger.write() as tx:
            tx.execute(unsure.values(shown_policy=UNKNOWN_POLICY))

    def _leave_to_others(self, one: _Stale) -> None:
        """Replicas that have not read the same policy yet must not draw over each other without a pause."""
        if one.looks_old:
            self._disagreement.answered(one.card)
        else:
            self._disagreement.drawn(one.card)

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
        if channel in self._refusing:
            self._board.closed.open(channel)
        self._refusing.discard(channel)
        self._board.pace.worked(closed(channel))


def closed(channel: str) -> tuple[str, str]:
    """The name in the pace of a channel that takes no edit."""
    return ("closed", channel)


def _is_message(shown: CardRow) -> ColumnElement[bool]:
    """The condition for this card's row, while it is the same message."""
    return and_(is_card(shown), cards.c.ts == shown.ts)
