"""From Privilege Manager's JSON to `ApprovalRequest` and `Seen`: any JSON gives one or an `UpstreamError`."""

from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import JsonValue

from upstream_client.exceptions import NotUnderstood, Refused
from upstream_client.models import ApprovalRequest, Fact, Seen, Status
from upstream_client.privilege_manager.contract import Contract, Names
from upstream_client.privilege_manager.envelope import Envelope, open_envelope
from upstream_client.privilege_manager.moment import Moment, read_moment
from upstream_client.privilege_manager.text import LONGEST_NAME, file_name, identifier, one_line, scalar_text

NAME = "privilege_manager"

FACTS = (
    ("user", "User", True),
    ("computer", "Computer", True),
    ("policy", "Policy", True),
    ("file", "File", True),
    ("command_line", "Command line", True),
    ("process", "Process", True),
    ("publisher", "Publisher", True),
    ("product", "Product", True),
    ("version", "Version", True),
    ("sha1", "SHA-1", True),
    ("reputation", "Reputation", False),
)
"""Field of the contract (and key), label, bound. Bound is what says who runs what, where, by which policy."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers are read, by the contract. ``base_url`` is for the links."""

    contract: Contract
    base_url: str

    def pending(self, body: JsonValue) -> list[ApprovalRequest]:
        """Every request of a list answer that waits.

        The list is complete or an error: `NotUnderstood` for an item without an id, an id that comes twice, a
        status that the contract does not name, and a ``Total`` larger than the list.
        """
        envelope = _opened(body)
        items = envelope.result
        if not isinstance(items, list):
            raise NotUnderstood(
                "Privilege Manager answered the list of requests with something that is no list."
            )
        _check_total(envelope.total, len(items))
        seen = [self._item(item) for item in items]
        _check_unique([item.id for item in seen])
        return [item.request() for item in seen if item.status(default=Status.PENDING) is Status.PENDING]

    def seen(self, body: JsonValue, request_id: str) -> Seen:
        """What an answer about one request tells. `NotUnderstood` if that is another one or has no status."""
        item = self._item(_opened(body).result)
        if item.id != identifier(request_id):
            raise NotUnderstood(f"Asked for request {request_id}, Privilege Manager told of {item.id}.")
        return Seen(
            status=item.status(default=None),
            request=item.request(),
            by=item.text("decided_by"),
            at=item.moment("decided_at").at,
            comment=item.text("comment"),
        )

    def is_about(self, body: JsonValue, request_id: str) -> bool:
        """Is this, bare, the request's own id or an object that carries it?"""
        value = _look_up(_folded(body), self.contract.fields.id) if isinstance(body, dict) else body
        wanted = identifier(request_id)
        return wanted is not None and identifier(value) == wanted

    def _item(self, value: JsonValue) -> "_Item":
        if not isinstance(value, dict):
            raise NotUnderstood(
                "Privilege Manager sent something that is no object in the place of a request."
            )
        item = _folded(value)
        request_id = identifier(_look_up(item, self.contract.fields.id))
        if request_id is None:
            raise NotUnderstood(
                "Privilege Manager sent a request without an id that can be used. Its names are:"
                f" {one_line(', '.join(value), 200)}. Name the right one in the contract, under fields.id."
            )
        return _Item(self, item, request_id)


@dataclass(frozen=True, slots=True)
class _Item:
    """One object of an answer, its keys casefolded, seen through the contract's names."""

    reading: Reading
    value: dict[str, JsonValue]
    id: str

    def text(self, field: str) -> str:
        """The field's text, "" where it is missing. An object there is an error: nothing is left out."""
        names: Names = getattr(self.reading.contract.fields, field)
        text = scalar_text(_look_up(self.value, names))
        if text is None:
            raise NotUnderstood(
                f"Request {self.id}: there is no text at {' or '.join(names.names)}. Name the part of it that"
                f" is meant in the contract, under fields.{field}, such as {names.names[0]}.Name."
            )
        return text

    def moment(self, field: str) -> Moment:
        return read_moment(self.text(field))

    def status(self, default: Status | None) -> Status:
        word = self.text("status")
        status = self.reading.contract.status_words.get(word.casefold()) if word else default
        if status is None:
            raise NotUnderstood(
                f"Request {self.id} has the status {one_line(word, 40)!r}, which the contract does not know."
                " Add the word to it, under statuses; or name the right field, under fields.status."
            )
        return status

    def request(self) -> ApprovalRequest:
        requested, expires = self.moment("requested"), self.moment("expires")
        facts = [Fact(key, label, text, bound) for key, label, bound in FACTS if (text := self.text(key))]
        if expires.text:
            facts.append(Fact("expires", "Expires", expires.text, bound=False))
        return ApprovalRequest(
            upstream=NAME,
            id=self.id,
            title=self._title(),
            requester=self.text("user"),
            requester_email=self.text("email"),
            justification=self.text("reason"),
            facts=tuple(facts),
            link=self._link(),
            requested_at=requested.at,
            requested=requested.text,
            expires_at=expires.at,
            durations=self.reading.contract.duration.durations,
        )

    def _title(self) -> str:
        program = file_name(self.text("file")) or file_name(self.text("process"))
        if program:
            return f"Run {program} as administrator"
        policy = one_line(self.text("policy"), LONGEST_NAME)
        return f"Run a program under the policy {policy}" if policy else "Run a program as administrator"

    def _link(self) -> str:
        path = self.reading.contract.link.replace("{request_id}", quote(self.id, safe=""))
        return self.reading.base_url + path


def _opened(body: JsonValue) -> Envelope:
    envelope = open_envelope(body)
    if envelope.failed:
        raise Refused(f"Privilege Manager answered: {envelope.words or 'an error without words'}")
    return envelope


def _look_up(item: dict[str, JsonValue], names: Names) -> JsonValue:
    """The first value that is there and not empty; an object or list only where no name leads to a scalar."""
    fallback: JsonValue = None
    for steps in names.steps:
        value = _follow(item, steps)
        if isinstance(value, dict | list):
            fallback = value if fallback is None else fallback
        elif value is not None and value != "":
            return value
    return fallback


def _follow(item: dict[str, JsonValue], steps: tuple[str, ...]) -> JsonValue:
    value = item.get(steps[0])
    for step in steps[1:]:
        value = _folded(value).get(step) if isinstance(value, dict) else None
    return value


def _folded(item: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {key.casefold(): value for key, value in item.items()}


def _check_total(total: JsonValue, count: int) -> None:
    if total is None:
        return
    if isinstance(total, bool) or not isinstance(total, int):
        raise NotUnderstood("Privilege Manager's Total is not a whole number.")
    if total > count:
        raise NotUnderstood(
            f"Privilege Manager says that {total} requests wait and sent {count} of them. The address of the"
            " list in the contract must be one that sends them all."
        )


def _check_unique(ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        twice = Counter(ids).most_common(1)[0][0]
        raise NotUnderstood(f"Privilege Manager sent request {twice} twice in one list.")
