"""What stands before moto's SSM in the tests: a real HTTP server that can do what moto does not.

It throttles, refuses, breaks, answers with other things than answers, keeps quiet, loses answers, shows what
stood there earlier, and lets something happen just before a call is passed on.
"""

import http.client
import json
import logging
import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from slack_bot.parameter_store.ssm_store import Client

Behaviour = Callable[["Handler", bytes], None]
"""Deals with one call, whose body is given."""

JSON = "application/x-amz-json-1.1"


class SsmFront(ThreadingHTTPServer):
    """Passes calls on to moto, but for those that something was planned for. ``seen`` are the operations."""

    daemon_threads = True

    def __init__(self, moto: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.moto = moto
        self.seen: list[str] = []
        self.last_answer = b""
        self.closing = threading.Event()
        self.planned: defaultdict[str, deque[Behaviour]] = defaultdict(deque)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def plan(self, operation: str, behaviour: Behaviour, times: int = 1) -> None:
        """The next so many calls of the operation, such as "PutParameter", go so."""
        self.planned[operation].extend([behaviour] * times)

    def calls(self, operation: str) -> int:
        return self.seen.count(operation)


class Handler(BaseHTTPRequestHandler):
    server: SsmFront

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].removeprefix("AmazonSSM.")
        self.server.seen.append(operation)
        planned = self.server.planned[operation]
        behaviour = planned.popleft() if planned else pass_on
        behaviour(self, body)

    def answer(
        self, status: int, body: bytes, request_id: str | None = "A-REQUEST", kind: str = JSON
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if request_id is not None:
            self.send_header("x-amzn-RequestId", request_id)
        self.end_headers()
        self.wfile.write(body)

    def ask_moto(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.server.moto, timeout=10)
        try:
            connection.request("POST", "/", body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Not to the standard error."""


def pass_on(handler: Handler, body: bytes) -> None:
    status, answer = handler.ask_moto(body)
    handler.server.last_answer = answer
    handler.answer(status, answer)


def refusal(code: str, status: int = 400) -> Behaviour:
    """An error as AWS tells it."""
    answer = json.dumps({"__type": code, "message": "Because of the test."}).encode()
    return lambda handler, _body: handler.answer(status, answer)


def instead(answer: bytes, status: int = 200, request_id: str | None = None) -> Behaviour:
    """Something else than SSM answers."""
    return lambda handler, _body: handler.answer(status, answer, request_id, "text/html")


def as_it_was(answer: bytes) -> Behaviour:
    """What SSM answered earlier, once more."""
    return lambda handler, _body: handler.answer(200, answer)


def lost(handler: Handler, body: bytes) -> None:
    """SSM does it, and the connection breaks before its answer is through."""
    handler.ask_moto(body)
    handler.close_connection = True


def silence(handler: Handler, _body: bytes) -> None:
    """Nobody answers."""
    handler.server.closing.wait(30)
    handler.close_connection = True


def just_after(happening: Callable[[], object]) -> Behaviour:
    """Something else happens between what was asked before and this."""

    def behave(handler: Handler, body: bytes) -> None:
        happening()
        pass_on(handler, body)

    return behave


@contextmanager
def ssm_front(moto: tuple[str, int]) -> Iterator[SsmFront]:
    with SsmFront(moto) as front:
        thread = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield front
        finally:
            front.closing.set()
            front.shutdown()
            thread.join()


@dataclass(frozen=True)
class Ssm:
    """An account's SSM, empty below ``root``, and what stands before it."""

    front: SsmFront
    root: str
    client: Client
    """Straight to SSM: somebody else's."""

    @property
    def state(self) -> str:
        return f"ssm:{self.root}"

    def write(self, name: str, text: str) -> None:
        """Somebody writes a parameter below the root by hand."""
        self.client.put_parameter(Name=f"{self.root}/{name}", Value=text, Type="String", Overwrite=True)

    def remove(self, name: str) -> None:
        self.client.delete_parameter(Name=f"{self.root}/{name}")

    def text(self, name: str) -> str:
        """What stands there."""
        return str(self.client.get_parameter(Name=f"{self.root}/{name}")["Parameter"]["Value"])


_roots = count(1)
_SILENT = ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@contextmanager
def ssm_behind_a_front() -> Iterator[Ssm]:
    """moto's SSM as a real server, to which boto3 finds through the environment, as in production."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    try:
        with ssm_front((host, port)) as front, pytest.MonkeyPatch.context() as patch:
            for name in (*_SILENT, *(name.lower() for name in _SILENT)):
                patch.delenv(name, raising=False)
            for name, value in {**_SETTINGS, "AWS_ENDPOINT_URL_SSM": front.url}.items():
                patch.setenv(name, value)
            others = boto3.session.Session().client(
                "ssm", region_name="eu-central-1", endpoint_url=f"http://{host}:{port}"
            )
            # The first call loads moto's SSM, which takes longer than the bot waits.
            others.get_parameters_by_path(Path="/")
            yield Ssm(front, "/approval-bot", others)
            others.close()
    finally:
        moto.stop()


def emptied(ssm: Ssm) -> Ssm:
    """The same with a root that nothing lies below yet, and nothing planned."""
    ssm.front.planned.clear()
    ssm.front.seen.clear()
    return replace(ssm, root=f"/approval-bot-{next(_roots)}")


def hasty_client(ssm: Ssm) -> Client:
    """As the bot's, but one that makes no second attempt."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.session.Session().client(
        "ssm", region_name="eu-central-1", endpoint_url=ssm.front.url, config=config
    )


class Seconds:
    """A monotonic clock, which goes when the test says so, and ``step`` seconds at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 1000.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now
