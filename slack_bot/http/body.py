"""The body of a request, whole and as it was sent, within bounds of size and time."""

import asyncio
from typing import Final

from fastapi import HTTPException
from starlette.requests import ClientDisconnect, Request

MOST_BYTES: Final = 1024 * 1024
WITHIN: Final = 10.0
"""Seconds for the whole body. Xerotier and Slack send theirs at once."""
_CLOSE = {"Connection": "close"}


async def whole_body(request: Request, most: int = MOST_BYTES, within: float = WITHIN) -> bytes:
    """Every byte, as a signature over it needs them.

    Raises `HTTPException`: 413 for more than ``most`` bytes, 408 where they take longer than ``within``
    seconds, 400 where they break off.
    """
    said = request.headers.get("Content-Length", "0")
    if said.isdecimal() and int(said[:12]) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(within):
            return await _read(request, most)
    except TimeoutError as error:
        raise HTTPException(408, f"The body took longer than {within:g} seconds.", _CLOSE) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The body broke off.") from error


async def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"The body has more than {most} bytes.", _CLOSE)
