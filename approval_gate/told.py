"""What the gate tells of a ticket: read strictly, and what of it is a yes."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from approval_gate.errors import ApprovalCancelled, ApprovalDenied, ApprovalTimeout, GateUnavailable, Passing
from approval_gate.json_text import JsonValue
from approval_gate.session import Answer
from approval_gate.ticket import APPROVED, DENIED, PENDING, SETTLED, SWEEP_SECONDS, Decision, Ticket


def seen_again(ticket: Ticket, members: Mapping[str, JsonValue]) -> Ticket:
    """The ticket as it is told now. Raises `Passing` where that is another ticket, or another question."""
    now = read_ticket(members)
    if (now.id, now.arguments_digest) != (ticket.id, ticket.arguments_digest):
        raise Passing(f"The gate told of another ticket than {ticket.id}, or of other arguments.")
    return replace(now, deadline=ticket.deadline)


def found(answer: Answer) -> Ticket:
    """A ticket that this program did not make. Its time left is taken from the gate's clock alone."""
    ticket = read_ticket(answer.members)
    left = _moment(ticket.expires_at) - _now_there(answer.date)
    return replace(ticket, deadline=time.monotonic() + left + SWEEP_SECONDS)


def read_ticket(members: Mapping[str, JsonValue]) -> Ticket:
    """The ticket in a gate's answer. Raises `Passing` where it is none."""
    status = members.get("status")
    texts = {name: members.get(name) for name in ("id", "arguments_digest")}
    if not isinstance(status, str) or status not in {PENDING, *SETTLED}:
        raise Passing("The gate answered without a status.")
    if not all(isinstance(text, str) and text for text in texts.values()):
        raise Passing("The gate answered without the id or the digest of a ticket.")
    decision = _decision(members.get("decision"))
    if status in (APPROVED, DENIED) and (decision is None or decision.verdict != status):
        raise Passing(f"The gate says that the ticket is {status}, and its decision says something else.")
    return Ticket(
        id=str(members["id"]),
        status=status,
        arguments_digest=str(members["arguments_digest"]),
        url=_text(members.get("url")),
        title=_text(members.get("title")),
        card_url=_text(members.get("card_url")),
        expires_at=_text(members.get("expires_at")),
        decision=decision,
        members=members,
    )


def approved(ticket: Ticket) -> Ticket:
    """The ticket, if somebody said yes. Raises the error that tells what became of it otherwise."""
    decision = ticket.decision
    match ticket.status:
        case "approved":
            return ticket
        case "denied" if decision is not None:
            raise ApprovalDenied(decision.comment, decision.by, ticket)
        case "expired":
            raise ApprovalTimeout("Nobody answered in time.", ticket)
        case "cancelled":
            raise ApprovalCancelled("The question was withdrawn before anybody answered.", ticket)
    raise GateUnavailable("Nobody has answered yet.")


def _decision(value: JsonValue) -> Decision | None:
    if not isinstance(value, dict):
        return None
    seconds = value.get("seconds")
    return Decision(
        verdict=_text(value.get("verdict")),
        by=_text(value.get("by")),
        comment=_text(value.get("comment")),
        at=_text(value.get("at")),
        seconds=seconds if isinstance(seconds, int) else None,
    )


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise Passing("The gate does not say until when the ticket waits.") from error


def _now_there(date: str) -> float:
    """By the header Date (RFC 9110, 6.6.1); by our own clock where a proxy left it out."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return datetime.now(UTC).timestamp()
