"""Bodies that may be long, sent in pieces: a client that reads slowly holds up one piece, not a copy of all."""

from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE: Final = 64 * 1024
"""Bytes."""


async def send_in_pieces(send: Send, body: bytes) -> None:
    """Sends the rest of an answer, as fast as its reader takes it."""
    last = max(0, len(body) - 1) // PIECE * PIECE
    for start in range(0, last, PIECE):
        await send({"type": "http.response.body", "body": body[start : start + PIECE], "more_body": True})
    await send({"type": "http.response.body", "body": body[last:]})


class InPieces(Response):
    """An answer whose body may be long."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, as ASGI has it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send_in_pieces(send, bytes(self.body))
