"""The client of a GitLab: list, fetch, approve, deny."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

import structlog

from upstream_client.base import every
from upstream_client.exceptions import (
    Interrupted,
    NotAllowed,
    NotUnderstood,
    PartlyRead,
    Refused,
    Unreachable,
)
from upstream_client.gitlab.account import Account
from upstream_client.gitlab.caller import TITLE, Caller
from upstream_client.gitlab.changes import Changes
from upstream_client.gitlab.deployment_reading import NAME
from upstream_client.gitlab.deployments import Deployments
from upstream_client.gitlab.gated import Gated
from upstream_client.gitlab.held import DEPLOYMENT, Held, held
from upstream_client.gitlab.manual_jobs import ManualJobs
from upstream_client.gitlab.projects import Projects
from upstream_client.gitlab.waiting import Waiting
from upstream_client.gitlab.wire import Project
from upstream_client.models import (
    ApprovalRequest,
    Capabilities,
    Decision,
    Duration,
    Outcome,
    OutcomeKind,
    Seen,
    Status,
    Verdict,
)
from upstream_client.session import CONNECT_SECONDS, READ_SECONDS

log = structlog.get_logger(__name__)


class GitLabClient:
    """Deployments that wait for approvals, and jobs that wait; speaks `upstream_client.base.Upstream`.

    ``base`` is https, or http on this machine; ``projects`` are ids or paths. Raises ValueError for what is
    neither, `CaBundleError` for a ``ca_bundle`` that cannot be used. ``timeout``: seconds to connect, and to wait
    for an answer to begin and then to end. ``now``: seconds since 1970 UTC. Calls may raise any `UpstreamError`;
    decisions never `Interrupted`.

    A deployment that the token's user has approved waits for them no more, be it still blocked until others have
    approved too: GitLab lets nobody approve twice.
    """

    name = NAME
    title = TITLE

    def __init__(
        self,
        base: str,
        token: str,
        projects: Sequence[str],
        gated: Gated = Gated.DEPLOYMENTS,
        poll_interval: float = 30.0,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        ca_bundle: Path | None = None,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = Caller(base, token, timeout, ca_bundle, monotonic)
        self._projects = Projects(self._caller, projects)
        changes = Changes(self._caller, monotonic)
        self._deployments = Deployments(self._caller, Account(self._caller), changes)
        self._jobs = ManualJobs(self._caller, now, changes)
        self._waiting = Waiting(self._deployments, self._jobs, gated)
        self._poll_interval = poll_interval
        # GitLab keeps a comment with an approval, and none with a job.
        self.capabilities = Capabilities(comment=gated.has_deployments, get_one=True, deny="Reject")

    def __repr__(self) -> str:
        return f"GitLabClient({self._caller.base!r}, projects={self._projects.named!r})"

    def list_pending(self) -> list[ApprovalRequest]:
        """What waits in each project; complete, or an error. `PartlyRead` holds what could be read.

        Where no project at all could be read it is the first error, with the words of all.
        """
        found: list[ApprovalRequest] = []
        wrong: list[str] = []
        failed: list[NotAllowed | NotUnderstood | Refused | Interrupted] = []
        is_read = False
        for named in self._projects.named:
            try:
                told, troubles = self._waiting.of(self._projects.find(named))
            except (NotAllowed, NotUnderstood, Refused) as error:
                failed.append(error)
                wrong.append(f"{named}: {error}")
            except Interrupted as error:
                failed.append(error)
                wrong.append(f"{named}: {error} The projects after it were not asked.")
                break
            else:
                is_read = True
                found += told
                wrong += troubles
        words = " ".join(dict.fromkeys(wrong))
        if failed and not is_read:
            raise type(failed[0])(words) from failed[0]
        if wrong:
            raise PartlyRead(words, tuple(found))
        return found

    def fetch(self, request_id: str) -> Seen:
        """How one stands; `Status.UNKNOWN` where GitLab has none such, or the settings name its project no more."""
        wanted = held(request_id)
        project = self._projects.by_id(wanted.project)
        if project is None:
            return Seen(Status.UNKNOWN)
        seen = self._seen(project, wanted)
        if seen is None:
            self._projects.ask(str(project.id))  # a 404 is an answer only where it is not the project's
            return Seen(Status.UNKNOWN)
        return seen

    def approve(self, request: ApprovalRequest, duration: Duration, decision: Decision) -> Outcome:
        """Say yes, for this one deployment or job. Sent once; UNKNOWN where nobody can tell whether it arrived."""
        return self._decide(Verdict.APPROVE, request, decision)

    def deny(self, request: ApprovalRequest, reason: str, decision: Decision) -> Outcome:
        """Say no. Sent once. ``reason`` is in the decision's comment, which a job does not keep."""
        return self._decide(Verdict.DENY, request, decision)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yields at once and at every poll interval, until ``stop`` is set."""
        return every(self._poll_interval, stop)

    def close(self) -> None:
        """Lets go of the connections. Never raises."""
        self._caller.close()

    def _seen(self, project: Project, wanted: Held) -> Seen | None:
        if wanted.kind == DEPLOYMENT:
            return self._deployments.seen(project, wanted.number)
        return self._jobs.seen(project, wanted.number)

    def _decide(self, verdict: Verdict, request: ApprovalRequest, decision: Decision) -> Outcome:
        wanted = held(request.id)
        project = self._project_of(wanted)
        try:
            outcome = self._sent(verdict, wanted, project, decision)
        except Interrupted as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, str(error))
        log.debug(
            "decision sent",
            upstream=self.name,
            upstream_id=request.id,
            decision=decision.id,
            outcome=outcome.kind.value,
            detail=outcome.detail,
        )
        return outcome

    def _project_of(self, wanted: Held) -> Project | None:
        """Before anything is sent, so that nothing that fails here may have been done."""
        try:
            return self._projects.by_id(wanted.project)
        except Interrupted as error:
            raise Unreachable(f"{error} Nothing was sent.") from error

    def _sent(self, verdict: Verdict, wanted: Held, project: Project | None, decision: Decision) -> Outcome:
        if project is None:
            return Outcome(OutcomeKind.ALREADY, "GITLAB_PROJECTS names its project no more.")
        if wanted.kind == DEPLOYMENT:
            return self._deployments.decide(project, wanted.number, verdict, decision)
        return self._jobs.decide(project, wanted.number, verdict)
