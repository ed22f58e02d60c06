"""The client of an Argo server: list, fetch, let go on or fail exactly one suspended step."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import structlog

from upstream_client.argo_workflows import address, deciding, reading, standing
from upstream_client.argo_workflows.caller import TITLE, Caller
from upstream_client.argo_workflows.deciding import Change, Denial
from upstream_client.argo_workflows.listing import Listing
from upstream_client.argo_workflows.reference import Reference
from upstream_client.argo_workflows.selector import Selector
from upstream_client.argo_workflows.wire import Workflow
from upstream_client.base import every
from upstream_client.exceptions import (
    Interrupted,
    NotAllowed,
    NotUnderstood,
    PartlyRead,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.models import (
    ApprovalRequest,
    Capabilities,
    Decision,
    Duration,
    Outcome,
    OutcomeKind,
    Seen,
    Status,
    Verdict,
)
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS

MOST_WORDS = 3
"""So many different things that are wrong with one list are told."""
NOT_SENT = "Before it was decided, the step could not be looked at, so nothing was sent. "
NOT_CHOSEN = "Its labels are none that ARGO_LABEL_SELECTOR chooses."
SILENT = (Unreachable, Interrupted, Throttled)
"""After these it is no use to ask for another namespace at once."""
MADE = {Verdict.APPROVE: Status.APPROVED, Verdict.DENY: Status.DENIED}

log = structlog.get_logger(__name__)


class ArgoWorkflowsClient:
    """The suspended steps of workflows in some namespaces; speaks `upstream_client.base.Upstream`.

    ``url`` is https, or http on this machine. ``selector`` is one of labels: which workflows are ours, "" for all.
    Raises ValueError for what is none of these, `CaBundleError` as `Session` does. ``timeout``: seconds to connect,
    and to wait for an answer to begin and then to end. Calls may raise any `UpstreamError`; decisions never
    `Interrupted`.
    """

    name = reading.NAME
    title = TITLE

    def __init__(
        self,
        url: str,
        token: str,
        namespaces: Sequence[str],
        poll_interval: float = 30.0,
        selector: str = "",
        denial: Denial = Denial.NODE,
        ca_bundle: Path | None = None,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        names = address.checked_namespaces(",".join(namespaces))
        if not names:
            raise ValueError("ARGO_NAMESPACES names no namespace")
        self._caller = Caller(url, token, timeout, ca_bundle)
        chosen = address.checked_selector(selector)
        self._selector = _parsed(chosen)
        self._listings = {name: Listing(self._caller, name, chosen) for name in names}
        self._denial = denial
        self._poll_interval = poll_interval
        # Of the answers only stopping a workflow keeps no comment: such a no is recognised where it was answered.
        self.capabilities = Capabilities(comment=True, get_one=True)

    def __repr__(self) -> str:
        return f"ArgoWorkflowsClient({self._caller.url!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """Every suspended step that waits, in the order of the namespaces and then of time.

        Raises `PartlyRead` where a namespace, a workflow or a step cannot be read, and others can.
        """
        waiting: list[ApprovalRequest] = []
        wrong: list[str] = []
        read, failure = 0, None
        for name, listing in self._listings.items():
            try:
                found, broken = listing.look()
                waiting += self._waiting(found, wrong)
            except UpstreamError as error:
                failure = error
                wrong.append(f"Namespace {name}: {error}")
                if isinstance(error, SILENT):
                    break
            else:
                read += 1
                wrong += broken
        if failure is not None and (not read or isinstance(failure, Throttled)):
            raise failure
        if wrong:
            raise PartlyRead(_together(wrong), tuple(waiting))
        return waiting

    def fetch(self, request_id: str) -> Seen:
        """How one step stands. `Status.UNKNOWN` where there is no such workflow, or it waits anew.

        So it is where it waits in a workflow that the selector does not choose. Raises `NotAllowed` for a namespace
        that is none of ours.
        """
        ref = _reference(request_id)
        told = self._workflow(ref)
        return Seen(Status.UNKNOWN) if told is None else self._seen(told, ref)

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Let exactly this step go on. Sent once; UNKNOWN where nobody can tell whether it arrived.

        REFUSED where it wants values that nobody gave.
        """
        return self._decide(Verdict.APPROVE, request, decision)

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Fail exactly this step, or stop its workflow. Sent once. ``reason`` stands in the decision's comment."""
        return self._decide(Verdict.DENY, request, decision)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once and at every poll interval, until ``stop`` is set."""
        return every(self._poll_interval, stop)

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._caller.close()

    def _waiting(self, workflows: Sequence[Workflow], wrong: list[str]) -> list[ApprovalRequest]:
        """What waits in them, oldest first. What cannot be read is told in ``wrong``."""
        found: list[ApprovalRequest] = []
        for told in workflows:
            try:
                pauses = [node for node in reading.pauses_of(told) if standing.is_waiting(told, node)]
                found += [reading.request(told, node, self._caller.url) for node in pauses]
            except NotUnderstood as error:
                wrong.append(str(error))
        return sorted(found, key=lambda one: (one.requested_at or 0, one.id))

    def _workflow(self, ref: Reference) -> Workflow | None:
        if ref.namespace not in self._listings:
            raise NotAllowed(
                f"Namespace {ref.namespace} is not in ARGO_NAMESPACES, so nothing is asked or decided there."
            )
        answer = self._caller.one(ref.namespace, ref.workflow)
        return None if answer is None else reading.workflow(answer.json())

    def _seen(self, told: Workflow, ref: Reference) -> Seen:
        seen = standing.seen(told, ref, self._caller.url, stops=self._denial is Denial.WORKFLOW)
        is_ours = seen.status is not Status.PENDING or self._selector.fits(told.metadata.labels)
        return seen if is_ours else Seen(Status.UNKNOWN, comment=NOT_CHOSEN)

    def _decide(self, verdict: Verdict, request: ApprovalRequest, decision: Decision) -> Outcome:
        """Looks first: Argo goes by the workflow's name only, which may be another's by now."""
        ref = _reference(request.id)
        try:
            change = self._change(verdict, ref, decision)
        except Interrupted as error:
            raise Unreachable(f"{NOT_SENT}{error}") from error
        outcome = change if isinstance(change, Outcome) else self._send(verdict, ref, change)
        log.debug(
            "decision sent",
            upstream=self.name,
            upstream_id=request.id,
            decision=decision.id,
            path=change.verb if isinstance(change, Change) else "",
            outcome=outcome.kind.value,
            detail=outcome.detail,
        )
        return outcome

    def _change(self, verdict: Verdict, ref: Reference, decision: Decision) -> Change | Outcome:
        """What to send, or why nothing is."""
        told = self._workflow(ref)
        seen = Seen(Status.UNKNOWN) if told is None else self._seen(told, ref)
        node = None if told is None else reading.find(told, ref.node)
        if node is None or seen.status is not Status.PENDING:
            return Outcome(OutcomeKind.ALREADY, seen.comment or "The step does not wait any more.")
        if verdict is Verdict.DENY:
            return deciding.denial(ref, decision, self._denial)
        if why := deciding.cannot_be_given(node):
            return Outcome(OutcomeKind.REFUSED, why)
        return deciding.approval(ref, node, decision)

    def _send(self, verdict: Verdict, ref: Reference, change: Change) -> Outcome:
        try:
            answer = self._caller.change(ref, change.verb, change.body)
        except Interrupted as error:
            return Outcome(OutcomeKind.UNKNOWN, str(error))
        return deciding.outcome_of(answer, ref, verdict) or self._confirmed(verdict, ref)

    def _confirmed(self, verdict: Verdict, ref: Reference) -> Outcome:
        """Argo took it, and its answer does not tell what became of it: the workflow does."""
        try:
            seen = self.fetch(str(ref))
        except UpstreamError as error:
            return Outcome(OutcomeKind.UNKNOWN, str(error))
        if seen.status is MADE[verdict]:
            return Outcome(OutcomeKind.TAKEN)
        return Outcome(OutcomeKind.UNKNOWN, deciding.UNCLEAR)


def _parsed(selector: str) -> Selector:
    try:
        return Selector.parse(selector)
    except ValueError as error:
        raise ValueError(f"ARGO_LABEL_SELECTOR {error}") from error


def _reference(request_id: str) -> Reference:
    try:
        return Reference.parse(request_id)
    except ValueError as error:
        raise NotUnderstood(f"The request's id {error}, so {TITLE} is not called with it.") from error


def _together(wrong: list[str]) -> str:
    different = list(dict.fromkeys(wrong))
    more = f" And {len(different) - MOST_WORDS} more like these." if len(different) > MOST_WORDS else ""
    return " ".join(different[:MOST_WORDS]) + more
