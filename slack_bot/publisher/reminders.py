"""While nobody answers, people are reminded in the card's thread, and the backup is called."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, update

from slack_bot import audit
from slack_bot.audit import Kind
from slack_bot.blocks import Message
from slack_bot.blocks.reminder import backup_call, reminder
from slack_bot.clock import SECOND
from slack_bot.ledger import cards
from slack_bot.policy import Call, ChannelPolicy, call_due, text_of
from slack_bot.policy.risks import LEVELS
from slack_bot.policy.silence import MOST_REMINDERS
from slack_bot.publisher.board import ANOTHERS, CLOCKS_DIFFER, Board, held_as
from slack_bot.publisher.claim import is_card
from slack_bot.publisher.poster import Poster
from slack_bot.publisher.threads import NO_THREAD
from slack_bot.rows import UNKNOWN_LOOK, request_by_key
from slack_bot.slack_api import Interrupted, Refused, SlackFailure
from slack_bot.unanswered import Unanswered, unanswered, unanswered_in

log = structlog.get_logger(__name__)


class _Mark(NamedTuple):
    """Which reply, and the process that is to post it."""

    request_key: str
    channel: str
    claimed_by: str
    call: Call
    reminders: int


@dataclass(frozen=True, slots=True)
class _Due:
    """What is to be said in the thread of a card, by its channel's policy."""

    one: Unanswered
    call: Call
    policy: ChannelPolicy

    @property
    def channel(self) -> str:
        return self.one.card.channel

    @property
    def held_as(self) -> tuple[str, str, str]:
        """Its name in the pace."""
        return ("reminder", *held_as(self.one.card))

    @property
    def names(self) -> dict[str, str]:
        """Its names in the log."""
        return {"what": self.call.value, "request": self.one.row.key, "channel": self.channel}

    @property
    def mark(self) -> _Mark:
        """Which of all it is, and whose."""
        card = self.one.card
        return _Mark(card.request_key, card.channel, card.claimed_by, self.call, card.reminders)

    @property
    def is_unsaid(self) -> ColumnElement[bool]:
        """The condition for the card's row, while it is the same message and this was not said in its thread."""
        card = self.one.card
        is_reminder = self.call is Call.REMINDER
        unsaid = cards.c.reminders == card.reminders if is_reminder else cards.c.backup_at.is_(None)
        return and_(is_card(card), cards.c.ts == card.ts, unsaid)

    def said(self, now: int) -> dict[str, object]:
        """What the card's row says once it is said."""
        if self.call is Call.BACKUP:
            return {"backup_at": now}
        return {"reminders": self.one.card.reminders + 1, "reminded_at": now}


