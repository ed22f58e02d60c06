"""Posts a card for every waiting request in every registered channel."""

import structlog
from sqlalchemy import exists, insert, select
from sqlalchemy.exc import IntegrityError

from slack_bot.ledger import cards, requests
from slack_bot.publisher.board import UNTIL_SURE, Board, held_as
from slack_bot.rows import CardRow, CardState, State, card_at, request_by_key
from slack_bot.slack_api import RateLimited, Refused, SlackFailure

POST = "chat.postMessage"
DELETE = "chat.delete"
LOOK_AHEAD = 50
NOT_HERE = {
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "posting_to_channel_denied",
    "restricted_action",
    "restricted_action_read_only_channel",
}
"""Slack's words for a channel that takes no message of ours."""

log = structlog.get_logger(__name__)


class Posting:
    """Requests without a card, oldest first."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def work(self) -> float | None:
        """Posts what may be posted now. Returns seconds until the next may be, None where all is shown."""
        waits = [self._post_in(channel.id) for channel in self._board.channels.all()]
        return min((wait for wait in waits if wait is not None), default=None)

    def _post_in(self, channel: str) -> float | None:
        """At most one card; the seconds until the next may be posted, None where all are shown."""
        unshown = self._unshown(channel)
        waits = [
            (max(self._board.pace.wait(posting_in(channel)), self._board.pace.wait((key, channel))), key)
            for key in unshown
        ]
        wait, key = min(waits, key=lambda one: one[0], default=(None, None))
        if key is None or wait is None or wait > 0 or self._board.stopping.is_set():
            return wait
        claim = self._claim(key, channel)
        is_last = claim is not None and self._post(claim) and len(unshown) == 1
        return None if is_last else self._board.pace.wait(posting_in(channel))

    def _unshown(self, channel: str) -> list[str]:
        has_card = exists().where(cards.c.request_key == requests.c.key, cards.c.channel == channel)
        query = (
            select(requests.c.key)
            .where(
                requests.c.state == State.PENDING,
                requests.c.upstream.in_(self._board.upstreams),
                ~has_card,
            )
            .order_by(requests.c.first_seen_at, requests.c.key)
            .limit(LOOK_AHEAD + self._board.pace.held())
        )
        with self._board.ledger.read() as connection:
            return list(connection.execute(query).scalars())

    def _claim(self, key: str, channel: str) -> CardRow | None:
        """Says in the ledger that this process posts the card; None where another was faster."""
        claim = CardRow(
            key, channel, CardState.CLAIMED, self._board.clock(), self._board.instance, None, 0, ""
        )
        row = {
            "request_key": key,
            "channel": channel,
            "state": claim.state,
            "claimed_at": claim.claimed_at,
            "claimed_by": claim.claimed_by,
            "shown_look": 0,
            "lost_because": "",
        }
        try:
            with self._board.ledger.write() as tx:
                tx.execute(insert(cards).values(row))
        except IntegrityError:
            return None
        return claim

    def _post(self, claim: CardRow) -> bool:
        """False where something is left to do."""
        with self._board.ledger.read() as connection:
            row = request_by_key(connection, claim.request_key)
        waiting = row is not None and row.state is State.PENDING
        message = self._board.draw(claim, row) if row is not None and waiting else None
        if row is None or message is None:
            self._board.release(claim)
            return not waiting
        arguments = {"channel": claim.channel, "unfurl_links": False, "unfurl_media": False, **message}
        self._board.pace.hold(posting_in(claim.channel), self._board.pace.post_interval)
        try:
            answer = self._board.call(POST, arguments)
        except SlackFailure as failure:
            self._not_posted(claim, failure)
            return False
        self._board.pace.worked(held_as(claim))
        self._board.pace.worked(posting_in(claim.channel))
        self._note(claim, str(answer["ts"]), row.look)
        return True

    def _not_posted(self, claim: CardRow, failure: SlackFailure) -> None:
        if isinstance(failure, RateLimited):
            self._board.release(claim)
            self._board.pace.hold(posting_in(claim.channel), failure.retry_after)
        elif isinstance(failure, Refused):
            self._board.release(claim)
            self._hold_post(claim, failure)
        else:
            self._board.pace.hold(held_as(claim), UNTIL_SURE)
            log.warning(
                "nobody can tell whether the card was posted; the channel's history will",
                request=claim.request_key,
                channel=claim.channel,
                why=str(failure),
            )

    def _note(self, claim: CardRow, ts: str, look: int) -> None:
        """Takes the message back where we were thought dead meanwhile, and another one is the card."""
        if self._board.note_posted(claim, ts, look):
            log.info("card posted", request=claim.request_key, channel=claim.channel, ts=ts)
            return
        with self._board.ledger.read() as connection:
            is_adopted = card_at(connection, claim.channel, ts) is not None
        if is_adopted:
            return
        log.warning("card taken back", request=claim.request_key, channel=claim.channel, ts=ts)
        try:
            self._board.call(DELETE, {"channel": claim.channel, "ts": ts})
        except SlackFailure as failure:
            log.error("a second card stands there", channel=claim.channel, ts=ts, why=str(failure))  # noqa: TRY400 - no defect of ours to trace

    def _hold_post(self, claim: CardRow, refused: Refused) -> None:
        closed = refused.code in NOT_HERE
        of_all = closed or refused.is_about_us
        seconds = self._board.pace.back_off(posting_in(claim.channel) if of_all else held_as(claim))
        hint = "invite the bot to the channel, or take it out of channels.json" if closed else ""
        log.error(
            "card not posted",
            request=claim.request_key,
            channel=claim.channel,
            why=str(refused),
            again_in=seconds,
            hint=hint,
        )


def posting_in(channel: str) -> tuple[str, str]:
    """The channel's name in the pace."""
    return (POST, channel)
