"""Facts too long for a card stand whole in its thread."""

from dataclasses import dataclass

import structlog
from sqlalchemy import exists, select, update

from slack_bot.blocks import Message
from slack_bot.clock import SECOND
from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import ANOTHERS, CLOCKS_DIFFER, Board, thread_of
from slack_bot.publisher.claim import is_card
from slack_bot.publisher.poster import Poster
from slack_bot.publisher.posting import LOOK_AHEAD
from slack_bot.rows import CardRow, CardState, RequestRow, State, card_of, request_by_key
from slack_bot.slack_api import Interrupted, Refused, SlackFailure

NO_THREAD = {"cannot_reply_to_message", "message_not_found", "thread_not_found"}
"""Slack's words for a card that is gone, and its thread with it."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Untold:
    """A card, its request as the card shows it, and what does not fit on it; None while that is held."""

    card: CardRow
    row: RequestRow
    facts: list[Message] | None


class Threads:
    """Cards of waiting requests whose facts are not yet told in full.

    Every reply is posted at least once: after a crash, or where Slack's answer was lost, it is posted again.
    Of several replicas the one that posted the card tells; another takes over where it does not.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._poster = Poster(board)
        self._replies: dict[tuple[str, str | None], tuple[int, int]] = {}
        """By channel and ts: the revision that is being told, and how many of its replies stand there."""

    def work(self) -> float | None:
        """Tells what may be told now. Returns seconds until more may be, None where all is told."""
        untold = self._untold()
        if not untold:
            self._replies.clear()
            return None
        self._note_told([one for one in untold if one.facts == []])
        answered = True
        for one in untold:
            if one.facts and answered and self._wait(one) <= 0 and not self._board.stopping.is_set():
                answered = self._tell(one, one.facts)
        return min((self._wait(one) for one in self._untold()), default=None)

    def _untold(self) -> list[_Untold]:
        shown = exists().where(
            requests.c.key == cards.c.request_key,
            requests.c.state == State.PENDING,
            requests.c.revision > cards.c.told_revision,
            requests.c.look <= cards.c.shown_look,
            requests.c.upstream.in_(self._board.upstreams),
            cards.c.channel.in_([channel.id for channel in self._board.channels.all()]),
        )
        query = (
            select(cards.c.request_key, cards.c.channel)
            .where(cards.c.state == CardState.POSTED, shown)
            .order_by(cards.c.claimed_at)
            .limit(LOOK_AHEAD + self._board.pace.held())
        )
        with self._board.ledger.read() as connection:
            found = [
                (card_of(connection, key, channel), request_by_key(connection, key))
                for key, channel in connection.execute(query).all()
            ]
        return [self._with_facts(card, row) for card, row in found if card is not None and row is not None]

    def _with_facts(self, card: CardRow, row: RequestRow) -> _Untold:
        held = self._board.pace.wait(thread_of(card)) > 0
        return _Untold(card, row, None if held else self._board.facts(card, row))

    def _wait(self, one: _Untold) -> float:
        return max(
            self._poster.wait(one.card.channel, thread_of(one.card)),
            self._left_to_another(one),
        )

    def _left_to_another(self, one: _Untold) -> float:
        """Seconds for which another replica may still be at it."""
        if not self._board.is_anothers(one.card.claimed_by):
            return 0.0
        since = max(one.card.claimed_at, one.row.revised_at)
        age = (self._board.clock() - since) / SECOND
        return 0.0 if age < -CLOCKS_DIFFER else ANOTHERS - age

    def _tell(self, one: _Untold, facts: list[Message]) -> bool:
        """One reply. False where Slack did not answer."""
        if not self._is_ours(one):
            return True
        thread, revision = (one.card.channel, one.card.ts), one.row.revision
        told, standing = self._replies.get(thread, (revision, 0))
        standing = standing if told == revision else 0
        reply = facts[min(standing, len(facts) - 1)].message()
        try:
            self._poster.send(one.card.channel, {"thread_ts": one.card.ts, **reply})
        except SlackFailure as failure:
            self._not_told(one, failure)
            return not isinstance(failure, Interrupted)
        self._board.pace.worked(thread_of(one.card))
        self._replies[thread] = (revision, standing + 1)
        if standing + 1 >= len(facts):
            self._note_told([one])
            log.info("facts told", request=one.row.key, channel=one.card.channel, replies=len(facts))
        return True

    def _is_ours(self, one: _Untold) -> bool:
        """Takes it over from a replica that seems to be gone. False where another was faster."""
        board, card = self._board, one.card
        if not board.is_anothers(card.claimed_by):
            return True
        as_read = (cards.c.claimed_by == card.claimed_by, cards.c.claimed_at == card.claimed_at)
        ours = {"claimed_by": board.instance, "claimed_at": board.clock()}
        with board.ledger.write() as tx:
            return tx.execute(update(cards).where(is_card(card), *as_read).values(ours)).rowcount == 1

    def _not_told(self, one: _Untold, failure: SlackFailure) -> None:
        names = {"what": "facts", "request": one.row.key, "channel": one.card.channel}
        if isinstance(failure, Refused) and failure.code in NO_THREAD:
            log.warning("the card is gone, so its facts are not told", why=str(failure), **names)
            self._note_told([one])
        else:
            self._poster.hold(one.card.channel, thread_of(one.card), failure, names)

    def _note_told(self, told: list[_Untold]) -> None:
        if not told:
            return
        with self._board.ledger.write() as tx:
            for one in told:
                earlier = cards.c.told_revision < one.row.revision
                noted = update(cards).where(is_card(one.card), earlier)
                tx.execute(noted.values(told_revision=one.row.revision))
        for one in told:
            self._replies.pop((one.card.channel, one.card.ts), None)
