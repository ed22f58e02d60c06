"""The client for asyncio: the event loop goes on, and a cancelled task withdraws its question."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from approval_gate import ApprovalDenied, ApprovalTimeout, AsyncGate, GateRefused
from tests.approval_gate.false_gate import false_gate, pending
from tests.approval_gate.person import Person
from tests.approval_gate.server.desks import on_a_loop


class LockLost(Exception):
    """What a lock raises."""


@on_a_loop
async def test_many_wait_at_once_while_the_loop_goes_on(async_client: AsyncGate, person: Person) -> None:
    """Given one loop for those who wait and for the answers, when twenty wait, then all answers are given."""
    tickets = await asyncio.gather(*(async_client.request(title=f"Refund {number}") for number in range(20)))
    waits = [asyncio.create_task(async_client.wait(ticket)) for ticket in tickets]

    for ticket in tickets:
        await asyncio.to_thread(person.answers, ticket.id)

    assert {ticket.status for ticket in await asyncio.gather(*waits)} == {"approved"}


@on_a_loop
async def test_a_no_says_who_and_why(async_client: AsyncGate, person: Person) -> None:
    ticket = await async_client.request(title="Refund")
    await asyncio.to_thread(person.answers, ticket.id, "deny", comment="no")

    with pytest.raises(ApprovalDenied, match="Denied by U1: no"):
        await async_client.wait(ticket)


@on_a_loop
async def test_when_the_time_is_over_the_ticket_is_cancelled(async_client: AsyncGate, person: Person) -> None:
    ticket = await async_client.request(title="Refund")

    with pytest.raises(ApprovalTimeout):
        await async_client.wait(ticket, timeout=0.1)

    assert person.ticket(ticket.id)["status"] == "cancelled"


@pytest.mark.parametrize("how", ["cancel", "timeout"])
@on_a_loop
async def test_a_cancelled_task_withdraws_its_question(
    async_client: AsyncGate, person: Person, how: str
) -> None:
    ticket = await async_client.request(title="Refund")

    if how == "timeout":
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(async_client.wait(ticket), 0.1)
    else:
        waiting = asyncio.create_task(async_client.wait(ticket))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    assert person.ticket(ticket.id)["status"] == "cancelled"


@on_a_loop
async def test_a_task_that_is_cancelled_while_it_asks_leaves_no_question_open() -> None:
    """Given a gate that files it only after the task is gone, when it has answered, the ticket is cancelled."""
    filing, may_answer = threading.Event(), threading.Event()

    with false_gate() as gate:

        def answer_late(ticket: dict[str, Any]) -> web.Response:
            filing.set()
            may_answer.wait(10)
            return pending(ticket)

        gate.then(answer_late)
        client = AsyncGate(gate.url, "gate_0000000000_secret")
        asking = asyncio.create_task(client.request(title="Refund"))
        await asyncio.to_thread(filing.wait, 10)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        may_answer.set()

        await until(lambda: "POST /v1/tickets/t1/cancel" in gate.calls)


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", ["function", "coroutine function"])
@on_a_loop
async def test_a_lock_that_is_lost_ends_the_wait(async_client: AsyncGate, person: Person, kind: str) -> None:
    beats = []
    ticket = await async_client.request(title="Refund")

    def prolong() -> None:
        beats.append(threading.get_ident())
        if len(beats) == 3:
            raise LockLost

    async def prolong_later() -> None:
        await asyncio.sleep(0)
        prolong()

    with pytest.raises(LockLost):
        await async_client.wait(
            ticket, keepalive=prolong if kind == "function" else prolong_later, every=0.02
        )

    assert set(beats) == {threading.get_ident()}
    assert person.ticket(ticket.id)["status"] == "cancelled"


@on_a_loop
async def test_the_rest_of_the_client_is_there_too(async_client: AsyncGate, person: Person) -> None:
    ticket = await async_client.request(title="Refund")

    assert (await async_client.get(ticket.id)).status == "pending"
    for call in (
        async_client.pending(),
        async_client.approve(ticket.id, "me"),
        async_client.deny(ticket.id, "me"),
    ):
        with pytest.raises(GateRefused):
            await call
    assert (await async_client.cancel(ticket)).status == "cancelled"
