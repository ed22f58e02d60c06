"""What the last step of an endpoint's path says that a call does: approve, deny, or something like it."""

import re
from enum import IntEnum

from upstream_client.models import Verdict
from upstream_client.privilege_manager.rows import fold
from upstream_client.privilege_manager.swagger import Endpoint

WORDS = {
    Verdict.APPROVE: re.compile(r"(^|[-_])approve(?!d|r(?!equest))"),
    Verdict.DENY: re.compile(r"(^|[-_])(deny|reject|decline|refuse)(?!list|ed)"),
}
"""At the beginning: "disapprove" is the opposite, "approved" and "approvers" are other things."""
EXACT = {
    Verdict.APPROVE: re.compile(r"approve(request)?"),
    Verdict.DENY: re.compile(r"(deny|reject|decline|refuse)(request)?"),
}
PLAIN = {
    verdict: re.compile(
        f"(do|post|submit|send|execute)?{pattern.pattern}(item|task|approval|elevation|async|byid)?"
    )
    for verdict, pattern in EXACT.items()
}
EITHER = re.compile(r"decision|decide|respond|response|answer|verdict|action|complete")
REQUESTS = re.compile(
    r"(pending|waiting|open|active)?(approval|elevation)?(request|approval|elevation|task|item)s?"
)
"""The requests themselves: what is sent there changes one."""


class Fit(IntEnum):
    """How plainly a path says what it does. What is ``NOT`` may undo it, or do more: "approveAlways"."""

    NOT = 0
    LIKELY = 1
    EXACT = 2


def last_step(endpoint: Endpoint) -> str:
    """In lower case, "" where the whole path is filled in."""
    return next((step for step in reversed(endpoint.steps) if not step.startswith("{")), "")


def verb_of(endpoint: Endpoint) -> Verdict | None:
    """The verdict that the last step names, exactly or not."""
    step = last_step(endpoint)
    return next((verdict for verdict, words in WORDS.items() if words.search(step)), None)


def fit_of(endpoint: Endpoint, verdict: Verdict) -> Fit:
    """Of an address of its own for ``verdict``."""
    step = fold(last_step(endpoint).replace("-", ""))
    if EXACT[verdict].fullmatch(step):
        return Fit.EXACT
    return Fit.LIKELY if PLAIN[verdict].fullmatch(step) else Fit.NOT


def fit_of_either(endpoint: Endpoint) -> Fit:
    """Of an address that takes both verdicts, if its body does."""
    step = fold(last_step(endpoint).replace("-", ""))
    return Fit.EXACT if EITHER.fullmatch(step) or REQUESTS.fullmatch(step) else Fit.LIKELY
