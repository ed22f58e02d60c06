"""What became of a decision, told from the gate's answer to it."""

from pydantic import JsonValue

from upstream_client.exceptions import Interrupted, NotUnderstood, Refused
from upstream_client.gate import reading
from upstream_client.gate.caller import TITLE, checked, is_unknown_ticket, words_of
from upstream_client.models import Decision, Outcome, OutcomeKind, Verdict
from upstream_client.session import Answer

MADE = {Verdict.APPROVE: "approved", Verdict.DENY: "denied"}
LONGEST_BY, LONGEST_COMMENT = 200, 2000
"""Characters that the gate takes."""


def body_of(decision: Decision, seconds: int | None) -> dict[str, JsonValue]:
    """What is posted. Cut, the comment still names the decision, whose id comes first."""
    by = " ".join("".join(one if one.isprintable() else " " for one in decision.by).split())
    comment = decision.comment.replace("\0", "")[:LONGEST_COMMENT]
    body: dict[str, JsonValue] = {"by": by[:LONGEST_BY] or "somebody in Slack", "comment": comment}
    return body if seconds is None else {**body, "seconds": seconds}


def outcome_of(answer: Answer, ticket_id: str, verdict: Verdict, decision: Decision) -> Outcome:
    """The outcome of a decision that was answered. It is never sent again on the strength of this.

    | answer | outcome |
    |---|---|
    | 2xx, and the ticket has this verdict with our decision's id in its comment | TAKEN |
    | 2xx with this verdict and another comment; 409; a 404 of the gate's own | ALREADY |
    | 400, 413, 415, 422 and other 4xx | REFUSED |
    | 5xx, 408, a 2xx that tells nothing of this ticket | UNKNOWN |
    | 401, 403, 404 and 405 of somebody else, 429, a redirect | raised: nothing was done |
    """
    if answer.status == 409 or is_unknown_ticket(answer):
        return Outcome(OutcomeKind.ALREADY, words_of(answer))
    try:
        return _of_ticket(checked(answer), ticket_id, verdict, decision)
    except Refused as error:
        return Outcome(OutcomeKind.REFUSED, str(error))
    except Interrupted as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))


def _of_ticket(answer: Answer, ticket_id: str, verdict: Verdict, decision: Decision) -> Outcome:
    try:
        seen = reading.ticket(answer.json())
    except NotUnderstood as error:
        return Outcome(OutcomeKind.UNKNOWN, str(error))
    recorded = seen.decision
    if seen.id != ticket_id or recorded is None or not seen.status == recorded.verdict == MADE[verdict]:
        return Outcome(OutcomeKind.UNKNOWN, f"{TITLE}'s answer does not say whether it was done.")
    if decision.id not in recorded.comment:
        return Outcome(
            OutcomeKind.ALREADY, f"{TITLE} has the same answer of {recorded.by or 'somebody else'}."
        )
    return Outcome(OutcomeKind.TAKEN)