class Reminders:
    """Cards of requests that nobody answers, where their channel's policy says what happens then.

    Each is posted at least once: after a crash, or where Slack's answer was lost, it is posted again. Of several
    replicas the one that posted the card does it; another takes over where it does not.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._poster = Poster(board)
        self._left: dict[_Mark, int] = {}
        """What is left to another replica, and since when."""

    def work(self) -> float | None:
        """Posts what may be posted now. Returns seconds until more of what is due may be, None where all is said.

        For what falls due later nothing waits: we are woken often enough. Ends early where Slack does not answer.
        """
        answered, dues = True, self._all_due()
        while not self._board.stopping.is_set():
            waiting = [(self._wait(due), due) for due in dues.values()]
            wait, first = min(waiting, key=lambda one: one[0], default=(None, None))
            if first is None or wait is None or wait > 0 or not answered:
                return wait
            del dues[first.held_as]
            due = self._read_again(first)
            if due is not None and self._wait(due) <= 0:
                failure = self._say(due)
                answered = not isinstance(failure, Interrupted)
                due = self._read_again(due) if failure is None else due
            if due is not None:
                dues[due.held_as] = due
        return None

    def _all_due(self) -> dict[Hashable, _Due]:
        """Without a query where no channel ever says anything in a thread."""
        board, now = self._board, self._board.clock()
        policies = {one.id: one.policy for one in board.channels.all()}
        may_be_due = _may_be_due(policies.values(), now)
        if may_be_due is None:
            return {}
        with board.ledger.read() as connection:
            found = unanswered_in(connection, policies, board.upstreams, may_be_due)
        dues = [_due(one, policies[one.card.channel], now) for one in found]
        due = [one for one in dues if one is not None]
        self._left = {one.mark: since for one in due if (since := self._left.get(one.mark)) is not None}
        return {one.held_as: one for one in due}

    def _read_again(self, due: _Due) -> _Due | None:
        """What is due for the same card by now; None for nothing."""
        channel = self._board.channels.get(due.channel)
        with self._board.ledger.read() as connection:
            one = unanswered(connection, due.one.row.key, due.channel)
        return None if channel is None or one is None else _due(one, channel.policy, self._board.clock())

    def _wait(self, due: _Due) -> float:
        return max(self._poster.wait(due.channel, due.held_as), self._left_to_another(due))

    def _left_to_another(self, due: _Due) -> float:
        """Seconds for which another replica may still be at it."""
        if not self._board.is_anothers(due.one.card.claimed_by):
            return 0.0
        now = self._board.clock()
        age = (now - self._left.setdefault(due.mark, now)) / SECOND
        return 0.0 if age < -CLOCKS_DIFFER else ANOTHERS - age

    def _say(self, due: _Due) -> SlackFailure | None:
        """One reply. None where it is said, or another's to say."""
        if not self._is_ours(due):
            return None
        message = self._message(due)
        try:
            ts = self._poster.send(due.channel, {"thread_ts": due.one.card.ts, **message.message()})
        except SlackFailure as failure:
            self._not_said(due, failure)
            return failure
        self._board.pace.worked(due.held_as)
        self._note(due, ts)
        log.info("reminded", ts=ts, **due.names)
        return None

    def _is_ours(self, due: _Due) -> bool:
        """Takes it over from a replica that seems to be gone. False where another was faster.

        When the card was claimed stays as it is: people have waited since then.
        """
        board, card = self._board, due.one.card
        if not board.is_anothers(card.claimed_by):
            return True
        as_read = (cards.c.claimed_by == card.claimed_by, due.is_unsaid)
        with board.ledger.write() as tx:
            ours = update(cards).where(*as_read).values(claimed_by=board.instance)
            return tx.execute(ours).rowcount == 1

    def _message(self, due: _Due) -> Message:
        one, policy = due.one, due.policy
        with self._board.ledger.read() as connection:
            tally = one.tally(connection, policy, self._board.clock())
        seconds = (self._board.clock() - one.shown_at) // SECOND
        if due.call is Call.BACKUP:
            return backup_call(policy, one.asked, tally, seconds)
        called = one.card.backup_at is not None
        return reminder(policy, one.asked, tally, seconds, backup_called=called)

    def _not_said(self, due: _Due, failure: SlackFailure) -> None:
        self._poster.hold(due.channel, due.held_as, failure, due.names)
        if isinstance(failure, Refused) and failure.code in NO_THREAD:
            # Drawn again, the card is found to be gone, and another takes its place.
            with self._board.ledger.write() as tx:
                tx.execute(update(cards).where(due.is_unsaid).values(shown_look=UNKNOWN_LOOK))

    def _note(self, due: _Due, ts: str) -> None:
        """It counts, unless the waiting began anew meanwhile; that it was said is recorded in any case."""
        now, row = self._board.clock(), due.one.row
        with self._board.ledger.write() as tx:
            latest = request_by_key(tx, row.key, lock=True)
            if latest is not None and latest.revision == row.revision:
                tx.execute(update(cards).where(due.is_unsaid).values(due.said(now)))
            audit.append(
                tx,
                now,
                Kind.REMINDED,
                row.key,
                what=due.call.value,
                channel=due.channel,
                ts=ts,
                policy=text_of(due.policy),
            )


def _may_be_due(policies: Iterable[ChannelPolicy], now: int) -> ColumnElement[bool] | None:
    """The condition for cards of which something may be due by one of these policies; None where never."""
    silences = [policy.silence(risk) for policy in policies for risk in LEVELS]
    reminded = [one.remind_after for one in silences if one.remind_after is not None]
    backed_up = [one.backup_after for one in silences if one.backup_after is not None]
    due: list[ColumnElement[bool]] = []
    if reminded:
        last = func.coalesce(cards.c.reminded_at, cards.c.shown_at)
        due.append(and_(cards.c.reminders < MOST_REMINDERS, last <= now - min(reminded) * SECOND))
    if backed_up:
        shown_by = now - min(backed_up) * SECOND
        due.append(and_(cards.c.backup_at.is_(None), cards.c.shown_at <= shown_by))
    return or_(*due) if due else None


def _due(one: Unanswered, policy: ChannelPolicy, now: int) -> _Due | None:
    call = call_due(one.silence(policy), one.waiting, now)
    return None if call is None else _Due(one, call, policy)
