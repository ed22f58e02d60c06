"""Posts messages, at the pace that Slack allows in a channel, and sorts what can go wrong."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import structlog

from slack_bot.publisher.board import UNTIL_SURE, Board
from slack_bot.publisher.claim import Claim
from slack_bot.slack_api import RateLimited, Refused, SlackFailure

POST = "chat.postMessage"
DELETE = "chat.delete"
NOT_HERE = {
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "posting_to_channel_denied",
    "restricted_action",
    "restricted_action_read_only_channel",
}
"""Slack's words for a channel that takes no message of ours."""
INVITE = (
    "invite the bot to the channel, or take it out of channels.json or SLACK_CHANNEL, or remove it in Slack"
)

log = structlog.get_logger(__name__)


class Poster:
    """Posts into channels; about one message a second in each."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def wait(self, channel: str, held_as: Hashable) -> float:
        """Seconds until what is held under this name may be posted there; 0 for now."""
        pace = self._board.pace
        return max(pace.wait(posting_in(channel)), pace.wait(held_as))

    def send(self, channel: str, message: Mapping[str, Any]) -> str:
        """Posts. Returns the ts. Raises a `SlackFailure`."""
        pace = self._board.pace
        pace.hold(posting_in(channel), pace.post_interval)
        quiet = {"unfurl_links": False, "unfurl_media": False}
        answer = self._board.call(POST, {"channel": channel, **quiet, **message})
        pace.worked(posting_in(channel))
        self._board.closed.open(channel)
        return str(answer["ts"])

    def post(self, claim: Claim, message: Mapping[str, Any], note: Callable[[str], bool]) -> bool:
        """Posts what was claimed, and notes its ts in the ledger. False where something is left to do.

        ``note`` tells whether the claim still stood. The message is taken back where we were thought dead
        meanwhile, and another one stands in its place.
        """
        try:
            ts = self.send(claim.channel, message)
        except SlackFailure as failure:
            self._not_posted(claim, failure)
            return False
        self._board.pace.worked(claim.held_as)
        if note(ts):
            log.info("posted", ts=ts, **claim.names)
        elif not claim.is_adopted(ts):
            self._take_back(claim, ts)
        return True

    def hold(self, channel: str, held_as: Hashable, failure: SlackFailure, names: Mapping[str, str]) -> None:
        """After a post that failed: the channel waits, or only what could not be posted."""
        pace = self._board.pace
        if isinstance(failure, RateLimited):
            pace.hold(posting_in(channel), failure.retry_after)
            return
        refused = failure if isinstance(failure, Refused) else None
        closed = refused.code if refused is not None and refused.code in NOT_HERE else ""
        of_all = closed or (refused is not None and refused.is_about_us)
        seconds = pace.back_off(posting_in(channel) if of_all else held_as)
        if closed:
            self._board.closed.close(channel, closed)
        hint = INVITE if closed else ""
        log.error("not posted", why=str(failure), again_in=seconds, hint=hint, **names)

    def _not_posted(self, claim: Claim, failure: SlackFailure) -> None:
        if isinstance(failure, RateLimited | Refused):
            claim.release()
            self.hold(claim.channel, claim.held_as, failure, claim.names)
            return
        self._board.pace.hold(claim.held_as, UNTIL_SURE)
        log.warning(
            "nobody can tell whether it was posted; the channel's history will",
            why=str(failure),
            **claim.names,
        )

    def _take_back(self, claim: Claim, ts: str) -> None:
        log.warning("post taken back", ts=ts, **claim.names)
        try:
            self._board.call(DELETE, {"channel": claim.channel, "ts": ts})
        except SlackFailure as failure:
            log.error("a second one stands there", ts=ts, why=str(failure), **claim.names)  # noqa: TRY400 - no defect of ours to trace


def posting_in(channel: str) -> tuple[str, str]:
    """The channel's name in the pace."""
    return (POST, channel)
