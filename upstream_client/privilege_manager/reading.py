"""From Privilege Manager's JSON to `ApprovalRequest` and `Seen`: any JSON gives one or an `UpstreamError`."""

from collections import Counter
from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import quote

from pydantic import JsonValue

from upstream_client.exceptions import NotUnderstood, PartlyRead, Refused
from upstream_client.models import ApprovalRequest, Fact, Seen, Status, Verdict
from upstream_client.privilege_manager.contract import Contract, Names
from upstream_client.privilege_manager.envelope import Envelope, complains, is_good_word, open_envelope
from upstream_client.privilege_manager.moment import Moment, read_moment
from upstream_client.privilege_manager.rows import folded, items_of
from upstream_client.privilege_manager.text import LONGEST_NAME, file_name, identifier, one_line, scalar_text

NAME = "privilege_manager"
MOST_WORDS = 3
"""So many different things that are wrong with one list are told."""
MADE = {Verdict.APPROVE: Status.APPROVED, Verdict.DENY: Status.DENIED}

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
    """How answers are read, by the contract. ``base_url`` is for the links.

    ``zone``: in which times are local that name none, for display only.
    """

    contract: Contract
    base_url: str
    zone: tzinfo | None = None

    def pending(self, body: JsonValue) -> list[ApprovalRequest]:
        """Every request of a list answer that waits; without a status it does.

        The list is complete or an error. What cannot be read (no id, an id that comes twice, a status that
        the contract does not name, an object in the place of a text, fewer items than ``Total`` says) raises
        `PartlyRead` with the others, of which there may be none; what is no list raises `NotUnderstood`, and an
        error that was sent in its place `Refused`.
        """
        envelope = _opened(body)
        items = items_of(envelope.result)
        if items is None:
            raise NotUnderstood(
                "Privilege Manager answered the list of requests with something that is no list."
            )
        if not items and (envelope.words or not envelope.is_good):
            # An error may come with nothing in it; that nothing waits is said without more words.
            raise Refused(f"Privilege Manager listed nothing and said: {envelope.words or envelope.status}")
        read, wrong = self._read_each(items)
        wrong += _wrong_total(envelope.total, len(items))
        if wrong and not items:
            raise NotUnderstood(_in_words(wrong))
        waiting = [request for request in read.values() if request is not None]
        if wrong:
            raise PartlyRead(_in_words(wrong), tuple(waiting))
        return waiting

    def _read_each(self, items: list[JsonValue]) -> tuple[dict[str, ApprovalRequest | None], list[str]]:
        """What could be read, by id, with None for what does not wait; and what is wrong with the rest."""
        read: list[tuple[str, ApprovalRequest | None]] = []
        wrong: list[str] = []
        for value in items:
            try:
                read.append(self._waiting(value))
            except NotUnderstood as error:
                wrong.append(str(error))
        counts = Counter(request_id for request_id, _ in read)
        twice = [request_id for request_id, count in counts.items() if count > 1]
        wrong += [f"Privilege Manager sent request {one} twice in one list." for one in twice]
        return {one: request for one, request in read if counts[one] == 1}, wrong

    def seen(self, body: JsonValue, request_id: str) -> Seen:
        """What an answer about one request tells. `NotUnderstood` if that is another one or has no status."""
        item = self._item(_opened(body).result)
        if item.id != identifier(request_id):
            raise NotUnderstood(f"Asked for request {request_id}, Privilege Manager told of {item.id}.")
        return Seen(
            status=item.status(default=None),
            request=item.request(),
            by=item.text("decided_by"),
            at=item.moment("decided_at", self.zone).at,
            comment=item.text("comment"),
        )

    def is_about(self, body: JsonValue, request_id: str) -> bool:
        """Is this, bare, the request's own id or an object that carries it?"""
        value = _look_up(folded(body), self.contract.fields.id) if isinstance(body, dict) else body
        wanted = identifier(request_id)
        return wanted is not None and identifier(value) == wanted

    def tells(self, word: str, verdict: Verdict) -> bool:
        """Is this the contract's word for what ``verdict`` makes of a request?"""
        return self.contract.status_words.get(word.casefold()) is MADE[verdict]

    def may_be_answered(self, value: dict[str, JsonValue], verdict: Verdict) -> bool:
        """Does nothing in an object about a request speak against its having been answered by ``verdict``?"""
        item = folded(value)
        told = [_look_up(item, self.contract.fields.status), item.get("status")]
        words = [scalar_text(one) for one in told]
        fits = [
            word is not None and (is_good_word(word) or self.tells(word, verdict))
            for word in words
            if word != ""
        ]
        return all(fits) and not complains(item)

    def _waiting(self, value: JsonValue) -> tuple[str, ApprovalRequest | None]:
        """The id of one item of the list, and the request if it waits."""
        item = self._item(value)
        waits = item.status(default=Status.PENDING) is Status.PENDING
        return item.id, item.request() if waits else None

    def _item(self, value: JsonValue) -> "_Item":
        if not isinstance(value, dict):
            raise NotUnderstood(
                "Privilege Manager sent something that is no object in the place of a request, or a report's"
                " row that does not fit its columns."
            )
        item = folded(value)
        request_id = identifier(_look_up(item, self.contract.fields.id))
        if request_id is None:
            names = one_line(", ".join(name for name in value if name != "$type"), 200)
            raise NotUnderstood(
                "Privilege Manager sent a request without an id that can be used. Its names are:"
                f" {names}. Name the right one in the contract, under fields.id."
            )
        return _Item(self, item, request_id)


@dataclass(frozen=True, slots=True)
class _Item:
    """One object of an answer, its keys folded, seen through the contract's names."""

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

    def moment(self, field: str, zone: tzinfo | None = None) -> Moment:
        return read_moment(self.text(field), zone)

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
        # An expiry is acted upon, so one without a zone stays what it is: a text.
        requested, expires = self.moment("requested", self.reading.zone), self.moment("expires")
        facts = [Fact(key, label, text, bound) for key, label, bound in FACTS if (text := self.text(key))]
        if expires.text and not expires.is_never:
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
    if envelope.wrapped and not envelope.is_good:
        said = envelope.words or (envelope.status if not envelope.failed else "")
        raise Refused(f"Privilege Manager answered: {said or 'an error without words'}")
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
        value = folded(value).get(step) if isinstance(value, dict) else None
    return value


def _wrong_total(total: JsonValue, count: int) -> list[str]:
    if total is None:
        return []
    if isinstance(total, bool) or not isinstance(total, int):
        return ["Privilege Manager's Total is not a whole number."]
    if total > count:
        return [
            f"Privilege Manager says that {total} requests wait and sent {count} of them. The address of the"
            " list in the contract must be one that sends them all."
        ]
    return []


def _in_words(wrong: list[str]) -> str:
    """The first few different ones, and how many more there are."""
    different = list(dict.fromkeys(wrong))
    more = len(wrong) - MOST_WORDS if len(different) > MOST_WORDS else 0
    return " ".join([*different[:MOST_WORDS], *([f"And {more} more like these."] if more else [])])
