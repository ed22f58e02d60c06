"""One record of the audit log, and the kinds there are. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from slack_bot.seal import Seal, same

THE_BOT = "bot"
"""The actor of what nobody asked for: seen, posted, sent."""


class Kind(StrEnum):
    """What a record tells of."""

    REQUEST_SEEN = "request_seen"
    REQUEST_CHANGED = "request_changed"
    REQUEST_GONE = "request_gone"
    REQUEST_BACK = "request_back"
    CARD_POSTED = "card_posted"
    CARD_LOST = "card_lost"
    CLICK = "click"
    """Somebody pressed or submitted something of ours; what became of it is the next record of the request."""
    VOTE = "vote"
    DECIDED = "decided"
    BREAK_GLASS = "break_glass"
    """One person decided for the whole quorum; the decision is the next record of the request."""
    ANNOUNCED = "announced"
    """Everybody in a channel was told that somebody broke the glass."""
    NOT_ANNOUNCED = "not_announced"
    """Slack did not take that announcement, and nobody tries any more."""
    REMINDED = "reminded"
    """Nobody had answered for a while, and people were reminded, or the backup called."""
    REFUSAL = "refusal"
    SECURITY = "security_event"
    INTENT = "intent"
    NOT_SENT = "not_sent"
    NOT_CONFIRMED = "not_confirmed"
    OUTCOME = "outcome"
    CHANNEL_REGISTERED = "channel_registered"
    CHANNEL_CHANGED = "channel_changed"
    CHANNEL_REMOVED = "channel_removed"
    SCHEDULE_CHANGED = "schedule_changed"
    ROUTES_CHANGED = "routes_changed"
    POLICY_DECLARED = "policy_declared"
    """The bot started with other channels, defaults, risk rules or routes than were declared before."""
    CHANGED_OUTSIDE = "changed_outside"
    """A channel, a schedule or the routes are not what we wrote: somebody else changed the stored state."""


@dataclass(frozen=True, slots=True)
class Record:
    """One link of the chain.

    ``seq`` counts from 1 without a gap; ``at`` is in microseconds since 1970 UTC. ``digest`` is what the
    request was when this happened, ``policy`` the text of the rule that was applied, ``artefact`` what exactly
    was asked for, as "sha1:…" or "commit:…". ``prev`` is the hash of the record before, ``hash`` that of this.
    """

    seq: int
    at: int
    kind: str
    request_key: str | None
    actor: str
    detail: dict[str, object]
    digest: str = ""
    policy: str = ""
    artefact: tuple[str, ...] = ()
    prev: str = ""
    hash: str = ""

    def hashed(self) -> dict[str, object]:
        """What the hash is of, as JSON takes it."""
        return {
            "seq": self.seq,
            "at": self.at,
            "kind": self.kind,
            "request_key": self.request_key,
            "actor": self.actor,
            "digest": self.digest,
            "policy": self.policy,
            "artefact": list(self.artefact),
            "detail": self.detail,
            "prev": self.prev,
        }

    def as_json(self) -> dict[str, object]:
        """All of it: a line of an export, and of the log."""
        return self.hashed() | {"hash": self.hash}

    def hash_by(self, seal: Seal) -> str:
        """The hash that it should have; "" where what is in it could never have been sealed."""
        try:
            return seal.of(self.hashed())
        except (ValueError, RecursionError):
            return ""

    def is_sealed_by(self, seal: Seal) -> bool:
        """Whether it is as it was when its hash was made with this key."""
        return self.hash != "" and same(self.hash_by(seal), self.hash)
