"""The demo, ``python -m sandbox``: a Slack workspace and upstreams, the bot in it, and somebody who keeps asking.

SANDBOX_PORT: the page and the control API (8484 unless set). UPSTREAMS: which of `sandbox.demo.parts` it
shows, separated by commas; privilege_manager and gate unless set.
"""

import errno
import os
import signal
import sys
import threading

from sandbox.demo import CannotStart, ProcessEnded, run, wanted
from sandbox.server import Sandbox

DEFAULT_PORT = 8484
STOPPED, PROCESS_ENDED, CANNOT_START = 0, 1, 2
"""Exit codes."""


def _port() -> int:
    text = os.environ.get("SANDBOX_PORT", str(DEFAULT_PORT))
    if not text.isdecimal() or not 0 <= int(text) <= 65_535:
        raise CannotStart(f"SANDBOX_PORT is {text!r}; it takes a port number, 0 for any free one.")
    return int(text)


def _started(port: int) -> Sandbox:
    sandbox = Sandbox(port=port)
    try:
        return sandbox.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CannotStart(
            f"Port {port} is in use. Stop what holds it, or choose another: SANDBOX_PORT=8585 make demo"
        ) from error


def main() -> int:
    """Runs until Ctrl-C or SIGTERM. Returns 0; 1 where a process ended by itself; 2 where it cannot start."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        upstreams = wanted(os.environ.get("UPSTREAMS", ""))
        sandbox = _started(_port())
    except CannotStart as error:
        print(error, file=sys.stderr)
        return CANNOT_START
    code = STOPPED
    try:
        run(sandbox, upstreams, stop)
    except ProcessEnded as ended:
        print(ended, file=sys.stderr)
        code = PROCESS_ENDED
    finally:
        sandbox.stop()
    print("Stopped.", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
