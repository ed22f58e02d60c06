"""``python -m tests.crash.mortal_bot``: ``python -m slack_bot.app``, unchanged, with death watching its libraries.

CRASH_AT is a `Death` as JSON, CRASH_NOTE the file that is written just before it. CRASH_LATER lets the bot's
clock run ahead by so many seconds.
"""

import os
import runpy
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from requests import PreparedRequest, Response, Session
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool
from websockets.sync.connection import Connection as WebSocket

from slack_bot import clock
from tests.crash.boundary import Boundary, Death, Moment, Step

T = TypeVar("T")

OF_RECORDS = {
    "request_seen": Step.SEEN,
    "card_posted": Step.RECORDED,
    "vote": Step.VOTED,
    "intent": Step.INTENDED,
    "outcome": Step.LEARNED,
}
"""The step that a transaction is, by the kind of the audit record in it."""
OF_METHODS = {
    "chat.postMessage": Step.POSTED,
    "chat.update": Step.UPDATED,
    "chat.postEphemeral": Step.TOLD,
}
VERDICTS = ("/approval/approve", "/approval/deny")
"""How the upstream's addresses for them end."""
OUTCOME = "outcome"
"""The kind of an item of the inbox that Slack did not deliver."""


class Reaper:
    """Ends the process, as nothing else does: at once, wherever its other threads are."""

    def __init__(self, death: Death, note: Path) -> None:
        self._death = death
        self._note = note
        self._left = death.nth
        self._counting = threading.Lock()

    def at(self, step: Step, moment: Moment) -> None:
        """The bot is at this boundary now."""
        with self._counting:
            if self._death.boundary != Boundary(step, moment):
                return
            self._left -= 1
            if self._left == 0:
                self._note.write_text(str(self._death.boundary))
                os.kill(os.getpid(), signal.SIGKILL)


class Transactions:
    """Tells the steps that are transactions by what is written in them."""

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper
        self._of = threading.local()

    def watch(self) -> None:
        """Every engine of this process."""
        event.listen(Engine, "begin", self._begin)
        event.listen(Engine, "before_cursor_execute", self._execute)
        event.listen(Engine, "commit", self._commit)
        event.listen(Pool, "checkin", self._let_go)

    def _begin(self, _connection: Connection) -> None:
        self._of.steps, self._of.committed = set[Step](), set[Step]()

    def _execute(self, _connection: Connection, _cursor: Any, statement: str, *rest: Any) -> None:
        context = rest[1]
        words = " ".join(statement.split())
        for values in getattr(context, "compiled_parameters", None) or [{}]:
            step = step_of(words, values)
            if step is not None:
                self._of.steps.add(step)

    def _commit(self, _connection: Connection) -> None:
        for step in self._of.steps:
            self._reaper.at(step, Moment.BEFORE)
        self._of.committed = self._of.steps

    def _let_go(self, *_: object) -> None:
        """The connection goes back right after the commit."""
        for step in getattr(self._of, "committed", ()):
            self._reaper.at(step, Moment.AFTER)
        self._of.committed = set[Step]()


def step_of(statement: str, values: dict[str, Any]) -> Step | None:
    """What the transaction is in which this is executed; None where this does not tell."""
    if statement.startswith("INSERT INTO audit "):
        return OF_RECORDS.get(str(values.get("kind")))
    if statement.startswith("INSERT INTO cards "):
        return Step.CLAIMED
    if statement.startswith("INSERT INTO inbox "):
        return None if values.get("kind") == OUTCOME else Step.SAVED
    if statement.startswith("UPDATE cards SET state=?, shown_look=?, shown_policy=?, "):
        return Step.DRAWN
    if statement.startswith("UPDATE inbox SET answer_due_at=? "):
        return Step.TAKEN
    return None


def watch_slack(reaper: Reaper) -> None:
    """Calls of the Web API, and acknowledgements."""
    call, send = WebClient.api_call, WebSocket.send

    def api_call(client: WebClient, api_method: str, **arguments: Any) -> SlackResponse:
        return _around(reaper, OF_METHODS.get(api_method), lambda: call(client, api_method, **arguments))

    def send_frame(socket: WebSocket, message: Any, *more: Any, **by_name: Any) -> None:
        is_answer = isinstance(message, str) and '"envelope_id"' in message
        step = Step.ACKNOWLEDGED if is_answer else None
        _around(reaper, step, lambda: send(socket, message, *more, **by_name))

    setattr(WebClient, "api_call", api_call)  # noqa: B010 - a plain assignment to a method is a type error
    setattr(WebSocket, "send", send_frame)  # noqa: B010


def watch_upstream(reaper: Reaper) -> None:
    """Verdicts sent, and answers to people who are not in the channel."""
    send = Session.send

    def send_request(session: Session, request: PreparedRequest, **more: Any) -> Response:
        path = (request.path_url or "").lower()
        verdict = Step.CALLED if path.endswith(VERDICTS) else None
        step = Step.TOLD if "/response/" in path else verdict
        return _around(reaper, step, lambda: send(session, request, **more))

    setattr(Session, "send", send_request)  # noqa: B010


def _around(reaper: Reaper, step: Step | None, work: Callable[[], T]) -> T:
    if step is not None:
        reaper.at(step, Moment.BEFORE)
    done = work()
    if step is not None:
        reaper.at(step, Moment.AFTER)
    return done


def main() -> None:
    """Becomes the bot."""
    later = int(float(os.environ.get("CRASH_LATER", "0")) * 1e9)
    if later:
        setattr(clock, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + later))  # noqa: B010
    if "CRASH_AT" in os.environ:
        reaper = Reaper(Death.from_json(os.environ["CRASH_AT"]), Path(os.environ["CRASH_NOTE"]))
        Transactions(reaper).watch()
        watch_slack(reaper)
        watch_upstream(reaper)
    runpy.run_module("slack_bot.app", run_name="__main__")


if __name__ == "__main__":
    main()
