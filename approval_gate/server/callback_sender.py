"""Sends a callback: one POST, to an address that was judged, without redirects, proxies or patience."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

import h11

from approval_gate.server.callback_address import Guard, NotAllowed, Target

CONNECT_SECONDS: Final = 5.0
SECONDS: Final = 10.0
"""For all of it: a receiver that answers a byte a second holds nobody up."""
CHUNK: Final = 16 * 1024
MOST_HEADERS: Final = 64 * 1024
AGENT: Final = "approval-gate"


class NotDelivered(Exception):
    """No answer came; the text says why, for the log that the key's owner sees."""


class Sender:
    """Posts bodies to where ``guard`` lets them. ``tls`` trusts the public authorities unless given."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None = None, seconds: float = SECONDS) -> None:
        self._guard = guard
        self._tls = tls or ssl.create_default_context()
        self._seconds = seconds

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that was answered. Raises `NotDelivered`."""
        try:
            target = Target.of(url)
            async with asyncio.timeout(self._seconds):
                return await self._post(target, body, headers)
        except NotAllowed as error:
            raise NotDelivered(f"callback_url {error}") from error
        except TimeoutError as error:
            raise NotDelivered(f"no answer within {self._seconds:g} s") from error
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered(f"the certificate is not valid: {error.verify_message}") from error
        except (OSError, h11.RemoteProtocolError) as error:
            raise NotDelivered(_words(error)) from error

    async def _post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
        reader, writer = await self._connect(target)
        try:
            return await _exchange(reader, writer, _request(target, body, headers), body)
        finally:
            writer.transport.abort()

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To the first of the name's addresses that answers; TLS checks the name, not the address."""
        tls = self._tls if target.scheme == "https" else None
        name = target.host if tls else None
        failure: OSError = OSError("the name has no address")
        for address in await self._guard.addresses(target):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(address, target.port, ssl=tls, server_hostname=name)
            except ssl.SSLError:
                raise
            except TimeoutError:
                failure = OSError(f"no connection within {CONNECT_SECONDS:g} s")
            except OSError as error:
                failure = error
        raise failure


def _request(target: Target, body: bytes, headers: Mapping[str, str]) -> h11.Request:
    return h11.Request(
        method="POST",
        target=target.path,
        headers=[
            ("Host", target.authority),
            ("User-Agent", AGENT),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *headers.items(),
        ],
    )


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: h11.Request, body: bytes
) -> int:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADERS)
    for sent in (request, h11.Data(data=body), h11.EndOfMessage()):
        writer.write(connection.send(sent) or b"")
    await writer.drain()
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            return event.status_code
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(CHUNK))


def _words(error: Exception) -> str:
    """The system's words, without addresses."""
    words = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return f"it could not be sent: {words}"[:200]
