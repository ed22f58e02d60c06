"""A GitLab as a server, and the bot's client of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from sandbox.gitlab import GitLab
from tests.upstream_client.gitlab.told import PROJECT
from tests.upstream_client.serving import serving
from upstream_client.gitlab import Gated, GitLabClient

Make = Callable[..., GitLabClient]


@pytest.fixture
def gitlab() -> GitLab:
    """With one project."""
    made = GitLab()
    made.add_project(PROJECT)
    return made


@pytest.fixture
def url(gitlab: GitLab) -> Iterator[str]:
    with serving(gitlab.app()) as address:
        yield address


@pytest.fixture
def make(gitlab: GitLab, url: str) -> Iterator[Make]:
    """A client of what is gated, of these projects, with a clock of the test's."""
    with ExitStack() as stack:

        def made(
            gated: Gated = Gated.DEPLOYMENTS,
            projects: tuple[str, ...] = (PROJECT,),
            monotonic: Callable[[], float] = lambda: 0.0,
        ) -> GitLabClient:
            client = GitLabClient(url, gitlab.token, projects, gated, timeout=(2.0, 2.0), monotonic=monotonic)
            stack.callback(client.close)
            return client

        yield made


@pytest.fixture
def client(make: Make) -> GitLabClient:
    """Of blocked deployments."""
    return make()


@pytest.fixture
def jobs(make: Make) -> GitLabClient:
    """Of jobs that are started by hand."""
    return make(Gated.MANUAL_JOBS)
