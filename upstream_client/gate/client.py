"""The client of a gate: list, fetch, approve, deny, and hear at once when something changed."""

from collections.abc import Iterator, Sequence
from threading import Event

import structlog

from upstream_client.exceptions import Interrupted, PartlyRead
from upstream_client.gate import reading
from upstream_client.gate.caller import TITLE, Caller
from upstream_client.gate.deciding import body_of, outcome_of
from upstream_client.gate.held_list import HeldList
from upstream_client.gate.left_out import LeftOutTickets
from upstream_client.models import (
    ApprovalRequest,
    Capabilities,
    ChannelName,
    Decision,
    Duration,
    Outcome,
    OutcomeKind,
    Seen,
    Status,
    Verdict,
)
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS

log = structlog.get_logger(__name__)


class GateClient:
    """Our own approval gate; speaks `upstream_client.base.Upstream` and `upstream_client.base.Told`.

    ``base_url`` is https, or http on this machine; otherwise ValueError. ``key`` is an API key with the scope
    decide. ``timeout``: seconds to connect, and to wait for an answer to begin and then to end. Calls may
    raise any `UpstreamError`; decisions never `Interrupted`.
    """

    name = reading.NAME
    title = TITLE
    # A ticket asks for one thing, which runs once: "for a day" would promise what no program does.
    capabilities = Capabilities(comment=True, get_one=True)

    def __init__(
        self,
        base_url: str,
        key: str,
        poll_interval: float = 30.0,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        self._caller = Caller(base_url, key, timeout)
        self._poll_interval = poll_interval
        self._left_out = LeftOutTickets(self.fetch)

    def __repr__(self) -> str:
        return f"GateClient({self._caller.base_url!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """Every ticket that waits; complete, or an error. `PartlyRead` holds what could be read."""
        body = self._caller.list_pending().json()
        wrong: list[str] = []
        try:
            listed = reading.pending(body)
        except PartlyRead as error:
            listed = list(error.readable)
            wrong.append(str(error))
        fetched, unread = self._left_out.waiting(reading.left_out(body))
        if wrong := list(dict.fromkeys([*wrong, *unread])):
            raise PartlyRead(" ".join(wrong), (*listed, *fetched))
        return listed + fetched

    def fetch(self, request_id: str) -> Seen:
        """How one ticket stands; `Status.UNKNOWN` where the gate answers that it has none such."""
        answer = self._caller.ticket(request_id)
        return Seen(Status.UNKNOWN) if answer is None else reading.seen(answer.json(), request_id)

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes for ``duration``. Sent once; UNKNOWN where nobody can tell whether it arrived."""
        return self._decide(Verdict.APPROVE, request, decision, duration.seconds)

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no. Sent once. ``reason`` is part of the decision's comment, the only place that the gate has."""
        return self._decide(Verdict.DENY, request, decision, None)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once, when the list of tickets changed, and every poll interval at least, until ``stop``."""
        return HeldList(self._caller, self._poll_interval).watch(stop)

    def tell_channels(self, channels: Sequence[ChannelName]) -> None:
        """These are the channels that are registered; by them the gate tells which wishes are followed."""
        self._caller.put_channels({"channels": [{"id": one.id, "name": one.name} for one in channels]})

    def tell_card(self, request_id: str, url: str) -> None:
        """The ticket's card stands there."""
        self._caller.put_card(request_id, {"url": url})

    def close(self) -> None:
        """Lets go of the connections; what is held open ends. Never raises."""
        self._caller.close()

    def _decide(
        self, verdict: Verdict, request: ApprovalRequest, decision: Decision, seconds: int | None
    ) -> Outcome:
        verb = verdict.value
        try:
            answer = self._caller.decide(request.id, verb, body_of(decision, seconds))
        except Interrupted as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, str(error))
        else:
            outcome = outcome_of(answer, request.id, verdict, decision)
        log.debug(
            "decision sent",
            upstream=self.name,
            upstream_id=request.id,
            decision=decision.id,
            path=verb,
            outcome=outcome.kind.value,
            detail=outcome.detail,
        )
        return outcome
