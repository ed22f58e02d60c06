"""When a look at the list is worth it: by a gate that holds its answers, by one that does not, and by none."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event

from aiohttp import web

from tests.upstream_client.gate.tickets import listed
from tests.upstream_client.serving import serving
from upstream_client.gate.caller import Caller
from upstream_client.gate.held_list import HeldList

SOON = 5.0
LONG = 3_600.0
SECOND_LOOK, LEAST_BACKOFF = 0.3, 0.1


class ScriptedGate:
    """Holds its lists with a space every 50 ms until ``version`` changes; ``answers`` are given first, one each."""

    def __init__(self) -> None:
        self.version = "one"
        self.calls: list[dict[str, str]] = []
        self.times: list[float] = []
        self.answers: list[Callable[[web.Request], Awaitable[web.StreamResponse]]] = []
        self.held = Event()
        self.arrived = Event()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/v1/tickets", self._list)
        return app

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(dict(request.query))
        self.times.append(time.monotonic())
        self.arrived.set()
        if self.answers:
            return await self.answers.pop(0)(request)
        since, wait = request.query.get("since", ""), float(request.query.get("wait", 0))
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        deadline = time.monotonic() + wait
        with suppress(ConnectionResetError):  # whoever asked has gone
            while self.version == since and time.monotonic() < deadline:
                await response.write(b" ")
                self.held.set()
                await asyncio.sleep(0.05)
            await response.write(json.dumps(listed(version=self.version)).encode())
        return response


class Looks:
    """Counts what `watch` yields, in a thread of its own."""

    def __init__(self, caller: Caller, every: float) -> None:
        self.stop = Event()
        self.times: list[float] = []
        self._list = HeldList(caller, every, second_look=SECOND_LOOK, least_backoff=LEAST_BACKOFF)
        self._changed = threading.Condition()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        for _ in self._list.watch(self.stop):
            with self._changed:
                self.times.append(time.monotonic())
                self._changed.notify_all()

    def wait_for(self, count: int, seconds: float = SOON) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.times) >= count, seconds), self.times


@contextmanager
def watching(gate: ScriptedGate, every: float = LONG) -> Iterator[Looks]:
    with serving(gate.app()) as url:
        caller = Caller(url, "gate_none", (1.0, 5.0))
        looks = Looks(caller, every)
        try:
            yield looks
        finally:
            looks.stop.set()
            caller.close()
            looks.thread.join(SOON)
            assert not looks.thread.is_alive()


def test_a_change_is_told_at_once_and_a_little_later_again_and_silence_is_silence() -> None:
    gate = ScriptedGate()
    with watching(gate) as looks:
        looks.wait_for(3)  # at once, when the list was first read, and a little after that
        assert gate.held.wait(SOON)
        changed, gate.version = time.monotonic(), "two"
        looks.wait_for(5)
        assert looks.times[3] - changed < 1
        assert looks.times[4] - looks.times[3] > SECOND_LOOK / 2
        gate.held.clear()
        assert gate.held.wait(SOON)
        assert len(looks.times) == 5
    assert gate.calls[-1]["since"] == "two"
    assert {call["status"] for call in gate.calls} == {"pending"}


def test_where_nothing_changes_a_look_is_worth_it_at_every_poll_interval() -> None:
    gate = ScriptedGate()
    with watching(gate, every=1.0) as looks:
        looks.wait_for(4)
        assert {call.get("wait", "1") for call in gate.calls} == {"1"}


def test_a_stop_is_seen_at_the_next_sign_of_life() -> None:
    gate = ScriptedGate()
    with watching(gate) as looks:
        looks.wait_for(3)
        gate.held.clear()
        assert gate.held.wait(SOON)
        stopped = time.monotonic()
        looks.stop.set()
        looks.thread.join(SOON)
        assert not looks.thread.is_alive()
        assert time.monotonic() - stopped < 1


async def silent(request: web.Request) -> web.StreamResponse:
    """Holds on without a sign of life."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b" ")
    await asyncio.sleep(LONG)
    return response


def test_the_end_does_not_wait_for_a_silent_gate() -> None:
    gate = ScriptedGate()
    held = Event()

    async def hold(request: web.Request) -> web.StreamResponse:
        held.set()
        return await silent(request)

    async def first(_request: web.Request) -> web.StreamResponse:
        return web.json_response(listed(version="one"))

    gate.answers = [first, hold]
    with serving(gate.app()) as url:
        caller = Caller(url, "gate_none", (1.0, 5.0))
        looks = Looks(caller, LONG)
        assert held.wait(SOON)
        time.sleep(0.1)  # the first byte is read; nothing tells of that
        ended = time.monotonic()
        looks.stop.set()
        caller.close()
        looks.thread.join(SOON)
        assert not looks.thread.is_alive()
        assert time.monotonic() - ended < 1


def test_while_the_gate_is_away_it_is_asked_ever_more_slowly_and_told_of_when_it_is_back() -> None:
    """Given a gate that fails three times, when it is back with the same list, then a look is worth it."""
    gate = ScriptedGate()

    async def fail(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    async def first(_request: web.Request) -> web.StreamResponse:
        return web.json_response(listed(version="one"))

    gate.answers = [first, fail, fail, fail]
    with watching(gate) as looks:
        looks.wait_for(3)
        assert gate.held.wait(SOON)
    gaps = [later - earlier for earlier, later in itertools.pairwise(gate.times[1:5])]
    assert [gap >= LEAST_BACKOFF * factor for gap, factor in zip(gaps, (1, 2, 4), strict=True)] == [True] * 3
    assert (gate.calls[1].get("since"), gate.calls[2].get("since"), gate.calls[5]["since"]) == (
        "one",
        None,
        "one",
    )


def test_an_answer_that_was_not_held_is_not_asked_for_again_at_once() -> None:
    gate = ScriptedGate()

    async def at_once(_request: web.Request) -> web.StreamResponse:
        return web.json_response(listed(version="one"))

    gate.answers = [at_once] * 1_000
    with watching(gate) as looks:
        looks.wait_for(3)
        gate.arrived.clear()
        started = time.monotonic()
        for _ in range(4):
            assert gate.arrived.wait(SOON)
            gate.arrived.clear()
        assert time.monotonic() - started > 3 * LEAST_BACKOFF


def test_what_is_no_list_is_no_change() -> None:
    gate = ScriptedGate()

    async def garbage(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>")

    gate.answers = [garbage] * 2
    with watching(gate) as looks:
        looks.wait_for(2, 10.0)
        assert gate.answers == []
