"""What became of a decision, told from GitLab's answer to it. Pure."""

from upstream_client.exceptions import Interrupted, NotUnderstood
from upstream_client.gitlab.caller import TITLE, checked
from upstream_client.gitlab.deployment_reading import MANUAL
from upstream_client.gitlab.job_reading import STOPPED, UNDER_WAY
from upstream_client.gitlab.rules import APPROVED, REJECTED
from upstream_client.gitlab.wire import Approval, Job, read
from upstream_client.models import Decision, Outcome, OutcomeKind, Verdict
from upstream_client.session import Answer

SAID = {Verdict.APPROVE: APPROVED, Verdict.DENY: REJECTED}
MADE = {Verdict.APPROVE: UNDER_WAY, Verdict.DENY: STOPPED}
"""A job that has ended was not started by us: GitLab runs it again as a new one, and tells of the old one."""
VERBS = {Verdict.APPROVE: "play", Verdict.DENY: "cancel"}
LONGEST_COMMENT = 255
"""Characters that GitLab keeps of one. Cut, it still names the decision, whose id comes first."""
UNCLEAR = f"{TITLE}'s answer does not say whether it was done."
STAYS = (
    f"{TITLE} answered, and the job still waits: this {TITLE} does not cancel a job that is started by hand."
    " It does not run as long as nobody starts it."
)
RAN = "somebody had started the job in the meantime, and it was stopped."


def comment_of(decision: Decision) -> str:
    """As it is kept with an approval."""
    return decision.comment.replace("\0", "")[:LONGEST_COMMENT]


def of_approval(answer: Answer, verdict: Verdict, decision: Decision) -> Outcome:
    """The outcome of an approval or rejection that was answered. It is never sent again on the strength of this.

    | answer | outcome |
    |---|---|
    | 2xx with this status and our decision's id in its comment | TAKEN |
    | 5xx, 408, a 2xx that says anything else | UNKNOWN |
    | 401, 403, 404, 429, a redirect, any other 4xx | raised: nothing was done |
    """
    try:
        told = read(Approval, checked(answer).json(), "an approval")
    except (Interrupted, NotUnderstood) as error:
        return _of_failure(answer, error)
    done = told.status == SAID[verdict] and decision.id in told.comment
    return Outcome(OutcomeKind.TAKEN) if done else Outcome(OutcomeKind.UNKNOWN, UNCLEAR)


def of_job(answer: Answer, verdict: Verdict, number: int) -> Outcome:
    """The outcome of starting or canceling a job, in the same manner; REFUSED where it waits as before."""
    try:
        told = read(Job, checked(answer).json(), "a job")
    except (Interrupted, NotUnderstood) as error:
        return _of_failure(answer, error)
    if told.id == number and told.status in MADE[verdict]:
        return Outcome(OutcomeKind.TAKEN, RAN if verdict is Verdict.DENY and told.started_at else "")
    if told.id == number and told.status == MANUAL and verdict is Verdict.DENY:
        return Outcome(OutcomeKind.REFUSED, STAYS)
    return Outcome(OutcomeKind.UNKNOWN, UNCLEAR)


def _of_failure(answer: Answer, error: Interrupted | NotUnderstood) -> Outcome:
    """A redirect was followed by nobody, so that nothing was done; of any other nobody can tell."""
    if 300 <= answer.status < 400:
        raise error
    return Outcome(OutcomeKind.UNKNOWN, str(error))
