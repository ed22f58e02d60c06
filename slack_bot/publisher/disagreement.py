"""Replicas that go by different policies draw over each other's cards: the log tells, and it is slowed down."""

from collections import Counter
from collections.abc import Hashable, Mapping

import structlog

from slack_bot.publisher.board import ANOTHERS, Board

TOO_OFTEN = 3
"""So many times one policy alone is drawn on a card before it is no accident."""
LONGEST = 3_600.0
"""Seconds between two of them at most."""
TOLD_EVERY = 600.0
"""Seconds between two lines of the log on one channel."""

log = structlog.get_logger(__name__)


class Disagreement:
    """How often each card was drawn for its channel's policy alone, by the policy as this process knows it.

    A replica that has not read the same policy yet does so once or twice. Cards are named by request and channel.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._marks: dict[str, str] = {}
        self._times: dict[tuple[str, str], int] = {}
        self._changes: Counter[str] = Counter()

    def go_by(self, marks: Mapping[str, str]) -> None:
        """The policies of the channels as they are now; with another one it begins anew."""
        changed = {one for one in {*self._marks, *marks} if self._marks.get(one) != marks.get(one)}
        if changed:
            kept = {card: times for card, times in self._times.items() if card[1] not in changed}
            self._marks, self._times = dict(marks), kept
            self._changes.update(changed)

    def wait(self, card: tuple[str, str]) -> float:
        """Seconds until the policy may be drawn on this card again; 0 for now."""
        return self._board.pace.wait(self._held_as(card))

    def drawn(self, card: tuple[str, str]) -> None:
        """The policy alone made it draw; a single process has nobody to disagree with."""
        if self._board.ledger.sole:
            return
        times = self._times.get(card, 0) + 1
        self._times[card] = times
        seconds = min(ANOTHERS * 2.0 ** min(max(0, times - TOO_OFTEN + 1), 20), LONGEST)
        self._board.pace.hold(self._held_as(card), seconds)
        if times >= TOO_OFTEN:
            self._tell(card, seconds)

    def answered(self, card: tuple[str, str]) -> None:
        """It was drawn for another reason."""
        self._times.pop(card, None)
        self._board.pace.worked(self._held_as(card))

    def _held_as(self, card: tuple[str, str]) -> Hashable:
        """Its name in the pace, until the policy changes: another one may be drawn at once."""
        return ("policy", *card, self._changes[card[1]])

    def _tell(self, card: tuple[str, str], seconds: float) -> None:
        key, channel = card
        if self._board.pace.wait(("disagreement", channel)) > 0:
            return
        self._board.pace.hold(("disagreement", channel), TOLD_EVERY)
        log.error(
            "another replica draws this card by another policy",
            request=key,
            channel=channel,
            again_in=seconds,
            hint="replicas go by different channels.json: start all of them with the same file and SLACK_CHANNEL",
        )
