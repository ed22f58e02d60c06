"""What became of a decision, told from Xerotier's answer to it."""

from pydantic import JsonValue

from upstream_client.exceptions import Interrupted, NotUnderstood, Refused
from upstream_client.models import Outcome, OutcomeKind, Status, Verdict
from upstream_client.session import Answer
from upstream_client.xerotier.caller import TITLE, checked, words_of
from upstream_client.xerotier.reading import status_of

MADE = {Verdict.APPROVE: Status.APPROVED, Verdict.DENY: Status.DENIED}
VERBS = {Verdict.APPROVE: "approve", Verdict.DENY: "reject"}
DONE = (200, 201, 204)
RESOLVED = (409, 410)
WELL = ("ok", "success")
"""Words for a status that say nothing of the approval, and names of what is true where all is well."""
STATUSES = ("status", "state", "decision", "result", "outcome", "resolution", "verdict", "approval_status")
"""Under which of these names an answer may say how the approval stands."""
FLAGS = {"approved": Verdict.APPROVE, "rejected": Verdict.DENY, "denied": Verdict.DENY}
NAMES = ("id", "approval_id", "object")
ERRORS = ("error", "errors")
WORDS = ("message", "detail", "reason")
INSIDE = ("data", "approval", "result")
UNCLEAR = f"{TITLE}'s answer does not say whether it was done."


def outcome_of(answer: Answer, approval_id: str, verdict: Verdict, *, knows_project: bool) -> Outcome:
    """The outcome of a decision that was answered. It is never sent again on the strength of this.

    ``knows_project``: something was found in this project before, so that 404 is said of the approval.

    | answer | outcome |
    |---|---|
    | 200, 201, 204 without a body, or with one that says so and nothing else | TAKEN |
    | 409, 410, or another 4xx that says "already"; 404 in a project that is known | ALREADY |
    | 400, 422 and other 4xx | REFUSED |
    | 5xx, 408; any other 2xx | UNKNOWN |
    | 401, 403, 404 and 405 otherwise, 429, a redirect | raised: nothing was done |
    """
    if answer.status in RESOLVED or (answer.status == 404 and knows_project):
        return Outcome(OutcomeKind.ALREADY, words_of(answer))
    try:
        return _of_success(checked(answer), approval_id, verdict)
    except Refused as error:
        is_resolved = "already" in words_of(answer).casefold()
        return Outcome(OutcomeKind.ALREADY if is_resolved else OutcomeKind.REFUSED, str(error))
    except Interrupted as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))


def _of_success(answer: Answer, approval_id: str, verdict: Verdict) -> Outcome:
    """The vendor documents no body: where there is one it has to say that this was done, and nothing else."""
    if answer.status in DONE and not answer.cut and not answer.body.strip():
        return Outcome(OutcomeKind.TAKEN)
    try:
        told = answer.json()
    except NotUnderstood as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))
    is_done = answer.status in DONE and isinstance(told, dict) and _says_done(told, approval_id, verdict)
    return Outcome(OutcomeKind.TAKEN) if is_done else Outcome(OutcomeKind.UNKNOWN, UNCLEAR)


def _says_done(told: dict[str, JsonValue], approval_id: str, verdict: Verdict) -> bool:
    """Nothing at all, or that all is well and not more; else the status that was made, and nothing against it."""
    parts = _parts(told)
    if any(_is_against(part, approval_id, verdict) for part in parts):
        return False
    is_made = any(_means(part.get(name), verdict) for part in parts for name in STATUSES)
    is_well = _is_well(told.get("status")) or any(told.get(name) is True for name in WELL)
    return not told or is_made or (is_well and told.keys() <= {"status", *WELL, *NAMES})


def _parts(told: dict[str, JsonValue]) -> list[dict[str, JsonValue]]:
    """The answer, and what it has inside itself."""
    parts = [told]
    for part in parts:
        inner = (part.get(name) for name in INSIDE)
        parts += [one for one in inner if isinstance(one, dict)]
    return parts


def _is_against(part: dict[str, JsonValue], approval_id: str, verdict: Verdict) -> bool:
    """Whether it is of another approval, or says anything else than that the verdict was taken."""
    named = part.get("approval_id") or (part.get("id") if part.keys() & set(STATUSES) else None)
    flags = {**dict.fromkeys(WELL, True), **{name: made is verdict for name, made in FLAGS.items()}}
    return (
        named not in (None, approval_id)
        or any(part.get(name) for name in ERRORS)
        or any(part.get(name) not in (None, good) for name, good in flags.items())
        or not all(_agrees(part.get(name), verdict) for name in STATUSES)
        or any("already" in str(part.get(name)).casefold() for name in WORDS)
    )


def _agrees(word: JsonValue, verdict: Verdict) -> bool:
    """Whether it says that this was taken, or nothing."""
    return word is None or isinstance(word, dict) or _is_well(word) or _means(word, verdict)


def _is_well(word: JsonValue) -> bool:
    return isinstance(word, str) and word.casefold() in WELL


def _means(word: JsonValue, verdict: Verdict) -> bool:
    return isinstance(word, str) and status_of(word) is MADE[verdict]
