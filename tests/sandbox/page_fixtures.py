"""The page in a browser, and a stock app behind it: fixtures, for `pytest_plugins`."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from sandbox import Sandbox
from tests.sandbox.cards import APPROVER, CHANNEL
from tests.sandbox.stock_app import stock_app


@pytest.fixture
def enter(sandbox: Sandbox, browser_page: Page) -> Callable[..., Page]:
    """Opens the page as a person in a channel: `enter(user, channel)`."""

    def open_page(user: str = APPROVER, channel: str = CHANNEL) -> Page:
        browser_page.goto(f"{sandbox.url}/#channel={channel}&user={user}")
        expect(browser_page.locator("#user")).to_have_value(user)
        return browser_page

    return open_page


@pytest.fixture
def app(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stock app, connected. Its Socket Mode client would ask a proxy for 127.0.0.1."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with stock_app(sandbox):
        yield
