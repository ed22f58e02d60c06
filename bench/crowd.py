"""Thousands of held answers at once, on bare sockets: what they cost the gate, and how soon one is woken."""

import asyncio
import json
import resource
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from approval_gate import AsyncGate
from bench.gate import RunningGate
from bench.percentile import percentile
from bench.usage import Usage

AT_ONCE = 16
"""Connections that are being opened."""
TRIES = 5
BUSY = b" 503 "
"""A gate whose disk is behind says so, and is asked again."""
SPARE_FILES = 200
WARM = 50
"""Waiters before the first look at the memory: what the first ones cost is not theirs alone."""
KIB = 1024


@dataclass(frozen=True, slots=True)
class Crowd:
    """``kib_per_waiter`` of the gate's resident memory; the times are from the decision's sending, ms."""

    waiters: int
    kib_per_waiter: float
    rss_mib: float
    opened_s: float
    p50_ms: float
    p95_ms: float
    max_ms: float


@dataclass(slots=True)
class _Waiter:
    """One held answer on a socket."""

    name: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


def allow_files(waiters: int) -> int:
    """Raises this process's limit of open files; how many waiters that allows, at most as many as were wished."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = waiters + SPARE_FILES
    allowed = wished if most == resource.RLIM_INFINITY else min(wished, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return max(1, allowed - SPARE_FILES)


async def measure(gate: RunningGate, waiters: int, decisions: int) -> Crowd:
    """Opens them, looks at the gate's memory, and wakes some of them one after another."""
    warm = [await _wait(gate, f"warm {number}") for number in range(min(WARM, waiters))]
    before, began = Usage.of(gate.pid).rss, time.monotonic()
    crowd = await _open(gate, waiters)
    opened = time.monotonic() - began
    await asyncio.sleep(1.0)
    after = Usage.of(gate.pid).rss
    times = await _wake(gate, crowd, min(decisions, waiters))
    for one in (*warm, *crowd):
        one.writer.transport.abort()
    return Crowd(
        waiters=waiters,
        kib_per_waiter=(after - before) / KIB / waiters,
        rss_mib=after / KIB / KIB,
        opened_s=opened,
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
        max_ms=max(times),
    )


async def _open(gate: RunningGate, waiters: int) -> list[_Waiter]:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> _Waiter:
        async with turns:
            return await _wait(gate, f"held {number}")

    return await asyncio.gather(*(one(number) for number in range(waiters)))


async def _wait(gate: RunningGate, name: str) -> _Waiter:
    """A held answer, once its first bytes are there: from then on it waits."""
    for number in range(TRIES):
        reader, writer = await _asked(gate, name)
        status = await reader.readline()
        if BUSY not in status:
            break
        writer.transport.abort()
        await asyncio.sleep(number + 1)
    if b" 200 " not in status:
        raise ConnectionError(f"{name}: {status!r}")
    await reader.readuntil(b"\r\n\r\n")
    return _Waiter(name, reader, writer)


async def _asked(gate: RunningGate, name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which it is asked to create a ticket and to hold its answer."""
    url = urlsplit(gate.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    asked = {"title": name, "action": "wait", "arguments": {"name": name}, "expires_in": 3600, "wait": 300}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/hold HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {gate.asking}\r\n"
        f"Idempotency-Key: {name.replace(' ', '-')}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    return reader, writer


async def _wake(gate: RunningGate, crowd: list[_Waiter], decisions: int) -> list[float]:
    """From sending a decision to the waiter's answer, in milliseconds."""
    decider = AsyncGate(gate.url, gate.deciding)
    ids = {ticket.title: ticket.id for ticket in await decider.pending()}
    times = []
    for one in crowd[:: max(1, len(crowd) // decisions)][:decisions]:
        reading = asyncio.create_task(_read_at(one))
        await asyncio.sleep(0.02)
        began = time.perf_counter()
        read_at, _ = await asyncio.gather(reading, decider.approve(ids[one.name], "U1"))
        times.append((read_at - began) * 1000)
    return times


async def _read_at(waiter: _Waiter) -> float:
    """When its answer was there."""
    await waiter.reader.readuntil(b'"status":"approved"')
    return time.perf_counter()
