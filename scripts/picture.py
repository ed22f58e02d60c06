"""Takes the README's picture of the card, from the sandbox's page: ``.venv/bin/python scripts/picture.py``."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sandbox import Sandbox
from sandbox.demo.bot import start_bot
from sandbox.demo.parts.privilege_manager import settings_of
from sandbox.demo.people import APPROVER, CHANNEL

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "card.png"
REQUESTS = (
    {
        "user": r"ACME\requester",
        "computer": "WKS-0421",
        "policy": "Elevate installers on request",
        "file": r"C:\Users\requester\Downloads\printer-driver.exe",
        "publisher": "Printers Inc.",
        "reason": "The new printer on the second floor needs its driver.",
    },
    {
        "user": r"ACME\requester",
        "computer": "WKS-0421",
        "policy": "Elevate installers on request",
        "file": r"C:\Users\requester\Downloads\Git-2.47.1-64-bit.exe",
        "publisher": "The Git Development Community",
        "reason": "The version on this machine is too old for our repositories.",
    },
)


def _arrange(page: Page, sandbox: Sandbox) -> None:
    """One card answered, one waiting."""
    for number, request in enumerate(REQUESTS, 1):
        sandbox.control.file_request(**request)
        page.wait_for_function("n => document.querySelectorAll('[data-ts]').length >= n", arg=number)
    page.locator("select[data-action-id=choose_duration]").first.select_option("900")
    page.locator("[data-action-id=approve_request]").first.click()
    page.get_by_text("Approved by Approver").first.wait_for()


def main() -> None:
    """Runs sandbox, bot and browser, and writes the picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with (
        Sandbox() as sandbox,
        tempfile.TemporaryDirectory() as folder,
        start_bot(sandbox, Path(folder), {"privilege_manager": settings_of(sandbox)}),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 940}, device_scale_factor=1.5)
        page.goto(f"{sandbox.url}/#channel={CHANNEL}&user={APPROVER}")
        _arrange(page, sandbox)
        page.mouse.move(5, 5)
        page.locator("#log").screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
