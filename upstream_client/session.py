"""The HTTP session that clients share: bounded in time and size, and honest about what may have been sent.

Only `Unreachable` means that nothing arrived. Everything doubtful is `Interrupted`: whoever sent a decision
must look again before sending another.
"""

import http.cookiejar
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from pydantic import JsonValue

from upstream_client.exceptions import Interrupted, NotUnderstood, Unreachable, Untrusted

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
MOST_BYTES = 32 * 1024 * 1024
"""About 20,000 requests with all their facts, and small beside the 512 MB of the smallest task."""
CHUNK_BYTES = 64 * 1024
LEAST_WAIT, USUAL_WAIT, LONGEST_WAIT = 1.0, 30.0, 3600.0
"""Bounds of a Retry-After, in seconds, and what is assumed where none is given."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP server answered. ``cut``: the body was longer than allowed and is not here.

    ``title`` names the server in errors.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False
    title: str = "The server"

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> JsonValue:
        """The body as JSON, or `NotUnderstood`: it is empty, a web page, too large, or otherwise not JSON."""
        if self.cut:
            raise NotUnderstood(f"{self.title} sent an answer of more than {MOST_BYTES} bytes.")
        if not self.body.strip():
            raise NotUnderstood(f"{self.title} sent an empty answer.")
        try:
            return parse_json(self.body)
        except (ValueError, RecursionError) as error:
            kind = "a web page" if self.text.lstrip().startswith("<") else "no JSON"
            raise NotUnderstood(f"{self.title} sent {kind} ({self._type}).") from error

    @property
    def retry_after(self) -> float:
        """How long to wait, in seconds, by the header Retry-After: a number, or a date (RFC 9110, 10.2.3)."""
        text = self.headers.get("Retry-After", "").strip()
        try:
            seconds = float(text) if text.isdecimal() else _seconds_until(text)
        except ValueError:
            return USUAL_WAIT
        return min(max(seconds, LEAST_WAIT), LONGEST_WAIT)

    @property
    def _type(self) -> str:
        return self.headers.get("Content-Type", "no content type")[:80]


def parse_json(body: bytes) -> JsonValue:
    """JSON as RFC 8259 has it: Python's NaN and Infinity are refused. Raises ValueError or RecursionError."""
    value: JsonValue = json.loads(body.removeprefix(b"\xef\xbb\xbf"), parse_constant=_refuse_constant)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _seconds_until(text: str) -> float:
    moment = parsedate_to_datetime(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()


class Session:
    """Calls to one upstream, from any thread. ``title`` names it in errors.

    Proxies come from the environment (HTTPS_PROXY, NO_PROXY), except that none is asked for a loopback
    address. ``ca_bundle`` is a file of the certificates (PEM) that alone are trusted, named by the setting
    ``ca_setting`` in errors; without one they are those of REQUESTS_CA_BUNDLE, or the public ones. Raises
    `CaBundleError` where the file cannot be used. Nothing is repeated but what the caller says is harmless,
    redirects are not followed, cookies are not kept, ~/.netrc is not read.
    """

    def __init__(
        self,
        title: str,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        ca_bundle: Path | None = None,
        ca_setting: str = "REQUESTS_CA_BUNDLE",
    ) -> None:
        self._title = title
        self._timeout = timeout
        self._ca_setting = ca_setting
        # Given with every call: of a requests.Session it would yield to REQUESTS_CA_BUNDLE.
        self._verify = None if ca_bundle is None else _checked_bundle(ca_bundle, ca_setting)
        self._requests = requests.Session()
        self._requests.headers.update({"User-Agent": "slack-approval-bot", "Accept": "application/json"})
        self._requests.auth = _as_it_is
        self._requests.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._held: set[requests.Response] = set()
        self._holding = threading.Lock()
        self._closed = False

    def call(
        self,
        method: str,
        url: str,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        body: JsonValue = None,
        harmless: bool = False,
    ) -> Answer:
        """One HTTP call. A ``harmless`` one is made once more when the connection breaks.

        ``token`` is sent as a bearer's; ``headers`` besides.
        A kept-alive connection that the server is just closing breaks on the next call: nobody's fault.
        Raises `Unreachable` (nothing arrived) or `Interrupted` (nobody can tell); any status is an `Answer`.
        """
        if harmless:
            try:
                return self._call(method, url, _headers(token, headers), body)
            except _Broken:
                pass
        return self._call(method, url, _headers(token, headers), body)

    def hold(
        self, url: str, *, token: str = "", seconds: float, silence: float, stop: threading.Event
    ) -> Answer | None:
        """One GET whose answer the server holds open, with a byte at least every ``silence`` seconds.

        It may take ``seconds`` in all. ``stop`` is looked at whenever something comes, and `close` ends it at once:
        then None. Raises as `call`; an answer that breaks off is never one.
        """
        try:
            timeout = (self._timeout[0], silence)
            with (
                self._asking("GET", url, _headers(token), None, timeout) as response,
                self._wakeable(response),
            ):
                return self._answer(response, seconds, stop)
        except _Stopped:
            return None
        except Interrupted:
            if self._closed:
                return None
            raise

    def close(self) -> None:
        """Lets go of the connections; a held answer ends."""
        with self._holding:
            self._closed = True
            for response in self._held:
                _wake(response)
        self._requests.close()

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: JsonValue) -> Answer:
        with self._asking(method, url, headers, body, self._timeout) as response:
            return self._answer(response, self._timeout[1])

    @contextmanager
    def _asking(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: JsonValue,
        timeout: tuple[float, float],
    ) -> Iterator[requests.Response]:
        """The answer while its body is read; whatever goes wrong meanwhile is one of our errors."""
        host = urlsplit(url).hostname or ""
        try:
            response = self._requests.request(
                method,
                url,
                json=body,
                headers=dict(headers),
                proxies={"no_proxy": host} if is_loopback(host) else None,
                timeout=timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            )
            with response:
                yield response
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise self._failure(error, host, timeout[1]) from error

    @contextmanager
    def _wakeable(self, response: requests.Response) -> Iterator[None]:
        """While this lasts `close` ends the reading of the answer. Raises `_Stopped` where it is closed already."""
        with self._holding:
            if self._closed:
                raise _Stopped
            self._held.add(response)
        try:
            yield
        finally:
            with self._holding:
                self._held.discard(response)

    def _answer(
        self, response: requests.Response, seconds: float, stop: threading.Event | None = None
    ) -> Answer:
        """The whole body, within ``seconds`` after the headers came and within `MOST_BYTES`."""
        deadline = time.monotonic() + seconds
        body = bytearray()
        while len(body) <= MOST_BYTES and (chunk := response.raw.read1(CHUNK_BYTES, decode_content=True)):
            body += chunk
            if stop is not None and stop.is_set():
                raise _Stopped
            if time.monotonic() > deadline:
                raise Interrupted(f"{self._title} was too slow: its answer took over {seconds:g} s.")
        cut = len(body) > MOST_BYTES
        return Answer(response.status_code, response.headers, b"" if cut else bytes(body), cut, self._title)

    def _failure(self, error: BaseException, host: str, seconds: float) -> Unreachable | Interrupted:
        reasons = list(_reasons(error))
        if isinstance(error, requests.exceptions.InvalidHeader) and error.request is None:
            # Its words repeat the header, which may be a secret.
            return Unreachable(
                f"Nothing was sent to {self._title}: a header, such as a token, cannot be one."
            )
        words = f"{_innermost(reasons)}".strip(" .")
        refused = next((one for one in reasons if isinstance(one, ssl.SSLCertVerificationError)), None)
        if refused is not None:
            advice = _TLS_ADVICE.get(refused.verify_code, _AUTHORITY).format(setting=self._ca_setting)
            return Untrusted(
                f"The TLS certificate of {self._title} at {host} is not trusted: {words}. {advice}"
            )
        if any(map(_was_not_sent, reasons)):
            return Unreachable(f"{self._title} cannot be reached at {host}: {words}.")
        if any(isinstance(reason, urllib3.exceptions.TimeoutError | TimeoutError) for reason in reasons):
            return Interrupted(f"{self._title} did not answer within {seconds:g} s.")
        return _Broken(f"{self._title} broke the connection before it had answered: {words}.")


