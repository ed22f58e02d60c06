"""What clients are answered: tickets, lists and logs as JSON objects."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, Field

from approval_gate.server.bodies import DEPLOY
from approval_gate.server.callback import Attempt
from approval_gate.server.clock import SECOND
from approval_gate.server.keys import ApiKey
from approval_gate.server.ticket import VERDICTS, PendingList, Status, Ticket

TICKETS: Final = "/v1/tickets"


def moment(at: int) -> str:
    """Microseconds since 1970 UTC as RFC 3339 has them, to the microsecond."""
    seconds, rest = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"


class ChannelAnswer(BaseModel):
    """What became of the wish for a channel; ``followed`` is null while nobody can tell."""

    wished: str
    followed: bool | None
    note: str


class DecisionAnswer(BaseModel):
    """Who answered, and when."""

    verdict: Literal["approved", "denied"]
    by: str = Field(examples=["U024BE7LH"])
    comment: str
    at: str = Field(examples=["2026-03-02T09:31:07.250000Z"])
    seconds: int | None = Field(description="how long the approval holds; null for one time")


class TicketAnswer(BaseModel):
    """A ticket. Only status "approved" is a yes."""

    id: str = Field(examples=["9f0c2a51d1a64a3fb38c8d3f2b0e6c17"])
    status: Status
    url: str = Field(examples=["https://gate.example.com/v1/tickets/9f0c2a51d1a64a3fb38c8d3f2b0e6c17"])
    title: str = Field(examples=[DEPLOY["title"]])
    action: str = Field(examples=[DEPLOY["action"]])
    arguments: dict[str, Any] = Field(examples=[DEPLOY["arguments"]])
    arguments_digest: str = Field(description="what the approval is bound to")
    nonce: str | None = Field(
        None, description="the random part of the digest; told only to the key that filed the ticket"
    )
    requester: str = Field(description="the name of the key that filed it", examples=["ci"])
    requester_claimed: str = Field(description="what the request said of who asks; nobody checked it")
    justification: str
    risk: str
    channel: ChannelAnswer | None
    labels: dict[str, str]
    created_at: str = Field(examples=["2026-03-02T09:30:00.000000Z"])
    expires_at: str = Field(examples=["2026-03-02T10:00:00.000000Z"])
    card_url: str | None = Field(description="where people find the question")
    decision: DecisionAnswer | None
    cancel_on_disconnect: bool

    @classmethod
    def of(cls, ticket: Ticket, public_url: str, nonce: str | None = None) -> Self:
        """The ticket as clients see it."""
        return cls(
            id=ticket.id,
            status=ticket.status,
            url=f"{public_url}{TICKETS}/{ticket.id}",
            title=ticket.title,
            action=ticket.action,
            arguments=dict(ticket.arguments),
            arguments_digest=ticket.arguments_digest,
            nonce=nonce,
            requester=ticket.key_name,
            requester_claimed=ticket.requester_claimed,
            justification=ticket.justification,
            risk=ticket.risk,
            channel=_channel(ticket),
            labels=dict(ticket.labels),
            created_at=moment(ticket.created_at),
            expires_at=moment(ticket.expires_at),
            card_url=ticket.card_url or None,
            decision=_decision(ticket),
            cancel_on_disconnect=ticket.cancel_on_disconnect,
        )

    def json_object(self) -> dict[str, Any]:
        """As a value, without a nonce that is not told."""
        return self.model_dump(mode="json", exclude={"nonce"} if self.nonce is None else None)

    def json_bytes(self) -> bytes:
        """As text."""
        return self.model_dump_json(exclude={"nonce"} if self.nonce is None else None).encode()


def _channel(ticket: Ticket) -> ChannelAnswer | None:
    if not ticket.channel:
        return None
    return ChannelAnswer(wished=ticket.channel, followed=ticket.channel_followed, note=ticket.channel_note)


def _decision(ticket: Ticket) -> DecisionAnswer | None:
    if ticket.status not in VERDICTS or ticket.decided_at is None:
        return None
    return DecisionAnswer(
        verdict="approved" if ticket.status is Status.APPROVED else "denied",
        by=ticket.decided_by,
        comment=ticket.comment,
        at=moment(ticket.decided_at),
        seconds=ticket.seconds,
    )


class LeftOut(BaseModel):
    """A pending ticket that the list has no room for; ``version`` is another one once the ticket has changed."""

    id: str = Field(examples=["9f0c2a51d1a64a3fb38c8d3f2b0e6c17"])
    version: int


class ListAnswer(BaseModel):
    """All pending tickets, the oldest first; ``version`` is what `since` takes."""

    version: str
    tickets: list[TicketAnswer]
    left_out: list[LeftOut] = Field(
        description="pending as well, and too large for this list: GET /v1/tickets/{id} tells each"
    )


class AttemptAnswer(BaseModel):
    """One attempt to deliver a callback: a status, or an error where no answer came."""

    at: str
    attempt: int
    status: int | None
    error: str | None
    next_at: str | None = Field(description="when it is tried again; null where it is not")


class AgentSudoFiled(BaseModel):
    """What AgentSudo polls with."""

    id: str


class AgentSudoAnswer(BaseModel):
    """All that AgentSudo understands: an expired or cancelled ticket is denied."""

    status: Literal["pending", "approved", "denied"]


class Health(BaseModel):
    """The gate is there."""

    status: Literal["ok"] = "ok"


class Writing:
    """Turns tickets into answers, for one gate at ``public_url``."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")

    def ticket(self, ticket: Ticket, key: ApiKey | None = None) -> TicketAnswer:
        """As ``key`` may see it; without one, as everybody may who sees it at all."""
        own = key is not None and key.id == ticket.key_id
        return TicketAnswer.of(ticket, self._public_url, ticket.nonce or None if own else None)

    def listed(self, pending: PendingList) -> bytes:
        """The list as JSON; nonces are in none."""
        tickets = b",".join(self.ticket(ticket).json_bytes() for ticket in pending.tickets)
        left_out = [{"id": ticket_id, "version": version} for ticket_id, version in pending.left_out]
        parts = pending.version.encode(), tickets, json.dumps(left_out).encode()
        return b'{"version":"%b","tickets":[%b],"left_out":%b}' % parts


def attempts(log: Iterable[Attempt]) -> list[AttemptAnswer]:
    """The log of a callback."""
    return [
        AttemptAnswer(
            at=moment(one.at),
            attempt=one.attempt,
            status=one.status,
            error=one.error or None,
            next_at=None if one.next_at is None else moment(one.next_at),
        )
        for one in log
    ]


def agentsudo(ticket: Ticket) -> AgentSudoAnswer:
    """The ticket in AgentSudo's words."""
    if ticket.status is Status.PENDING:
        return AgentSudoAnswer(status="pending")
    return AgentSudoAnswer(status="approved" if ticket.status is Status.APPROVED else "denied")
