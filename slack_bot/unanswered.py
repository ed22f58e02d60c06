"""Cards whose requests wait for an answer, for those who watch how long they do."""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, update

from slack_bot.ledger import cards
from slack_bot.policy import ChannelPolicy, Silence, Tally, Waiting, count
from slack_bot.rows import (
    UNKNOWN_LOOK,
    CardRow,
    CardState,
    RequestRow,
    State,
    card_of,
    cards_that_wait,
    request_by_key,
    votes_of,
)
from upstream_client.models import ApprovalRequest


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A card that stands in its channel and shows its request, which waits, as it is now: since ``shown_at``."""

    card: CardRow
    row: RequestRow
    asked: ApprovalRequest
    shown_at: int

    @property
    def waiting(self) -> Waiting:
        """Since when people could see what is asked, and what was said meanwhile."""
        card = self.card
        return Waiting(self.shown_at, self.asked.expires_at, card.reminders, card.reminded_at, card.backup_at)

    def silence(self, policy: ChannelPolicy) -> Silence:
        """What happens by the policy of the card's channel."""
        return policy.silence(self.asked.risk)

    def tally(self, connection: Connection, policy: ChannelPolicy, now: int) -> Tally:
        """How far it has come in the card's channel."""
        votes = votes_of(connection, self.row.key, self.row.revision, self.card.channel)
        return count(policy, self.asked, votes, backup_called=self.card.backup_at is not None, now=now)


def unanswered_in(
    connection: Connection, channels: Collection[str], upstreams: Collection[str], *more: ColumnElement[bool]
) -> list[Unanswered]:
    """Those of these channels and upstreams, and of what ``more`` conditions say; the oldest card first."""
    found = (_waiting(*both) for both in cards_that_wait(connection, channels, upstreams, *more))
    return [one for one in found if one is not None]


def unanswered(connection: Connection, key: str, channel: str, *, lock: bool = False) -> Unanswered | None:
    """This one, if it still waits; ``lock`` keeps other writers off its request."""
    row = request_by_key(connection, key, lock=lock)
    card = card_of(connection, key, channel)
    if card is None or card.state is not CardState.POSTED or row is None or row.state is not State.PENDING:
        return None
    return _waiting(card, row)


def prove(tx: Connection, card: CardRow) -> None:
    """Lets the card be drawn once more: only then is it known to stand, and until then nothing is due."""
    that = (cards.c.request_key == card.request_key, cards.c.channel == card.channel, cards.c.ts == card.ts)
    tx.execute(update(cards).where(*that).values(shown_look=UNKNOWN_LOOK))


def _waiting(card: CardRow, row: RequestRow) -> Unanswered | None:
    """None while the card does not show what is asked now: nobody is silent about what nobody could see."""
    if card.shown_at is None or card.shown_look < row.look:
        return None
    try:
        return Unanswered(card, row, row.asked, card.shown_at)
    except ValidationError:
        # Its card cannot be drawn either, of which the log tells: it is left to the upstream.
        return None
