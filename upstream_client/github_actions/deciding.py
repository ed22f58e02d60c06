"""One decision: what is sent, and what became of it, told from GitHub's answer."""

from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from upstream_client.exceptions import Interrupted, NotUnderstood, Refused
from upstream_client.github_actions.caller import checked
from upstream_client.github_actions.mark import mark_of
from upstream_client.github_actions.reading import Waiting
from upstream_client.github_actions.wire import Deployment
from upstream_client.models import Decision, Outcome, OutcomeKind, Verdict
from upstream_client.session import Answer

STATES: Final = {Verdict.APPROVE: "approved", Verdict.DENY: "rejected"}
LONGEST_COMMENT: Final = 900
"""Characters. GitHub documents no limit; what is beyond stays in our audit log."""
UNCLEAR: Final = "GitHub's answer does not say whether it was done."
GONE: Final = "This environment of the run does not wait for a review any more."
RECORDED: Final = "GitHub has recorded it before."
_DEPLOYMENTS: Final = TypeAdapter(tuple[Deployment, ...])


def body_of(waiting: Waiting, verdict: Verdict, decision: Decision) -> dict[str, JsonValue]:
    """What is sent. All three keys are required, and the comment tells which wait it answers."""
    mark = mark_of(waiting.reference, waiting.pending.timer_since)
    comment = f"{mark} {decision.comment}"
    return {
        "environment_ids": [waiting.pending.environment.id],
        "state": STATES[verdict],
        "comment": comment[:LONGEST_COMMENT],
    }


def outcome_of(answer: Answer, environment: str) -> Outcome:
    """The outcome of a decision that was answered. It is never sent again on the strength of this.

    | answer | outcome |
    |---|---|
    | 200 with a deployment to this environment | TAKEN |
    | another 2xx, 5xx, 408 | UNKNOWN |
    | 409, 422 and other 4xx | REFUSED |
    | 401, 403, 404, a redirect | raised: nothing was done |
    """
    try:
        return _of_success(checked(answer), environment)
    except Refused as error:
        return Outcome(OutcomeKind.REFUSED, str(error))
    except Interrupted as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))


def _of_success(answer: Answer, environment: str) -> Outcome:
    try:
        deployments = _DEPLOYMENTS.validate_python(answer.json())
    except (NotUnderstood, ValidationError):
        return Outcome(OutcomeKind.UNKNOWN, UNCLEAR)
    names = {one.environment.casefold() for one in deployments}
    is_done = answer.status == 200 and environment.casefold() in names
    return Outcome(OutcomeKind.TAKEN) if is_done else Outcome(OutcomeKind.UNKNOWN, UNCLEAR)
