"""The address at which the bot listens (HTTP_HOST, HTTP_PORT)."""

import socket
from typing import Final

BACKLOG: Final = 128
"""Connections that wait to be accepted."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; 0 lets the system choose the port. Whoever comes waits until it is served.

    It names its protocol: only then does asyncio send small pieces at once (TCP_NODELAY). Raises `OSError`.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, _, _, address = found[0]
    door = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
        door.listen(BACKLOG)
    except OSError:
        door.close()
        raise
    return door


def url_of(door: socket.socket) -> str:
    """Where this machine reaches it: "http://127.0.0.1:8090"."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
