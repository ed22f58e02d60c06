"""The client: log on, list, fetch, approve, deny, log off."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import structlog

from upstream_client.base import every
from upstream_client.exceptions import Interrupted, NotUnderstood, PartlyRead, UpstreamError
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
from upstream_client.privilege_manager.caller import TITLE, Caller, check_read, read_one
from upstream_client.privilege_manager.contract import BodyValues, Contract, Operation
from upstream_client.privilege_manager.moment import checked_zone
from upstream_client.privilege_manager.outcome import blames_no_request, outcome_of, wrong_path
from upstream_client.privilege_manager.reading import NAME, Reading
from upstream_client.privilege_manager.text import identifier
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS, Answer

log = structlog.get_logger()


class PrivManClient:
    """Delinea (Thycotic) Privilege Manager, by its REST API; speaks `upstream_client.base.Upstream`.

    ``base_url`` ends with /Tms and is https, or http on this machine; otherwise ValueError. ``username`` and
    ``password`` are Client Id and secret of an API client. ``timeout``: seconds to connect, and to wait for
    the answer to begin and then to end. ``zone`` ("Europe/Berlin") is in which times are local that name none,
    for display only; ``ca_bundle`` a PEM file of the certificates that are trusted, instead of the public ones.
    Calls may raise any `UpstreamError`; decisions never `Interrupted`.
    """

    name = NAME
    title = TITLE

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        contract: Contract | None = None,
        poll_interval: float = 30.0,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        zone: str = "",
        ca_bundle: Path | None = None,
    ) -> None:
        self._username = username
        self._contract = contract or Contract.packaged()
        self._operations = self._contract.operations
        self.capabilities = _capabilities(self._contract)
        self._caller = Caller(self._operations, base_url, username, password, timeout, ca_bundle)
        self._reading = Reading(self._contract, self._caller.base_url, checked_zone(zone))
        self._poll_interval = poll_interval

    def __repr__(self) -> str:
        return f"PrivManClient({self._caller.base_url!r}, username={self._username!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """Every request that waits; complete, or an error. `PartlyRead` holds what could be read."""
        return self._reading.pending(self._read(self._operations.list_).json())

    def fetch(self, request_id: str) -> Seen:
        """How one request stands; `Status.UNKNOWN` where Privilege Manager answers that it has none such.

        Where the contract has no operation for it the list is searched, and that tells less: what is not on
        it is UNKNOWN. What the list has is never UNKNOWN: where one request is asked for in a wrong way, the answer
        that there is none such would settle what waits.
        """
        operation = self._operations.get
        if operation is None:
            return self._find_in_list(request_id)
        answer = self._caller.call(operation, request_id, {"request_id": request_id}, harmless=True)
        seen = read_one(answer, operation, self._reading, request_id)
        if seen.status is Status.UNKNOWN:
            self._refuse_what_is_listed(operation, request_id)
        return seen

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes for ``duration``. Sent once; UNKNOWN where nobody can tell whether it arrived."""
        try:
            coded = self._contract.duration.encode(duration)
        except ValueError as error:
            return Outcome(OutcomeKind.REFUSED, f"Privilege Manager takes no such duration: {error}.")
        return self._decide(
            Verdict.APPROVE,
            self._operations.approve,
            request,
            decision,
            {"duration": coded, "one_time": duration.seconds is None},
        )

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no. Sent once. ``reason`` goes where the contract has a place for it besides the comment."""
        return self._decide(Verdict.DENY, self._operations.deny, request, decision, {"reason": reason})

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once and at every poll interval, until ``stop`` is set."""
        return every(self._poll_interval, stop)

    def close(self) -> None:
        """Log off and close the connections. Never raises."""
        self._caller.close()

    def _decide(
        self,
        verdict: Verdict,
        operation: Operation,
        request: ApprovalRequest,
        decision: Decision,
        extra: BodyValues,
    ) -> Outcome:
        values = {
            "reason": "",
            "request_id": request.id,
            "comment": decision.comment,
            "decision_id": decision.id,
            "by": decision.by,
            **extra,
        }
        try:
            answer = self._caller.call(operation, request.id, values)
        except Interrupted as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, str(error))
        else:
            outcome = outcome_of(answer, operation, self._reading, request.id, verdict)
            if self._path_is_wrong(answer, outcome, request.id):
                outcome = wrong_path(operation)
        log.debug(
            "decision sent",
            upstream=NAME,
            upstream_id=request.id,
            decision=decision.id,
            path=operation.path,
            outcome=outcome.kind.value,
            detail=outcome.detail,
        )
        return outcome

    def _path_is_wrong(self, answer: Answer, outcome: Outcome, request_id: str) -> bool:
        """A 404 that tells nothing of the request, which waits all the same, is about the path."""
        late = outcome.kind is OutcomeKind.ALREADY
        return late and blames_no_request(answer, self._contract) and self._still_waits(request_id)

    def _still_waits(self, request_id: str) -> bool:
        """Whether Privilege Manager says so now; False where nobody can tell.

        Where `get` knows nothing of it, its path may be wrong as well, and the list is asked.
        """
        looks = [self.fetch, self._find_in_list] if self._operations.get else [self._find_in_list]
        for look in looks:
            try:
                status = look(request_id).status
            except UpstreamError as error:
                log.warning(
                    "whether it still waits could not be read", upstream_id=request_id, why=str(error)
                )
                continue
            if status is not Status.UNKNOWN:
                return status is Status.PENDING
        return False

    def _find_in_list(self, request_id: str) -> Seen:
        """What a list that was read in part leaves out is not UNKNOWN but an error."""
        wanted = identifier(request_id)
        incomplete: PartlyRead | None = None
        try:
            waiting: Sequence[ApprovalRequest] = self.list_pending()
        except PartlyRead as error:
            waiting, incomplete = error.readable, error
        found = next((request for request in waiting if request.id == wanted), None)
        if found is None and incomplete is not None:
            raise incomplete
        return Seen(Status.PENDING, found) if found else Seen(Status.UNKNOWN)

    def _refuse_what_is_listed(self, operation: Operation, request_id: str) -> None:
        """Raises `NotUnderstood` where the list has it, or what a list raises that cannot be read."""
        if self._find_in_list(request_id).status is Status.PENDING:
            raise NotUnderstood(
                f"Privilege Manager lists request {request_id}, and knows none such by {operation.method}"
                f" {operation.path}. Take operations.get out of the contract, or correct it: run discover."
            )

    def _read(self, operation: Operation) -> Answer:
        answer = self._caller.call(operation, harmless=True)
        check_read(answer, operation)
        return answer


def _capabilities(contract: Contract) -> Capabilities:
    """Comments if both decisions carry one, get_one if there is an operation for it."""
    operations = contract.operations
    return Capabilities(
        comment=all("comment" in sent.placeholders for sent in (operations.approve, operations.deny)),
        get_one=operations.get is not None,
        durations=contract.duration.durations,
        other_durations=contract.duration.other,
    )
