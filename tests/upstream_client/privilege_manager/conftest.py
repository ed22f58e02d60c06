"""A Privilege Manager on a real socket, and clients of it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.privilege_manager import BASE_PATH, PrivilegeManager
from tests.upstream_client.privilege_manager.commands import Desk
from tests.upstream_client.serving import serving
from upstream_client.models import Decision
from upstream_client.privilege_manager import Contract, PrivManClient

DECISION = Decision("D7", "Approver", "Approved by Approver in Slack, decision D7")
Timeouts = tuple[float, float]


@pytest.fixture
def pm() -> PrivilegeManager:
    return PrivilegeManager()


@pytest.fixture
def base_url(pm: PrivilegeManager) -> Iterator[str]:
    with serving(pm.app()) as address:
        yield address + BASE_PATH


Connect = Callable[..., PrivManClient]


@pytest.fixture
def connect(pm: PrivilegeManager, base_url: str) -> Iterator[Connect]:
    """Makes clients, of this instance unless told otherwise; they are closed at the end."""
    with ExitStack() as stack:

        def make(
            base_url: str = base_url,
            username: str = pm.username,
            password: str = pm.password,
            contract: Contract | None = None,
            timeout: Timeouts = (2.0, 10.0),
            zone: str = "",
            ca_bundle: Path | None = None,
        ) -> PrivManClient:
            client = PrivManClient(
                base_url, username, password, contract, timeout=timeout, zone=zone, ca_bundle=ca_bundle
            )
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def client(connect: Connect) -> PrivManClient:
    return connect()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Somebody who runs discover and doctor."""
    for name in [name for name in os.environ if name.startswith("PRIVMAN_")]:
        monkeypatch.delenv(name)
    return Desk(tmp_path, monkeypatch, capsys)
