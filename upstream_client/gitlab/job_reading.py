"""From a job that is started by hand, as GitLab tells it, to `ApprovalRequest` and `Seen`. Pure."""

from collections.abc import Iterator

from upstream_client.gitlab import address
from upstream_client.gitlab.deployment_reading import MANUAL, NAME
from upstream_client.gitlab.held import JOB, Held
from upstream_client.gitlab.wire import Job, Project
from upstream_client.models import ApprovalRequest, Fact, Seen, Status
from upstream_client.pipeline import Change, Named, Step, facts, headline, risk_of, short

STOPPED = ("canceled", "canceling")
UNDER_WAY = ("pending", "preparing", "waiting_for_resource", "waiting_for_callback", "running")
STARTED = (*UNDER_WAY, "success", "failed")
"""docs.gitlab.com/ci/jobs/#available-job-statuses"""
NO_BARRIER = Fact(
    "no_barrier",
    "No barrier",
    "a job that is started by hand can be started in GitLab too, by whoever may run pipelines.",
    bound=False,
)


def request(told: Job, project: Project, base: str, change: Change | None = None) -> ApprovalRequest:
    """The question. Bound is which job of which pipeline, on which commit. GitLab tells no environment here.

    What the job and its stage are called is what the pipeline's own file says, so the risk is claimed.
    """
    step = _step(told, project, base, change)
    user = told.user
    return ApprovalRequest(
        upstream=NAME,
        id=Held(JOB, project.id, told.id).id,
        title=f"Run {told.name}: {headline(step)}",
        requester="" if user is None else user.called,
        requester_email="" if user is None else user.public_email,
        facts=(*facts(step), *_besides(told), NO_BARRIER),
        risk=risk_of(f"{told.stage}/{told.name}"),
        risk_claimed=True,
        link=address.page(told.web_url, base),
        requested_at=told.created_at,
    )


def seen_of(told: Job, asked: ApprovalRequest) -> Seen:
    """How it stands. GitLab tells who started it, and neither who canceled it nor why."""
    if told.status == MANUAL:
        return Seen(Status.PENDING, asked)
    if told.status in STARTED:
        by = "" if told.user is None else told.user.called
        return Seen(Status.APPROVED, asked, by, told.started_at)
    if told.status in STOPPED:
        return Seen(Status.DENIED, asked)
    return Seen(Status.WITHDRAWN, asked)


def _besides(told: Job) -> Iterator[Fact]:
    """What GitLab tells of the commit, and of why the pipeline ran."""
    if told.commit is not None and told.commit.title.strip():
        yield Fact("commit_title", "Commit title", told.commit.title.strip(), bound=False)
    if told.pipeline is not None and told.pipeline.source:
        yield Fact("source", "Pipeline started by", told.pipeline.source, bound=False)


def _step(told: Job, project: Project, base: str, change: Change | None) -> Step:
    pipeline = told.pipeline
    commit = "" if pipeline is None else pipeline.sha
    run = Named("")
    if pipeline is not None:
        url = pipeline.web_url or f"{project.web_url}/-/pipelines/{pipeline.id}"
        run = Named(f"pipeline {pipeline.id}", address.page(url, base))
    return Step(
        service=project.path_with_namespace,
        environment="",
        version=told.ref if told.tag else short(commit),
        run=run,
        commit=commit,
        ref=told.ref,
        triggered_by="" if told.user is None else told.user.called,
        change=change,
        claimed=(("job", told.name), ("stage", told.stage)),
    )
