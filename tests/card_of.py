"""The card of a question, by words of its text."""

from typing import Any

from sandbox import Sandbox
from tests.rig import APPROVALS


def card_of(sandbox: Sandbox, title: str) -> dict[str, Any]:
    """The card, once it stands there."""

    def found() -> dict[str, Any] | None:
        return next((one for one in sandbox.control.messages(APPROVALS) if title in str(one["text"])), None)

    return sandbox.control.eventually(found, 20.0)
