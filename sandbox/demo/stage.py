"""The demo from its first process to its last."""

import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

from sandbox.demo.bot import start_bot, wait_until_connected
from sandbox.demo.errors import Stopped
from sandbox.demo.invitation import invitation
from sandbox.demo.part import Part, Setting
from sandbox.demo.parts import PARTS
from sandbox.demo.watch import Watch
from sandbox.server import Sandbox

ASK_EVERY = 15.0
"""Seconds between two new requests."""


def run(sandbox: Sandbox, upstreams: Collection[str], stop: threading.Event) -> None:
    """Plays until ``stop`` is set. Raises `ProcessEnded` with the log of a process that ended by itself.

    However it ends: first the bot, then the parts, the last one first; nothing is left.
    """
    with suppress(Stopped):
        _play(sandbox, upstreams, Watch(stop))


def _play(sandbox: Sandbox, upstreams: Collection[str], watch: Watch) -> None:
    with tempfile.TemporaryDirectory(prefix="approval-bot-") as folder, ExitStack() as exits:
        here = Setting(sandbox, Path(folder), watch, exits)
        parts = {name: PARTS[name](here) for name in upstreams}
        _with_a_bot(here, parts)
        words = [part.words for part in parts.values()]
        print(invitation(sandbox, words, reversed(watch.processes), ASK_EVERY), flush=True)
        _keep_asking([part.asks for part in parts.values()], watch)


def _with_a_bot(here: Setting, parts: Mapping[str, Part]) -> None:
    settings = {name: part.settings for name, part in parts.items()}
    channel = [part.channel for part in parts.values()]
    here.start(start_bot(here.sandbox, here.folder, settings, channel))
    wait_until_connected(here.sandbox, here.watch)


def _keep_asking(asks: list[Iterator[None]], watch: Watch) -> None:
    """Each in turn; at first one after the other at once, so that there is something of each to look at."""
    for turn in count():
        next(asks[turn % len(asks)])
        if turn >= len(asks) - 1:
            watch.pause(ASK_EVERY)
