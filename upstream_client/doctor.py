"""What every `doctor` shares: how checks are made and told, and those that ask the same of each upstream."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from upstream_client.exceptions import Throttled, Untrusted, UpstreamError
from upstream_client.session import Answer

LONGEST = 1000
"""Characters of a line: it may hold what others say."""
MOST_SECONDS_APART = 60
Say = Callable[[str], None]
E = TypeVar("E")


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found, and what to do about it."""

    level: Level
    words: str


class Hopeless(Exception):
    """A check failed, and without what it looked for the later ones cannot be made."""


Check = Callable[[E], Result]
First = Answer | Untrusted | None
"""What the first call of an examination met; None before it."""


def examine(examination: E, checks: Sequence[tuple[str, Check[E]]], say: Say) -> int:
    """Makes the checks, one line for each: 0 when all is well or only to be warned of, 1 when something failed."""
    failed = 0
    for number, (name, check) in enumerate(checks, 1):
        try:
            result = check(examination)
        except Hopeless as hopeless:
            say(_line(name, Result(Level.FAILED, str(hopeless))))
            if later := [one for one, _ in checks[number:]]:
                say(f"Not checked: {', '.join(later)}.")
            return 1
        failed += result.level is Level.FAILED
        say(_line(name, result))
    say({0: "Nothing failed.", 1: "One check failed."}.get(failed, f"{failed} checks failed."))
    return 1 if failed else 0


def met(look: Callable[[], Answer], setting: str) -> Answer | Untrusted:
    """What answers at the address of ``setting``. Raises `Hopeless` where nothing does."""
    try:
        return look()
    except Untrusted as error:
        return error
    except Throttled as error:
        raise Hopeless(f"{error} Try again in {error.retry_after:.0f} s.") from error
    except UpstreamError as error:
        words = f"{error} Check {setting}, the name's resolution, the firewall and HTTPS_PROXY."
        raise Hopeless(words) from error


def answered(first: First) -> Answer:
    """The answer. Raises `Hopeless` where there is none."""
    if not isinstance(first, Answer):
        raise Hopeless("Nothing answered.")
    return first


def trust(first: First, url: str, ca_bundle: Path | None) -> Result:
    """Is the certificate trusted? Raises `Hopeless` where it is not."""
    if isinstance(first, Untrusted):
        raise Hopeless(str(first)) from first
    if url.startswith("http:"):
        return Result(Level.OK, "none is needed: it is on this machine")
    return Result(Level.OK, f"the certificate is trusted by {ca_bundle or 'the public authorities'}")


def clocks(first: First, at: float, whose: str) -> Result:
    """Is our clock that of ``whose``? ``at``: when the answer came, in seconds since 1970 UTC."""
    headers = first.headers if isinstance(first, Answer) else {}
    try:
        date = parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError):
        return Result(Level.WARNING, f"not compared: {whose} tells no time (header Date)")
    apart = round(at - (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp())
    if abs(apart) <= MOST_SECONDS_APART:
        return Result(Level.OK, f"the same as {whose}'s")
    side = "ahead of" if apart > 0 else "behind"
    words = f"this machine's is {abs(apart)} s {side} {whose}'s: let both follow a time server (NTP)"
    return Result(Level.WARNING, words)


def _line(name: str, result: Result) -> str:
    """On one line, without what a terminal would take for an order."""
    plain = "".join(one if one.isprintable() else " " for one in result.words)
    return f"{result.level.value:<8} {name:<10} {' '.join(plain.split())[:LONGEST]}"
