"""What the audit log tells since the last look, as numbers: decisions, what became of them, refusals."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from slack_bot.approvals import Cause
from slack_bot.audit import Kind
from slack_bot.clock import SECOND
from slack_bot.ledger import Ledger, audit, inbox, requests, votes
from slack_bot.rows import State

PRESSED: Final = (Cause.VOTE, Cause.BREAK_GLASS)
DONE: Final = (State.APPROVED, State.DENIED)
_RULE: Final = re.compile(r"[a-z0-9 -]{1,60}")
"""How our rules are named; nothing that people wrote gets into a label."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict: how many seconds after the request was first seen, and its cause."""

    upstream: str
    cause: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Settled:
    """The upstream took a verdict that somebody's press brought about, so many seconds after that press came."""

    upstream: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """Something that somebody wanted was not done, by this rule."""

    rule: str
    security: bool


@dataclass(frozen=True, slots=True)
class News:
    """What is new."""

    decided: Sequence[Decided] = field(default=())
    settled: Sequence[Settled] = field(default=())
    turned_down: Sequence[TurnedDown] = field(default=())


class AuditTail:
    """The records that come after it was made, each read once. Used by one thread at a time.

    With several replicas each of them reads what all of them did.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Raises `sqlalchemy.exc.SQLAlchemyError`, as does `read`."""
        self._ledger = ledger
        with ledger.read() as connection:
            self._last = _newest(connection)

    def read(self) -> News:
        """What was recorded since the last reading."""
        with self._ledger.read() as connection:
            newest = _newest(connection)
            span = (self._last, newest)
            news = News(
                _decided(connection, span), _settled(connection, span), _turned_down(connection, span)
            )
        self._last = newest
        return news


_Span = tuple[int, int]


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def _decided(connection: Connection, span: _Span) -> list[Decided]:
    columns = (requests.c.upstream, audit.c.detail, audit.c.at, requests.c.first_seen_at)
    query = select(*columns).join(requests, requests.c.key == audit.c.request_key)
    rows = connection.execute(query.where(*_within(span), audit.c.kind == Kind.DECIDED))
    return [
        Decided(upstream, str(json.loads(detail).get("cause", "")), _seconds(at - seen))
        for upstream, detail, at, seen in rows
    ]


def _settled(connection: Connection, span: _Span) -> list[Settled]:
    """The press is the last one of those that made the verdict; a request that came back since has none."""
    columns = (audit.c.detail, requests.c.decision_id, requests.c.upstream, audit.c.at)
    query = (
        select(*columns, func.max(inbox.c.received_at))
        .join(requests, requests.c.key == audit.c.request_key)
        .join(votes, votes.c.request_key == requests.c.key)
        .join(inbox, inbox.c.id == votes.c.inbox_id)
        .where(
            *_within(span),
            audit.c.kind == Kind.OUTCOME,
            requests.c.state.in_(DONE),
            requests.c.cause.in_(PRESSED),
            votes.c.revision == requests.c.revision,
            votes.c.channel == requests.c.decided_in,
        )
        .group_by(audit.c.id, *columns)
    )
    return [
        Settled(upstream, _seconds(at - came))
        for detail, decision, upstream, at, came in connection.execute(query)
        if json.loads(detail).get("decision") == decision
    ]


def _turned_down(connection: Connection, span: _Span) -> list[TurnedDown]:
    query = select(audit.c.kind, audit.c.detail).where(
        *_within(span), audit.c.kind.in_((Kind.REFUSAL, Kind.SECURITY))
    )
    return [
        TurnedDown(_rule(json.loads(detail).get("rule")), kind == Kind.SECURITY)
        for kind, detail in connection.execute(query)
    ]


def _within(span: _Span) -> tuple[ColumnElement[bool], ...]:
    return (audit.c.id > span[0], audit.c.id <= span[1])


def _rule(told: object) -> str:
    return told if isinstance(told, str) and _RULE.fullmatch(told) else "other"


def _seconds(microseconds: int) -> float:
    """Not below nothing, wherever a clock was set."""
    return max(0, microseconds) / SECOND
