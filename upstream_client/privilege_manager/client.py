"""The client: log on, list, fetch, approve, deny, log off."""

from collections.abc import Iterator
from threading import Event

import structlog

from upstream_client.base import every
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
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
)
from upstream_client.privilege_manager.base_url import checked_base_url
from upstream_client.privilege_manager.contract import BodyValues, Contract, Operation
from upstream_client.privilege_manager.envelope import no_such_path, words_of
from upstream_client.privilege_manager.outcome import ROLE_ADVICE, outcome_of, says
from upstream_client.privilege_manager.reading import NAME, Reading
from upstream_client.privilege_manager.text import identifier
from upstream_client.privilege_manager.token import LOGON_ADVICE, Token
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS, Answer, Session

log = structlog.get_logger()

TITLE = "Privilege Manager"


class PrivManClient:
    """Delinea (Thycotic) Privilege Manager, by its REST API; speaks `upstream_client.base.Upstream`.

    ``base_url`` ends with /Tms and is https, or http on this machine; otherwise ValueError. ``username`` and
    ``password`` are Client Id and secret of an API client. ``timeout``: seconds to connect, and to wait for
    the answer to begin and then to end. Calls may raise any `UpstreamError`; decisions never `Interrupted`.
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
    ) -> None:
        self._base_url = checked_base_url(base_url)
        self._username = username
        self._contract = contract or Contract.packaged()
        self._operations = self._contract.operations
        self.capabilities = _capabilities(self._contract)
        self._reading = Reading(self._contract, self._base_url)
        self._poll_interval = poll_interval
        self._session = Session(TITLE, timeout)
        self._token = Token(self._session, self._operations, self._base_url, username, password)

    def __repr__(self) -> str:
        return f"PrivManClient({self._base_url!r}, username={self._username!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """Every request that waits; complete, or an error."""
        return self._reading.pending(self._read(self._operations.list_).json())

    def fetch(self, request_id: str) -> Seen:
        """How one request stands; `Status.UNKNOWN` where Privilege Manager answers that it has none such.

        Where the contract has no operation for it the list is searched, and that tells less: what is not on
        it is UNKNOWN.
        """
        operation = self._operations.get
        if operation is None:
            return self._find_in_list(request_id)
        answer = self._call(operation, request_id, {"request_id": request_id}, harmless=True)
        if answer.status in (404, 410) and not no_such_path(answer):
            return Seen(Status.UNKNOWN)
        _check_read(answer, operation)
        try:
            return self._reading.seen(answer.json(), request_id)
        except Refused as error:
            if says(str(error), self._contract.words.gone):
                return Seen(Status.UNKNOWN)
            raise

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes for ``duration``. Sent once; UNKNOWN where nobody can tell whether it arrived."""
        try:
            coded = self._contract.duration.encode(duration)
        except ValueError as error:
            return Outcome(OutcomeKind.REFUSED, f"Privilege Manager takes no such duration: {error}.")
        return self._decide(self._operations.approve, request, decision, {"duration": coded})

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no. Sent once. ``reason`` goes where the contract has a place for it besides the comment."""
        return self._decide(self._operations.deny, request, decision, {"reason": reason})

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once and at every poll interval, until ``stop`` is set."""
        return every(self._poll_interval, stop)

    def close(self) -> None:
        """Log off and close the connections. Never raises."""
        self._token.drop()
        self._session.close()

    def _decide(
        self, operation: Operation, request: ApprovalRequest, decision: Decision, extra: BodyValues
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
            answer = self._call(operation, request.id, values)
        except Interrupted as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, str(error))
        else:
            outcome = outcome_of(answer, operation, self._reading, request.id)
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

    def _find_in_list(self, request_id: str) -> Seen:
        wanted = identifier(request_id)
        found = next((request for request in self.list_pending() if request.id == wanted), None)
        return Seen(Status.PENDING, found) if found else Seen(Status.UNKNOWN)

    def _read(self, operation: Operation) -> Answer:
        answer = self._call(operation, harmless=True)
        _check_read(answer, operation)
        return answer

    def _call(
        self,
        operation: Operation,
        request_id: str = "",
        values: BodyValues | None = None,
        *,
        harmless: bool = False,
    ) -> Answer:
        """One call with the token. At a 401 one new log-on and one repeat: a 401 means that nothing was done.

        What the log-on raises is never `Interrupted`, so that one always tells of the call itself.
        """
        body = operation.fill(values or {})
        url = operation.url(self._base_url, request_id)
        token = self._token.get()
        answer = self._session.call(operation.method, url, token=token, body=body, harmless=harmless)
        if answer.status != 401:
            return answer
        token = self._token.get(refused=token)
        answer = self._session.call(operation.method, url, token=token, body=body, harmless=harmless)
        if answer.status == 401:
            raise LogonRefused(
                "Privilege Manager gave a token and refuses it. Give the API client a role (Admin | Users |"
                f" the API client | roles). {LOGON_ADVICE}"
            )
        return answer


def _capabilities(contract: Contract) -> Capabilities:
    """Comments if both decisions carry one, get_one if there is an operation for it."""
    operations = contract.operations
    return Capabilities(
        comment=all("comment" in sent.placeholders for sent in (operations.approve, operations.deny)),
        get_one=operations.get is not None,
        durations=contract.duration.durations,
    )


def _check_read(answer: Answer, operation: Operation) -> None:
    """Raises for anything but 2xx what the answer to a harmless call means."""
    if answer.ok:
        return
    words = words_of(answer)
    said = f"{answer.status}: {words}" if words else str(answer.status)
    if answer.status == 429:
        raise Throttled("Privilege Manager asks for fewer calls.", answer.retry_after)
    if answer.status == 403:
        raise NotAllowed(
            f"Privilege Manager does not allow {operation.method} {operation.path} ({said}). {ROLE_ADVICE}"
        )
    if answer.status >= 500:
        raise Interrupted(f"Privilege Manager failed ({said}).")
    if answer.status < 400:
        raise NotUnderstood(
            f"{operation.method} {operation.path} leads on to {answer.headers.get('Location', '')[:200]!r}."
            " Redirects are not followed: put the address where it ends into PRIVMAN_BASE_URL."
        )
    if answer.status in (404, 405, 410):
        raise NotUnderstood(
            f"Privilege Manager has no {operation.method} {operation.path} ({said}). Correct PRIVMAN_BASE_URL"
            " or the contract: your instance lists its paths at /services/swagger/ui/index."
        )
    raise Refused(f"Privilege Manager answered {said}.")
