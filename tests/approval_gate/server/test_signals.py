"""Signals over a real Redis that is killed, frozen, comes back, and through which anybody may lie."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import redis
from redis.client import PubSub

from approval_gate.server.desk import Figures, Terms
from approval_gate.server.signals import KEPT, RedisSignals
from approval_gate.server.ticket import Decision, Status, Ticket
from tests.approval_gate.redis_server import RedisServer
from tests.approval_gate.server.desks import (
    BY_EVENTS,
    NO,
    QUICK,
    WITHIN,
    YES,
    OpenDesk,
    on_a_loop,
    open_desk,
)


@asynccontextmanager
async def gate(url: str, server: RedisServer, terms: Terms = BY_EVENTS) -> AsyncIterator[OpenDesk]:
    """A gate that hears signals by now."""
    figures, before = Figures(), listeners(server)
    signals = RedisSignals(server.url, figures, ping_every=0.1)
    async with open_desk(url, terms, signals, figures=figures) as desk:
        await until(lambda: listeners(server) > before)
        yield desk


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not is_so():
            await asyncio.sleep(0.01)


def listeners(server: RedisServer) -> int:
    """How many gates listen to whatever happens."""
    with server.client() as client:
        return int(client.pubsub_numsub("approvals-changed")[0][1])


class Gateway:
    """Somebody outside who listens for one ticket."""

    def __init__(self, server: RedisServer, ticket: Ticket) -> None:
        self._client = server.client()
        self._pubsub = PubSub(self._client.connection_pool, ignore_subscribe_messages=True)
        self._pubsub.subscribe(f"approvals:{ticket.id}")
        while self._pubsub.get_message(timeout=0.01) is not None:
            pass

    async def heard(self) -> str:
        """The next message."""
        async with asyncio.timeout(WITHIN):
            while (message := self._pubsub.get_message(timeout=0.0)) is None:
                await asyncio.sleep(0.01)
        self._pubsub.close()
        self._client.close()
        return str(message["data"])


@pytest.mark.parametrize(("decision", "word"), [(YES, "approved"), (NO, "denied")])
@on_a_loop
async def test_a_gateway_that_listens_is_told_the_verdict(
    sqlite_url: str, redis_server: RedisServer, decision: Decision, word: str
) -> None:
    async with gate(sqlite_url, redis_server) as desk:
        ticket = await desk.file()
        gateway = Gateway(redis_server, ticket)

        await desk.decide(ticket.id, decision)

        assert await gateway.heard() == word


@on_a_loop
async def test_a_signal_that_was_lost_is_sent_once_more_with_the_next_decision(
    sqlite_url: str, redis_server: RedisServer
) -> None:
    async with gate(sqlite_url, redis_server) as desk:
        ticket = await desk.file()
        await desk.decide(ticket.id, NO)
        await until(lambda: desk.figures.published == 2)
        gateway = Gateway(redis_server, ticket)

        await desk.decide(ticket.id, YES)

        assert await gateway.heard() == "denied"


@on_a_loop
async def test_gates_tell_each_other_without_waiting_for_a_sweep(
    postgres_url: str, redis_server: RedisServer
) -> None:
    async with gate(postgres_url, redis_server) as here, gate(postgres_url, redis_server) as there:
        known = await here.pending()
        held = asyncio.create_task(here.wait_for_change(known.version, WITHIN))
        await asyncio.sleep(0.01)
        ticket = await there.file()
        assert await held is not None
        waiting = await here.waits(ticket.id)
        decided, _ = await there.decide(ticket.id, YES)
        assert await waiting == decided

        ticket = await there.file()
        waiting = await here.waits(ticket.id)
        cancelled, _ = await there.cancel(ticket.id, "agent")
        assert await waiting == cancelled


@on_a_loop
async def test_a_lying_signal_neither_approves_nor_denies(
    postgres_url: str, redis_server: RedisServer
) -> None:
    """Given a row that says pending, then denied, when Redis says approved, then it is what the row says."""
    async with gate(postgres_url, redis_server) as here, open_desk(postgres_url, BY_EVENTS) as there:
        ticket = await here.file()
        waiting = await here.waits(ticket.id)
        with redis_server.client() as liar:
            for word in ("approved", "", "denied"):
                liar.publish(f"approvals:{ticket.id}", word)
            await until(lambda: here.figures.heard >= 3)
            await here.find(ticket.id)
            assert not waiting.done()

            denied, _ = await there.decide(ticket.id, NO)
            liar.publish(f"approvals:{ticket.id}", "approved")

            assert await waiting == denied
    assert denied.status is Status.DENIED


@on_a_loop
async def test_signals_of_nothing_and_of_anything_do_no_harm(
    sqlite_url: str, redis_server: RedisServer
) -> None:
    async with gate(sqlite_url, redis_server) as desk:
        with redis_server.client() as liar:
            for channel in ("approvals:", "approvals:none", "approvals:*", "approvals-changed"):
                liar.publish(channel, b"\x00\xff '; DROP TABLE tickets")
        await until(lambda: desk.figures.heard >= 4)
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)

        decided, _ = await desk.decide(ticket.id, YES)

        assert await waiting == decided


@on_a_loop
async def test_while_redis_is_dead_decisions_are_made_and_the_sweep_tells(
    postgres_url: str, redis_server: RedisServer
) -> None:
    async with (
        gate(postgres_url, redis_server, QUICK) as here,
        gate(postgres_url, redis_server, QUICK) as there,
    ):
        ticket = await here.file()
        waiting = [await here.waits(ticket.id), await there.waits(ticket.id)]
        redis_server.kill()

        decided, _ = await there.decide(ticket.id, NO)

        assert [await one for one in waiting] == [decided] * 2


@on_a_loop
async def test_when_redis_is_back_signals_are_sent_and_heard_again(
    postgres_url: str, redis_server: RedisServer
) -> None:
    async with gate(postgres_url, redis_server) as here, gate(postgres_url, redis_server) as there:
        first, second = await here.file(), await here.file()
        waiting = [await here.waits(first.id), await here.waits(second.id)]
        redis_server.kill()
        missed, _ = await there.decide(first.id, NO)
        redis_server.start()

        assert await waiting[0] == missed
        await until(lambda: listeners(redis_server) == 2)
        decided, _ = await there.decide(second.id, YES)
        assert await waiting[1] == decided


@on_a_loop
async def test_a_redis_that_answers_nobody_holds_up_no_decision(
    sqlite_url: str, redis_server: RedisServer
) -> None:
    async with gate(sqlite_url, redis_server) as desk:
        redis_server.freeze()
        ticket = await desk.file()
        waiting = await desk.waits(ticket.id)

        async with asyncio.timeout(2.0):
            decided, _ = await desk.decide(ticket.id, YES)
            assert await waiting == decided
        redis_server.kill()


@on_a_loop
async def test_a_redis_that_fell_silent_is_heard_again_and_what_was_missed_is_looked_for(
    postgres_url: str, redis_server: RedisServer
) -> None:
    """Given a Redis that answers no ping, when it is back, then the gate has subscribed anew and looks at all."""
    async with gate(postgres_url, redis_server) as here, open_desk(postgres_url, BY_EVENTS) as there:
        ticket = await here.file()
        waiting = await here.waits(ticket.id)
        redis_server.freeze()
        await asyncio.sleep(0.3)
        decided, _ = await there.decide(ticket.id, NO)
        assert not waiting.done()

        redis_server.thaw()

        assert await waiting == decided


@on_a_loop
async def test_a_gate_starts_while_redis_is_dead(sqlite_url: str, redis_server: RedisServer) -> None:
    redis_server.kill()
    async with open_desk(sqlite_url, QUICK, RedisSignals(redis_server.url)) as desk:
        ticket = await desk.file()
        assert (await desk.decide(ticket.id, YES))[1]
        redis_server.start()
        await until(lambda: listeners(redis_server) == 1)


@on_a_loop
async def test_of_signals_that_nobody_takes_only_so_many_are_kept(
    sqlite_url: str, redis_server: RedisServer
) -> None:
    redis_server.kill()
    async with open_desk(sqlite_url, BY_EVENTS) as desk:
        ticket = replace(await desk.file(), status=Status.APPROVED)
    signals = RedisSignals(redis_server.url)
    for _ in range(KEPT + 7):
        signals.publish(ticket)

    assert signals.figures.unsent == 7
    await signals.close()


def test_a_redis_that_was_killed_is_gone(redis_server: RedisServer) -> None:
    redis_server.kill()

    with redis_server.client() as client, pytest.raises(redis.ConnectionError):
        client.ping()
