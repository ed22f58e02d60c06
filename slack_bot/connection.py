"""The Socket Mode connection: how what happens in Slack reaches Bolt, and how the acknowledgement gets back.

A supervisor asks Slack for addresses and keeps one WebSocket in service. Each WebSocket (a `Link`) has a
thread that reads it; a pool of threads runs the listeners.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import math
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from logging import INFO, WARNING
from typing import Final

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.socket_mode.request import SocketModeRequest
from structlog.contextvars import bound_contextvars

from slack_bot.link import ANSWER_BEFORE_CLOSE, Link, LinkLost
from slack_bot.slack_api import Interrupted, RateLimited, Refused, call

LISTENERS: Final = 32
"""Threads; as many clicks are saved by one transaction. They are made as they are needed."""
STEADY_AFTER: Final = 10.0
"""Seconds a WebSocket must last to count as a success: before that, another attempt is a repeated one."""
LINGER: Final = 30.0
"""Seconds a WebSocket that is to be renewed stays beside its successor. Slack closes it after about ten."""
LONGEST_PAUSE: Final = 30.0

_SOCKET_MODE: Final = "api.slack.com/apps → your app → Socket Mode"
_APP_LEVEL: Final = "api.slack.com/apps → your app → Basic Information → App-Level Tokens"
FINAL: Final = {
    "link_disabled": f"Socket Mode is switched off for the app. Switch it on: {_SOCKET_MODE}",
    "invalid_auth": f"SLACK_APP_TOKEN is not accepted. Make a new one: {_APP_LEVEL}",
    "not_authed": f"SLACK_APP_TOKEN is not accepted. Make a new one: {_APP_LEVEL}",
    "token_revoked": f"SLACK_APP_TOKEN was revoked. Make a new one: {_APP_LEVEL}",
    "token_expired": f"SLACK_APP_TOKEN has expired. Make a new one: {_APP_LEVEL}",
    "not_allowed_token_type": f"SLACK_APP_TOKEN is no app-level token. Make one: {_APP_LEVEL}",
    "missing_scope": f"SLACK_APP_TOKEN lacks the scope connections:write. Make one with it: {_APP_LEVEL}",
    "account_inactive": "The app is not installed any more, or its workspace is closed. Install it again.",
    "user_removed_from_team": "The app was removed from the workspace. Install it again.",
    "team_disabled": "The workspace is closed.",
}
"""Answers of apps.connections.open, and reasons to disconnect, that no further attempt changes."""
SWITCHED_OFF: Final = "link_disabled"
RENEWALS: Final = ("warning", "refresh_requested")
OTHERS: Final = (
    "Slack counts more connections of this app than the bot has, and each gets a part of the clicks. "
    "Is another bot running with the same SLACK_APP_TOKEN? After a broken connection it passes by itself."
)

log = structlog.stdlib.get_logger(__name__)


class ConnectionRefused(Exception):
    """Slack will not talk to this app until somebody changes something. ``code`` is Slack's word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refuses the connection ({code}). {FINAL[code]}")
        self.code = code


class Backoff:
    """Pauses between attempts: none, then up to 1, 2, 4 … 30 seconds, each between half of that and all."""

    def __init__(self, jitter: random.Random) -> None:
        self._jitter = jitter
        self._attempts = 0

    def reset(self) -> None:
        """The connection held: the next attempt counts as the first again."""
        self._attempts = 0

    def pause(self, at_least: float = 0.0, at_once: bool = True) -> float:
        """Seconds to wait before the next attempt. Without ``at_once`` even the first one waits."""
        attempt = self._attempts if at_once else max(self._attempts, 1)
        self._attempts = attempt + 1
        longest = min(LONGEST_PAUSE, 2.0 ** (attempt - 1)) if attempt else 0.0
        return max(at_least, longest * self._jitter.uniform(0.5, 1.0))


def _json_object(message: str | bytes) -> dict[str, object]:
    frame = json.loads(message)
    if not isinstance(frame, dict):
        raise TypeError(f"{type(frame).__name__} instead of an object")
    return frame


