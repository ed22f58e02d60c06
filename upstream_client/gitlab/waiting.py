"""What waits in one project: which deployments, which jobs, and what of it could not be read."""

from upstream_client.exceptions import NotAllowed, NotUnderstood, Refused
from upstream_client.gitlab.deployments import Deployments
from upstream_client.gitlab.gated import Gated
from upstream_client.gitlab.manual_jobs import ManualJobs
from upstream_client.gitlab.wire import Deployment, Project
from upstream_client.models import ApprovalRequest, Seen, Status


class Waiting:
    """Threads share one."""

    def __init__(self, deployments: Deployments, jobs: ManualJobs, gated: Gated) -> None:
        self._deployments = deployments
        self._jobs = jobs
        self._gated = gated

    def of(self, project: Project) -> tuple[list[ApprovalRequest], list[str]]:
        """What waits, and what is wrong with the rest of it in words. Raises `UpstreamError` for a whole list."""
        found: list[Seen] = []
        wrong: list[str] = []
        blocked: list[Deployment] = []
        if self._gated.has_deployments:
            blocked = self._deployments.blocked(project, wrong)
            for one in blocked:
                try:
                    seen = self._deployments.seen(project, one.id)
                except (NotAllowed, NotUnderstood, Refused) as error:
                    wrong.append(f"{project.path_with_namespace}, deployment {one.id}: {error}")
                else:
                    found += [seen] if seen is not None else []
        if self._gated.has_jobs:
            held = {one.deployable.id for one in blocked if one.deployable}
            found += self._jobs.waiting(project, held, wrong)
        asked = [seen.request for seen in found if seen.status is Status.PENDING and seen.request is not None]
        return asked, wrong
