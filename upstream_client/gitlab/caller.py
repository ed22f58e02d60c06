"""Calls to GitLab, with the access token, and what its refusals mean."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

from pydantic import JsonValue

from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
)
from upstream_client.gitlab.address import API, checked_base
from upstream_client.gitlab.paging import MOST_PAGES, PER_PAGE, next_page, page_after
from upstream_client.session import LEAST_WAIT, Answer, Session

TITLE = "GitLab"
CA_SETTING = "GITLAB_CA_BUNDLE"
MOST_WORDS = 300
LEVELS = ("401", "403", "404", "400", "422")
"""GitLab repeats the status at the beginning of its words."""
TOO_MANY = f"{TITLE} asks for fewer calls."
_TOKEN = re.compile(r"[!-~]+")


def checked_token(text: str) -> str:
    """The token, which has to fit into a header. Raises ValueError, whose words repeat none of it."""
    if not _TOKEN.fullmatch(text):
        raise ValueError("is no token: copy it again, complete and with nothing around it")
    return text


class Caller:
    """Threads share one. After a 429 nothing is asked for as long as GitLab said: calls raise `Throttled`.

    Raises ValueError where the address or the token is none, `CaBundleError` as `Session` does. ``monotonic``
    tells seconds.
    """

    def __init__(
        self,
        base: str,
        token: str,
        timeout: tuple[float, float],
        ca_bundle: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = _named("GITLAB_URL", checked_base, base)
        self._headers = {"PRIVATE-TOKEN": _named("GITLAB_TOKEN", checked_token, token)}
        self._session = Session(TITLE, timeout, ca_bundle, CA_SETTING)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._until = float("-inf")

    def one(self, path: str, query: Mapping[str, str] | None = None) -> JsonValue:
        """What is at a path below the API; None where GitLab answers 404: it is not there, or not ours to see."""
        answer = self.look(path, query)
        return None if answer.status == 404 else checked(answer).json()

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[JsonValue]]:
        """A list, page by page, as long as somebody wants more of it. A 404 is an error here."""
        url = self._url(path, {**query, "per_page": str(PER_PAGE)})
        for number in range(1, MOST_PAGES + 1):
            answer = checked(self._get(url))
            items = answer.json()
            if not isinstance(items, list):
                raise NotUnderstood(f"{TITLE} answered {path} with something that is no list.")
            yield items
            is_full = len(items) >= PER_PAGE
            url = next_page(answer.headers, self.base) or (
                page_after(number, url, answer.headers) if is_full else ""
            )
            if not url:
                return
        raise NotUnderstood(f"{TITLE}'s list at {path} does not end after {MOST_PAGES} pages.")

    def look(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """One harmless GET, with any status."""
        return self._get(self._url(path, query or {}))

    def send(self, path: str, body: JsonValue = None) -> Answer:
        """One POST, made once: any answer."""
        return self._call("POST", self._url(path, {}), body=body)

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._session.close()

    def _get(self, url: str) -> Answer:
        return self._call("GET", url, harmless=True)

    def _call(self, method: str, url: str, body: JsonValue = None, *, harmless: bool = False) -> Answer:
        with self._lock:
            left = self._until - self._monotonic()
        if left > 0:
            raise Throttled(TOO_MANY, max(left, LEAST_WAIT))
        answer = self._session.call(method, url, headers=self._headers, body=body, harmless=harmless)
        if answer.status == 429:
            with self._lock:
                self._until = self._monotonic() + answer.retry_after
        return answer

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.base}{API}{path}" + (f"?{urlencode(query)}" if query else "")


def _named(setting: str, check: Callable[[str], str], value: str) -> str:
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{setting} {error}") from error


def checked(answer: Answer) -> Answer:
    """The same, where it is 2xx. Raises what any other means: of a decision 5xx alone may have been done."""
    if answer.ok:
        return answer
    said = words_of(answer)
    match answer.status:
        case 401:
            raise LogonRefused(
                f"{TITLE} does not accept the token in GITLAB_TOKEN: {said} It may be revoked or expired."
            )
        case 403:
            raise NotAllowed(
                f"{TITLE} does not allow this to the token in GITLAB_TOKEN: {said} It needs the scope api; its user"
                " needs the role Developer in the project and, to approve, a place in the environment's"
                " approval rules."
            )
        case 404:
            raise NotAllowed(
                f"{TITLE} shows nothing there: {said} Look at GITLAB_URL and GITLAB_PROJECTS; the token's user"
                " has to be a member of each project."
            )
        case 429:
            raise Throttled(TOO_MANY, answer.retry_after)
        case status if status >= 500 or status == 408:
            raise Interrupted(f"{TITLE} failed: {said}")
        case status if status < 400:
            where = answer.headers.get("Location", "").split("?")[0][:200]
            raise NotUnderstood(
                f"GITLAB_URL leads on to {where!r}. Redirects are not followed: put the address where it ends"
                " there, or, where a project moved, its new path into GITLAB_PROJECTS."
            )
        case _:
            raise Refused(f"{TITLE} refused it: {said}")


def words_of(answer: Answer) -> str:
    """Why it refused, in its own words where it has some, in one line with a full stop."""
    said = " ".join(_words(answer).split())
    return f"{(said or f'HTTP {answer.status}')[:MOST_WORDS].rstrip('.')}."


def _words(answer: Answer) -> str:
    """``message`` or ``error`` (docs.gitlab.com/api/rest/troubleshooting), each a text, or lists by field."""
    try:
        told = answer.json()
    except NotUnderstood:
        return ""
    if not isinstance(told, dict):
        return ""
    said = told.get("message") or told.get("error_description") or told.get("error") or ""
    if isinstance(said, dict):
        return "; ".join(f"{name} {_flat(why)}" for name, why in said.items())
    return _without_status(_flat(said))


def _flat(said: JsonValue) -> str:
    return ", ".join(map(str, said)) if isinstance(said, list) else str(said)


def _without_status(said: str) -> str:
    first, _, rest = said.partition(" ")
    return rest.lstrip("- ") if first in LEVELS and rest else said
