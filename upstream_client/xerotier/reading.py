"""From Xerotier's JSON to `ApprovalRequest` and `Seen`: any JSON gives one or an `UpstreamError`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue, ValidationError

from upstream_client.exceptions import NotUnderstood, UpstreamError
from upstream_client.models import CLAIMED, ApprovalRequest, Fact, Seen, Status
from upstream_client.xerotier.wire import Approval, written

NAME = "xerotier"
ESCALATED = "escalated"
STATUSES = {
    "pending": Status.PENDING,
    "requested": Status.PENDING,
    ESCALATED: Status.PENDING,
    "approved": Status.APPROVED,
    "rejected": Status.DENIED,
    "denied": Status.DENIED,
    "timedout": Status.EXPIRED,
    "timeout": Status.EXPIRED,
    "expired": Status.EXPIRED,
    "cancelled": Status.WITHDRAWN,
    "canceled": Status.WITHDRAWN,
}
"""The words of the events, and others that are likely: those of the list are documented nowhere."""
LISTS = ("data", "approvals", "items")
"""Under which of these names a list may stand, where it is not the whole answer."""
MORE = ("has_more", "next_cursor", "next_page", "next")
MOST_WORDS = 3
"""So many different things that are wrong with one list are told."""
CLAIM = Fact(
    CLAIMED,
    "Claimed by",
    "a webhook, under a verified signature. Xerotier itself was not asked, or does not tell of it.",
    bound=False,
)
ESCALATION = Fact(
    "escalated", "Escalated", "Xerotier went on to the next stage of its escalation.", bound=False
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a look at the list told, by id. ``trouble`` is why something may be missing, None where it is whole.

    ``none``: there is no list to look at.
    """

    seen: Mapping[str, Seen] = field(default_factory=dict)
    trouble: UpstreamError | None = None
    none: bool = False


def listing(body: JsonValue) -> Listing:
    """What can be read of a list. Raises `NotUnderstood` where it is none."""
    read: list[Approval] = []
    wrong = ["The list goes on, on another page: let XEROTIER_LIST_PATH ask for all at once."] * _goes_on(
        body
    )
    for value in _items(body):
        try:
            read.append(approval(value))
        except NotUnderstood as error:
            wrong.append(str(error))
    counts = Counter(one.id for one in read)
    wrong += [f"Xerotier sent approval {one} twice in one list." for one, n in counts.items() if n > 1]
    seen: dict[str, Seen] = {}
    for one in read:
        try:
            seen |= {one.id: seen_of(one, Status.PENDING)} if counts[one.id] == 1 else {}
        except NotUnderstood as error:
            wrong.append(str(error))
    return Listing(seen, NotUnderstood(_together(wrong)) if wrong else None)


def _together(wrong: list[str]) -> str:
    different = list(dict.fromkeys(wrong))
    more = f" And {len(different) - MOST_WORDS} more like these." if len(different) > MOST_WORDS else ""
    return " ".join(different[:MOST_WORDS]) + more


def _items(body: JsonValue) -> list[JsonValue]:
    found = [body[name] for name in LISTS if name in body] if isinstance(body, dict) else [body]
    if len(found) != 1 or not isinstance(found[0], list):
        raise NotUnderstood(
            "Xerotier answered at XEROTIER_LIST_PATH with something that is no list of approvals."
        )
    return found[0]


def _goes_on(body: JsonValue) -> bool:
    return isinstance(body, dict) and any(body.get(name) for name in MORE)


def approval(body: object) -> Approval:
    """One approval. Raises `NotUnderstood`, naming what is wrong and repeating none of it."""
    try:
        return Approval.model_validate(body)
    except ValidationError as error:
        wrong = ", ".join(dict.fromkeys(".".join(map(str, one["loc"][:1])) for one in error.errors()))
        raise NotUnderstood(
            f"Xerotier told of an approval that cannot be read ({wrong or 'it is no object'})."
        ) from error
    except RecursionError as error:
        raise NotUnderstood("Xerotier told of an approval whose arguments are nested too deeply.") from error


def one(body: JsonValue, approval_id: str) -> Seen:
    """What an answer about one approval tells. Raises `NotUnderstood`, also where it tells of another one."""
    told = approval(_inner(body))
    if told.id != approval_id:
        raise NotUnderstood(f"Asked for approval {approval_id}, Xerotier told of another one.")
    return seen_of(told)


def _inner(body: JsonValue) -> JsonValue:
    """The approval itself, where an answer has it inside something."""
    if not isinstance(body, dict):
        return body
    return next((body[name] for name in ("data", "approval") if isinstance(body.get(name), dict)), body)


def seen_of(told: Approval, unsaid: Status | None = None) -> Seen:
    """How it stands. ``unsaid``: what it means that no status is told. Raises `NotUnderstood`."""
    status = status_of(told.status) if told.status else unsaid
    if status is None:
        raise NotUnderstood(f"Xerotier tells no status of approval {told.id} that is known here.")
    asked = request(told)
    if _plain(told.status) == ESCALATED:
        asked = with_fact(asked, ESCALATION)
    return Seen(status, asked, told.resolved_by, told.resolved_at)


def status_of(word: str) -> Status | None:
    """What its word for a status means; None for one that is not known."""
    return STATUSES.get(_plain(word))


def _plain(word: str) -> str:
    return word.strip().casefold().replace("_", "").replace("-", "").replace(" ", "")


def request(told: Approval) -> ApprovalRequest:
    """The approval as a request. What is called, where and with what is bound."""
    return ApprovalRequest(
        upstream=NAME,
        id=told.id,
        title=f"Run {told.tool}",
        facts=tuple(_facts(told)),
        risk=told.risk,
        requested_at=told.created_at,
        expires_at=told.expires_at,
    )


def with_fact(asked: ApprovalRequest, fact: Fact) -> ApprovalRequest:
    """With a fact that is not bound, once."""
    if fact in asked.facts:
        return asked
    return replace(asked, facts=(*asked.facts, fact))


def _facts(told: Approval) -> Iterator[Fact]:
    yield Fact("tool", "Tool", told.tool)
    if told.workspace:
        yield Fact("workspace", "Workspace", told.workspace)
    yield from _arguments(told.arguments)
    if told.invocation:
        yield Fact("invocation", "Invocation", told.invocation)


def _arguments(told: JsonValue) -> Iterator[Fact]:
    """JSON gives names no order, so that another order is no other request."""
    if isinstance(told, dict):
        for name in sorted(told):
            yield Fact(f"argument:{written(name)}", f"Argument {written(name)}", written(told[name]))
    elif told is not None:
        yield Fact("arguments", "Arguments", written(told))
