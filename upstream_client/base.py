"""The protocol every upstream client speaks, and the HTTP session they share."""

import time
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Protocol, runtime_checkable

from upstream_client.models import (
    ApprovalRequest,
    Capabilities,
    ChannelName,
    Decision,
    Duration,
    Outcome,
    Seen,
)


class Upstream(Protocol):
    """A system that owns approval requests and acts on the answer.

    Every call may raise an `UpstreamError`. After `OutcomeKind.UNKNOWN` or `Interrupted` from `approve` or
    `deny` the decision may have been taken; after any other error it was not. Threads share one instance.
    """

    name: str
    """As in the setting UPSTREAMS, in the ledger and in logs: "privilege_manager"."""
    title: str
    """For people: "Privilege Manager"."""
    capabilities: Capabilities

    def list_pending(self) -> list[ApprovalRequest]:
        """Every request that waits, complete, or an error; `PartlyRead` holds those that could be read."""

    def fetch(self, request_id: str) -> Seen:
        """How one request stands now. `Status.UNKNOWN` where the upstream answers that it has none such."""

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes, for ``duration``. Never repeated by the client: see `Interrupted`."""

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no. Never repeated by the client."""

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields whenever a look at the list is worth it, until ``stop`` is set."""

    def close(self) -> None:
        """Log off and let go of connections. Never raises for an upstream that does not answer."""


@runtime_checkable
class Told(Protocol):
    """An upstream that wants to know where in Slack its requests are shown. Both calls may be repeated.

    Each may raise an `UpstreamError`.
    """

    def tell_channels(self, channels: Sequence[ChannelName]) -> None:
        """These are all the channels in which requests are shown."""

    def tell_card(self, request_id: str, url: str) -> None:
        """The request's card stands there. A request that the upstream does not know any more is no error."""


@runtime_checkable
class Tells(Protocol):
    """An upstream that tells by itself what became of its requests."""

    def told(self, request_id: str) -> Seen | None:
        """What became of a request, as it told by itself; None where it told nothing. No call is made."""


def every(seconds: float, stop: Event) -> Iterator[None]:
    """Yields at once and then every ``seconds``, measured by the monotonic clock, until ``stop`` is set."""
    due = time.monotonic()
    while not stop.wait(max(0.0, due - time.monotonic())):
        yield
        due = max(due + seconds, time.monotonic())
