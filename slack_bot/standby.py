"""A worker that stands by while another replica, which started later, goes by other channels and risk rules."""

from slack_bot.reconciler import Worker
from slack_bot.stored_state import StoredState

LOOK_AGAIN = 10.0
"""Seconds between two looks whether that is over."""


class Standby:
    """Runs ``worker``, but where this process goes by what holds no more.

    It would rate requests and draw cards by rules that the other one has replaced. Whatever it leaves undone the
    other one does.
    """

    def __init__(self, worker: Worker, state: StoredState) -> None:
        self._worker = worker
        self._state = state

    def stop(self) -> None:
        """No new step; the one under way goes on."""
        self._worker.stop()

    def work(self, now: int) -> float | None:
        """As the worker does. Seconds until there may be more to do, None for "when woken"."""
        return LOOK_AGAIN if self._state.is_overtaken() else self._worker.work(now)