class SocketModeConnection:
    """Keeps one WebSocket to Slack in service, and runs a Bolt app's listeners on what comes through it.

    ``web_client`` opens connections only; it must not retry. ``on_refused`` is called, once and in a
    thread of ours, when Slack's answer is final: the connection is over then, and ``failed`` says why.
    ``may_be_off``: there is another way in, so Socket Mode that is switched off may be switched on again.
    """

    def __init__(
        self,
        app_token: str,
        web_client: WebClient,
        app: App,
        jitter: random.Random,
        on_refused: Callable[[ConnectionRefused], None],
        *,
        may_be_off: bool = False,
    ) -> None:
        self.failed: ConnectionRefused | None = None
        self.opened = 0
        """How many connections Slack has greeted."""
        self._app_token = app_token
        self._web_client = web_client
        self._app = app
        self._backoff = Backoff(jitter)
        self._on_refused = on_refused
        self._may_be_off = may_be_off
        self._links: list[Link] = []
        self._deaf_until = -math.inf
        self._change = threading.Condition()
        self._stopping = threading.Event()
        self._listeners = ThreadPoolExecutor(LISTENERS, thread_name_prefix="slack-listener")
        self._supervisor = threading.Thread(target=self._supervise, name="slack-connection", daemon=True)

    def start(self) -> None:
        """Connects, in threads of its own, and stays connected."""
        self._supervisor.start()

    def wait_until_connected(self, timeout: float) -> bool:
        """Whether, within so many seconds, Slack said hello. False at once where it refuses for good."""
        with self._change:
            self._change.wait_for(lambda: self.failed is not None or self.alive(), timeout)
            return self.alive()

    def alive(self) -> bool:
        """Whether a WebSocket is in service and something came through it in the last seconds."""
        return any(link.is_alive for link in tuple(self._links))

    def last_deaf(self) -> float:
        """Until when what people pressed may have been lost, by `time.monotonic`: now, while it is not alive."""
        now = time.monotonic()
        return self._deaf_until if self.alive() else now

    def wait_for_answers(self, timeout: float) -> bool:
        """Whether, within so many seconds, nothing that came waits for its acknowledgement."""
        deadline = time.monotonic() + timeout
        links = tuple(self._links)
        return all(link.wait_for_answers(max(0.0, deadline - time.monotonic())) for link in links)

    def stop(self, timeout: float = 5.0) -> bool:
        """Closes the connection, so that nothing new comes, and waits for the listeners at work.

        Whether all of them were through within so many seconds. May be called again, and from any thread.
        """
        deadline = time.monotonic() + timeout
        self._stopping.set()
        links = tuple(self._links)
        for link in links:
            link.end(min(ANSWER_BEFORE_CLOSE, max(0.0, deadline - time.monotonic())))
        done = all(link.wait_for_answers(max(0.0, deadline - time.monotonic())) for link in links)
        self._listeners.shutdown(wait=False, cancel_futures=True)
        if self._supervisor.is_alive() and threading.current_thread() is not self._supervisor:
            self._supervisor.join(max(0.0, deadline - time.monotonic()))
        return done

    def _supervise(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                pause = self._serve()
            except ConnectionRefused as refusal:
                self._fail(refusal)
                return
            except Exception:  # whatever it is, a bot that gives up connecting helps nobody
                log.exception("connection.error")
                pause = self._backoff.pause()
            if pause and not self._stopping.is_set():
                log.info("connection.pause", seconds=round(pause, 1))

    def _fail(self, refusal: ConnectionRefused) -> None:
        log.critical("connection.failed", reason=refusal.code, words=str(refusal))
        self._stopping.set()
        with self._change:
            self.failed = refusal
            self._change.notify_all()
        self._on_refused(refusal)

    def _serve(self) -> float:
        """One WebSocket's service; the seconds to wait before the next one. Raises `ConnectionRefused`."""
        try:
            url = self._new_address()
        except (RateLimited, Refused, Interrupted) as failure:
            log.warning("connection.not_opened", reason=str(failure))
            return self._backoff.pause(failure.retry_after if isinstance(failure, RateLimited) else 0.0)
        link = self._open(url)
        link.over.wait()
        self._check(link.reason)
        if not self._stopping.is_set():
            log.log(INFO if link.reason in RENEWALS else WARNING, "connection.over", reason=link.reason)
        if time.monotonic() - link.greeted_at > STEADY_AFTER:
            self._backoff.reset()
        return self._backoff.pause(at_once=link.reason not in ("too_many_websockets", SWITCHED_OFF))

    def _check(self, reason: str) -> None:
        """Raises `ConnectionRefused` where no further attempt is of use."""
        if reason in FINAL and not (self._may_be_off and reason == SWITCHED_OFF):
            raise ConnectionRefused(reason)

    def _new_address(self) -> str:
        """A WebSocket's address, good for once. Raises `ConnectionRefused` where asking again is no use."""
        try:
            answer = call(self._web_client, "apps.connections.open", {"token": self._app_token})
        except Refused as refused:
            self._check(refused.code)
            raise
        if not isinstance(answer.get("url"), str):
            raise Interrupted("apps.connections.open: the answer holds no address")
        return str(answer["url"])

    def _open(self, url: str) -> Link:
        """A new link, in service or already over. Those before it, still reading, get their time to end."""
        link = Link()
        predecessors = tuple(self._links)
        self._links.append(link)
        threading.Thread(target=self._run, args=(link, url), name="slack-socket", daemon=True).start()
        link.settled.wait()
        if self._stopping.is_set():
            link.end(0.0)
        elif not link.over.is_set():
            for predecessor in predecessors:
                predecessor.retire(LINGER)
        return link

    def _run(self, link: Link, url: str) -> None:
        try:
            link.run(url, self._receive)
            if link.went_deaf:
                # Whoever took over meanwhile may have got none of what Slack sent through this one.
                self._deaf_until = time.monotonic()
            link.wait_for_answers(None)
        finally:
            self._links.remove(link)

    def _receive(self, link: Link, message: str | bytes) -> None:
        try:
            frame = _json_object(message)
            request = SocketModeRequest.from_dict(frame)
        except (ValueError, TypeError) as error:
            log.warning("connection.not_understood", reason=str(error))
            return
        if request is not None:
            self._submit(link, request)
        elif frame.get("type") == "hello":
            self._greet(link, frame)
        elif frame.get("type") == "disconnect":
            link.leave(str(frame.get("reason")))

    def _greet(self, link: Link, hello: dict[str, object]) -> None:
        with self._change:
            if not self.alive():
                self._deaf_until = time.monotonic()
            link.greet()
            self.opened += 1
            self._change.notify_all()
        ours = sum(each.is_alive for each in tuple(self._links))
        theirs = hello.get("num_connections")
        log.info("connection.open", ours=ours, slack_counts=theirs)
        if isinstance(theirs, int) and theirs > ours:
            log.warning("connection.others", words=OTHERS, ours=ours, slack_counts=theirs)

    def _submit(self, link: Link, request: SocketModeRequest) -> None:
        link.begin_answer()
        try:
            self._listeners.submit(self._answer, link, request)
        except RuntimeError:  # stopped meanwhile: nobody acknowledges it, so Slack tells the person
            link.end_answer()

    def _answer(self, link: Link, request: SocketModeRequest) -> None:
        try:
            with bound_contextvars(envelope=request.envelope_id):
                self._run_listener(link, request)
        finally:
            link.end_answer()

    def _run_listener(self, link: Link, request: SocketModeRequest) -> None:
        started = time.time()
        try:
            response = run_bolt_app(self._app, request)
            if response.status == 200:
                send_response(link, request, response, started)
            else:
                log.error("envelope.not_acknowledged", status=response.status, body=response.body)
        except LinkLost as lost:
            log.warning("acknowledgement.lost", reason=str(lost))
        except Exception:
            log.exception("listener.failed", type=request.type)
