"""From the gate's JSON to `ApprovalRequest` and `Seen`: any JSON gives one or an `UpstreamError`.

A ticket's words are those of a program that nobody watches. So its arguments and labels stand on the card under
names which say that they are that, and none can pass for a line of ours.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue, ValidationError

from upstream_client.exceptions import NotUnderstood, PartlyRead
from upstream_client.gate.wire import LeftOut, Ticket, TicketList, Wish
from upstream_client.models import ARGUMENTS_DIGEST, REQUESTERS_ID, ApprovalRequest, Fact, Seen, Status

NAME = "gate"
_REQUEST_ID = "request id"
LABELS = {
    "agent": "Agent (claimed)",
    "scope": "Scope (claimed)",
    "function": "Function (claimed)",
    _REQUEST_ID: "Request ID (claimed)",
}
"""Labels that AgentSudo sets, in the order and with the names of the card: nobody has checked who the agent is."""
STATUSES = {
    "pending": Status.PENDING,
    "approved": Status.APPROVED,
    "denied": Status.DENIED,
    "expired": Status.EXPIRED,
    "cancelled": Status.WITHDRAWN,
}
MOST_WORDS = 3
"""So many different things that are wrong with one list are told."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def version_of(body: JsonValue) -> str:
    """Which state of the list this is. Raises `NotUnderstood`."""
    return _list(body).version


def left_out(body: JsonValue) -> tuple[LeftOut, ...]:
    """Those that wait besides, for which the list has no room. Raises `NotUnderstood`."""
    return _list(body).left_out


def pending(body: JsonValue) -> list[ApprovalRequest]:
    """Every ticket of a list that waits. Raises `NotUnderstood`; `PartlyRead` holds those that could be read."""
    read: list[Ticket] = []
    wrong: list[str] = []
    for value in _list(body).tickets:
        try:
            read.append(ticket(value))
        except NotUnderstood as error:
            wrong.append(str(error))
    counts = Counter(one.id for one in read)
    wrong += [f"The gate sent ticket {one} twice in one list." for one, count in counts.items() if count > 1]
    waiting = [request(one) for one in read if counts[one.id] == 1 and one.status == "pending"]
    if wrong:
        different = list(dict.fromkeys(wrong))
        more = f" And {len(different) - MOST_WORDS} more like these." if len(different) > MOST_WORDS else ""
        raise PartlyRead(" ".join(different[:MOST_WORDS]) + more, tuple(waiting))
    return waiting


def _list(body: JsonValue) -> TicketList:
    try:
        return TicketList.model_validate(body)
    except ValidationError as error:
        raise NotUnderstood(
            "The gate answered the list of tickets with something that is no list of tickets."
        ) from error


def ticket(body: object) -> Ticket:
    """One ticket. Raises `NotUnderstood`, naming what is wrong and repeating none of it."""
    try:
        return Ticket.model_validate(body)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(".".join(map(str, one["loc"][:1])) for one in error.errors()))
        raise NotUnderstood(
            f"The gate sent a ticket that cannot be read ({wrong or 'it is no object'})."
        ) from error
    except RecursionError as error:
        raise NotUnderstood("The gate sent a ticket whose arguments are nested too deeply.") from error


def seen(body: JsonValue, ticket_id: str) -> Seen:
    """What an answer about one ticket tells. Raises `NotUnderstood`, also where it tells of another one."""
    told = ticket(body)
    if told.id != ticket_id:
        raise NotUnderstood(f"Asked for ticket {ticket_id}, the gate told of another one.")
    decided = told.decision
    if told.status in ("approved", "denied") and (decided is None or decided.verdict != told.status):
        raise NotUnderstood(
            f"The gate says that ticket {ticket_id} is {told.status}, and its decision does not."
        )
    return Seen(
        status=STATUSES[told.status],
        request=request(told),
        by="" if decided is None else decided.by,
        at=None if decided is None else _microseconds(decided.at),
        comment="" if decided is None else decided.comment,
    )


def request(told: Ticket) -> ApprovalRequest:
    """The ticket as a request. Only what was said of it once, when it was filed, is bound.

    Its risk is what the program says, or does not say, so it is claimed.
    """
    wish = told.channel
    return ApprovalRequest(
        upstream=NAME,
        id=told.id,
        title=told.title,
        requester=told.requester,
        justification=told.justification,
        facts=tuple(_facts(told)),
        risk=told.risk,
        risk_claimed=True,
        requested_at=_microseconds(told.created_at),
        expires_at=_microseconds(told.expires_at),
        channel="" if wish is None or wish.followed is False else wish.wished,
        channel_undecided=wish is not None and wish.followed is None,
    )


def _facts(told: Ticket) -> Iterator[Fact]:
    yield Fact("action", "Action", told.action)
    # JSON gives names no order, so that another order is no other request.
    for name in sorted(told.arguments):
        yield Fact(f"argument:{name}", f"Argument {name}", _value(told.arguments[name]))
    yield from _labels(told.labels)
    yield Fact("key", "API key", told.requester)
    if told.requester_claimed:
        yield Fact("claimed_requester", "Claimed by the caller", told.requester_claimed)
    if told.channel is not None and not told.channel.followed:
        yield Fact("channel", "Channel", _unfollowed(told.channel), bound=False)
    yield Fact(ARGUMENTS_DIGEST, "Arguments digest", told.arguments_digest)


def _labels(labels: Mapping[str, str]) -> Iterator[Fact]:
    """The known ones first; of two that read the same each is shown."""
    order = list(LABELS)
    known = {name: _plain(name) for name in labels if _plain(name) in LABELS}
    for name in sorted(known, key=lambda one: (order.index(known[one]), one)):
        key = REQUESTERS_ID if known[name] == _REQUEST_ID else f"label:{known[name]}"
        yield Fact(key, LABELS[known[name]], labels[name])
    for name in sorted(labels.keys() - known.keys()):
        yield Fact(f"label:{name}", f"Label {name}", labels[name])


def _plain(name: str) -> str:
    return name.strip().replace("_", " ").replace("-", " ").casefold()


def _unfollowed(wish: Wish) -> str:
    return f"asked for {wish.wished}. {wish.note}".strip()


def _value(value: JsonValue) -> str:
    """A text as it is, anything else as JSON without white space; the names in it have no order either."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _microseconds(at: datetime | None) -> int | None:
    return None if at is None else (at - _EPOCH) // _MICROSECOND
