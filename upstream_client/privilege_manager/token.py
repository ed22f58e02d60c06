"""The token of the API client: one log-on however many threads wait for it.

POST {base}/services/api/logon/token answers the token as a JSON string. Its life is not documented (the
console's session time-out, 12 hours unless changed, is a good guess), so a 401 is what ends it.
"""

import threading
import time
from collections.abc import Mapping

import structlog
from pydantic import JsonValue

from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotUnderstood,
    Throttled,
    Unreachable,
    UpstreamError,
)
from upstream_client.privilege_manager.contract import Operations
from upstream_client.privilege_manager.envelope import is_page, open_envelope, words_of
from upstream_client.privilege_manager.reading import NAME
from upstream_client.session import Answer, Session

log = structlog.get_logger()

REST_SECONDS = 30.0
"""After a refused log-on none is tried for so long: API clients can be locked out."""
LONGEST_TOKEN = 16_384
LOGON_ADVICE = (
    "Check PRIVMAN_USERNAME (the Client Id) and PRIVMAN_PASSWORD (the secret) of the API client; whether it"
    " is locked out or has expired (Admin | Users); and whether Enable API is Yes (Admin | Configuration |"
    " Advanced | API Settings)."
)
ADDRESS_ADVICE = (
    "Check that PRIVMAN_BASE_URL ends with /Tms, and that Enable API is Yes in Privilege Manager."
)


class Token:
    """Logs on when first asked, and again when told that the token was refused."""

    def __init__(
        self, session: Session, operations: Operations, base_url: str, username: str, password: str
    ) -> None:
        self._session = session
        self._operations = operations
        self._base_url = base_url
        self._username = username
        self._password = password
        self._lock = threading.Lock()
        self._token = ""
        self._refusal: tuple[float, str] | None = None

    def get(self, refused: str = "") -> str:
        """The token; a new one if ``refused`` is the one we hold. Threads that ask meanwhile get the same.

        Raises `LogonRefused`, `Unreachable`, `Throttled` or `NotUnderstood`; never `Interrupted`, since a
        log-on can be repeated without harm.
        """
        with self._lock:
            if self._token and self._token != refused:
                return self._token
            self._token = ""
            self._rest()
            try:
                self._token = self._log_on()
            except Interrupted as error:
                raise Unreachable(f"No log-on: {error}") from error
            except LogonRefused as error:
                self._refusal = (time.monotonic() + REST_SECONDS, str(error))
                raise
            log.info("logged on", upstream=NAME, again=bool(refused))
            return self._token

    def drop(self) -> None:
        """Log off, if logged on. A token that cannot be handed back ages by itself, so this never raises."""
        with self._lock:
            token, self._token = self._token, ""
        operation = self._operations.logoff
        if not token or operation is None:
            return
        try:
            answer = self._session.call(operation.method, operation.url(self._base_url), token=token)
        except UpstreamError as error:
            log.warning("not logged off: the token ages by itself", upstream=NAME, why=str(error))
            return
        if not answer.ok and answer.status != 401:
            log.warning(
                "not logged off: the token ages by itself", upstream=NAME, why=f"HTTP {answer.status}"
            )

    def _rest(self) -> None:
        if self._refusal and time.monotonic() < self._refusal[0]:
            raise LogonRefused(self._refusal[1])
        self._refusal = None

    def _log_on(self) -> str:
        operation = self._operations.logon
        body = operation.fill({"username": self._username, "password": self._password})
        answer = self._session.call(operation.method, operation.url(self._base_url), body=body, harmless=True)
        _check_logon(answer, self._without_secrets(words_of(answer)) if not answer.ok else "")
        return self._read(answer)

    def _read(self, answer: Answer) -> str:
        """From a JSON string, plain text, or an object with token or access_token."""
        try:
            token = _token_in(answer.json())
        except NotUnderstood:
            token = answer.text.strip().strip('"')
        except LogonRefused as error:
            raise LogonRefused(self._without_secrets(str(error))) from error
        if is_page(answer) or not _is_token(token):
            raise NotUnderstood(f"Privilege Manager's answer to the log-on holds no token. {ADDRESS_ADVICE}")
        return token

    def _without_secrets(self, words: str) -> str:
        return words.replace(self._password, "***") if self._password else words


def _check_logon(answer: Answer, words: str) -> None:
    said = f"{answer.status}: {words}" if words else str(answer.status)
    if answer.status == 429:
        raise Throttled("Privilege Manager asks for fewer log-ons.", answer.retry_after)
    if answer.status in (400, 401, 403):
        raise LogonRefused(f"Privilege Manager refused the log-on ({said}). {LOGON_ADVICE}")
    if answer.status >= 500:
        raise Interrupted(f"Privilege Manager failed at the log-on ({said}).")
    if not answer.ok:
        raise NotUnderstood(f"Privilege Manager takes no log-on there ({said}). {ADDRESS_ADVICE}")


def _token_in(body: JsonValue) -> str:
    envelope = open_envelope(body)
    if envelope.failed:
        raise LogonRefused(f"Privilege Manager refused the log-on ({envelope.words}). {LOGON_ADVICE}")
    value = envelope.result
    if isinstance(value, Mapping):
        parts = {key.casefold(): part for key, part in value.items()}
        value = parts.get("token") or parts.get("access_token")
    return value if isinstance(value, str) else ""


def _is_token(token: str) -> bool:
    """Can it stand in a header: visible ASCII, something, and not endless?"""
    return 0 < len(token) <= LONGEST_TOKEN and all("!" <= character <= "~" for character in token)
