"""One Socket Mode connection, seen from Slack's side."""

import asyncio
import json
import secrets
import socket
import struct
import time
from contextlib import suppress

from aiohttp import web

from sandbox.json_types import Json


def reset_transport(transport: asyncio.BaseTransport | None) -> None:
    """Drop a TCP connection with RST instead of FIN, as a dying peer or a firewall does."""
    if not isinstance(transport, asyncio.Transport):
        return
    connected = transport.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Connection:
    """``silent_until``: monotonic time up to which nothing is answered; infinity when half-open."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.id = secrets.token_hex(4)
        self.ws = ws
        self.opened_at = time.time()
        self.silent_until = 0.0
        self.leaving = ""
        self.draining = False
        self.delivered = 0
        self.acknowledged = 0
        self.unanswered: set[str] = set()
        self._transport = transport

    @property
    def is_silent(self) -> bool:
        return time.monotonic() < self.silent_until

    @property
    def takes_envelopes(self) -> bool:
        """Also while it has been told to leave: until the grace is over Slack may still use it."""
        return not self.draining and not self.ws.closed

    async def send(self, frame: Json) -> None:
        """A silent connection swallows the frame, as a half-open one does; its reader finds a broken one."""
        if not self.is_silent:
            with suppress(ConnectionError):
                await self.ws.send_str(json.dumps(frame))

    async def pong(self, data: bytes) -> None:
        if not self.is_silent:
            with suppress(ConnectionError):
                await self.ws.pong(data)

    async def ping_forever(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            if not self.is_silent:
                with suppress(ConnectionError):
                    await self.ws.ping(b"Ping from the sandbox")

    async def leave(self, reason: str, grace: float, drain: float) -> None:
        """Say `disconnect`, stay for ``grace`` s, wait up to ``drain`` s for what is unanswered, close."""
        self.leaving = reason
        await self.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})
        await asyncio.sleep(grace)
        self.draining = True
        deadline = time.monotonic() + drain
        while self.unanswered and not self.ws.closed and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await self.close()

    async def close(self, code: int = 1000) -> None:
        """A WebSocket close; a silent connection cannot even do that and is dropped."""
        if self.is_silent:
            self.abort()
        else:
            await self.ws.close(code=code, message=b"")

    def abort(self) -> None:
        reset_transport(self._transport)

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "opened_at": self.opened_at,
            "leaving": self.leaving,
            "silent": self.is_silent,
            "delivered": self.delivered,
            "acknowledged": self.acknowledged,
        }
