"""From a body to a ticket: what is filled in, what is checked with the gate's settings, and what is refused."""

import hashlib
import json
from http import HTTPStatus
from typing import Final

from approval_gate.server.bodies import AgentSudoBody, TicketBody
from approval_gate.server.callback_address import NotAllowed
from approval_gate.server.callers import unknown_key
from approval_gate.server.clock import SECOND
from approval_gate.server.errors import KeyReused, KeyRevoked, TooManyPending, TooMuchPending
from approval_gate.server.keys import ApiKey
from approval_gate.server.parts import Parts
from approval_gate.server.problem import Refused, invalid
from approval_gate.server.ticket import NewTicket, Ticket, arguments_digest, new_nonce, size_of

LONGEST_TITLE: Final = 150
FRAME: Final = 1024
"""Bytes that a ticket may take beyond its body: names of fields, digest, nonce."""
FREE_AGAIN_AFTER: Final = 30
"""Seconds after which it is worth asking whether one of many pending tickets was answered."""


async def file(
    parts: Parts, key: ApiKey, new: NewTicket, idempotency_key: str, body_hash: str
) -> tuple[Ticket, bool]:
    """The ticket, and whether it was made by this call. Raises `Refused`."""
    await parts.rate.take(key)
    _check_size(new, parts.settings.most_body)
    try:
        return await parts.desk.create(key, new, idempotency_key, body_hash)
    except KeyReused as error:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "key-reused",
            "The Idempotency-Key stands for another body",
            "Its ticket is still pending. Use a new Idempotency-Key for a new question.",
        ) from error
    except KeyRevoked as error:
        raise unknown_key() from error
    except TooManyPending as error:
        has = f"{error.most} pending tickets (GATE_MOST_PENDING)"
        raise _no_room(key, "too-many-pending", "Too many tickets are pending", has) from error
    except TooMuchPending as error:
        has = f"no room for this beside its pending tickets: {error.most} bytes (GATE_MOST_PENDING_BYTES) for all"
        raise _no_room(key, "too-much-pending", "The pending tickets are too large", has) from error


def _no_room(key: ApiKey, kind: str, title: str, has: str) -> Refused:
    words = f"{key.name} has {has}. Wait for an answer, or cancel one."
    after = {"Retry-After": str(FREE_AGAIN_AFTER)}
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, kind, title, words, after)


def _check_size(new: NewTicket, most: int) -> None:
    """Raises `Refused` where the body fitted only because its numbers were written shorter than all readers can."""
    if (size := size_of(new)) > most + FRAME:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too-large",
            "The ticket is too large",
            f"Its numbers written out, it has {size} bytes, and this gate takes {most} (GATE_MOST_BODY). "
            "Send what people need to see, not all there is.",
        )


def asked_by(body: TicketBody, parts: Parts, now: int) -> NewTicket:
    """What a body asks, from ``now`` on. Raises `Refused` where its callback can never be sent."""
    _check_callback(body.callback_url, parts)
    nonce = "" if body.arguments_digest else new_nonce()
    return NewTicket(
        title=body.title,
        action=body.action,
        arguments=body.arguments,
        arguments_digest=body.arguments_digest or arguments_digest(body.arguments, nonce),
        nonce=nonce,
        requester_claimed=body.requester or "",
        justification=body.justification or "",
        risk=body.risk,
        channel=body.channel or "",
        expires_at=now + body.expires_in * SECOND,
        callback_url=body.callback_url or "",
        cancel_on_disconnect=body.cancel_on_disconnect,
        labels=body.labels,
    )


def _check_callback(url: str | None, parts: Parts) -> None:
    if url is None:
        return
    if not parts.settings.callback_secret.get_secret_value():
        raise invalid(
            "callback_url: this gate signs no callbacks yet: set GATE_CALLBACK_SECRET at the gate first."
        )
    try:
        parts.guard.check(url)
    except NotAllowed as error:
        raise invalid(f"callback_url {error}.") from error


def asked_by_agentsudo(body: AgentSudoBody, now: int) -> NewTicket:
    """The ticket for AgentSudo's request, which tells no arguments.

    Its client waits in a loop: when that ends, an approval would run nothing, and so the ticket is cancelled.
    """
    nonce = new_nonce()
    told = {"function": body.function, "agent_name": body.agent_name, "agent_id": body.agent_id}
    arguments = {name: value for name, value in told.items() if value is not None}
    title = f"{body.agent_name}: {body.scope}"
    labels = {
        "Agent": body.agent_name,
        "Scope": body.scope,
        "Function": body.function,
        "Request ID": body.approval_id,
    }
    return NewTicket(
        title=title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…",
        action=body.scope,
        arguments=arguments,
        arguments_digest=arguments_digest(arguments, nonce),
        nonce=nonce,
        requester_claimed=body.agent_name,
        justification="",
        risk="unrated",
        channel=body.channel or "",
        expires_at=now + round(body.timeout * SECOND),
        callback_url="",
        cancel_on_disconnect=True,
        labels=labels,
    )


def hash_of(body: TicketBody | AgentSudoBody) -> str:
    """The same for the same question, however it was written, and however long its caller waits."""
    asked = body.model_dump(mode="json", exclude={"wait"})
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
