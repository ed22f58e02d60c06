"""What the operator declares, by CHANNELS_FILE and SLACK_CHANNEL, as the audit log keeps it: the newest holds."""

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import rfc8785
from sqlalchemy import Connection, func, select

from slack_bot import audit as log
from slack_bot.audit import Kind
from slack_bot.channel import Channel
from slack_bot.channels_file import Declarations
from slack_bot.ledger import audit, head_of, notary_of
from slack_bot.risk_rules import RiskRule
from slack_bot.written_route import said
from slack_bot.written_terms import WrittenTerms


@dataclass(frozen=True, slots=True)
class DeclaredPolicy:
    """``content`` is all that is declared (Any: it is JSON); ``hash`` the SHA-256, in hex, of its RFC 8785 form."""

    content: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, declared: Declarations, slack_channel: str = "") -> "DeclaredPolicy":
        """``slack_channel`` is what the setting says, "" for nothing."""
        content: dict[str, Any] = {
            "channels": [_channel(one) for one in declared.channels],
            "defaults": WrittenTerms.of(declared.defaults).said(),
            "risk_rules": [_risk_rule(one) for one in declared.risk_rules],
            "slack_channel": slack_channel,
        }
        # Left out where nothing is said of them, so that what is declared stays what it was before there were any.
        if declared.routes:
            content["routes"] = [said(one) for one in declared.routes]
        if declared.default_channel:
            content["default_channel"] = declared.default_channel
        return cls(content, hashlib.sha256(rfc8785.dumps(content)).hexdigest())


class Newest(NamedTuple):
    """The ``hash`` of what was declared last, "" for nothing, as of the record numbered ``seen``."""

    seen: int
    hash: str


NOTHING_SEEN = Newest(0, "")


def newest(connection: Connection, known: Newest = NOTHING_SEEN) -> Newest:
    """What was declared last; ``known`` is what an earlier look found, so that only what is new is read.

    Records get their numbers in the order in which they are committed: see `slack_bot.audit`.
    """
    last: int = connection.execute(select(func.max(audit.c.id))).scalar() or 0
    query = (
        select(audit.c.digest)
        .where(audit.c.id > known.seen, audit.c.id <= last, audit.c.kind == Kind.POLICY_DECLARED)
        .order_by(audit.c.id.desc())
        .limit(1)
    )
    found: str | None = connection.execute(query).scalar()
    return Newest(max(last, known.seen), known.hash if found is None else found)


def put_on_record(tx: Connection, now: int, policy: DeclaredPolicy) -> None:
    """Leaves a record where something else was declared last, with the hash of that. ``tx`` is of a ledger's
    `write`.
    """
    # Locked: of two that start at the same moment, the one whose record comes later is the newest for both.
    head_of(tx, notary_of(tx).seal, lock=True)
    before = newest(tx).hash
    if before != policy.hash:
        log.append(
            tx, now, Kind.POLICY_DECLARED, None, digest=policy.hash, before=before, declared=policy.content
        )


def _channel(one: Channel) -> dict[str, object]:
    policy = one.policy
    who = {"users": list(policy.users), "groups": list(policy.groups), "everyone": policy.everyone}
    return {"id": one.id, "approvers": who, **WrittenTerms.of(policy.terms).said()}


def _risk_rule(one: RiskRule) -> dict[str, object]:
    told = {"upstream": one.upstream, "facts": dict(one.facts), "requester": one.requester}
    return {**{key: value for key, value in told.items() if value}, "risk": one.risk.value}
