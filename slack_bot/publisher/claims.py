"""Settles claims whose message nobody knows, by what the channel's history says."""

import structlog

from slack_bot.clock import SECOND
from slack_bot.publisher.board import ANOTHERS, CLOCKS_DIFFER, UNREADABLE, UNTIL_SURE, Board
from slack_bot.publisher.claim import CardClaim, Claim, LineClaim
from slack_bot.rows import CardState, LineState, backlogs_of, cards_in
from slack_bot.slack_api import RateLimited, Refused, SlackFailure

HISTORY = "conversations.history"

log = structlog.get_logger(__name__)


class Claims:
    """Messages that somebody set out to post, and whose ts is not known: cards, and lines."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def work(self) -> float | None:
        """Settles what may be settled now. Returns seconds until the next may be, None where all are."""
        claims = self._open()
        answered = True
        for claim in claims:
            if answered and self._wait_for_claim(claim) <= 0 and not self._board.stopping.is_set():
                answered = self._settle_claim(claim)
        return min((self._wait_for_claim(claim) for claim in claims), default=None)

    def _open(self) -> list[Claim]:
        with self._board.ledger.read() as connection:
            claimed = cards_in(connection, CardState.CLAIMED)
            lines = [row for row in backlogs_of(connection) if row.state is LineState.CLAIMED]
        return [
            *(CardClaim(self._board, card) for card in claimed),
            *(LineClaim(self._board, line) for line in lines),
        ]

    def _wait_for_claim(self, claim: Claim) -> float:
        pace = self._board.pace
        return max(self._wait_for_age(claim), pace.wait(claim.held_as), pace.wait(HISTORY))

    def _wait_for_age(self, claim: Claim) -> float:
        age = (self._board.clock() - claim.claimed_at) / SECOND
        was_set_back = age < -CLOCKS_DIFFER
        left_alone = ANOTHERS if self._board.is_anothers(claim.claimed_by) else UNTIL_SURE
        return 0.0 if was_set_back else left_alone - age

    def _settle_claim(self, claim: Claim) -> bool:
        """False where Slack did not answer: then it is no use to ask for another at once."""
        try:
            ts = self._find(claim)
        except RateLimited as limited:
            self._board.pace.hold(HISTORY, limited.retry_after)
            return False
        except Refused as refused:
            self._read_nothing(claim, refused)
        except SlackFailure as failure:
            self._read_nothing(claim, failure)
            return False
        else:
            self._board.pace.worked(claim.held_as)
            if ts is None:
                claim.release()
            elif claim.adopt(ts):
                log.info("post adopted", ts=ts, **claim.names)
        return True

    def _read_nothing(self, claim: Claim, failure: SlackFailure) -> None:
        """Another look later; where there can be none, it is posted again."""
        if isinstance(failure, Refused) and failure.code in UNREADABLE:
            log.warning(
                "the channel's history cannot be read, so it is posted again and may stand there twice",
                why=str(failure),
                hint="give the app the scope channels:history (groups:history for private channels)",
                **claim.names,
            )
            claim.release()
            return
        seconds = self._board.pace.back_off(claim.held_as)
        log.warning(
            "the channel's history could not be read",
            why=str(failure),
            again_in=seconds,
            **claim.names,
        )

    def _find(self, claim: Claim) -> str | None:
        """The ts of the message that this claim posted, if it did. Raises a `SlackFailure`.

        Any app can write such metadata, so only our own messages are believed.
        """
        oldest = min(claim.claimed_at, self._board.clock()) / SECOND - CLOCKS_DIFFER
        latest = claim.claimed_at / SECOND + CLOCKS_DIFFER
        span = {"channel": claim.channel, "oldest": f"{oldest:.6f}", "latest": f"{latest:.6f}"}
        found = [
            str(message["ts"])
            for message in self._board.messages(HISTORY, span)
            if message.get("bot_id") == self._board.bot_id and claim.mark.is_on(message)
        ]
        return min(found, default=None)
