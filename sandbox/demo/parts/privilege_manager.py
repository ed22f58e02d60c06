"""Privilege Manager in the demo: people who want to run something as administrator."""

from collections.abc import Iterator

from sandbox.demo.part import SEED, Part, Setting
from sandbox.privilege_manager import demo_requests
from sandbox.server import Sandbox


def privilege_manager(here: Setting) -> Part:
    """The sandbox's own."""
    return Part(settings_of(here.sandbox), _asks(here.sandbox))


def settings_of(sandbox: Sandbox) -> dict[str, str]:
    """With which the bot reaches it."""
    return {
        "PRIVMAN_BASE_URL": sandbox.privman_url,
        "PRIVMAN_USERNAME": sandbox.privman_username,
        "PRIVMAN_PASSWORD": sandbox.privman_password,
    }


def _asks(sandbox: Sandbox) -> Iterator[None]:
    for request in demo_requests(SEED):
        sandbox.control.file_request(**request)
        yield
