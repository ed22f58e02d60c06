"""From a deployment as GitLab tells it to `ApprovalRequest` and `Seen`. Pure."""

from upstream_client.gitlab import address
from upstream_client.gitlab.held import DEPLOYMENT, Held
from upstream_client.gitlab.rules import APPROVED, REJECTED, needs, said
from upstream_client.gitlab.wire import Approval, Deployment, Project, User
from upstream_client.models import ApprovalRequest, Fact, Seen, Status
from upstream_client.pipeline import Change, Named, Step, facts, headline, risk_of, short

NAME = "gitlab"
BLOCKED = "blocked"
ENDED = {"failed": "has failed", "canceled": "was canceled", "skipped": "was skipped"}
UNDER_WAY = ("created", "running", "success")
"""docs.gitlab.com/api/deployments: the words for a deployment's status."""
MANUAL = "manual"


def request(told: Deployment, project: Project, base: str, change: Change | None) -> ApprovalRequest:
    """The question. Bound is which commit of which project goes where, by which pipeline and job."""
    step = _step(told, project, base, change)
    user = requester_of(told)
    return ApprovalRequest(
        upstream=NAME,
        id=Held(DEPLOYMENT, project.id, told.id).id,
        title=headline(step),
        requester="" if user is None else user.called,
        requester_email="" if user is None else user.public_email,
        facts=(*facts(step), *_needed(told)),
        risk=risk_of(told.environment.name),
        link=address.page(f"{project.web_url}/-/environments/{told.environment.id}", base),
        requested_at=told.created_at,
    )


def requester_of(told: Deployment) -> User | None:
    """Who triggered the pipeline; GitLab keeps them, too, from approving unless it is told otherwise."""
    return told.deployable.user if told.deployable is not None and told.deployable.user else told.user


def seen_of(told: Deployment, asked: ApprovalRequest, ours: int) -> Seen:
    """How it stands, for the user ``ours`` of the token, who may approve a deployment once.

    A rejection by anybody ends it. What this user approved does not wait for them any more, be it still blocked
    until others have approved too; ``note`` says so.
    """
    approvals = said(told)
    rejection = next((one for one in _with_first(ours, approvals) if one.status == REJECTED), None)
    own = next((one for one in approvals if one.user.id == ours and one.status == APPROVED), None)
    if rejection is not None:
        return _as_said(Status.DENIED, asked, rejection)
    if own is not None:
        return _as_said(Status.APPROVED, asked, own, note_of(told))
    if told.status == BLOCKED:
        return Seen(Status.PENDING, asked)
    if told.status in UNDER_WAY and approvals:
        return _as_said(Status.APPROVED, asked, approvals[-1])
    return Seen(Status.WITHDRAWN if told.status in ENDED else Status.UNKNOWN, asked)


def note_of(told: Deployment) -> str:
    """What the card has to say besides, where an approval was recorded; "" where nothing is left to be done."""
    if told.status == BLOCKED:
        missing = ", ".join(needs(told))
        return (
            "the approval is recorded, and the deployment is still blocked"
            f"{f'. It still needs: {missing}' if missing else ''}."
        )
    if told.status in ENDED:
        return f"the approval is recorded, and the deployment {ENDED[told.status]}."
    if told.deployable is not None and told.deployable.status == MANUAL:
        return "nothing more is needed, and the job does not start by itself: press Run there."
    return ""


def _with_first(ours: int, approvals: tuple[Approval, ...]) -> list[Approval]:
    return sorted(approvals, key=lambda one: one.user.id != ours)


def _as_said(status: Status, asked: ApprovalRequest, one: Approval, note: str = "") -> Seen:
    return Seen(status, asked, one.user.called, one.created_at, one.comment, note)


def _step(told: Deployment, project: Project, base: str, change: Change | None) -> Step:
    job = told.deployable
    pipeline = job.pipeline if job is not None else None
    user = requester_of(told)
    is_tag = job is not None and job.tag
    return Step(
        service=project.path_with_namespace,
        environment=told.environment.name,
        version=told.ref if is_tag else short(told.sha),
        run=Named("")
        if pipeline is None
        else Named(f"pipeline {pipeline.id}", address.page(pipeline.web_url, base)),
        commit=told.sha,
        ref=told.ref,
        triggered_by="" if user is None else user.called,
        change=change,
        labels=() if job is None else (("job", job.name), ("stage", job.stage)),
    )


def _needed(told: Deployment) -> tuple[Fact, ...]:
    missing = ", ".join(needs(told))
    return (Fact("needs", "Needs in GitLab", missing, bound=False),) if missing else ()
