"""The demo: the sandbox, the bot and the gate as processes of their own, and programs that keep asking."""

from sandbox.demo.errors import CannotStart, ProcessEnded
from sandbox.demo.stage import run
from sandbox.demo.upstreams import wanted

__all__ = ["run", "wanted", "CannotStart", "ProcessEnded"]
