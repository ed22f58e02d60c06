"""What travels between an upstream and the bot: frozen values, validated by the client that made them."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

import rfc8785

DIGEST_VERSION = "v1"
ARTEFACTS = ("commit", "image_digest", "sha256", "sha1")
"""The keys of facts that name something which cannot change under its name."""

REQUESTERS_ID = "requesters_id"
"""The key of the fact that holds the requester's own name for the request."""
ARGUMENTS_DIGEST = "arguments_digest"
"""The key of the fact that ties a decision to arguments: nobody reads it, and who wants to compare it finds it."""

CLAIMED = "claimed"
"""The key of the fact that says that others told of the request, and that the upstream itself was not asked."""

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HOURS_APART = 2
"""From so many hours on they are told apart from the minutes beside them."""


class Risk(StrEnum):
    """How bad a wrong yes would be, as the upstream states it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNRATED = "unrated"


class Verdict(StrEnum):
    """What people answered."""

    APPROVE = "approve"
    DENY = "deny"


class Status(StrEnum):
    """Where a request stands, as the upstream tells it."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    """The upstream answered, and does not know the request (any more)."""


class OutcomeKind(StrEnum):
    """What the upstream did with a decision."""

    TAKEN = "taken"
    REFUSED = "refused"
    """It said no to the decision; the request still waits."""
    ALREADY = "already"
    """Somebody else was faster: the request no longer waits."""
    UNKNOWN = "unknown"
    """The decision was sent, and nobody can tell from the answer whether it was taken."""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


@dataclass(frozen=True, slots=True)
class Duration:
    """How long an approval holds, counted from the approval. ``seconds`` is None for one time."""

    seconds: int | None

    def exceeds(self, longest: "Duration") -> bool:
        """Whether it is longer than that. One time is the least there is."""
        if self.seconds is None:
            return False
        return longest.seconds is None or self.seconds > longest.seconds

    @property
    def words(self) -> str:
        """For people: "one time", "15 minutes", "1 hour", "90 minutes", "2 hours 5 minutes", "1 day"."""
        if self.seconds is None:
            return "one time"
        for size, noun in ((DAY, "day"), (HOUR, "hour")):
            if self.seconds % size == 0:
                return _counted(self.seconds // size, noun)
        hours, rest = divmod(self.seconds, HOUR)
        if self.seconds % MINUTE:
            return _counted(self.seconds, "second")
        if hours < HOURS_APART:
            return _counted(self.seconds // MINUTE, "minute")
        return f"{_counted(hours, 'hour')} {_counted(rest // MINUTE, 'minute')}"


ONE_TIME = Duration(None)
STANDARD_DURATIONS = (
    ONE_TIME,
    Duration(15 * MINUTE),
    Duration(30 * MINUTE),
    Duration(HOUR),
    Duration(4 * HOUR),
    Duration(DAY),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the approver needs to see. A bound fact is part of what is decided: see ``digest``.

    ``link`` is the page that shows it, on the upstream's own host; "" for none.
    """

    key: str
    label: str
    value: str
    bound: bool = True
    link: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """One question waiting upstream.

    Times are integer microseconds since 1970 UTC, or None where the upstream tells none. ``requested`` is
    the upstream's own text of the time of asking, for where it names no zone. ``link`` is where a person
    finds the request in the upstream's own console. ``channel`` is where in Slack the requester wishes to ask,
    by id or name, if the upstream lets them; "" for no wish. While ``channel_undecided`` the upstream cannot tell
    yet whether it follows that: nobody is asked until it does. ``risk_claimed`` tells that nobody but whoever asks
    says how bad it would be, be it only by saying nothing: no machine may approve by that.
    """

    upstream: str
    id: str
    title: str
    requester: str = ""
    requester_email: str = ""
    justification: str = ""
    facts: tuple[Fact, ...] = ()
    risk: Risk = Risk.UNRATED
    link: str = ""
    requested_at: int | None = None
    requested: str = ""
    expires_at: int | None = None
    durations: tuple[Duration, ...] = field(default=(ONE_TIME,))
    channel: str = ""
    channel_undecided: bool = False
    risk_claimed: bool = False

    @property
    def digest(self) -> str:
        """What a decision is bound to: "v1" and 64 hex digits.

        SHA-256 over RFC 8785 JSON of upstream, id, requester, justification and the (key, value) of the
        bound facts, in their order. Labels, expiry, risk and who states it, durations and the channel may
        change while people think.
        """
        bound = [[fact.key, fact.value] for fact in self.facts if fact.bound]
        canonical = rfc8785.dumps([self.upstream, self.id, self.requester, self.justification, bound])
        return DIGEST_VERSION + hashlib.sha256(canonical).hexdigest()

    def differing(self, other: "ApprovalRequest") -> list[str]:
        """The names of what ``other`` tells otherwise, of what a decision is bound to."""
        ours, theirs = self._bound, other._bound
        return [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]

    @property
    def _bound(self) -> dict[str, str]:
        told = {"requester": self.requester, "justification": self.justification}
        return told | {fact.key: fact.value for fact in self.facts if fact.bound}

    @property
    def is_claim(self) -> bool:
        """Whether the upstream itself did not say, when it was asked, that this waits."""
        return any(fact.key == CLAIMED for fact in self.facts)

    @property
    def artefact(self) -> tuple[str, ...]:
        """What exactly is asked for, where bound facts tell it: "commit:…", "sha1:…", in their order."""
        known = (fact for fact in self.facts if fact.bound and fact.key in ARTEFACTS and fact.value)
        return tuple(f"{fact.key}:{fact.value}" for fact in known)


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict on its way upstream. ``comment`` is for the upstream's record and names the decision's id."""

    id: str
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at one request. ``at`` is in microseconds since 1970 UTC; empty where it is not told.

    ``note`` is what the card says besides where it was our answer: that more than this answer is needed.
    """

    status: Status
    request: ApprovalRequest | None = None
    by: str = ""
    at: int | None = None
    comment: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a decision, with the upstream's own words in ``detail``."""

    kind: OutcomeKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel in Slack in which requests are shown. ``name`` is without the #, "" where it is not known."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an upstream can do.

    ``comment``: it keeps a decision's comment, so that ours can be recognised. ``get_one``: it tells of one
    request what became of it after it left the list. ``approve`` and ``deny`` are its own verbs, for buttons.
    ``other_durations``: beside ``durations``, any whole number of minutes is taken. ``escalates``: it has its own
    way of dealing with what nobody answers.
    """

    comment: bool
    get_one: bool
    durations: tuple[Duration, ...] = (ONE_TIME,)
    approve: str = "Approve"
    deny: str = "Deny"
    other_durations: bool = False
    escalates: bool = False
