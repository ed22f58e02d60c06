"""One run: people at work in a sandbox, and a bot that dies and is started again until everything is done."""

import json
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sandbox import Sandbox
from sandbox.timing import Timing
from slack_bot.rows import key_of, shown_digest
from tests.bot_process import CHANNELS, environment
from tests.crash.boundary import Death
from tests.crash.ledger_view import LedgerView
from tests.crash.plan import APPROVERS, Plan, Press, Question
from tests.life import Life
from tests.rig import APPROVERS_GROUP
from upstream_client.privilege_manager import PrivManClient

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds in which whatever is waited for must have come."""
LOOK_EVERY = 0.03
WARNED_AFTER = 1.0
"""Seconds after which this Slack tells a person that nobody answered; the real one takes three."""
PRESSES_AGAIN = 4
"""So often somebody presses who was told that it did not work."""
MORE_QUESTIONS = 3
"""So many more are asked where the bot has not come to its death yet."""
UNSETTLED = ("", "pending", "decided")
NO_CARD = "no card"
LEASE_IS_OVER = 65
"""Seconds after which an answer that a dead process had taken is sent by the next one."""


class Unfinished(Exception):
    """What must come in the end has not come."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press as Slack has it."""

    user: str
    channel: str
    ts: str
    action: str
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What is left of a run, for the proof."""

    plan: Plan
    folder: Path
    sandbox: Sandbox
    env: dict[str, str]
    pressed: list[Pressed]
    visited: list[str]
    """The boundaries at which the bot died."""


@dataclass
class Story:
    """Plays a plan in ``folder``, which is empty; no further once ``stop`` is set."""

    plan: Plan
    folder: Path
    sandbox: Sandbox
    stop: threading.Event
    env: dict[str, str] = field(default_factory=dict)
    _pressed: list[Pressed] = field(default_factory=list)
    _visited: list[str] = field(default_factory=list)
    _life: Life | None = None
    _death: Death | None = None
    _lives: int = 0
    _later: int = 0

    @property
    def _control(self) -> Any:
        return self.sandbox.control

    def play(self) -> Told:
        """Until nothing waits any more and the bot was stopped. Raises `Unfinished`, or AssertionError."""
        self.ledger = LedgerView(self.folder)
        self.env = environment(self.sandbox, self.folder, LOG_LEVEL="WARNING")
        self._declare_channels()
        try:
            for question in self.plan.questions:
                self._ask(question)
            for _ in range(MORE_QUESTIONS):
                if self._has_died_often_enough:
                    break
                self._ask(self.plan.one_more)
            self._come_to_rest()
            self._stop()
        finally:
            self._end()
        return Told(self.plan, self.folder, self.sandbox, self.env, self._pressed, self._visited)

    def _declare_channels(self) -> None:
        of_all = {"approvers": {"groups": [APPROVERS_GROUP]}, "approvals": {"medium": self.plan.needed}}
        declared = [{"id": channel, **of_all} for channel in self.plan.channels]
        (self.folder / "channels.json").write_text(json.dumps(CHANNELS | {"channels": declared}))

    @property
    def _has_died_often_enough(self) -> bool:
        return self._death is None and self._lives > len(self.plan.deaths)

    def _live(self) -> None:
        """Starts the bot where it does not run. Raises AssertionError where it ended as nobody killed it."""
        if self.stop.is_set():
            raise Unfinished("stopped")
        code = self._life.code if self._life is not None else -signal.SIGKILL
        if code is None:
            return
        assert code == -signal.SIGKILL, f"it ended with {code}"
        if self._life is not None:
            self._visited.append((self.folder / "note").read_text())
        self._start()

    def _start(self) -> None:
        deaths = self.plan.deaths
        self._death = deaths[self._lives] if self._lives < len(deaths) else None
        self._lives += 1
        at = {} if self._death is None else {"CRASH_AT": self._death.as_json()}
        more = {"CRASH_NOTE": str(self.folder / "note"), "CRASH_LATER": str(self._later)}
        words = ["tests.crash.mortal_bot"]
        self._life = Life(words, self.folder, self.env | more | at, self.folder / "bot.log")

    def _until(self, look: Callable[[], T | None], what: str) -> T:
        """What ``look`` gives, once it gives something; the bot is started again as often as it dies."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._live()
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise Unfinished(f"{what}: {self.ledger.waiting()}")
            time.sleep(LOOK_EVERY)

    def _ask(self, question: Question) -> None:
        """Somebody asks, people answer until it is settled, and one comes late."""
        if question.slack_fault:
            self._control.faults(method=question.slack_method, kind=question.slack_fault)
        if question.upstream_fault:
            self._control.faults(
                upstream="privilege_manager", operation="decide", kind=question.upstream_fault
            )
        asked: str = self._control.file_request(**question.facts)
        if question.delivered_twice:
            self._control.faults(socket="duplicate", times=2)
        for number, press in enumerate(question.presses):
            self._press(asked, press)
            if number == 0 and question.elsewhere and self._waits_upstream(asked):
                self._control.decide_elsewhere(asked, question.elsewhere)
        self._settle(asked, question.presses[0].channel)
        self._press(asked, question.late)

    def _waits_upstream(self, asked: str) -> bool:
        return any(
            one["id"] == asked and one["status"] == "Pending" for one in self._control.upstream_requests()
        )

    def _settle(self, asked: str, channel: str) -> None:
        """Whoever may decide ends it, pressing again where an answer of theirs did not stand."""
        deadline = time.monotonic() + PATIENCE
        while self.ledger.state(asked) in UNSETTLED:
            if self.ledger.state(asked) == "pending":
                for user in APPROVERS:
                    self._press(asked, Press(user, channel, self.plan.last_words))
            if time.monotonic() > deadline:
                raise Unfinished(f"nobody's answer on {asked} stands: {self.ledger.waiting()}")
            self._live()
            time.sleep(LOOK_EVERY)

    def _press(self, asked: str, press: Press) -> None:
        """On the card, as soon as it is there; again where Slack says that it did not work."""
        ts = self._until(lambda: self._card(asked, press.channel), "a card")
        if ts == NO_CARD:
            return
        value = f"{key_of(PrivManClient.name, asked)}.{shown_digest(self.ledger.digest(asked))}"
        click = {"channel": press.channel, "ts": ts, "user": press.user, "action_id": press.action}
        for _ in range(PRESSES_AGAIN):
            answers = self._control.clicks([click | {"value": value, "force": True}] * (1 + press.double))
            done = [bool(answer["acknowledged"]) for answer in answers]
            self._pressed += [Pressed(press.user, press.channel, ts, press.action, one) for one in done]
            if all(done):
                return
            self._until(lambda: self._control.state()["connections"], "a connection")

    def _card(self, asked: str, channel: str) -> str:
        """The ts of the request's message; `NO_CARD` where it was settled before it got one there."""
        key = key_of(PrivManClient.name, asked)
        for message in self._control.messages(channel):
            if ((message.get("metadata") or {}).get("event_payload") or {}).get("request") == key:
                return str(message["ts"])
        is_over = self.ledger.state(asked) not in UNSETTLED
        return NO_CARD if is_over and not self.ledger.has_card(key, channel) else ""

    def _come_to_rest(self) -> None:
        """Nothing waits. An answer that a dead process had taken is sent a minute later: so it becomes later."""
        self._until(self._is_at_rest, "it does not come to rest")

    def _is_at_rest(self) -> bool:
        waiting = self.ledger.waiting()
        if waiting is not None and waiting.only_answers and not self._later and self._leased():
            self._later = LEASE_IS_OVER
            self._stop()
            self._start()
        return waiting is not None and waiting.nothing

    def _leased(self) -> bool:
        """Whether every answer that waits is held by a process that is dead."""
        now = time.time_ns() // 1000
        waits = self.ledger.rows("SELECT answer_due_at FROM inbox WHERE answer_due_at IS NOT NULL")
        return all(row["answer_due_at"] > now + 10_000_000 for row in waits)

    def _stop(self) -> None:
        """By SIGTERM, once it can take it."""
        self._until(lambda: self._control.state()["connections"], "a connection")
        assert self._life is not None
        self._life.send(signal.SIGTERM)
        assert self._wait_for_the_end(self._life) == 0

    def _wait_for_the_end(self, life: Life) -> int:
        deadline = time.monotonic() + PATIENCE
        while (code := life.code) is None:
            if time.monotonic() > deadline:
                raise Unfinished("it does not stop")
            time.sleep(LOOK_EVERY)
        return code

    def _end(self) -> None:
        """Whatever happened, no process stays."""
        if self._life is not None:
            self._life.send(signal.SIGKILL)
            self._wait_for_the_end(self._life)


def played(plan: Plan, folder: Path, prove: Callable[[Told], None], stop: threading.Event) -> list[str]:
    """Plays it and proves it. The boundaries that were visited. Raises AssertionError or `Unfinished`."""
    with Sandbox(timing=Timing(acknowledge_within=WARNED_AFTER)) as sandbox:
        told = Story(plan, folder, sandbox, stop).play()
        prove(told)
    return told.visited
