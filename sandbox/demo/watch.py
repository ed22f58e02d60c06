"""Whether the demo is to go on."""

import threading
import time

from sandbox.demo.errors import ProcessEnded, Stopped
from sandbox.demo.process import Process

LOOK_EVERY = 0.25
"""Seconds between two looks at the processes."""


class Watch:
    """Over the demo's ``processes``, in the order of their start, until ``stop`` is set."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.processes: list[Process] = []

    def over(self, process: Process) -> None:
        """From now on over this one too."""
        self.processes.append(process)

    def pause(self, seconds: float) -> None:
        """Lets them work. Raises `Stopped` and `ProcessEnded` as soon as it comes to that."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stop.wait(min(left, LOOK_EVERY)):
                raise Stopped
            for process in self.processes:
                if process.exit_code is not None:
                    raise ProcessEnded(
                        f"{process.text()}\n"
                        f"The {process.name} ended by itself (exit code {process.exit_code}); its log is above."
                    )
