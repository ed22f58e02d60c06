"""The event loop of this thread, which must never stand still while a person thinks."""

import asyncio

from approval_gate.errors import GateUnavailable


def must_not_run(name: str, instead: str) -> None:
    """Raises `GateUnavailable` in a thread whose event loop is running; ``instead`` says what to write."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise GateUnavailable(
        f"{name} was not asked for: waiting for a person here would stop the event loop and every other task in"
        f" it. {instead}"
    )
