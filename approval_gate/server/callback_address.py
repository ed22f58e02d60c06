"""Where a callback may go: the public Internet over https, and the private networks that the operator named.

The name is resolved once, every address it has is judged, and the connection goes to one of those: a name that
answers differently a moment later leads nobody inside.
"""

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS: Final = {"https": 443, "http": 80}
UNICAST: Final = ip_network("2000::/3")
"""All of IPv6 that the public Internet is made of (RFC 4291, 2.4); Python counts some more as global."""
NEVER: Final = (
    ip_network("168.63.129.16/32"),  # Azure's own services for a machine; a public number
    ip_network(
        "192.0.0.0/24"
    ),  # for protocols; Oracle's instance metadata; global to some versions of Python
    ip_network("192.88.99.0/24"),  # relays of 6to4
    ip_network("2001::/23"),  # for protocols, Teredo among them: a tunnel to any IPv4 address
    ip_network("2002::/16"),  # 6to4, another one
    ip_network("3fff::/20"),  # for documentation
)
HOST_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
ASKED_AT_ONCE: Final = 16
"""Names that are asked for at the same time."""
HOW_TO_ALLOW: Final = "only networks in GATE_CALLBACK_PRIVATE may be private"


class NotAllowed(Exception):
    """A callback may not go there; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A callback's address, taken apart; ``path`` with the query."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> "Target":
        """Raises `NotAllowed` with what is wrong with it."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise NotAllowed("is no address") from error
        host = parts.hostname or ""
        if parts.scheme not in PORTS or port == 0 or not (":" in host or HOST_NAME.fullmatch(host)):
            raise NotAllowed("is no address that begins with https:// and a host's name")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise NotAllowed("must hold neither a user nor a fragment: the signature proves who calls")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.scheme, host, port or PORTS[parts.scheme], path)

    @property
    def authority(self) -> str:
        """For the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


class Guard:
    """Judges addresses. ``private`` are the networks that callbacks may go to although nobody outside can."""

    def __init__(self, private: tuple[Network, ...] = ()) -> None:
        self._private = private
        # Threads of its own: a name server that keeps silent must not hold up what else is done in threads.
        self._asking = ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="names")

    def check(self, url: str) -> None:
        """What can be told without asking for names. Raises `NotAllowed`."""
        target = Target.of(url)
        if target.scheme == "http" and not self._private:
            raise NotAllowed(
                "must begin with https://; http:// goes to networks in GATE_CALLBACK_PRIVATE only"
            )
        try:
            address = ip_address(target.host)
        except ValueError:
            return
        self.judge(address, target.scheme)

    def judge(self, address: Address, scheme: str) -> None:
        """Raises `NotAllowed` where a callback must not go to this address by this scheme."""
        inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        actual = inner or address
        if any(actual in network for network in self._private):
            return
        if scheme != "https":
            raise NotAllowed(
                "leads to a network that is not in GATE_CALLBACK_PRIVATE: http:// goes to those only"
            )
        if not _is_public(actual):
            raise NotAllowed(f"leads to a private address: {HOW_TO_ALLOW}")

    async def addresses(self, target: Target) -> list[str]:
        """What the name has now, each of them judged, in the order to be tried.

        Raises `NotAllowed` where one of them is forbidden, `OSError` where the name has none.
        """
        loop = asyncio.get_running_loop()
        ask = partial(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
        found = await loop.run_in_executor(self._asking, ask)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self.judge(ip_address(address), target.scheme)
        return addresses


def _is_public(address: Address) -> bool:
    if address.version == 6 and address not in UNICAST:
        return False
    in_use = address.is_global and not address.is_multicast
    return in_use and not any(address in network for network in NEVER)
