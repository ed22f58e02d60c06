"""Settles claims whose message nobody knows, by what the channel's history says."""

from collections.abc import Iterator
from typing import Any

import structlog

from slack_bot.blocks import METADATA_TYPE
from slack_bot.clock import SECOND
from slack_bot.publisher.board import UNTIL_SURE, Board, held_as
from slack_bot.rows import CardRow, CardState, cards_in
from slack_bot.slack_api import RateLimited, Refused, SlackFailure

HISTORY = "conversations.history"
ANOTHERS = 60.0
"""Seconds for which another replica's claim is left to it."""
CLOCKS_DIFFER = 900.0
"""Seconds by which our clock may differ from Slack's, and from what it said before it was set."""
UNREADABLE = {"missing_scope", "method_not_supported_for_channel_type"}
"""Slack's words for a history that stays closed to us though we may post there."""

log = structlog.get_logger(__name__)


class Claims:
    """Cards that somebody set out to post, and whose ts is not known."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def work(self) -> float | None:
        """Settles what may be settled now. Returns seconds until the next may be, None where all are."""
        with self._board.ledger.read() as connection:
            claims = cards_in(connection, CardState.CLAIMED)
        answered = True
        for claim in claims:
            if answered and self._wait_for_claim(claim) <= 0 and not self._board.stopping.is_set():
                answered = self._settle_claim(claim)
        return min((self._wait_for_claim(claim) for claim in claims), default=None)

    def _wait_for_claim(self, claim: CardRow) -> float:
        pace = self._board.pace
        return max(self._wait_for_age(claim), pace.wait(held_as(claim)), pace.wait(HISTORY))

    def _wait_for_age(self, claim: CardRow) -> float:
        ours = self._board.ledger.sole or claim.claimed_by == self._board.instance
        age = (self._board.clock() - claim.claimed_at) / SECOND
        was_set_back = age < -CLOCKS_DIFFER
        return 0.0 if was_set_back else (UNTIL_SURE if ours else ANOTHERS) - age

    def _settle_claim(self, claim: CardRow) -> bool:
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
            self._board.pace.worked(held_as(claim))
            if ts is None:
                self._board.release(claim)
            elif self._board.note_posted(claim, ts, 0):
                log.info("card adopted", request=claim.request_key, channel=claim.channel, ts=ts)
        return True

    def _read_nothing(self, claim: CardRow, failure: SlackFailure) -> None:
        """Another look later; where there can be none, the card is posted again."""
        if isinstance(failure, Refused) and failure.code in UNREADABLE:
            log.warning(
                "the channel's history cannot be read, so the card is posted again and may stand there twice",
                request=claim.request_key,
                channel=claim.channel,
                why=str(failure),
                hint="give the app the scope channels:history (groups:history for private channels)",
            )
            self._board.release(claim)
            return
        seconds = self._board.pace.back_off(held_as(claim))
        log.warning(
            "the channel's history could not be read",
            channel=claim.channel,
            why=str(failure),
            again_in=seconds,
        )

    def _find(self, claim: CardRow) -> str | None:
        """The ts of the message that this claim posted, if it did. Raises a `SlackFailure`."""
        oldest = min(claim.claimed_at, self._board.clock()) / SECOND - CLOCKS_DIFFER
        latest = claim.claimed_at / SECOND + CLOCKS_DIFFER
        found = [
            str(message["ts"])
            for message in self._history(claim.channel, f"{oldest:.6f}", f"{latest:.6f}")
            if self._is_card(message, claim.request_key)
        ]
        return min(found, default=None)

    def _history(self, channel: str, oldest: str, latest: str) -> Iterator[dict[str, Any]]:
        span = {"channel": channel, "oldest": oldest, "latest": latest}
        cursor = ""
        while True:
            arguments = {**span, "include_all_metadata": "true", "limit": 100}
            answer = self._board.call(HISTORY, arguments | ({"cursor": cursor} if cursor else {}))
            yield from answer["messages"]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def _is_card(self, message: dict[str, Any], key: str) -> bool:
        """Any app can write such metadata, so only our own messages are believed."""
        metadata = message.get("metadata") or {}
        return (
            message.get("bot_id") == self._board.bot_id
            and metadata.get("event_type") == METADATA_TYPE
            and metadata.get("event_payload", {}).get("request") == key
        )
