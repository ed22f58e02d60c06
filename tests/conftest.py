"""What every test may ask for."""

import gc
import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from sandbox import Sandbox

settings.register_profile("seeded", derandomize=True, deadline=None)
settings.load_profile("seeded")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in the background of a shell: the programs that tests start, and interrupt, would ignore it as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Through the standard library pytest keeps what a test logged, and shows it only where the test failed.
structlog.configure(
    logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger
)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: looking for garbage in it again and again takes a seventh of all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(autouse=True)
def no_proxy_from_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here is on loopback, where no proxy has a way to."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A fresh Slack workspace and Privilege Manager, with the app installed as its manifest asks.

    The test fails if the app called a Web API method the sandbox does not know.
    """
    with Sandbox() as running:
        yield running
        assert_known_methods(running)


def assert_known_methods(sandbox: Sandbox) -> None:
    """Fails, naming them, if Web API methods were called that the sandbox does not know."""
    unknown = sandbox.control.state()["unknown_methods"]
    assert not unknown, f"the sandbox knows no Web API method {', '.join(unknown)}"
