"""Calls to an instance, with the token of the API client."""

from pathlib import Path

from pydantic import JsonValue

from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
)
from upstream_client.models import Seen, Status
from upstream_client.privilege_manager.base_url import checked_base_url
from upstream_client.privilege_manager.contract import BodyValues, Operation, Operations
from upstream_client.privilege_manager.envelope import no_such_path, words_of
from upstream_client.privilege_manager.outcome import REPORT_ADVICE, ROLE_ADVICE, says
from upstream_client.privilege_manager.reading import Reading
from upstream_client.privilege_manager.text import identifier
from upstream_client.privilege_manager.token import LOGON_ADVICE, Token
from upstream_client.session import Answer, Session

TITLE = "Privilege Manager"
CA_SETTING = "PRIVMAN_CA_BUNDLE"


class Caller:
    """Logs on when first asked and again when told to. Threads share one.

    ``base_url`` is checked as `checked_base_url` does it; ``ca_bundle`` as `Session` does.
    """

    def __init__(
        self,
        operations: Operations,
        base_url: str,
        username: str,
        password: str,
        timeout: tuple[float, float],
        ca_bundle: Path | None = None,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self._session = Session(TITLE, timeout, ca_bundle, CA_SETTING)
        self._token = Token(self._session, operations, self.base_url, username, password)

    def log_on(self) -> None:
        """Raises what `Token.get` raises."""
        self._token.get()

    def call(
        self,
        operation: Operation,
        request_id: str | None = None,
        values: BodyValues | None = None,
        *,
        harmless: bool = False,
    ) -> Answer:
        """One call of an operation, its placeholders filled; none with what can be no id."""
        if request_id is not None and identifier(request_id) is None:
            raise NotUnderstood(
                f"{request_id!r} is no id of a request, so Privilege Manager is not called with it."
            )
        body, url = operation.fill(values or {}), operation.url(self.base_url, request_id or "")
        return self.send(operation.method, url, body, harmless=harmless)

    def send(self, method: str, url: str, body: JsonValue = None, *, harmless: bool = False) -> Answer:
        """One call with the token. At a 401 one new log-on and one repeat: a 401 means that nothing was done.

        What the log-on raises is never `Interrupted`, so that one always tells of the call itself.
        """
        token = self._token.get()
        answer = self._session.call(method, url, token=token, body=body, harmless=harmless)
        if answer.status != 401:
            return answer
        token = self._token.get(refused=token)
        answer = self._session.call(method, url, token=token, body=body, harmless=harmless)
        if answer.status == 401:
            raise LogonRefused(
                "Privilege Manager gave a token and refuses it. Give the API client a role (Admin | Users |"
                f" the API client | roles). {LOGON_ADVICE}"
            )
        return answer

    def look(self, url: str) -> Answer:
        """One harmless call without the token: for what anybody may see, and for foreign addresses."""
        return self._session.call("GET", url, harmless=True)

    def close(self) -> None:
        """Log off and close the connections. Never raises."""
        self._token.drop()
        self._session.close()


def read_one(answer: Answer, operation: Operation, reading: Reading, request_id: str) -> Seen:
    """What the answer about one request tells: `Status.UNKNOWN` where it says that there is none such.

    Raises what `check_read` and `Reading.seen` raise.
    """
    if answer.status in (404, 410) and not no_such_path(answer):
        return Seen(Status.UNKNOWN)
    check_read(answer, operation)
    try:
        return reading.seen(answer.json(), request_id)
    except Refused as error:
        if says(str(error), reading.contract.words.gone):
            return Seen(Status.UNKNOWN)
        raise


def check_read(answer: Answer, operation: Operation) -> None:
    """Raises for anything but 2xx what the answer to a harmless call means."""
    if answer.ok:
        return
    words = words_of(answer)
    said = f"{answer.status}: {words}" if words else str(answer.status)
    if answer.status == 429:
        raise Throttled("Privilege Manager asks for fewer calls.", answer.retry_after)
    if answer.status == 403:
        advice = REPORT_ADVICE if operation.runs_a_report else ROLE_ADVICE
        raise NotAllowed(
            f"Privilege Manager does not allow {operation.method} {operation.path} ({said}). {advice}"
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