def _headers(token: str, besides: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**({"Authorization": f"Bearer {token}"} if token else {}), **(besides or {})}


class CaBundleError(ValueError):
    """The file of trusted certificates cannot be used; the text names it and says why."""


def _checked_bundle(path: Path, setting: str) -> str:
    """The path, once the file was read: requests itself would tell only at the first call."""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise CaBundleError(
            f"{setting} names {path}, which holds no certificate in PEM form: it begins with"
            " -----BEGIN CERTIFICATE-----."
        ) from error
    except OSError as error:
        raise CaBundleError(f"{setting} names {path}, which cannot be read: {error.strerror}.") from error
    return str(path)


class _Broken(Interrupted):
    """The connection ended before the answer did."""


class _Stopped(Exception):
    """Nobody waits for the held answer any more."""


def _wake(response: requests.Response) -> None:
    """Ends the reading of an answer that another thread is at."""
    with suppress(ValueError, RuntimeError, OSError):  # it has just ended by itself
        response.raw.shutdown()


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """As ``auth`` of a session it keeps requests from putting a password of ~/.netrc in our token's place."""
    return request


def is_loopback(host: str) -> bool:
    """Is ``host`` this machine: localhost, 127.0.0.0/8, ::1?"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


_AUTHORITY = (
    "If it is signed by your own authority or by itself, put the path of that one (PEM) into {setting}."
)
_DATES = "Renew it there, and see that this machine's clock is right."
_NAMES = "Use the address that the certificate names, or have one made for this address."
_TLS_ADVICE = {9: _DATES, 10: _DATES, 62: _NAMES, 64: _NAMES}
"""By OpenSSL's X509_V_ERR_… (x509_vfy.h): not valid yet, expired; made for another name, or another IP address."""

NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.LocationValueError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
)
NOT_SENT_WORDS = ("Tunnel connection failed", "Could not find a suitable TLS CA certificate bundle")


def _was_not_sent(reason: BaseException) -> bool:
    """Does this tell for sure that not a byte of the call was sent?

    ProxyError does not: urllib3 2.x raises it also when a connection through a proxy breaks after the call
    was sent, since closing the connection makes it forget that it had reached the proxy. A plain OSError (not
    one of the subclasses sockets raise) comes from http.client where the proxy refuses the tunnel, and from
    requests where the file in REQUESTS_CA_BUNDLE is missing; both before anything is sent.
    """
    if isinstance(reason, NOT_SENT):
        return True
    return type(reason) is OSError and str(reason).startswith(NOT_SENT_WORDS)


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


def _innermost(reasons: list[BaseException]) -> str:
    """The plainest words: "[Errno 111] Connection refused" rather than what was wrapped around it."""
    return " ".join(str(reasons[-1]).split())[:200]
