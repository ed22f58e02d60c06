"""The ledger's rows as frozen values, and the queries that read them.

Times are integer microseconds since 1970 UTC; durations are seconds, None for one time.
"""

import hashlib
import json
from base64 import b32encode
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, exists, func, select

from slack_bot.clock import SECOND
from slack_bot.ledger import backlogs, cards, requests, votes
from slack_bot.policy import Standing
from upstream_client.models import DIGEST_VERSION, MINUTE, ApprovalRequest, Duration, Verdict

KEY_LENGTH = 12
SHOWN_DIGITS = 16
"""So many hex digits of the digest stand in a button's value."""
UNKNOWN_LOOK = 0
"""Of a card of which nobody knows how it looks, or whether it stands: it is drawn anew."""

_ASKED = TypeAdapter(ApprovalRequest)


class State(StrEnum):
    """Where a request stands in the ledger."""

    PENDING = "pending"
    DECIDED = "decided"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    ELSEWHERE = "elsewhere"
    UNCONFIRMED = "unconfirmed"


FINAL = frozenset(State) - {State.PENDING, State.DECIDED}
"""The states in which nothing more is done, unless the request is listed again."""


class CardState(StrEnum):
    """Where a card stands."""

    CLAIMED = "claimed"
    """Somebody set out to post it; until its ts is known nobody can tell whether Slack has it."""
    POSTED = "posted"
    SETTLED = "settled"
    """Its request is settled, and it shows that: nobody has to look at it again."""
    LOST = "lost"
    """The message is gone; see ``lost_because``. While its request waits it is posted anew, once a revision."""


