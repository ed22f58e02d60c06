"""The sandbox in a process of its own, so that what is measured shares no interpreter with it.

``python -m bench.workspace`` serves until its standard input ends; its first line of output is where it is.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.child import Child
from sandbox import Sandbox
from sandbox.control_client import ControlClient

CHANNEL = "C01APPROVALS"
APPROVERS_GROUP = "S01APPROVERS"
APPROVER = "U02APPROVER"
_SHELL = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the workspace and its Privilege Manager are, and what opens them."""

    url: str
    slack_api_url: str
    bot_token: str
    app_token: str
    privman_url: str
    privman_username: str
    privman_password: str


@dataclass(frozen=True, slots=True)
class Workspace:
    """A running sandbox."""

    at: Addresses
    control: ControlClient

    def connections(self) -> int:
        """How many Socket Mode connections it has."""
        return int(self.control.state()["num_connections"])

    def wait_for_connection(self) -> None:
        """Until an app is connected. Raises AssertionError where none comes."""
        self.control.eventually(self.connections, 30.0)


def shell() -> dict[str, str]:
    """What of our environment every process of a bench needs; nothing of it is a setting, or a proxy."""
    return {name: os.environ[name] for name in _SHELL if name in os.environ}


@contextmanager
def running_workspace(folder: Path, name: str = "workspace") -> Iterator[Workspace]:
    """A fresh one. Its log is in ``folder``."""
    with Child(["bench.workspace"], shell(), folder / f"{name}.log") as child:
        child.wait_for("}\n")
        at = Addresses(**json.loads(child.text().splitlines()[0]))
        with ControlClient(at.url) as control:
            yield Workspace(at, control)


def main() -> None:
    """Serves until standard input ends."""
    with Sandbox() as sandbox:
        at = Addresses(**{name: getattr(sandbox, name) for name in Addresses.__dataclass_fields__})
        print(json.dumps(asdict(at)), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
