"""Edits messages of ours, at the pace that Slack allows, and sorts what can go wrong."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from slack_bot.publisher.board import Board
from slack_bot.slack_api import RateLimited, Refused, SlackFailure

UPDATE = "chat.update"
CLOSED = {"channel_not_found", "is_archived", "is_inactive"}
"""Slack's words for a channel that takes no edit, unless it is opened to us again. "is_inactive": archived."""
GONE = CLOSED | {"message_not_found", "cant_update_message", "edit_window_closed"}
"""Slack's words for a message that will never take an edit again."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Edit:
    """What came of an edit: ``done``, or ``gone``, Slack's word for why it never will be; else it is held.

    ``answered`` is False where Slack did not answer.
    """

    done: bool = False
    gone: str = ""
    answered: bool = True


class Editor:
    """Edits messages."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def wait(self, held_as: Hashable) -> float:
        """Seconds until what is held under this name may be edited; 0 for now."""
        return max(self._board.pace.wait(UPDATE), self._board.pace.wait(held_as))

    def edit(
        self,
        channel: str,
        ts: str | None,
        message: Mapping[str, Any],
        held_as: Hashable,
        names: Mapping[str, str],
    ) -> Edit:
        """Tries once. What fails is held under ``held_as``, or all edits are where it is about all of them."""
        pace = self._board.pace
        try:
            self._board.call(UPDATE, {"channel": channel, "ts": ts, **message})
        except RateLimited as limited:
            pace.hold(UPDATE, limited.retry_after)
            return Edit()
        except Refused as refused:
            if refused.code in CLOSED:
                self._board.closed.close(channel, refused.code)
            if refused.code in GONE:
                return Edit(gone=refused.code)
            self._hold(UPDATE if refused.is_about_us else held_as, refused, names)
            return Edit()
        except SlackFailure as failure:
            self._hold(held_as, failure, names)
            return Edit(answered=False)
        pace.worked(UPDATE)
        pace.worked(held_as)
        return Edit(done=True)

    def _hold(self, what: Hashable, failure: SlackFailure, names: Mapping[str, str]) -> None:
        seconds = self._board.pace.back_off(what)
        log.warning("not edited", why=str(failure), again_in=seconds, **names)
