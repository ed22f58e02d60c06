"""Whether the bot can do its work at this moment, and if not, what keeps it from it."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import delete, insert
from sqlalchemy.exc import SQLAlchemyError

from slack_bot.figures import Figures
from slack_bot.http.shared_answer import FRESH, SharedAnswer
from slack_bot.ledger import Ledger, inbox
from slack_bot.stored_state import StoredState

INTERVALS: Final = 3
"""So many poll intervals may pass since an upstream last told what waits."""
WITHIN: Final = 8.0
"""Seconds for all checks; a ledger that somebody holds is given up after five."""
REMEMBERED: Final = 60.0
"""Seconds for which a save that failed is told of. No longer: whoever is not ready may be sent nothing to save."""

Check = Callable[[], str]
"""Why not, in words for the operator; "" where nothing is wrong."""


class Readiness:
    """Several checks by name, made together; those who ask at the same time get the same answer."""

    def __init__(self, checks: Mapping[str, Check], fresh: float = FRESH, within: float = WITHIN) -> None:
        self._checks = checks
        self._within = within
        self._answer = SharedAnswer(self._ask_all, fresh)

    async def lacking(self) -> dict[str, str]:
        """What is not as it should be, and why; empty where the bot can do its work."""
        try:
            return await asyncio.wait_for(self._answer.get(), self._within)
        except TimeoutError:
            return {"checks": f"They took longer than {self._within:g} seconds."}

    def _ask_all(self) -> dict[str, str]:
        told = {name: check() for name, check in self._checks.items()}
        return {name: why for name, why in told.items() if why}


def socket_check(is_alive: Callable[[], bool]) -> Check:
    """The connection to Slack."""
    return lambda: "" if is_alive() else "The connection to Slack is not alive."


def threads_check(are_alive: Callable[[], bool]) -> Check:
    """Those who act on what is heard."""
    return lambda: "" if are_alive() else "A part of the bot has ended; restart it."


def ledger_check(ledger: Ledger) -> Check:
    """That a row can be saved as what comes is; it is taken out in the same transaction."""
    key = f"{__name__}:{uuid.uuid4().hex}"
    texts = dict.fromkeys(("kind", "channel", "user_id", "payload", "reply_to", "result", "answer"), "")
    put = insert(inbox).values({**texts, "once_key": key, "received_at": 0})
    take_out = delete(inbox).where(inbox.c.once_key == key)

    def check() -> str:
        try:
            with ledger.write() as tx:
                tx.execute(put)
                tx.execute(take_out)
        except SQLAlchemyError as error:
            return f"It cannot be written ({type(error).__name__}); the log tells more."
        return ""

    return check


def saves_check(figures: Figures, monotonic: Callable[[], float]) -> Check:
    """What came in the last minute: a small row may be written while a large one is not."""

    def check() -> str:
        at = figures.save_failed_at
        age = REMEMBERED if at is None else monotonic() - at
        return (
            f"What came {age:.0f} seconds ago could not be saved; the log says why."
            if age < REMEMBERED
            else ""
        )

    return check


def state_check(state: StoredState) -> Check:
    """The stored channels and schedules."""
    return lambda: "Channels and schedules cannot be read; the log says why." if state.trouble else ""


def polled_check(upstream: str, figures: Figures, interval: float, monotonic: Callable[[], float]) -> Check:
    """That the upstream told what waits, within three ``interval`` seconds."""

    def check() -> str:
        at = figures.polled_at(upstream)
        if at is None:
            return "Its list was not read yet."
        age = monotonic() - at
        return f"Its list was read {age:.0f} seconds ago." if age > INTERVALS * interval else ""

    return check
