"""The listener itself: it serves at once, ends what is under way, and lets go of its address."""

import asyncio
import socket
import threading
import time

import pytest
import requests
from fastapi import APIRouter
from starlette.requests import Request

from slack_bot.http import listener as module
from slack_bot.http.application import build
from slack_bot.http.body import whole_body
from slack_bot.http.door import listening, url_of
from slack_bot.http.listener import HttpListener
from tests.slack_bot.http.served import HOST, served


def slow_routes(begun: threading.Event, seconds: float) -> APIRouter:
    router = APIRouter()

    @router.get("/slow")
    async def slow() -> dict[str, str]:
        begun.set()
        await asyncio.to_thread(time.sleep, seconds)
        return {"status": "through"}

    @router.get("/defect")
    async def defect() -> None:
        raise LookupError("with hush-hush in it")

    return router


def test_a_stop_lets_what_is_under_way_end_and_takes_nothing_new() -> None:
    begun, answers = threading.Event(), list[requests.Response]()
    door = listening(HOST, 0)
    listener, url = HttpListener(build(slow_routes(begun, 1.0)), door), url_of(door)
    listener.start()
    asking = threading.Thread(target=lambda: answers.append(requests.get(f"{url}/slow", timeout=20)))
    asking.start()
    assert begun.wait(10)
    assert listener.stop()
    asking.join()
    assert [answer.json() for answer in answers] == [{"status": "through"}]
    assert not listener.is_alive()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/slow", timeout=20)


def test_a_stop_does_not_wait_for_connections_on_which_nobody_asks() -> None:
    door = listening(HOST, 0)
    listener = HttpListener(build(slow_routes(threading.Event(), 0.0)), door)
    listener.start()
    port = door.getsockname()[1]
    with socket.create_connection((HOST, port)), requests.Session() as kept:
        assert kept.get(f"http://{HOST}:{port}/slow", timeout=20).status_code == 200
        asked = time.monotonic()
        assert listener.stop()
        assert time.monotonic() - asked < module.DRAIN


def test_a_stop_does_not_wait_for_a_body_that_still_comes() -> None:
    door, told, router = listening(HOST, 0), list[int](), APIRouter()

    @router.post("/")
    async def take(request: Request) -> None:
        told.append(len(await whole_body(request)))

    listener = HttpListener(build(router), door)
    listener.start()
    with socket.create_connection((HOST, door.getsockname()[1])) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\na part")
        time.sleep(0.1)
        asked = time.monotonic()
        assert listener.stop()
        assert time.monotonic() - asked < module.DRAIN / 2
    assert told == []


def test_it_serves_another_application_from_one_request_to_the_next() -> None:
    door = listening(HOST, 0)
    listener, url = HttpListener(build(), door), url_of(door)
    listener.start()
    with requests.Session() as kept:
        assert kept.get(f"{url}/slow", timeout=20).status_code == 404
        listener.serve(build(slow_routes(threading.Event(), 0.0)))
        assert kept.get(f"{url}/slow", timeout=20).status_code == 200
    assert listener.stop()


def test_stopped_before_it_started_it_lets_go_of_its_address() -> None:
    door = listening(HOST, 0)
    port = door.getsockname()[1]
    assert HttpListener(build(), door).stop()
    listening(HOST, port).close()


def test_an_address_that_somebody_else_has_is_refused() -> None:
    with listening(HOST, 0) as taken, pytest.raises(OSError, match="in use"):
        listening(HOST, taken.getsockname()[1])


def test_whoever_comes_before_it_serves_waits() -> None:
    door, answers = listening(HOST, 0), list[requests.Response]()
    url = url_of(door)
    asking = threading.Thread(target=lambda: answers.append(requests.get(f"{url}/slow", timeout=20)))
    asking.start()
    time.sleep(0.2)
    listener = HttpListener(build(slow_routes(threading.Event(), 0.0)), door)
    listener.start()
    asking.join()
    assert listener.stop()
    assert [answer.status_code for answer in answers] == [200]


def test_a_defect_is_told_without_what_was_in_it() -> None:
    with served(slow_routes(threading.Event(), 0.0)) as url:
        answer = requests.get(f"{url}/defect", timeout=20)
    assert (answer.status_code, answer.json()) == (500, {"detail": "The bot failed; its log tells more."})
    assert "server" not in answer.headers


def test_a_body_that_comes_too_slowly_or_breaks_off_is_given_up() -> None:
    told, router = list[int](), APIRouter()

    @router.post("/")
    async def take(request: Request) -> dict[str, int]:
        told.append(len(await whole_body(request, within=0.5)))
        return {"bytes": told[-1]}

    head = b"POST / HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n"
    with served(router) as url:
        port = int(url.rpartition(":")[2])
        with socket.create_connection((HOST, port)) as breaking:
            breaking.sendall(head + b"a part")
        with socket.create_connection((HOST, port)) as slow:
            slow.sendall(head + b"a part")
            answer = b"".join(iter(lambda: slow.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert requests.post(url, data=b"whole", timeout=20).json() == {"bytes": 5}
    assert told == [5]


def test_ipv6_addresses_are_written_as_such() -> None:
    try:
        door = listening("::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with door:
        assert url_of(door).startswith("http://[::1]:")
