"""What is asked at the gate, and how it is written for the wire."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict, cast

from approval_gate.digest import arguments_digest, new_nonce
from approval_gate.json_text import JsonValue
from approval_gate.ticket import SWEEP_SECONDS

LONGEST_TITLE = 150
LONGEST_TEXT = 2000
LEAST_SECONDS = 5
"""The gate keeps no question for less; shorter times end here, by cancelling."""
HOUR = 3600.0


class Asked(TypedDict, total=False):
    """The arguments of ``request``; of `Question` they are the fields."""

    title: str
    action: str
    arguments: Mapping[str, object]
    arguments_digest: str
    requester: str
    justification: str
    risk: str
    channel: str
    expires_in: float
    callback_url: str
    cancel_on_disconnect: bool
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    ``title`` is one line of at most 150 characters; ``action`` names what would be done, to programs and rules;
    left out it is the title. ``arguments`` are shown and bound, each as a fact of the card: JSON values.
    ``arguments_digest`` is given by a program that shows only a part of them; else it is made here, with a nonce
    that stays here. ``requester`` is shown as what the program claims. ``risk`` is low, medium, high, critical or
    unrated. ``channel`` is a wish. ``expires_in`` is in seconds, up to seven days. ``cancel_on_disconnect``: the
    gate cancels once nobody has waited for 30 seconds. ``labels``, at most 16, are shown and not bound.
    """

    title: str
    action: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)
    arguments_digest: str = ""
    requester: str = ""
    justification: str = ""
    risk: str = "unrated"
    channel: str = ""
    expires_in: float = HOUR
    callback_url: str = ""
    cancel_on_disconnect: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise ValueError("title is empty: say in one line what is to be approved")
        if not (0 < self.expires_in < math.inf):
            raise ValueError(f"expires_in is {self.expires_in}: give a number of seconds above 0")

    def body(self) -> dict[str, JsonValue]:
        """For POST /v1/tickets; with another random nonce each time. Raises TypeError or ValueError: no JSON."""
        digest = self.arguments_digest or arguments_digest(dict(self.arguments), new_nonce())
        members = {
            "title": self.title,
            "action": self.action or self.title,
            "arguments": dict(self.arguments),
            "arguments_digest": digest,
            "risk": self.risk,
            "expires_in": max(LEAST_SECONDS, math.ceil(self.expires_in)),
            "cancel_on_disconnect": self.cancel_on_disconnect,
        }
        texts = ("requester", "justification", "channel", "callback_url")
        members |= {name: text for name in texts if (text := getattr(self, name))}
        if self.labels:
            members["labels"] = dict(self.labels)
        return cast(
            "dict[str, JsonValue]", members
        )  # those of arguments are, or the digest would have raised

    def deadline(self) -> float:
        """When to stop waiting for an answer, asked now, on the monotonic clock.

        The gate itself is given a moment to say that the time is over: it then tells so on the card.
        """
        grace = SWEEP_SECONDS if self.expires_in >= LEAST_SECONDS else 0.0
        return time.monotonic() + self.expires_in + grace


def headline(text: str) -> str:
    """Text as a title: one line, at most 150 characters."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"
