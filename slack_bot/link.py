"""One WebSocket of the Socket Mode connection, from its opening to its end, watched by pings of our own."""

import logging
import math
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from slack_sdk.socket_mode.client import BaseSocketModeClient
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from slack_bot.web_client import proxy_for, tls_context

OPEN_WITHIN: Final = 5.0
PING_EVERY: Final = 3.0
PONG_WITHIN: Final = 4.0
DEAF_AFTER: Final = PING_EVERY + PONG_WITHIN
"""Seconds without a pong after which a socket is given up, at most; a hello gets as long."""
SEND_WITHIN: Final = 6.0
LOOK_EVERY: Final = 0.5
CLOSE_WITHIN: Final = 0.3
"""Seconds Slack gets to answer our close: a deaf socket never does, and its thread waits for it."""
ANSWER_BEFORE_CLOSE: Final = 1.0
LARGEST_MESSAGE: Final = 16 * 2**20
CLOSED_BY_US: Final = "closed by us"


class LinkLost(Exception):
    """Nothing gets through the WebSocket any more, whether or not it looks open."""


class Link(BaseSocketModeClient):
    """One WebSocket. Bolt sees it as its client, so that an answer goes back where its envelope came from."""

    def __init__(self) -> None:
        self.logger = logging.getLogger(__name__)
        self.settled = threading.Event()
        """Set once Slack said hello, or once it is over."""
        self.over = threading.Event()
        """Set once another WebSocket is wanted: this one ended, or is about to."""
        self.reason = ""
        self.greeted_at = math.inf
        self.seen_at = -math.inf
        """Monotonic time of the last message or pong, at most half a second late."""
        self.went_deaf = False
        """Nothing came through it any more, though it looked open."""
        self._ws: ClientConnection | None = None
        self._until = math.inf
        self._ended = False
        self._pong: threading.Event | None = None
        self._ping_at = self._pong_by = self._hello_by = math.inf
        self._answering = 0
        self._change = threading.Condition()

    def run(self, url: str, receive: Callable[[Self, str | bytes], None]) -> None:
        """Opens the WebSocket and hands on every message until it ends; ``reason`` says why it did."""
        try:
            with connect(
                url,
                ssl=tls_context() if url.startswith("wss:") else None,
                proxy=proxy_for(url),
                compression=None,
                open_timeout=OPEN_WITHIN,
                close_timeout=CLOSE_WITHIN,
                ping_interval=None,
                max_size=LARGEST_MESSAGE,
            ) as ws:
                self._attach(ws)
                self._read(ws, receive)
                self.wait_for_answers(ANSWER_BEFORE_CLOSE)
        except (LinkLost, OSError, WebSocketException) as error:
            self.leave(str(error) or type(error).__name__)
        finally:
            self.leave(CLOSED_BY_US)

    def _attach(self, ws: ClientConnection) -> None:
        now = time.monotonic()
        self._ping_at, self._hello_by = now + PING_EVERY, now + DEAF_AFTER
        self._ws = ws
        if sys.platform == "linux":
            # A sender whom a peer that takes nothing blocks keeps the pings waiting: it must not be for long.
            with suppress(OSError):  # closed again already: what Slack said before is still to be read
                ws.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SEND_WITHIN * 1000))

    def _read(self, ws: ClientConnection, receive: Callable[[Self, str | bytes], None]) -> None:
        try:
            while time.monotonic() < self._until:
                closing = ws.state is not State.OPEN  # what came before the close is still to be read
                try:
                    message = ws.recv(CLOSE_WITHIN if closing else self._keep_alive(ws, time.monotonic()))
                except TimeoutError:
                    if closing:
                        raise LinkLost("closed by Slack, which does not hang up") from None
                    continue
                self.seen_at = time.monotonic()
                receive(self, message)
        except LinkLost as lost:
            self.leave(str(lost))  # now, since closing what is deaf takes a while
            raise
        finally:
            self._ended = True

    def _keep_alive(self, ws: ClientConnection, now: float) -> float:
        """Pings when it is time; the seconds until the next look. Raises `LinkLost` where nobody answers."""
        if not self.settled.is_set() and now >= self._hello_by:
            raise LinkLost("no hello")
        if self._pong and self._pong.is_set():
            self._pong, self.seen_at = None, now
        if self._pong and now >= self._pong_by:
            self.went_deaf = True
            raise LinkLost("no pong")
        if not self._pong and now >= self._ping_at:
            self._ping(ws, now)
        due = self._pong_by if self._pong else self._ping_at
        return max(0.0, min(LOOK_EVERY, due - now))

    def _ping(self, ws: ClientConnection, now: float) -> None:
        self._ping_at, self._pong_by = now + PING_EVERY, now + PONG_WITHIN
        with suppress(ConnectionClosed):  # the next look at the messages finds out
            self._pong = ws.ping()

    def greet(self) -> None:
        """Slack said hello: envelopes may come."""
        self.greeted_at = time.monotonic()
        self.settled.set()

    @property
    def is_alive(self) -> bool:
        """Slack said hello, and something came through in the last seconds."""
        fresh = time.monotonic() - self.seen_at < DEAF_AFTER + LOOK_EVERY
        return fresh and self.greeted_at < math.inf and not self._ended

    def leave(self, reason: str) -> None:
        """Another WebSocket is wanted. The first reason counts."""
        self.reason = self.reason or reason
        self.over.set()
        self.settled.set()

    def retire(self, seconds: float) -> None:
        """A successor is in service: stop reading after so many seconds, should Slack not close it before."""
        self._until = min(self._until, time.monotonic() + seconds)

    def end(self, answer_within: float) -> None:
        """Closes the WebSocket, once the answers are through it, or so many seconds are over."""
        self.wait_for_answers(answer_within)
        self.leave(CLOSED_BY_US)
        self.retire(0.0)
        self._ended = True
        if self._ws is not None:
            self._ws.close()

    def begin_answer(self) -> None:
        """An envelope goes to a listener."""
        with self._change:
            self._answering += 1

    def end_answer(self) -> None:
        """The listener is through, and its answer is sent, if there is one."""
        with self._change:
            self._answering -= 1
            self._change.notify_all()

    def wait_for_answers(self, timeout: float | None) -> bool:
        """Whether, within so many seconds or at last, no listener is at work on an envelope of this link."""
        with self._change:
            return self._change.wait_for(lambda: self._answering == 0, timeout)

    def send_message(self, message: str) -> None:
        """Sends an answer. Raises `LinkLost` where the WebSocket that its envelope came through is gone."""
        if self._ws is None:
            raise LinkLost("it never opened")
        try:
            self._ws.send(message)
        except ConnectionClosed as closed:
            raise LinkLost(str(closed)) from closed
