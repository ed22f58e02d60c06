"""A Xerotier as a server, and the bot's client of it."""

from collections.abc import Iterator

import pytest

from sandbox.xerotier import Xerotier
from tests.upstream_client.serving import serving
from tests.upstream_client.xerotier.approvals import OF_ONE
from upstream_client.models import Decision
from upstream_client.xerotier import XerotierClient
from upstream_client.xerotier.address import LIST_PATH

OURS = Decision("0123456789abcdef", "Approver (U02APPROVER)", "[0123456789abcdef] Approved in Slack")


@pytest.fixture
def xerotier() -> Xerotier:
    return Xerotier()


@pytest.fixture
def url(xerotier: Xerotier) -> Iterator[str]:
    with serving(xerotier.app()) as address:
        yield address


@pytest.fixture
def client(xerotier: Xerotier, url: str) -> Iterator[XerotierClient]:
    """That can ask for the list only."""
    made = XerotierClient(url, xerotier.project_id, xerotier.key, timeout=(2.0, 2.0))
    yield made
    made.close()


@pytest.fixture
def asking(xerotier: Xerotier, url: str) -> Iterator[XerotierClient]:
    """That can ask for one approval as well."""
    made = XerotierClient(
        url, xerotier.project_id, xerotier.key, paths=(LIST_PATH, OF_ONE), timeout=(2.0, 2.0)
    )
    yield made
    made.close()
