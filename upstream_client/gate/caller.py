"""Calls to a gate, with the API key, and what its refusals mean."""

from threading import Event
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from upstream_client.base_url import checked_base_url
from upstream_client.exceptions import (
    Interrupted,
    LogonRefused,
    NotAllowed,
    NotUnderstood,
    Refused,
    Throttled,
)
from upstream_client.session import Answer, Session

TITLE = "Approval gate"
TICKETS = "/v1/tickets"
LONGEST_SILENCE = 15.0
"""Seconds: the gate sends a space every four while it holds an answer."""
GRACE = 10.0
"""Seconds by which a held answer may come late."""
MOST_WORDS = 300
NO_IDS = ("", ".", "..")
"""A path would lead elsewhere with them, however they are written."""
NO_SUCH_TICKET = "urn:approval-gate:problem:no-such-ticket"


class Caller:
    """Threads share one. ``base_url`` is checked as `checked_base_url` does it."""

    def __init__(self, base_url: str, key: str, timeout: tuple[float, float]) -> None:
        self.base_url = checked_base_url(base_url, "GATE_URL", "https://gate.example.com")
        self._key = key
        self._session = Session(TITLE, timeout)

    def list_pending(self) -> Answer:
        """The list as it is now."""
        return self.read(f"{TICKETS}?status=pending")

    def hold_list(self, since: str, seconds: int, stop: Event) -> Answer | None:
        """The list once it differs from ``since``, or after so many seconds; None at a stop."""
        query = urlencode({"status": "pending", "wait": seconds, "since": since})
        answer = self._session.hold(
            f"{self.base_url}{TICKETS}?{query}",
            token=self._key,
            seconds=seconds + GRACE,
            silence=LONGEST_SILENCE,
            stop=stop,
        )
        return None if answer is None else checked(answer)

    def ticket(self, ticket_id: str) -> Answer | None:
        """One ticket; None where the gate says that it has none such."""
        answer = self._session.call("GET", self._of(ticket_id), token=self._key, harmless=True)
        return None if is_unknown_ticket(answer) else checked(answer)

    def decide(self, ticket_id: str, verb: str, body: JsonValue) -> Answer:
        """One decision, sent once: any answer."""
        return self._session.call("POST", f"{self._of(ticket_id)}/{verb}", token=self._key, body=body)

    def put_channels(self, body: JsonValue) -> None:
        """What is put may be put again."""
        url = f"{self.base_url}/v1/channels"
        checked(self._session.call("PUT", url, token=self._key, body=body, harmless=True))

    def put_card(self, ticket_id: str, body: JsonValue) -> None:
        """Nothing where the gate has no such ticket any more."""
        url = f"{self._of(ticket_id)}/card"
        answer = self._session.call("PUT", url, token=self._key, body=body, harmless=True)
        if not is_unknown_ticket(answer):
            checked(answer)

    def read(self, path: str) -> Answer:
        """A harmless GET."""
        return checked(self._session.call("GET", self.base_url + path, token=self._key, harmless=True))

    def close(self) -> None:
        """Lets go of the connections; what is held open ends. Never raises."""
        self._session.close()

    def _of(self, ticket_id: str) -> str:
        if ticket_id in NO_IDS:
            raise NotUnderstood(f"{ticket_id!r} is no id of a ticket, so the gate is not called with it.")
        return f"{self.base_url}{TICKETS}/{quote(ticket_id, safe='')}"


def checked(answer: Answer) -> Answer:
    """The same, where it is 2xx. Raises what any other means: of a decision 5xx alone may have been done."""
    if answer.ok:
        return answer
    said = words_of(answer)
    match answer.status:
        case 401:
            raise LogonRefused(
                f"{TITLE} does not know the key in GATE_API_KEY: {said} "
                "Make one: python -m approval_gate keys create bot --scope decide"
            )
        case 403:
            raise NotAllowed(f"{TITLE} does not allow this to the key in GATE_API_KEY: {said}")
        case 404 | 405:
            raise NotUnderstood(f"{TITLE} is not at GATE_URL, or is another version: {said}")
        case 429:
            raise Throttled(f"{TITLE} asks for fewer calls.", answer.retry_after)
        case status if status >= 500 or status == 408:
            raise Interrupted(f"{TITLE} failed: {said}")
        case status if status < 400:
            where = answer.headers.get("Location", "")[:200]
            raise NotUnderstood(
                f"GATE_URL leads on to {where!r}. Redirects are not followed: put the address where it ends there."
            )
        case _:
            raise Refused(f"{TITLE} refused it: {said}")


def is_unknown_ticket(answer: Answer) -> bool:
    """Whether the gate itself says that it has no such ticket: a proxy or a wrong address says 404 as well."""
    return answer.status == 404 and _problem(answer).get("type") == NO_SUCH_TICKET


def words_of(answer: Answer) -> str:
    """Why it refused, in its own words where it has some (RFC 9457), in one line with a full stop."""
    problem = _problem(answer)
    words = [problem.get(name) for name in ("detail", "title")]
    said = next((" ".join(word.split()) for word in words if isinstance(word, str) and word.strip()), "")
    return f"{(said or f'HTTP {answer.status}')[:MOST_WORDS].rstrip('.')}."


def _problem(answer: Answer) -> dict[str, JsonValue]:
    """What it says of why; nothing where that is no JSON object."""
    try:
        told = answer.json()
    except NotUnderstood:
        return {}
    return told if isinstance(told, dict) else {}
