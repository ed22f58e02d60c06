"""What is sent for a yes and for a no, and what became of it, told from Argo's answer.

Resuming with a selector is, in the vendor's own code, setting the phase Succeeded of the steps that it matches
and that wait; where it matches none nothing is done, and that is an error (workflow/util/util.go). So an answer
of 2xx means that the step which waited waits no more. A yes is sent by setting: that takes the same right, and
keeps a message, so that our own answer is told from somebody else's by the decision's id in it.
"""

import json
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from upstream_client.argo_workflows import reading, supplied
from upstream_client.argo_workflows.caller import TITLE, checked, is_unknown, words_of
from upstream_client.argo_workflows.reference import Reference
from upstream_client.argo_workflows.wire import Node
from upstream_client.exceptions import Interrupted, NotUnderstood, Refused
from upstream_client.models import Decision, Outcome, OutcomeKind, Verdict
from upstream_client.session import Answer

NO_SUCH_STEP = "no suspend nodes matching"
"""How it says, with a status of 4xx or 5xx, that nothing waited there (workflow/util/util.go)."""
UNCLEAR = f"{TITLE}'s answer does not say whether it was done."
OTHER = f"{TITLE} answered for another workflow of that name."


class Denial(StrEnum):
    """How a no is sent: ``NODE`` fails the step that waits, ``WORKFLOW`` stops the workflow."""

    NODE = "node"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True)
class Change:
    """One call: ``verb`` is the last part of its path."""

    verb: str
    body: JsonValue


def approval(ref: Reference, node: Node, decision: Decision) -> Change:
    """To let exactly this step go on. Values that it wants and that have a default are set: Argo would not."""
    values = supplied.defaults(node)
    given: dict[str, JsonValue] = {"outputParameters": json.dumps(values)} if values else {}
    return Change("set", _set(ref, "Succeeded", decision) | given)


def denial(ref: Reference, decision: Decision, how: Denial) -> Change:
    """To fail exactly this step, or to stop the workflow; the latter keeps no message where nothing is selected."""
    if how is Denial.WORKFLOW:
        return Change("stop", {"message": decision.comment})
    return Change("set", _set(ref, "Failed", decision))


def _set(ref: Reference, phase: str, decision: Decision) -> dict[str, JsonValue]:
    return {"nodeFieldSelector": ref.selector, "phase": phase, "message": decision.comment}


def cannot_be_given(node: Node) -> str:
    """Why this step cannot be resumed from here, for the card; "" where it can."""
    missing = supplied.missing(node)
    if not missing:
        return ""
    return (
        f"the step wants values that cannot be given here: {'; '.join(missing)}. Give them in {TITLE} (its web"
        " interface, or argo node set), or deny it here."
    )


def outcome_of(answer: Answer, ref: Reference, verdict: Verdict) -> Outcome | None:
    """The outcome of a decision that was answered; None where the workflow has to be looked at to tell.

    | answer | outcome |
    |---|---|
    | 2xx with this workflow, whose step is as was asked | TAKEN |
    | 2xx with this workflow, which does not tell the step, or an older state of it | None |
    | 2xx of another workflow or of something else, 5xx, 408 | UNKNOWN |
    | any error that says that no such step waits; 404 by Argo itself | ALREADY |
    | 400 and other 4xx | REFUSED |
    | 401, 403, 404 and 405 otherwise, 429, a redirect | raised: nothing was done |
    """
    if not answer.ok and (is_unknown(answer) or NO_SUCH_STEP in words_of(answer)):
        return Outcome(OutcomeKind.ALREADY, words_of(answer))
    try:
        return _of_success(checked(answer), ref, verdict)
    except Refused as error:
        return Outcome(OutcomeKind.REFUSED, str(error))
    except Interrupted as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))


def _of_success(answer: Answer, ref: Reference, verdict: Verdict) -> Outcome | None:
    try:
        told = reading.workflow(answer.json())
        node = reading.find(told, ref.node)
    except NotUnderstood as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))
    if told.metadata.uid != ref.uid:
        return Outcome(OutcomeKind.UNKNOWN, OTHER)
    made = "Succeeded" if verdict is Verdict.APPROVE else "Failed"
    is_this = node is not None and (node.started_at or 0) == ref.since
    return Outcome(OutcomeKind.TAKEN) if is_this and node is not None and node.phase == made else None
