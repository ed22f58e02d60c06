"""An upstream's fake with a front before it, and what the conformance suite does and reads there."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote

from tests.upstream_client.fakes import Fake
from tests.upstream_client.front import Call, Fault, Front
from upstream_client.base import Upstream
from upstream_client.exceptions import Interrupted, UpstreamError
from upstream_client.models import ApprovalRequest, Decision, Outcome, OutcomeKind, Verdict

OURS = Decision("0123456789abcdef", "Approver (U02APPROVER)", "[0123456789abcdef] Approved in Slack")
THEIRS = Decision("fedcba9876543210", "Second Approver (U03SECOND)", "[fedcba9876543210] Denied in Slack")
PATIENT, IMPATIENT = (5.0, 20.0), (5.0, 1.0)
"""Seconds: to connect, and to wait for an answer. The latter only where none comes."""
HOSTILE = (
    *("..", "../admin", "a/../../b", "a/b", "a?x=1", "a#b", "%2e%2e", "a%2Fb", "a&x=1", "a\r\nX: 1", ""),
    "x,phase=Running",
)
"""What an id, or a part of one, must not do: lead anywhere but to a request of this id.

The last one is more than one condition where ids stand in a selector (kubernetes.io: field selectors).
"""


@dataclass(frozen=True)
class Bench:
    """The fake, and the front before it."""

    fake: Fake
    front: Front

    def client(self, timeout: tuple[float, float] = PATIENT, url: str = "") -> Upstream:
        """A new one; its end is the caller's."""
        return self.fake.client(url or self.front.url, timeout)

    def filed(self, client: Upstream) -> ApprovalRequest:
        """A new request, as it is listed."""
        request_id = self.fake.file()
        return waiting(client)[request_id]

    def decisions(self) -> int:
        """How many calls decided something, or wanted to."""
        return self.front.count(self.fake.decides)

    def of_decisions(self, fault: Fault) -> Fault:
        """The fault, for decisions only."""
        return replace(fault, strikes=lambda call: call.is_of(self.fake.decides))

    @contextmanager
    def opened(self, timeout: tuple[float, float] = PATIENT) -> Iterator[Upstream]:
        """One that is closed in the end."""
        made = self.client(timeout)
        try:
            yield made
        finally:
            made.close()

    def hostile(self, request_id: str) -> Iterator[str]:
        """The id with each of its parts replaced by what it must not be."""
        parts = self.fake.parts(request_id)
        for number in range(len(parts)):
            for word in HOSTILE:
                yield self.fake.joined((*parts[:number], word, *parts[number + 1 :]))


def waiting(client: Upstream) -> dict[str, ApprovalRequest]:
    """What is listed, by id."""
    return {one.id: one for one in client.list_pending()}


def decide(
    client: Upstream, verdict: Verdict, request: ApprovalRequest, decision: Decision = OURS
) -> Outcome:
    """Approve for the shortest time that is offered, or deny."""
    if verdict is Verdict.APPROVE:
        return client.approve(request, request.durations[0], decision)
    return client.deny(request, "No.", decision)


def answered(call: Callable[[], object]) -> object:
    """What a call gives, or the error that it raises."""
    try:
        return call()
    except UpstreamError as error:
        return error


def is_doubtful(answer: object) -> bool:
    """Whether it says that nobody can tell what became of it."""
    return isinstance(answer, Interrupted) or kind_of(answer) is OutcomeKind.UNKNOWN


def kind_of(answer: object) -> OutcomeKind | None:
    return answer.kind if isinstance(answer, Outcome) else None


def looks(client: Upstream, request: ApprovalRequest) -> dict[str, Callable[[], object]]:
    """Whatever only looks."""
    return {"list": client.list_pending, "fetch": lambda: client.fetch(request.id)}


def shape(call: Call, parts: tuple[str, ...]) -> tuple[str, ...]:
    """A call's method, the steps of its path with a star for each part of the id, and the names in its query.

    A step of dots, which a server takes for another path, is none of any honest call.
    """
    steps = [unquote(step) for step in call.path.split("/")[1:]]
    stars = ["*" if step and step in parts else step for step in steps]
    names = sorted({name for name, _ in parse_qsl(call.query, keep_blank_values=True)})
    return (call.method, *(re.sub(r"^\.+$", "(dots)", step) for step in stars), "?", *names)
