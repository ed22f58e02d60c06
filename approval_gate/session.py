"""The HTTP session to one gate: bounded in time and size, with no redirects, no cookies and no ~/.netrc."""

import http.cookiejar
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from approval_gate.errors import GateRefused, GateUnavailable, Passing
from approval_gate.json_text import JsonValue, parse, sendable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
"""For a whole answer that is not held."""
SILENCE_SECONDS = 15.0
"""A held answer sends a space every four seconds; after this long without a byte nobody is there any more."""
MOST_BYTES = 32 * 1024 * 1024
"""About 40,000 pending tickets; one ticket is far smaller."""
CONNECTIONS = 64
"""Kept open for the next call; more may be open at once."""
PROBLEM = "application/problem+json"
LONGEST_WAIT = 60.0
"""However long a Retry-After wants us to wait, in seconds."""
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "approval-gate"}
PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call. ``path`` begins with a slash.

    ``held``: the answer may come much later, after white space. Else it is waited for ``within`` so many seconds.
    """

    method: str
    path: str
    body: Mapping[str, JsonValue] | None = None
    idempotency_key: str = ""
    held: bool = False
    within: float = ANSWER_SECONDS


@dataclass(frozen=True, slots=True)
class Names:
    """What errors call the gate's address and our key: as whoever set them wrote it."""

    url: str = "GATE_URL"
    key: str = "GATE_API_KEY"


@dataclass(frozen=True, slots=True)
class Answer:
    """The object that the gate answered with 200 or 201. ``date`` is its clock, the header Date; may be empty."""

    members: Mapping[str, JsonValue]
    date: str = ""


def always() -> bool:
    """Goes on whatever happens."""
    return True


class Session:
    """Calls to the gate at ``url``, from any thread.

    Proxies and certificates come from the environment (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE), except that
    no proxy is asked for a loopback address. Nothing is repeated here. ``silence`` is for how many seconds a held
    answer may send nothing before it counts as lost. ``names`` are for its errors.
    """

    def __init__(
        self, url: str, api_key: str, silence: float = SILENCE_SECONDS, names: Names | None = None
    ) -> None:
        self.url = url
        self._names = names or Names()
        self.silence = silence
        self._host = urlsplit(url).hostname or ""
        self._bearer = f"Bearer {api_key}"
        self._requests = requests.Session()
        self._requests.headers = requests.structures.CaseInsensitiveDict(HEADERS)
        self._requests.auth = _as_it_is
        self._requests.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._requests.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))

    def call(self, call: Call, goes_on: Callable[[], bool] = always) -> Answer:
        """The object that the gate answered. ``goes_on`` is asked at every piece of it that comes.

        Raises `GateRefused` where the gate refuses in its own words, `Passing` where another try may help, and
        `GateUnavailable` where somebody must set something right first.
        """
        try:
            with self._send(call) as response:
                body = self._read(response, call, goes_on)
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self._trouble(error) from error
        return self._understand(response, body)

    def close(self) -> None:
        """Lets go of the connections that nobody uses."""
        self._requests.close()

    def _send(self, call: Call) -> requests.Response:
        headers = {"Authorization": self._bearer, "Cache-Control": "no-cache"}
        if call.idempotency_key:
            headers["Idempotency-Key"] = call.idempotency_key
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        return self._requests.request(
            call.method,
            self.url + call.path,
            data=None if call.body is None else sendable(call.body),
            headers=headers,
            proxies={"no_proxy": self._host} if is_loopback(self._host) else None,
            timeout=(CONNECT_SECONDS, self.silence if call.held else call.within),
            allow_redirects=False,
            stream=True,
        )

    def _read(self, response: requests.Response, call: Call, goes_on: Callable[[], bool]) -> bytes:
        """The body, piece by piece as it comes, without the white space before it."""
        deadline = time.monotonic() + call.within
        body = bytearray()
        for piece in response.iter_content(None):
            body += piece if body else piece.lstrip()
            if len(body) > MOST_BYTES:
                raise Passing(f"The gate at {self.url} sent more than {MOST_BYTES} bytes.")
            if not goes_on() or (not call.held and time.monotonic() > deadline):
                raise Passing(f"The answer of the gate at {self.url} was not waited for.")
        return bytes(body)

    def _understand(self, response: requests.Response, body: bytes) -> Answer:
        status = response.status_code
        if response.is_redirect or 300 <= status < 400:
            raise GateUnavailable(
                f"The gate's address {self.url} leads elsewhere (status {status}). Set {self._names.url} to where"
                " the gate itself is; nothing is sent on to other addresses."
            )
        members = _object(body)
        if status in (HTTPStatus.OK, HTTPStatus.CREATED) and members is not None:
            return Answer(members, response.headers.get("Date", ""))
        is_problem = response.headers.get("Content-Type", "").partition(";")[0].strip() == PROBLEM
        if is_problem and members is not None and status < 500 and status not in PASSING:
            raise GateRefused(self._refusal(status, members), status, members)
        words = (
            f"What answers at {self.url} is no gate, or one that is starting (status {status})."
            f" See {self._names.url}."
        )
        if is_problem and members is not None:
            words = f"The gate cannot do it now ({status}): {members.get('detail') or members.get('title')}"
        raise Passing(words, _retry_after(response.headers.get("Retry-After", "")))

    def _refusal(self, status: int, problem: Mapping[str, JsonValue]) -> str:
        words = f"The gate refused ({status}): {problem.get('detail') or problem.get('title') or 'no reason given'}"
        if status == HTTPStatus.UNAUTHORIZED:
            return f"{words} Set {self._names.key} to a key made by `python -m approval_gate keys create`."
        return words

    def _trouble(self, error: BaseException) -> GateUnavailable:
        reasons = list(_reasons(error))
        words = " ".join(str(reasons[-1]).split())[:200].strip(" .")
        if any(isinstance(reason, ssl.SSLCertVerificationError) for reason in reasons):
            return GateUnavailable(
                f"The TLS certificate of the gate at {self.url} is not trusted: {words}. If your own authority"
                " signed it, put the path of that one (PEM) into REQUESTS_CA_BUNDLE."
            )
        return Passing(
            f"The gate at {self.url} cannot be reached: {words}. See whether {self._names.url} is right and the"
            " gate is running."
        )


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """As ``auth`` of a session it keeps requests from putting a password of ~/.netrc in our key's place."""
    return request


def is_loopback(host: str) -> bool:
    """Is ``host`` this machine: localhost, 127.0.0.0/8, ::1?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _object(body: bytes) -> Mapping[str, JsonValue] | None:
    """None where it is not one complete JSON object."""
    try:
        value = parse(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _retry_after(text: str) -> float | None:
    return min(float(text), LONGEST_WAIT) if text.isdecimal() else None


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """The error and every error it was made from, outermost first."""
    waiting, seen = [error], set[int]()
    while waiting:
        reason = waiting.pop(0)
        if id(reason) not in seen:
            seen.add(id(reason))
            yield reason
            made_from = (*reason.args, getattr(reason, "reason", None), reason.__cause__)
            waiting += [part for part in made_from if isinstance(part, BaseException)]
