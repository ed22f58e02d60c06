"""A sandbox for the bot: a Slack workspace and the systems it asks, as real servers on loopback."""

from sandbox.control_client import ControlClient, ControlError
from sandbox.server import Sandbox
from sandbox.timing import Timing

__all__ = ["ControlClient", "ControlError", "Sandbox", "Timing"]
