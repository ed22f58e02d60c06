"""Answers that are held for a key: what it is still told once it was revoked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Message

from approval_gate.server.app import build
from approval_gate.server.database import Database
from approval_gate.server.desk import Terms
from approval_gate.server.looking import as_ticket, held
from approval_gate.server.parts import Parts
from approval_gate.server.revocation import revoke
from approval_gate.server.settings import GateSettings
from approval_gate.server.ticket_routes import list_tickets
from tests.approval_gate.server.desks import OpenDesk, new_key, on_a_loop, open_desk

AT_ONCE = Terms(sweep=0.02, key_kept=0.0)
HELD = 60.0
"""Seconds, which nobody waits here."""


@asynccontextmanager
async def parts_of_a_gate(url: str) -> AsyncIterator[tuple[Parts, OpenDesk]]:
    """A gate's parts, with a desk that knows at once which keys live."""
    async with open_desk(url, AT_ONCE) as desk:
        settings = GateSettings(heartbeat=0.05)
        app: FastAPI = build(settings, desk.database, "http://gate.example.com")
        parts: Parts = app.state.parts
        given = (parts.writing, parts.listing, parts.rate, parts.guard, parts.callbacks, parts.metrics)
        yield Parts(settings, desk, *given), desk


async def answered(response: Response) -> bytes:
    """The whole body, for a client that stays."""
    body = bytearray()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        body.extend(message.get("body", b""))

    async with asyncio.timeout(15):
        await response({"type": "http"}, receive, send)
    return bytes(body).strip()


def revoked(database: Database, key_id: str) -> None:
    with database.write() as tx:
        assert revoke(tx, key_id, 2) is not None


@on_a_loop
async def test_a_revoked_key_is_told_nothing_more_of_others_tickets(sqlite_url: str) -> None:
    """Given a key that waits for somebody else's ticket, when it is revoked, then its answer ends as it was."""
    async with parts_of_a_gate(sqlite_url) as (parts, desk):
        ticket, watcher = await desk.file(), new_key(desk.database)
        written = as_ticket(parts, watcher)
        waiting = asyncio.create_task(answered(held(parts, ticket, watcher, HELD, written)))
        await asyncio.sleep(0.1)
        assert not waiting.done()

        revoked(desk.database, watcher.id)

        assert await waiting == written(ticket)


@on_a_loop
async def test_a_revoked_key_is_told_that_its_own_ticket_is_cancelled(sqlite_url: str) -> None:
    async with parts_of_a_gate(sqlite_url) as (parts, desk):
        ticket = await desk.file()
        response = held(parts, ticket, desk.key, HELD, as_ticket(parts, desk.key))
        waiting = asyncio.create_task(answered(response))
        await asyncio.sleep(0.1)

        revoked(desk.database, desk.key.id)

        assert b'"status":"cancelled"' in await waiting


@on_a_loop
async def test_a_revoked_key_is_told_no_new_list(sqlite_url: str) -> None:
    async with parts_of_a_gate(sqlite_url) as (parts, desk):
        await desk.file()
        watcher = new_key(desk.database)
        known = await parts.listing.written(await desk.pending())
        waiting = asyncio.create_task(answered(await list_tickets(watcher, parts, wait=HELD)))
        await asyncio.sleep(0.1)
        assert not waiting.done()

        revoked(desk.database, watcher.id)

        assert await waiting == known
