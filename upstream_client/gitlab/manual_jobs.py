"""Jobs that wait to be started by hand: listed, asked for one by one, started, canceled."""

import threading
import time
from collections.abc import Callable, Collection, Iterator

from upstream_client.exceptions import Interrupted, NotAllowed, NotUnderstood, Refused, Unreachable
from upstream_client.gitlab import job_reading as reading
from upstream_client.gitlab.caller import TITLE, Caller
from upstream_client.gitlab.changes import Changes
from upstream_client.gitlab.deciding import VERBS, of_job
from upstream_client.gitlab.deployment_reading import MANUAL
from upstream_client.gitlab.held import JOB, Held
from upstream_client.gitlab.refusal import of_refusal
from upstream_client.gitlab.wire import Job, Project, read, read_all
from upstream_client.models import Outcome, OutcomeKind, Seen, Status, Verdict

LIST = {"scope[]": "manual", "pagination": "keyset", "order_by": "id", "sort": "desc"}
"""docs.gitlab.com/api/jobs/#list-all-jobs-for-a-project: the newest first, also where it knows no keysets."""
OLDEST = 7 * 24 * 3600.0
"""Seconds since a job was made after which nobody is asked any more: pipelines leave such jobs behind for ever."""


class ManualJobs:
    """Threads share one. ``now``: seconds since 1970 UTC."""

    def __init__(
        self, caller: Caller, now: Callable[[], float] = time.time, changes: Changes | None = None
    ) -> None:
        """Without ``changes`` nobody wants to know what comes with a job."""
        self._caller = caller
        self._changes = changes
        self._now = now
        self._deciding = threading.Lock()

    def waiting(self, project: Project, but: Collection[int], wrong: list[str] | None = None) -> list[Seen]:
        """What waits in a project, without the jobs of deployments that are blocked, which cannot be started.

        What cannot be read is told in ``wrong``; without one it raises.
        """
        found = self._list(project, wrong)
        jobs = {one.id: one for one in found if one.id not in but and one.status == MANUAL}
        return [self._seen(one, project) for one in jobs.values()]

    def seen(self, project: Project, number: int) -> Seen | None:
        """How one stands; None where GitLab has none such. Raises `UpstreamError`."""
        told = self._caller.one(Held(JOB, project.id, number).path)
        if told is None:
            return None
        found = read(Job, told, "a job")
        if found.id != number:
            raise NotUnderstood(f"Asked for job {number}, {TITLE} told of another one.")
        return self._seen(found, project)

    def decide(self, project: Project, number: int, verdict: Verdict) -> Outcome:
        """Starts or cancels it, once. GitLab keeps no comment with that.

        It is looked at before, since GitLab also cancels a job that runs, and starts one anew that was canceled:
        that would undo what somebody answered. So of two answers at once the second waits for the first.
        """
        with self._deciding:
            if not self._waits(project, number):
                return Outcome(OutcomeKind.ALREADY, "The job does not wait to be started any more.")
            answer = self._caller.send(f"{Held(JOB, project.id, number).path}/{VERBS[verdict]}")
        try:
            return of_job(answer, verdict, number)
        except (NotAllowed, Refused) as error:
            return of_refusal(lambda: self.seen(project, number), error)

    def _waits(self, project: Project, number: int) -> bool:
        try:
            seen = self.seen(project, number)
        except Interrupted as error:
            raise Unreachable(f"{error} Nothing was sent.") from error
        return seen is not None and seen.status is Status.PENDING

    def _list(self, project: Project, wrong: list[str] | None) -> Iterator[Job]:
        oldest = (self._now() - OLDEST) * 1_000_000
        what = f"a job of {project.path_with_namespace}"
        for page in self._caller.pages(f"/projects/{project.id}/jobs", LIST):
            jobs = read_all(Job, page, what, wrong)
            fresh = [one for one in jobs if one.created_at is None or one.created_at >= oldest]
            yield from fresh
            if len(fresh) < len(jobs):
                return

    def _seen(self, told: Job, project: Project) -> Seen:
        change = None
        if self._changes is not None and told.pipeline is not None and told.status == MANUAL:
            change = self._changes.of_pipeline(told.pipeline, project)
        return reading.seen_of(told, reading.request(told, project, self._caller.base, change))