class LineState(StrEnum):
    """Where the line stands that counts a channel's backlog."""

    NONE = "none"
    CLAIMED = "claimed"
    """Somebody set out to post it; until its ts is known nobody can tell whether Slack has it."""
    POSTED = "posted"


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request and everything the bot knows of it.

    ``revision`` goes up when votes become void, at ``revised_at`` (0: never yet); ``version`` with every
    change, so that a writer can tell whether it still writes over what it read; ``look`` with every change
    that the card shows.
    ``missing`` counts the complete lists without it. ``unsure`` tells that a call was made whose outcome nobody
    learned. ``notice`` says why it waits again, ``trouble`` what keeps a decision from being applied.
    ``until_at`` is the moment until which it was approved, where a moment was named and not a length of time.
    ``deciders`` are the user ids of all whose answers made the verdict, with spaces between them.
    ``wish`` is the channel in which whoever asked wishes to ask, as `slack_bot.wish.wish_in` has it.
    ``routed_to`` are channels, by the routes with the mark ``routed_by``: see `slack_bot.publisher.routing`.
    ``turn`` is ``first_seen_at``, or later where the clock was set back: what is seen later never comes before.
    """

    key: str
    upstream: str
    upstream_id: str
    state: State
    revision: int
    revised_at: int
    version: int
    look: int
    digest: str
    body: str
    body_hash: str
    first_seen_at: int
    changed_at: int
    missing: int
    notice: str
    verdict: Verdict | None
    cause: str | None
    duration: int | None
    reason: str
    decided_by: str
    decided_by_name: str
    decided_in: str
    decided_at: int | None
    decision_id: str
    intent_at: int | None
    intent_by: str
    attempts: int
    seen_pending: int
    unsure: bool
    due_at: int | None
    trouble: str
    outcome_status: str
    outcome_by: str
    outcome_detail: str
    settled_at: int | None
    until_at: int | None = None
    turn: int = 0
    deciders: str = ""
    wish: str = ""
    routed_by: str = ""
    routed_to: str = ""

    @property
    def all_who_decided(self) -> tuple[str, ...]:
        """The user ids of everybody whose answers add up to the verdict, the last one last."""
        return tuple(self.deciders.split())

    @property
    def asked(self) -> ApprovalRequest:
        """The request as the upstream told it."""
        return _ASKED.validate_json(self.body)

    @property
    def question(self) -> str:
        """Tells what people are asked from what they were asked before: 16 hex digits.

        All that is told of it is part of that, bound or not, but for the expiry, which may move on and on.
        """
        asked = body_of(replace(self.asked, expires_at=None))
        return hash_of(f"{self.revision} {asked}")[:SHOWN_DIGITS]

    @property
    def for_how_long(self) -> Duration:
        """The duration people chose; once it is sent until a moment, what was left then."""
        return Duration(self.duration)

    def left(self, now: int) -> Duration | None:
        """For how long it may be approved at ``now``: until a moment, in whole minutes, rounded down.

        None where less than a minute is left. Never longer than people chose, wherever the clock is set.
        """
        if self.until_at is None or self.duration is None:
            return self.for_how_long
        seconds = min((self.until_at - now) // (MINUTE * SECOND) * MINUTE, self.duration)
        return Duration(seconds) if seconds >= MINUTE else None


@dataclass(frozen=True, slots=True)
class CardRow:
    """One request's message in one channel; ``shown_look`` is the look it was last drawn with.

    ``told_revision``: the revision whose facts, too long for the card, stand whole in its thread; 0 for none.
    ``anew_revision``: the revision in which it was posted anew, its message having been gone; 0 for none.
    ``shown_policy`` marks the policy with which it was last drawn and, after a dot, how it looked then.
    ``reminders`` were posted in its thread while nobody answered, the latest at ``reminded_at``; the backup was
    called at ``backup_at``. ``shown_question``, of `RequestRow.question`, is what it asks since ``shown_at``.
    ``proven_at``: when that was drawn which Slack took last, as a post or an edit of it.
    """

    request_key: str
    channel: str
    state: CardState
    claimed_at: int
    claimed_by: str
    ts: str | None
    shown_look: int
    lost_because: str
    told_revision: int = 0
    anew_revision: int = 0
    shown_policy: str = ""
    reminders: int = 0
    reminded_at: int | None = None
    backup_at: int | None = None
    shown_question: str = ""
    shown_at: int | None = None
    proven_at: int | None = None


@dataclass(frozen=True, slots=True)
class BacklogRow:
    """What waited in a channel all at once, and the line that counts it.

    What has its turn at ``until`` or before gets its card as others settle. ``shown_count`` is how many
    waiting requests the line counted when it was last written, 0 where there was none. ``probed_at`` is when
    its cards were last drawn only to learn whether they still stand, 0 for never.
    """

    channel: str
    until: int
    state: LineState
    claimed_at: int
    claimed_by: str
    ts: str | None
    shown_count: int
    probed_at: int = 0


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One approver's answer to one revision of a request, given in one channel.

    ``standing``, ``groups``, ``in_channel`` and ``email`` are what was looked up of the person then.
    """

    id: int
    request_key: str
    revision: int
    channel: str
    user_id: str
    user_name: str
    verdict: Verdict
    duration: int | None
    reason: str
    voted_at: int
    inbox_id: int
    until_at: int | None = None
    standing: Standing = Standing.MEMBER
    groups: frozenset[str] = frozenset()
    in_channel: bool = False
    email: str = ""

    def seconds_left(self, now: int) -> int:
        """For how long it approves at ``now``; 0 for one time, the least."""
        if self.until_at is None or self.duration is None:
            return self.duration or 0
        return min((self.until_at - now) // SECOND, self.duration)


UNDECIDED: dict[str, object] = {
    "missing": 0,
    "verdict": None,
    "cause": None,
    "duration": None,
    "reason": "",
    "decided_by": "",
    "decided_by_name": "",
    "decided_in": "",
    "decided_at": None,
    "decision_id": "",
    "intent_at": None,
    "intent_by": "",
    "attempts": 0,
    "seen_pending": 0,
    "unsure": False,
    "due_at": None,
    "trouble": "",
    "outcome_status": "",
    "outcome_by": "",
    "outcome_detail": "",
    "settled_at": None,
    "until_at": None,
    "deciders": "",
}
"""The columns of a request that nobody has answered."""

_REQUEST = TypeAdapter(RequestRow)
_CARD = TypeAdapter(CardRow)
_BACKLOG = TypeAdapter(BacklogRow)
_VOTE = TypeAdapter(VoteRow)

_KEY: BindParameter[str] = bindparam("key")
_CHANNEL: BindParameter[str] = bindparam("channel")
# Made once: making a statement takes longer than looking a row up by its key, and somebody waits for these.
_REQUEST_READ = select(requests).where(requests.c.key == _KEY)
_REQUEST_LOCKED = _REQUEST_READ.with_for_update()
_CARD_READ = select(cards).where(cards.c.request_key == _KEY, cards.c.channel == _CHANNEL)
_CARD_AT = select(cards).where(cards.c.channel == _CHANNEL, cards.c.ts == bindparam("ts"))
_VOTES = (
    select(votes)
    .where(
        votes.c.request_key == _KEY, votes.c.revision == bindparam("revision"), votes.c.channel == _CHANNEL
    )
    .order_by(votes.c.id)
)


def body_of(request: ApprovalRequest) -> str:
    """The request as the ledger keeps it: JSON."""
    return _ASKED.dump_json(request).decode()


def key_of(upstream: str, upstream_id: str) -> str:
    """The ledger's key of a request: 12 characters, the same for the same request for ever."""
    hashed = hashlib.sha256(f"{upstream}\0{upstream_id}".encode()).digest()
    return b32encode(hashed).decode()[:KEY_LENGTH].lower()


def shown_digest(digest: str) -> str:
    """The part of a digest that stands in a button's value: 16 hex digits."""
    return digest.removeprefix(DIGEST_VERSION)[:SHOWN_DIGITS]


def hash_of(body: str) -> str:
    """Tells one body of a request from another."""
    return hashlib.sha256(body.encode()).hexdigest()


def request_by_key(connection: Connection, key: str, *, lock: bool = False) -> RequestRow | None:
    """The request with this key; ``lock`` keeps other writers off its row until the transaction ends."""
    found = connection.execute(_REQUEST_LOCKED if lock else _REQUEST_READ, {"key": key}).mappings().first()
    return None if found is None else _REQUEST.validate_python(dict(found))


def next_turn(tx: Connection, now: int) -> int:
    """The turn of a request that is first seen now: after every request seen before, wherever the clock is.

    What came in one list is first seen a microsecond after another, and is added in any order.
    """
    latest = tx.execute(select(func.max(requests.c.turn))).scalar_one()
    return now if latest is None or now > latest - SECOND else latest + 1


def requests_in(connection: Connection, upstream: str, *states: State) -> list[RequestRow]:
    """An upstream's requests in these states, oldest first."""
    query = (
        select(requests)
        .where(requests.c.upstream == upstream, requests.c.state.in_(states))
        .order_by(requests.c.first_seen_at, requests.c.key)
    )
    return [_REQUEST.validate_python(dict(row)) for row in connection.execute(query).mappings()]


def requests_where(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[RequestRow]:
    """The requests of which all of these are true, the newest first."""
    query = select(requests).where(*conditions).order_by(requests.c.turn.desc(), requests.c.key).limit(limit)
    return [_REQUEST.validate_python(dict(row)) for row in connection.execute(query).mappings()]


def settled_requests(
    connection: Connection, upstreams: Collection[str], channel: str, limit: int
) -> list[RequestRow]:
    """What was settled last, the newest first: what has a card in the channel, or of "" whatever there is."""
    query = select(requests).where(requests.c.upstream.in_(upstreams), requests.c.state.in_(FINAL))
    if channel:
        query = query.where(exists().where(cards.c.request_key == requests.c.key, cards.c.channel == channel))
    newest = query.order_by(requests.c.settled_at.desc(), requests.c.key).limit(limit)
    return [_REQUEST.validate_python(dict(row)) for row in connection.execute(newest).mappings()]


def cards_of(connection: Connection, key: str) -> list[CardRow]:
    """A request's cards, by channel."""
    query = select(cards).where(cards.c.request_key == key).order_by(cards.c.channel)
    return [_CARD.validate_python(dict(row)) for row in connection.execute(query).mappings()]


def cards_in(connection: Connection, state: CardState, key: str | None = None) -> list[CardRow]:
    """The cards in this state, of all requests or of one, in the order they were claimed."""
    query = select(cards).where(cards.c.state == state).order_by(cards.c.claimed_at)
    if key is not None:
        query = query.where(cards.c.request_key == key)
    return [_CARD.validate_python(dict(row)) for row in connection.execute(query).mappings()]


def card_of(connection: Connection, key: str, channel: str) -> CardRow | None:
    """A request's card in a channel."""
    found = connection.execute(_CARD_READ, {"key": key, "channel": channel}).mappings().first()
    return None if found is None else _CARD.validate_python(dict(found))


def cards_that_wait(
    connection: Connection, channels: Collection[str], upstreams: Collection[str], *more: ColumnElement[bool]
) -> list[tuple[CardRow, RequestRow]]:
    """The cards that stand in these channels, with their requests of these upstreams, which wait; oldest first.

    ``more`` conditions may be said.
    """
    query = (
        select(cards, requests)
        .join(requests, requests.c.key == cards.c.request_key)
        .where(
            cards.c.state == CardState.POSTED,
            cards.c.channel.in_(channels),
            requests.c.state == State.PENDING,
            requests.c.upstream.in_(upstreams),
            *more,
        )
        .order_by(cards.c.claimed_at, cards.c.request_key, cards.c.channel)
    )
    of_card = len(cards.c)
    rows = [tuple(row) for row in connection.execute(query)]
    return [
        (
            _CARD.validate_python(dict(zip(cards.c.keys(), row[:of_card], strict=True))),
            _REQUEST.validate_python(dict(zip(requests.c.keys(), row[of_card:], strict=True))),
        )
        for row in rows
    ]


def card_at(connection: Connection, channel: str, ts: str) -> CardRow | None:
    """The card that is this message."""
    found = connection.execute(_CARD_AT, {"channel": channel, "ts": ts}).mappings().first()
    return None if found is None else _CARD.validate_python(dict(found))


def backlogs_of(connection: Connection, channel: str | None = None) -> list[BacklogRow]:
    """The backlogs of all channels that ever had one, or of one channel."""
    query = select(backlogs).order_by(backlogs.c.channel)
    if channel is not None:
        query = query.where(backlogs.c.channel == channel)
    return [_BACKLOG.validate_python(dict(row)) for row in connection.execute(query).mappings()]


def count_waiting(connection: Connection, channel: str) -> int:
    """How many requests wait for an answer on a card in this channel."""
    both = cards.join(requests, cards.c.request_key == requests.c.key)
    here = (cards.c.channel == channel, requests.c.state == State.PENDING)
    return connection.execute(select(func.count()).select_from(both).where(*here)).scalar_one()


def shown_in(connection: Connection, channel: str) -> frozenset[str]:
    """The keys of the requests whose card stands in this channel and may be answered there."""
    standing = cards.c.state.in_((CardState.CLAIMED, CardState.POSTED))
    query = select(cards.c.request_key).where(cards.c.channel == channel, standing)
    return frozenset(connection.execute(query).scalars())


def waiting_requests(
    connection: Connection, upstreams: Collection[str], limit: int
) -> tuple[int, list[RequestRow]]:
    """How many requests of these upstreams wait for an answer, and the ``limit`` oldest of them.

    Whether they have a card by now does not matter.
    """
    waits = (requests.c.state == State.PENDING, requests.c.upstream.in_(upstreams))
    total = connection.execute(select(func.count()).select_from(requests).where(*waits)).scalar_one()
    oldest = select(requests).where(*waits).order_by(requests.c.first_seen_at, requests.c.key).limit(limit)
    return total, [_REQUEST.validate_python(dict(row)) for row in connection.execute(oldest).mappings()]


def votes_of(connection: Connection, key: str, revision: int, channel: str) -> list[VoteRow]:
    """The votes that count together: of one revision and one channel, in their order."""
    rows = connection.execute(_VOTES, {"key": key, "revision": revision, "channel": channel}).mappings()
    return [_VOTE.validate_python({**row, "groups": json.loads(row["groups"])}) for row in rows]
