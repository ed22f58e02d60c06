"""Calls to Xerotier, with the API key, and what its refusals mean."""

from collections.abc import Callable

from pydantic import JsonValue

from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
)
from upstream_client.session import Answer, Session
from upstream_client.xerotier import address

TITLE = "Xerotier"
MOST_WORDS = 300
NO_SUCH_PATH = (404, 405)


class Caller:
    """Threads share one. Raises ValueError where an address, id or path is none; see `address`."""

    def __init__(
        self, base: str, project_id: str, key: str, paths: tuple[str, str], timeout: tuple[float, float]
    ) -> None:
        """``paths``: of the list, and of one approval, "" where that cannot be asked for."""
        self.base = _named("XEROTIER_BASE", address.checked_base, base)
        project = _named("XEROTIER_PROJECT_ID", address.checked_project_id, project_id)
        self._project = f"{self.base}/{address.step(project)}"
        self.list_path = _named("XEROTIER_LIST_PATH", address.checked_list_path, paths[0])
        self.get_path = _named("XEROTIER_GET_PATH", address.checked_get_path, paths[1])
        self.knows_project = False
        """Something was found below the project: a 404 is not for a wrong project id."""
        self._key = key
        self._session = Session(TITLE, timeout)

    def list_(self) -> Answer | None:
        """The list; None where there is none at this path."""
        return self._read(self.list_path)

    def one(self, approval_id: str) -> Answer | None:
        """One approval; None where there is none such, or none at this path."""
        return self._read(self.get_path.replace(address.ID_HERE, _step(approval_id)))

    def decide(self, approval_id: str, verb: str) -> Answer:
        """One decision, sent once and without a body, since none is read: any answer."""
        path = f"{address.APPROVALS}/{_step(approval_id)}/{verb}"
        return self._noted(self._session.call("POST", self._project + path, token=self._key))

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._session.close()

    def _read(self, path: str) -> Answer | None:
        """A harmless GET."""
        answer = self._session.call("GET", self._project + path, token=self._key, harmless=True)
        return None if answer.status in NO_SUCH_PATH else checked(self._noted(answer))

    def _noted(self, answer: Answer) -> Answer:
        self.knows_project = self.knows_project or answer.ok
        return answer


def _named(setting: str, check: Callable[[str], str], text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise ValueError(f"{setting} {error}") from error


def _step(approval_id: str) -> str:
    try:
        return address.step(approval_id)
    except ValueError as error:
        raise NotUnderstood(f"The request's id {error}, so {TITLE} is not called with it.") from error


def checked(answer: Answer) -> Answer:
    """The same, where it is 2xx. Raises what any other means: of a decision 5xx alone may have been done."""
    if answer.ok:
        return answer
    said = words_of(answer)
    match answer.status:
        case 401:
            raise LogonRefused(f"{TITLE} does not know the key in XEROTIER_API_KEY: {said}")
        case 403:
            raise NotAllowed(
                f"{TITLE} does not allow this to the key in XEROTIER_API_KEY: {said} "
                "Give it the execution scope, in the project of XEROTIER_PROJECT_ID."
            )
        case 404 | 405:
            raise NotUnderstood(
                f"{TITLE} finds nothing there: {said} Compare XEROTIER_PROJECT_ID with xeroctl auth whoami,"
                " and look at XEROTIER_BASE."
            )
        case 429:
            raise Throttled(f"{TITLE} asks for fewer calls.", answer.retry_after)
        case status if status >= 500 or status == 408:
            raise Interrupted(f"{TITLE} failed: {said}")
        case status if status < 400:
            where = answer.headers.get("Location", "")[:200]
            raise NotUnderstood(
                f"XEROTIER_BASE leads on to {where!r}. Redirects are not followed: "
                "put the address where it ends there."
            )
        case _:
            raise Refused(f"{TITLE} refused it: {said}")


def words_of(answer: Answer) -> str:
    """Why it refused, in its own words where it has some, in one line with a full stop."""
    said = next((" ".join(word.split()) for word in _words(answer) if word.strip()), "")
    return f"{(said or f'HTTP {answer.status}')[:MOST_WORDS].rstrip('.')}."


def _words(answer: Answer) -> list[str]:
    """How errors are worded is documented nowhere: the usual places."""
    try:
        told = answer.json()
    except NotUnderstood:
        return []
    return [word for word in _in(told) if isinstance(word, str)]


def _in(told: JsonValue) -> list[JsonValue]:
    if not isinstance(told, dict):
        return []
    error = told.get("error")
    inner = error.get("message") if isinstance(error, dict) else error
    return [inner, told.get("message"), told.get("detail")]
