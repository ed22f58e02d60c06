"""Calls to an Argo server, with the token, and what its refusals mean."""

from collections.abc import Callable
from pathlib import Path

from pydantic import JsonValue

from upstream_client.argo_workflows import address
from upstream_client.argo_workflows.reference import Reference
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
)
from upstream_client.session import Answer, Session

TITLE = "Argo Workflows"
CA_SETTING = "ARGO_CA_BUNDLE"
MOST_WORDS = 300
NOT_FOUND = 5
"""The gRPC code that its server's own 404 carries; that of a proxy has none (grpc.io/docs/guides/status-codes)."""


class Caller:
    """Threads share one. Raises ValueError where address or token is none, `CaBundleError` as `Session` does."""

    def __init__(self, url: str, token: str, timeout: tuple[float, float], ca_bundle: Path | None) -> None:
        self.url = _named("ARGO_URL", address.checked_url, url)
        self._token = _named("ARGO_TOKEN", address.checked_token, token)
        self._session = Session(TITLE, timeout, ca_bundle, CA_SETTING)

    def look(self, path: str) -> Answer:
        """One harmless GET: any answer."""
        return self._session.call("GET", self.url + path, token=self._token, harmless=True)

    def page(self, namespace: str, selector: str, after: str) -> Answer:
        """One page of the workflows of a namespace that run."""
        return checked(self.look(address.listing(namespace, selector, after)))

    def one(self, namespace: str, name: str) -> Answer | None:
        """One workflow; None where Argo says that there is none such."""
        answer = self.look(address.workflow(namespace, name))
        return None if is_unknown(answer) else checked(answer)

    def change(self, ref: Reference, verb: str, body: JsonValue) -> Answer:
        """One change of one workflow, sent once: any answer."""
        path = f"{address.workflow(ref.namespace, ref.workflow)}/{verb}"
        return self._session.call("PUT", self.url + path, token=self._token, body=body)

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._session.close()


def _named(setting: str, check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise ValueError(f"{setting} {error}") from error


def is_unknown(answer: Answer) -> bool:
    """Whether Argo itself says that it has no such workflow; a proxy's 404 says nothing of workflows."""
    return answer.status == 404 and _error(answer).get("code") == NOT_FOUND


def checked(answer: Answer) -> Answer:
    """The same, where it is 2xx. Raises what any other means: of a decision 5xx alone may have been done."""
    if answer.ok:
        return answer
    said = words_of(answer)
    match answer.status:
        case 401:
            raise LogonRefused(f"{TITLE} does not accept the token in ARGO_TOKEN: {said}")
        case 403:
            raise NotAllowed(
                f"{TITLE} does not allow this to the token in ARGO_TOKEN: {said} Its service account needs get,"
                " list, update and patch on workflows in each namespace of ARGO_NAMESPACES."
            )
        case 404 | 405:
            raise NotUnderstood(f"{TITLE} finds nothing there: {said} Look at ARGO_URL.")
        case 429:
            raise Throttled(f"{TITLE} asks for fewer calls.", answer.retry_after)
        case status if status >= 500 or status == 408:
            raise Interrupted(f"{TITLE} failed: {said}")
        case status if status < 400:
            where = answer.headers.get("Location", "")[:200]
            raise NotUnderstood(
                f"ARGO_URL leads on to {where!r}. Redirects are not followed: put the address where it ends there."
            )
        case _:
            raise Refused(f"{TITLE} refused it: {said}")


def words_of(answer: Answer) -> str:
    """Why it refused, in its own words where it has some, in one line with a full stop."""
    told = (_error(answer).get(name) for name in ("message", "error"))
    said = next((" ".join(word.split()) for word in told if isinstance(word, str) and word.strip()), "")
    return f"{(said or f'HTTP {answer.status}')[:MOST_WORDS].rstrip('.')}."


def _error(answer: Answer) -> dict[str, JsonValue]:
    """In the shape grpc.gateway.runtime.Error; empty where it has another."""
    try:
        told = answer.json()
    except NotUnderstood:
        return {}
    return told if isinstance(told, dict) else {}
