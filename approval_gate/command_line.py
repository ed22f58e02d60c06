"""What the command `approval-gate` is told: its options, and the question they make."""

import argparse
import getpass
import os
import re
import shlex
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from approval_gate.question import Asked, headline
from approval_gate.shown import show

DESCRIPTION = (
    "Asks in Slack, through the gate of GATE_URL with the key GATE_API_KEY, and waits for the answer."
)
EXIT_CODES = (
    "exit codes: 0 approved, 1 denied or withdrawn, 2 nobody answered in time, 3 could not ask, or could not learn"
    " or tell the answer, 130 and 143 interrupted; `run` ends as its command does, once that is approved"
)
REQUEST, RUN = "request", "run"
RISKS = ("low", "medium", "high", "critical", "unrated")
LONGEST_ACTION = 200
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class UsageError(Exception):
    """The command line cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What to ask, and what to run then; ``command`` is empty where only the answer counts."""

    question: Asked
    command: tuple[str, ...]
    as_json: bool

    @property
    def wait(self) -> float:
        """For how many seconds to wait for an answer."""
        return self.question["expires_in"]


class _Parser(argparse.ArgumentParser):
    """Leaves exit code 2 to its meaning."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().strip()}")


def read(arguments: Sequence[str]) -> Errand:
    """What the arguments ask for. Raises `UsageError`; SystemExit after --help."""
    before, command = _split(arguments)
    told = _parser().parse_args(before)
    if told.verb == RUN:
        _must_be_runnable(command)
    elif command:
        raise UsageError("request runs nothing: use `approval-gate run … -- command`")
    return Errand(_question(told, command), command, told.json)


def _split(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Our own options, and what stands after the first ``--``, untouched."""
    words = list(arguments)
    if "--" not in words:
        return words, ()
    place = words.index("--")
    return words[:place], tuple(words[place + 1 :])


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="approval-gate", description=DESCRIPTION, epilog=EXIT_CODES)
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser)
    request = verbs.add_parser(REQUEST, help="ask, and end with the answer", epilog=EXIT_CODES)
    run = verbs.add_parser(
        RUN, help="ask, and run a command after a yes: run … -- command", epilog=EXIT_CODES
    )
    for verb in (request, run):
        verb.add_argument("--title", required=verb is request, help="what is to be approved, in one line")
        verb.add_argument("--fact", action="append", default=[], metavar="NAME=VALUE", help="may be repeated")
        verb.add_argument("--environment", help="such as prod")
        verb.add_argument("--risk", choices=RISKS, default="unrated")
        verb.add_argument("--justification", default="", help="why it is needed")
        verb.add_argument("--channel", default="", help="where to ask; a wish")
        verb.add_argument("--requester", default="", help="who asks; else the user and the machine")
        verb.add_argument("--wait", type=_seconds, default=1800.0, help="90, 90s, 30m, 2h or 1d; else 30m")
        verb.add_argument(
            "--json", action="store_true", help="print the ticket, as the gate tells it, at the end"
        )
    return parser


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    seconds = float(match[1]) * SECONDS[match[2]] if match else 0.0
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 90, 90s, 30m, 2h or 1d")
    return seconds


def _question(told: argparse.Namespace, command: tuple[str, ...]) -> Asked:
    facts: dict[str, object] = {}
    given = [_fact(text) for text in told.fact]
    if told.environment is not None:
        given.append(("environment", told.environment))
    if command:
        given.append(("command", list(command)))
    for name, value in given:
        if name in facts:
            raise UsageError(f"{name} is given twice: which of the two is to be shown?")
        facts[name] = show(value)  # words of a command line may hold bytes that are no text
    return {
        "title": told.title if told.title is not None else headline(shlex.join(command)),
        "action": f"run {Path(command[0]).name}"[:LONGEST_ACTION] if command else REQUEST,
        "arguments": facts,
        "requester": told.requester or _user(),
        "justification": told.justification,
        "risk": told.risk,
        "channel": told.channel,
        "expires_in": told.wait,
        "cancel_on_disconnect": True,
    }


def _fact(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals:
        raise UsageError(f"--fact {shlex.quote(text)} is no fact: write --fact name=value")
    return name.strip(), value


def _must_be_runnable(command: tuple[str, ...]) -> None:
    """Before anybody is asked."""
    if not command:
        raise UsageError("nothing to run: write the command after --, as in `approval-gate run -- ls -l`")
    if shutil.which(command[0]) is None:
        raise UsageError(f"{shlex.quote(command[0])} is no program that can be run here")


def _user() -> str:
    """As whom this machine knows the caller; shown as a claim."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # nobody in the password file has this id; OSError from Python 3.13 on
        name = f"user {os.getuid()}"
    return f"{name}@{socket.gethostname()}"
