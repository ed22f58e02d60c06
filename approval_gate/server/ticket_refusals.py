"""What is refused about a ticket: that there is none, and that it was settled otherwise."""

from http import HTTPStatus

from approval_gate.server.answers import Writing, moment
from approval_gate.server.problem import Refused
from approval_gate.server.ticket import Status, Ticket


def no_such_ticket() -> Refused:
    """404, for somebody else's ticket as well."""
    return Refused(
        HTTPStatus.NOT_FOUND,
        "no-such-ticket",
        "There is no such ticket",
        "This gate has no such ticket, or it is not this key's to see.",
    )


def settled_otherwise(writing: Writing, ticket: Ticket) -> Refused:
    """409 with who and when."""
    who = f" by {ticket.decided_by}" if ticket.decided_by else ""
    when = f" at {moment(ticket.decided_at)}" if ticket.decided_at is not None else ""
    why = f" {ticket.comment}" if ticket.status is Status.CANCELLED and ticket.comment else ""
    return Refused(
        HTTPStatus.CONFLICT,
        "settled-otherwise",
        f"The ticket is {ticket.status}",
        f"It is {ticket.status}{who}{when}.{why} That stays so.",
        ticket=writing.ticket(ticket).json_object(),
    )
