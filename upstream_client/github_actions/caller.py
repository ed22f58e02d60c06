"""Calls to GitHub, with the token, and what its refusals mean."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
)
from upstream_client.github_actions.address import checked_api_url, checked_token
from upstream_client.github_actions.etags import ETags
from upstream_client.github_actions.limits import Limits
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS, Answer, Session

TITLE = "GitHub Actions"
VERSION = "2022-11-28"
"""docs.github.com/rest/about-the-rest-api/api-versions"""
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
PAGE = 100
"""Entries on a page, the most that GitHub gives."""
MOST_WORDS = 300
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a GitHub.

    ``timeout``: seconds to connect, and to wait for an answer to begin and then to end.
    """

    token: str
    api_url: str = ""
    ca_bundle: Path | None = None
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)


def untold(_: JsonValue) -> int:
    """For a list that does not tell how long it is."""
    return 0


class Caller:
    """Threads share one. ``monotonic`` tells seconds.

    Raises ValueError where the address or the token is none, `CaBundleError` where that file cannot be used.
    """

    def __init__(self, access: Access, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.api_url = _named("GITHUB_API_URL", checked_api_url, access.api_url)
        self._token = _named("GITHUB_TOKEN", checked_token, access.token)
        self._session = Session(TITLE, access.timeout, access.ca_bundle, "GITHUB_CA_BUNDLE")
        self._etags = ETags()
        self.limits = Limits(monotonic)

    def read(self, path: str) -> Answer | None:
        """What is there now, by a conditional GET; None where GitHub says that nothing is, to this token."""
        answer = self.look(path)
        return None if answer.status == 404 else checked(answer)

    def pages(
        self,
        path: str,
        most: int,
        entries: Callable[[JsonValue], Sequence[T]],
        total: Callable[[JsonValue], int] = untold,
    ) -> Iterator[T]:
        """Every entry of a list. Raises `NotAllowed` where there is none to this token, or what ``entries`` raises.

        A page that is full leads on to another: what is kept of it may be older than that one, so that the header
        Link is not asked. So does one that is not, while fewer came than there are in ``total``. Where they never
        come, and of more than so many pages, it raises `NotUnderstood` in the end.
        """
        joint, came = "&" if "?" in path else "?", 0
        for number in range(1, most + 1):
            answer = self.read(f"{path}{joint}per_page={PAGE}&page={number}")
            if answer is None:
                raise NotAllowed(unseen(path))
            body = answer.json()
            page = entries(body)
            yield from page
            came, whole = came + len(page), total(body)
            if len(page) < PAGE and came >= whole:
                return
            if not page:
                raise NotUnderstood(
                    f"GitHub says that there are {whole:,} entries, and lists {came:,} of them."
                )
        raise NotUnderstood(
            f"GitHub lists {most * PAGE:,} entries there or more, and no more of them are read."
        )

    def look(self, path: str) -> Answer:
        """Any answer to a conditional GET, with what is kept where nothing changed; not those of the limits."""
        url = self.api_url + path
        condition = self._etags.condition(url)
        answer = self._get(url, condition)
        settled = self._etags.settle(url, condition.get("If-None-Match", ""), answer)
        return self._get(url, {}) if settled is None else settled

    def decide(self, path: str, body: JsonValue) -> Answer:
        """One decision, sent once: any answer but those of the limits."""
        self.limits.check()
        url = self.api_url + path
        return self._noted(self._session.call("POST", url, token=self._token, headers=HEADERS, body=body))

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._session.close()

    def _get(self, url: str, condition: dict[str, str]) -> Answer:
        self.limits.check()
        headers = {**HEADERS, **condition}
        return self._noted(self._session.call("GET", url, token=self._token, headers=headers, harmless=True))

    def _noted(self, answer: Answer) -> Answer:
        self.limits.note(answer)
        return answer


def _named(setting: str, check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise ValueError(f"{setting} {error}") from error


def checked(answer: Answer) -> Answer:
    """The same, where it is 2xx. Raises what any other means: of a decision 5xx alone may have been done."""
    if answer.ok:
        return answer
    said = words_of(answer)
    match answer.status:
        case 401:
            raise LogonRefused(f"GitHub does not know the token in GITHUB_TOKEN, or it has expired: {said}")
        case 403:
            raise NotAllowed(f"GitHub does not allow this to GITHUB_TOKEN: {said}{_lacking(answer)}")
        case 404:
            raise NotAllowed(f"GitHub finds nothing there that GITHUB_TOKEN may do: {said}{_lacking(answer)}")
        case status if status >= 500 or status == 408:
            raise Interrupted(f"GitHub failed: {said}")
        case status if status < 400:
            raise NotUnderstood(
                f"GitHub leads on to another address (HTTP {status}), and that is not followed. If a repository"
                " was renamed or moved, put its new name into GITHUB_REPOSITORIES; else look at GITHUB_API_URL."
            )
        case _:
            raise Refused(f"GitHub refused it: {said}")


def unseen(path: str) -> str:
    """What a 404 of a path means."""
    kind, *names = path.partition("?")[0].strip("/").split("/")
    where = "/".join(names[:2] if kind == "repos" else names[:1])
    return (
        f"GitHub shows no {where} to GITHUB_TOKEN: correct the name in GITHUB_REPOSITORIES or GITHUB_OWNER, or give"
        " the token's user read access to it."
    )


def words_of(answer: Answer) -> str:
    """Why it refused, in its own words where it has some, in one line with a full stop."""
    try:
        told = answer.json()
    except NotUnderstood:
        told = None
    message, errors = (told.get("message"), told.get("errors")) if isinstance(told, dict) else (None, None)
    words = [message, *(errors if isinstance(errors, list) else [errors])]
    said = " ".join(" ".join(word.split()) for word in words if isinstance(word, str) and word.strip())
    return f"{(said or f'HTTP {answer.status}')[:MOST_WORDS].rstrip('.')}."


def _lacking(answer: Answer) -> str:
    """What the token lacks, as far as GitHub says it."""
    needed = answer.headers.get("X-Accepted-GitHub-Permissions", "")[:100]
    sign_on = "required" in answer.headers.get("X-GitHub-SSO", "")
    lacking = f" It takes the permission {needed}." if needed else ""
    return lacking + (" Authorize the token for the organisation's single sign-on." if sign_on else "")
