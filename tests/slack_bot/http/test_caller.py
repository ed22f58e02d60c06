"""Connections on which nobody asks, or asks by halves: they keep nobody else out, and end by themselves."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import requests
from fastapi import APIRouter
from starlette.requests import Request

from slack_bot.http.body import whole_body
from slack_bot.http.caller import Caller
from tests.slack_bot.http.served import HOST, served

HEAD = b"POST /body HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n"
PATIENCE = 20.0


class Few(Caller):
    """Of which few may be open."""

    most = 4


class Hasty(Caller):
    """Who has to ask at once."""

    head_within = 0.3


class Desk:
    """Routes that answer at once, once a body came, and when they are told to."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.released = threading.Event()
        self.router = APIRouter()
        self.router.get("/healthz")(self.quick)
        self.router.get("/quick")(self.quick)
        self.router.post("/body")(self.body)
        self.router.get("/slow")(self.slow)

    async def quick(self) -> dict[str, str]:
        return {"status": "ok"}

    async def body(self, request: Request) -> dict[str, int]:
        return {"bytes": len(await whole_body(request))}

    async def slow(self) -> dict[str, str]:
        self.begun.release()
        await asyncio.to_thread(self.released.wait, PATIENCE)
        return {"status": "through"}


@contextmanager
def connections(url: str, number: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many, each of which has sent this and nothing more."""
    port = int(url.rpartition(":")[2])
    with ExitStack() as stack:
        opened = []
        for _ in range(number):
            one = stack.enter_context(socket.create_connection((HOST, port), timeout=PATIENCE))
            one.sendall(sent)
            opened.append(one)
        yield opened


def get(url: str) -> int:
    return requests.get(url, timeout=PATIENCE).status_code


def is_closed(one: socket.socket) -> bool:
    """Waits for it."""
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "sent", [b"", b"GET /qui", HEAD, HEAD + b"a part"], ids=["", "head", "no body", "body"]
)
def test_whoever_does_not_finish_asking_gives_way_to_whoever_asks(sent: bytes) -> None:
    with served(Desk().router, callers=Few) as url, connections(url, 3 * Few.most, sent) as idle:
        assert [get(f"{url}/quick") for _ in range(3)] == [200] * 3
        assert get(f"{url}/healthz") == 200
        assert all(is_closed(one) for one in idle[: 2 * Few.most])


def test_while_too_many_wait_for_an_answer_only_the_health_check_gets_one() -> None:
    desk = Desk()
    with served(desk.router, callers=Few) as url:
        waiting = [threading.Thread(target=get, args=(f"{url}/slow",)) for _ in range(Few.most)]
        for one in waiting:
            one.start()
        assert all(desk.begun.acquire(timeout=PATIENCE) for _ in waiting)
        assert get(f"{url}/quick") == 503
        assert get(f"{url}/healthz") == 200
        desk.released.set()
        for one in waiting:
            one.join()
        assert get(f"{url}/quick") == 200


def test_a_head_that_does_not_come_is_not_waited_for_however_slowly_it_does_so() -> None:
    with served(Desk().router, callers=Hasty) as url, connections(url, 2) as (silent, dripping):
        dripping.settimeout(0.02)
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE:
            try:
                dripping.sendall(b"G")
                assert dripping.recv(1) == b""
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert time.monotonic() < began + PATIENCE
        assert is_closed(silent)


def test_after_an_answer_the_next_head_is_not_waited_for_either() -> None:
    with served(Desk().router, callers=Hasty) as url, connections(url, 1) as (one,):
        one.sendall(b"GET /quick HTTP/1.1\r\nHost: bot\r\n\r\n")
        assert one.recv(4096).startswith(b"HTTP/1.1 200")
        one.sendall(b"G")
        while one.recv(4096):
            pass


def test_whoever_asked_waits_for_the_answer_as_long_as_it_takes() -> None:
    desk = Desk()
    with served(desk.router, callers=Hasty) as url:
        threading.Timer(3 * Hasty.head_within, desk.released.set).start()
        assert get(f"{url}/slow") == 200
