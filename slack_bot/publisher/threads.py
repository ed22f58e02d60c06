"""Facts too long for a card stand whole in its thread."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import structlog
from sqlalchemy import exists, select, update

from slack_bot.blocks import Message
from slack_bot.clock import SECOND
from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import ANOTHERS, CLOCKS_DIFFER, UNREADABLE, UNTIL_SURE, Board, thread_of
from slack_bot.publisher.claim import is_card
from slack_bot.publisher.poster import Poster
from slack_bot.publisher.posting import LOOK_AHEAD
from slack_bot.rows import CardRow, CardState, RequestRow, State, card_of, request_by_key
from slack_bot.slack_api import Interrupted, RateLimited, Refused, SlackFailure

REPLIES = "conversations.replies"
METADATA_TYPE = "approval_facts"
"""The metadata by which a reply is found again."""
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

    Every reply is posted once: after a crash, or where Slack's answer was lost, the thread is read before more
    is told. Where the app may not read it, what stands there may come again.
    Of several replicas the one that posted the card tells; another takes over where it does not.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._poster = Poster(board)
        self._replies: dict[tuple[str, str | None], tuple[int, int]] = {}
        """By channel and ts: the revision that is being told, and how many of its replies stand there."""
        self._unsure: set[tuple[str, str | None]] = set()
        """Threads in which a reply may stand of which we were told nothing."""

    def work(self) -> float | None:
        """Tells what may be told now. Returns seconds until more may be, None where all is told."""
        untold = self._untold()
        if not untold:
            # What is half told may go on once its card is drawn anew: the thread is read again then.
            self._unsure.update(self._replies)
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
            self._board.pace.wait(REPLIES) if self._is_unsure(one) else 0.0,
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
        standing = self._standing(one)
        if standing is None:
            return False
        if standing < len(facts):
            try:
                self._poster.send(one.card.channel, _reply(one, facts[standing], standing))
            except SlackFailure as failure:
                self._not_told(one, failure)
                return not isinstance(failure, Interrupted)
            standing += 1
        self._board.pace.worked(thread_of(one.card))
        self._replies[_place(one.card)] = (one.row.revision, standing)
        if standing >= len(facts):
            self._note_told([one])
            log.info("facts told", request=one.row.key, channel=one.card.channel, replies=len(facts))
        return True

    def _standing(self, one: _Untold) -> int | None:
        """How many replies of this revision stand in the thread; None where nobody can tell yet."""
        if not self._is_unsure(one):
            return self._remembered(one)
        place = _place(one.card)
        self._unsure.add(place)
        try:
            standing = self._read(one)
        except RateLimited as limited:
            self._board.pace.hold(REPLIES, limited.retry_after)
            return None
        except SlackFailure as failure:
            self._not_told(one, failure)
            return None
        self._unsure.discard(place)
        self._replies[place] = (one.row.revision, standing)
        return standing

    def _is_unsure(self, one: _Untold) -> bool:
        """Whether replies may stand there of which this process knows nothing."""
        place = _place(one.card)
        is_foreign = place not in self._replies and one.card.claimed_by != self._board.instance
        return is_foreign or place in self._unsure

    def _remembered(self, one: _Untold) -> int:
        told, standing = self._replies.get(_place(one.card), (0, 0))
        return standing if told == one.row.revision else 0

    def _read(self, one: _Untold) -> int:
        """As the thread itself tells; where the app may not read it, as we remember. Raises a `SlackFailure`.

        Any app can write such metadata, so only our own messages are believed.
        """
        thread = {"channel": one.card.channel, "ts": one.card.ts}
        try:
            found = [
                message.get("metadata")
                for message in self._board.messages(REPLIES, thread)
                if message.get("bot_id") == self._board.bot_id
            ]
        except Refused as refused:
            if refused.code not in UNREADABLE:
                raise
            log.warning(
                "the thread cannot be read, so what stands there may be told twice",
                why=str(refused),
                hint="give the app the scope channels:history (groups:history for private channels)",
                request=one.row.key,
                channel=one.card.channel,
            )
            return self._remembered(one)
        return next(number for number in count() if _metadata(one, number) not in found)

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
        if isinstance(failure, Interrupted):
            # It may still be on its way.
            self._unsure.add(_place(one.card))
            self._board.pace.hold(thread_of(one.card), UNTIL_SURE)
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
            self._replies.pop(_place(one.card), None)
            self._unsure.discard(_place(one.card))


def _place(card: CardRow) -> tuple[str, str | None]:
    """The thread's channel and ts."""
    return (card.channel, card.ts)


def _reply(one: _Untold, message: Message, number: int) -> dict[str, Any]:
    """The arguments of chat.postMessage, but for the channel."""
    return {"thread_ts": one.card.ts, **message.message(), "metadata": _metadata(one, number)}


def _metadata(one: _Untold, number: int) -> dict[str, Any]:
    """By which the reply is found again; ``number`` counts from 0."""
    payload = {"facts_of": one.row.key, "revision": one.row.revision, "number": number}
    return {"event_type": METADATA_TYPE, "event_payload": payload}
