"""The terms of an approval: what the decorator's parentheses say, and the question it makes of a call."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from approval_gate.async_client import AsyncGate
from approval_gate.bound_call import BoundCall
from approval_gate.client import Gate
from approval_gate.errors import ApprovalDenied, ApprovalTimeout
from approval_gate.json_text import JsonValue
from approval_gate.question import LONGEST_TEXT, Asked, headline

Words: TypeAlias = str | Callable[[Mapping[str, JsonValue]], str]
"""A text, or what makes one of the arguments as people see them."""
ON_TIMEOUT = ("deny", "raise")
RISKS = ("low", "medium", "high", "critical", "unrated")
LONGEST_LINE = 200
"""Characters of a scope or a channel that a gate takes."""
LONGEST_LIFE = 7 * 24 * 3600
"""Seconds that a gate keeps a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an approval is asked for with. ``timeout`` is in seconds; ``gate`` None is the environment's."""

    scope: str
    risk: str
    timeout: float
    on_timeout: str
    redact: tuple[str, ...]
    title: Words
    justification: Words
    channel: str
    gate: Gate | AsyncGate | None
    show_self: bool = False

    def __post_init__(self) -> None:
        _must_be_one_of("on_timeout", self.on_timeout, ON_TIMEOUT)
        _must_be_one_of("risk", self.risk, RISKS)
        _must_be_names(self.redact)
        _must_be_seconds(self.timeout)
        _must_be_a_line("scope", self.scope)
        if self.channel:
            _must_be_a_line("channel", self.channel)
        _must_be_words("title", self.title)
        _must_be_words("justification", self.justification)
        if not isinstance(self.gate, Gate | AsyncGate | None):
            raise TypeError(f"gate is {self.gate!r}: give a Gate or an AsyncGate, or leave it out")

    def blocking_gate(self) -> Gate:
        """For functions that may block."""
        if isinstance(self.gate, AsyncGate):
            return self.gate.gate
        return self.gate or gate_of_environment()

    def async_gate(self) -> AsyncGate:
        """For coroutine functions."""
        return self.gate if isinstance(self.gate, AsyncGate) else AsyncGate(gate=self.blocking_gate())

    def question(self, name: str, call: BoundCall) -> Asked:
        """What to ask before one call of the function ``name``."""
        arguments = call.arguments
        title = headline(arguments.covered(_words("title", self.title, arguments.shown)))
        justification = arguments.covered(_words("justification", self.justification, arguments.shown))
        labels = {"Function": headline(name), "Scope": headline(self.scope)} | arguments.labels
        return {
            "title": title or headline(f"{name} ({self.scope})"),
            "action": self.scope,
            "arguments": arguments.shown,
            "arguments_digest": arguments.digest,
            "justification": _at_most(LONGEST_TEXT, justification),
            "risk": self.risk,
            "channel": self.channel,
            "expires_in": self.timeout,
            "cancel_on_disconnect": True,
            "labels": {label: headline(text) for label, text in labels.items()},
        }

    def as_wanted(self, timeout: ApprovalTimeout) -> ApprovalDenied | ApprovalTimeout:
        """The error that ``on_timeout`` asks for."""
        if self.on_timeout == "raise":
            return timeout
        return ApprovalDenied(f"nobody answered within {self.timeout:g} seconds", "", timeout.ticket)


def gate_of_environment() -> Gate:
    """The gate of GATE_URL and GATE_API_KEY as they are now, one for all who ask: they share its connections."""
    return _gate_at(os.environ.get("GATE_URL"), os.environ.get("GATE_API_KEY"))


@lru_cache(maxsize=8)
def _gate_at(url: str | None, api_key: str | None) -> Gate:
    return Gate(url, api_key)


def _must_be_one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} is {value!r}: it can be {', '.join(known)}")


def _must_be_names(redact: object) -> None:
    """A text is a sequence of texts too: each of its letters would be a name."""
    if isinstance(redact, str):
        raise TypeError(f'redact is a text: write redact=("{redact}",)')
    if not isinstance(redact, tuple | list | set | frozenset) or not all(
        isinstance(one, str) for one in redact
    ):
        raise TypeError(f'redact is {redact!r}: give names of parameters, such as redact=("card_number",)')


def _must_be_seconds(timeout: object) -> None:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout is {timeout!r}: give a number of seconds")
    if not 0 < timeout <= LONGEST_LIFE:
        raise ValueError(
            f"timeout is {timeout}: give a number of seconds above 0, and at most {LONGEST_LIFE}"
        )


def _must_be_a_line(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{name} is {text!r}: give a text")
    if not (text.strip() and text.isprintable() and len(text) <= LONGEST_LINE):
        raise ValueError(f"{name} is {text!r}: give one line of 1 to {LONGEST_LINE} characters")


def _must_be_words(name: str, words: object) -> None:
    if not (isinstance(words, str) or callable(words)):
        raise TypeError(f"{name} is {words!r}: give a text, or a function of the arguments that returns one")


def _words(name: str, words: Words, shown: Mapping[str, JsonValue]) -> str:
    text: object = words if isinstance(words, str) else words(shown)
    if not isinstance(text, str):
        raise TypeError(f"the function given as {name} returned {text!r}, which is no text")
    return text


def _at_most(most: int, text: str) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
