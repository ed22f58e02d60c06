"""What an upstream needs of the demo, and what it gives to it."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import JsonValue

from sandbox.demo.process import Process
from sandbox.demo.watch import Watch
from sandbox.server import Sandbox

T = TypeVar("T")
SEED = 8484
"""Of what is asked: the same in each demo."""


@dataclass(frozen=True)
class Setting:
    """Where a part plays: its servers are in the ``sandbox``, its files in ``folder``."""

    sandbox: Sandbox
    folder: Path
    watch: Watch
    exits: ExitStack

    def enter(self, around: AbstractContextManager[T]) -> T:
        """What is entered ends after everything that is entered later."""
        return self.exits.enter_context(around)

    def start(self, process: Process) -> Process:
        """It is watched, and ended with the demo."""
        self.enter(process)
        self.watch.over(process)
        return process


@dataclass(frozen=True)
class Part:
    """One upstream in the demo.

    ``settings`` are the bot's own. ``asks`` asks once with each step, and goes on for ever. ``channel`` is what the
    channel's entry in channels.json has besides its approvers, ``words`` what the terminal tells.
    """

    settings: Mapping[str, str]
    asks: Iterator[None]
    channel: Mapping[str, JsonValue] = field(default_factory=dict)
    words: tuple[str, ...] = ()
