"""A real browser for tests: the system's Chromium, driven by playwright.

A test module asks for it with `pytest_plugins = ["tests.browser"]` and the fixture `browser_page`. Without
Chromium its tests are skipped on a person's machine and fail where CI=true.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 10_000
"""Milliseconds a browser test waits for what it expects."""


@dataclass
class Watch:
    """What no page of ours may do: a test fails at its end unless `foreign` and `errors` are empty."""

    foreign: list[str] = field(default_factory=list)
    """Requests to another host than this machine."""
    expected: list[str] = field(default_factory=list)
    """Parts of the errors that a test causes on purpose: these are not kept."""
    errors: list[str] = field(default_factory=list)
    """Errors and warnings in the browser's console (a broken security policy is one), uncaught exceptions."""

    def request(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost"):
            self.foreign.append(request.url)

    def console(self, message: ConsoleMessage) -> None:
        known = any(words in message.text for words in self.expected)
        if message.type in ("error", "warning") and not known:
            self.errors.append(message.text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module: playwright's event loop is gone before the next module runs."""
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    if path is None:
        words = f"no Chromium on the path (looked for {', '.join(NAMES)}): apt install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"]
        chromium = playwright.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_watch() -> Watch:
    """For a test that causes an error in the console: it adds its words to `expected` first."""
    return Watch()


@pytest.fixture
def browser_page(browser: Browser, browser_watch: Watch) -> Iterator[Page]:
    """A fresh page of 1200 x 900 pixels."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("request", browser_watch.request)
    page.on("console", browser_watch.console)
    page.on("pageerror", lambda error: browser_watch.errors.append(str(error)))
    yield page
    context.close()
    assert (browser_watch.foreign, browser_watch.errors) == ([], [])
