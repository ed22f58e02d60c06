"""Is the bot alive? ``python -m slack_bot.health [FILE]``: exit code 0 where its heartbeat is fresh, else 1.

Every few seconds a new interpreter runs this on a quarter of a CPU: it imports nothing but what the
interpreter has loaded by itself. FILE is HEARTBEAT_FILE of the environment where it is not named.
"""

import os
import sys
import time

DEFAULT_FILE = "state/heartbeat"
FRESH = 30.0
"""Seconds after which a heartbeat is too old. The connection replaces a deaf WebSocket within ten."""


class Unhealthy(Exception):
    """The text says why, in one line."""


def last_beat(path: str) -> int:
    """When the heartbeat in ``path`` was written, by the machine's monotonic clock in nanoseconds.

    Raises `Unhealthy`.
    """
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 - pathlib takes longer to load than all the rest
            return int(file.read(40))
    except FileNotFoundError:
        raise Unhealthy(
            f"there is no {path}: the bot is not connected to Slack, or its HEARTBEAT_FILE is another"
        ) from None
    except OSError as error:
        raise Unhealthy(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        raise Unhealthy(f"{path} holds no heartbeat: is HEARTBEAT_FILE the right file?") from None


def check_age(beat: int, now: int) -> None:
    """Raises `Unhealthy` unless the heartbeat is fresh ``now``; both by the monotonic clock, in nanoseconds."""
    age = (now - beat) / 1e9
    if age < 0:
        raise Unhealthy("the last heartbeat is from before the machine started: the bot does not run")
    if age > FRESH:
        raise Unhealthy(f"the last heartbeat is {age:.0f} seconds old: the bot is not connected to Slack")


def main(arguments: list[str]) -> int:
    """The exit code; says why on standard output where it is 1."""
    named = arguments[0] if arguments else os.environ.get("HEARTBEAT_FILE", "").strip() or DEFAULT_FILE
    path = os.path.expanduser(named)  # noqa: PTH111 - as above
    try:
        beat = last_beat(path)
        check_age(
            beat, time.monotonic_ns()
        )  # asked for after the file: one may be written at this very moment
    except Unhealthy as why:
        print(f"Unhealthy: {why}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
