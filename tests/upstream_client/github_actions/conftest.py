"""A GitHub as a server, and the bot's client of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.github_actions import GitHubActions
from sandbox.github_actions.runs import REPOSITORY
from tests.clock import Clock
from tests.upstream_client.serving import serving
from upstream_client.github_actions import GitHubActionsClient
from upstream_client.github_actions.caller import Access
from upstream_client.models import Decision

OURS = Decision("0123456789abcdef", "Approver (U02APPROVER)", "[0123456789abcdef] Approved by Approver")


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[GitHubActions, str]]:
    made = GitHubActions()
    with serving(made.app()) as address:
        yield made, address


@pytest.fixture
def github(_served: tuple[GitHubActions, str]) -> GitHubActions:
    _served[0].reset()
    return _served[0]


@pytest.fixture
def url(_served: tuple[GitHubActions, str]) -> str:
    return _served[1]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(github: GitHubActions, url: str) -> Access:
    return Access(github.token, url, timeout=(2.0, 1.0))


@pytest.fixture
def client(access: Access, clock: Clock) -> Iterator[GitHubActionsClient]:
    """Of one repository."""
    made = GitHubActionsClient(access, (REPOSITORY,), monotonic=clock.monotonic)
    yield made
    made.close()


@contextmanager
def client_of(access: Access, *repositories: str, owner: str = "") -> Iterator[GitHubActionsClient]:
    made = GitHubActionsClient(access, repositories, owner)
    yield made
    made.close()
