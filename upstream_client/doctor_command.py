"""The command line of an upstream whose only command is `doctor`."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence

import structlog

from upstream_client.command_settings import SettingsError
from upstream_client.doctor import Say
from upstream_client.session import CaBundleError

BAD_SETTINGS = 2


def parser(module: str, description: str, checks: str) -> argparse.ArgumentParser:
    """``module``: what `python -m` is given. ``checks``: what its `doctor` does, in a line."""
    made = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    commands = made.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help=checks)
    return made


def run(
    line: argparse.ArgumentParser, doctor: Callable[[Say], int], arguments: Sequence[str] | None = None
) -> int:
    """The exit code: 0 all is well, 1 something is wrong, 2 settings or arguments are."""
    line.parse_args(arguments)
    try:
        return doctor(say)
    except (SettingsError, CaBundleError) as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS


def say(text: str) -> None:
    """A line on the terminal, at once."""
    print(text, flush=True)


def hush() -> None:
    """Only warnings are logged: the lines are what counts."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
